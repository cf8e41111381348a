//! `[duty]`: who on the staff answers for what has waited too long, and when.

use jiff::civil::Time;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};
use crate::notification::address::EmailAddress;
use crate::work::duty::{Roster, Shift};
use crate::work::role::check_name;
use crate::work::task::Level;

/// The days of a week as they are written, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DutyDocument {
    shifts: Vec<ShiftDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftDocument {
    level: Spanned<String>,
    name: Spanned<String>,
    email: Spanned<String>,
    #[serde(default)]
    days: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    from: Option<Spanned<String>>,
    #[serde(default)]
    until: Option<Spanned<String>>,
}

impl Checker<'_> {
    pub(super) fn duty(&self, document: &DutyDocument) -> Result<Roster, ConfigError> {
        let shifts = document.shifts.iter().map(|shift| self.shift(shift));
        Ok(Roster {
            shifts: shifts.collect::<Result<_, _>>()?,
        })
    }

    fn shift(&self, document: &ShiftDocument) -> Result<Shift, ConfigError> {
        let level = Level::parse(document.level.get_ref())
            .filter(|level| *level != Level::Operator)
            .ok_or_else(|| {
                let message = "level is \"supervisor\" or \"duty-officer\"";
                self.wrong(document.level.span(), message)
            })?;
        let (name, email) = (document.name.get_ref(), document.email.get_ref());
        check_name(name).map_err(|error| self.wrong(document.name.span(), &error.to_string()))?;
        EmailAddress::parse(email)
            .map_err(|_| self.wrong(document.email.span(), "email is an e-mail address"))?;
        let mut days = [document.days.is_none(); 7];
        for named in document.days.iter().flatten() {
            let place = DAYS.iter().position(|day| day == named.get_ref());
            let day = place.and_then(|place| days.get_mut(place));
            *day.ok_or_else(|| {
                let message =
                    "days are \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"";
                self.wrong(named.span(), message)
            })? = true;
        }
        Ok(Shift {
            level,
            name: name.clone(),
            email: email.clone(),
            days,
            from: self.hour(document.from.as_ref())?,
            until: self.hour(document.until.as_ref())?,
        })
    }

    /// Reads a time of day; midnight where there is none.
    fn hour(&self, named: Option<&Spanned<String>>) -> Result<Time, ConfigError> {
        let Some(named) = named else {
            return Ok(Time::midnight());
        };
        Time::strptime("%H:%M", named.get_ref())
            .map_err(|_| self.wrong(named.span(), "a time of day is written as in \"08:00\""))
    }
}

#[cfg(test)]
mod tests {
    use super::DutyDocument;
    use crate::config::Checker;
    use crate::work::task::Level;

    fn read(text: &str) -> Result<crate::work::duty::Roster, String> {
        let document: DutyDocument = toml::from_str(text).map_err(|error| error.to_string())?;
        let checker = Checker {
            path: std::path::Path::new("hub.toml"),
            text,
            base: std::path::PathBuf::new(),
        };
        checker.duty(&document).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_shifts_and_says_what_is_wrong_with_one() {
        let shift = "[[shifts]]\nlevel = \"duty-officer\"\nname = \"j.sample\"\n\
                     email = \"j@mdoc.example\"\n";
        let roster = read(shift).unwrap();
        assert_eq!(roster.shifts[0].level, Level::DutyOfficer);
        assert!(roster.shifts[0].days.iter().all(|day| *day));
        let days = "days = [\"sat\", \"sun\"]\nfrom = \"20:00\"\nuntil = \"08:00\"\n";
        let roster = read(&format!("{shift}{days}")).unwrap();
        assert_eq!(roster.shifts[0].days.iter().filter(|day| **day).count(), 2);
        for (wrong, said) in [
            (shift.replace("duty-officer", "operator"), "line 2"),
            (shift.replace("j@mdoc.example", "j"), "email is"),
            (shift.replace("j.sample", "j sample"), "name of staff"),
            (format!("{shift}days = [\"monday\"]"), "days are"),
            (format!("{shift}from = \"8\""), "time of day"),
            (format!("{shift}phone = \"1\""), "phone"),
        ] {
            let error = read(&wrong).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
