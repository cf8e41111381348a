//! Which days are business days: none of a weekend, and none of the legal holidays of Miss. Code 3-3-7,
//! which are data, given by rule and so known for every year.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use thiserror::Error;

/// The holidays that ship with the program.
const SHIPPED: &str = include_str!("../../data/holidays.csv");

/// The legal holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays(Vec<Rule>);

/// On which day of every year a holiday falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// A day of a month.
    Day { month: i8, day: i8 },
    /// The first, second … or last such weekday of a month.
    Weekday {
        month: i8,
        weekday: Weekday,
        which: i8,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayRow {
    holiday: String,
    month: i8,
    day: Option<i8>,
    weekday: String,
    which: String,
}

impl Holidays {
    /// Reads the holidays that ship with the program.
    ///
    /// # Errors
    /// Returns [`HolidaysError`], which a test rules out.
    pub fn shipped() -> Result<Self, HolidaysError> {
        Self::parse(SHIPPED)
    }

    fn parse(csv: &str) -> Result<Self, HolidaysError> {
        let mut rules = Vec::new();
        for row in csv::Reader::from_reader(csv.as_bytes()).deserialize::<HolidayRow>() {
            let row = row?;
            rules.push(Rule::read(&row).ok_or(HolidaysError::Row(row.holiday))?);
        }
        Ok(Self(rules))
    }

    /// Says whether a day is a legal holiday. One that falls on a Sunday is kept on the Monday as well,
    /// and one that falls on a Saturday on no other day (3-3-7).
    #[must_use]
    pub fn is_holiday(&self, date: Date) -> bool {
        let falls_on = |date: Date| self.0.iter().any(|rule| rule.falls_on(date));
        let sunday = date
            .yesterday()
            .ok()
            .filter(|_| date.weekday() == Weekday::Monday);
        falls_on(date) || sunday.is_some_and(falls_on)
    }

    /// Says whether a day is a business day.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.is_holiday(date)
    }

    /// Returns the so manieth business day after a day, or before it where the number is negative; the day
    /// itself is not counted. `None` beyond the calendar's end.
    #[must_use]
    pub fn moved(&self, from: Date, business_days: i64) -> Option<Date> {
        let step = business_days.signum().days();
        let (mut date, mut left) = (from, business_days.unsigned_abs());
        while left > 0 {
            date = date.checked_add(step).ok()?;
            left -= u64::from(self.is_business_day(date));
        }
        Some(date)
    }
}

impl Rule {
    fn read(row: &HolidayRow) -> Option<Self> {
        let month = row.month;
        // In a leap year every day that a month can have is there.
        Date::new(2000, month, row.day.unwrap_or(1)).ok()?;
        match (row.day, row.weekday.as_str(), row.which.as_str()) {
            (Some(day), "", "") => Some(Self::Day { month, day }),
            (None, weekday, which) => Some(Self::Weekday {
                month,
                weekday: weekday_of(weekday)?,
                which: match which {
                    "first" => 1,
                    "second" => 2,
                    "third" => 3,
                    "fourth" => 4,
                    "last" => -1,
                    _ => return None,
                },
            }),
            (Some(_), _, _) => None,
        }
    }

    fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Day { month, day } => (date.month(), date.day()) == (month, day),
            Self::Weekday {
                month,
                weekday,
                which,
            } => {
                date.month() == month
                    && date.nth_weekday_of_month(which, weekday).ok() == Some(date)
            }
        }
    }
}

fn weekday_of(word: &str) -> Option<Weekday> {
    Some(match word {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        _ => return None,
    })
}

/// Why a list of holidays was refused.
#[derive(Debug, Error)]
pub enum HolidaysError {
    /// A row is not one.
    #[error("a row of the holidays is not usable")]
    Csv(#[from] csv::Error),
    /// The parts of a row do not go together.
    #[error(
        "{0}: give a month with a day, or with a weekday and first, second, third, fourth or last"
    )]
    Row(String),
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::Holidays;

    /// The weekdays of a year on which the state's offices are closed by law.
    fn closed(year: i16) -> Vec<String> {
        let holidays = Holidays::shipped().unwrap();
        let days = date(year, 1, 1).series(jiff::Span::new().days(1));
        days.take_while(|day| day.year() == year)
            .filter(|day| holidays.is_holiday(*day))
            .map(|day| day.strftime("%a %m-%d").to_string())
            .collect()
    }

    #[test]
    fn knows_the_legal_holidays_of_every_year() {
        assert_eq!(
            closed(2026),
            [
                "Thu 01-01",
                "Mon 01-19",
                "Mon 02-16",
                "Mon 04-27",
                "Mon 05-25",
                "Sat 07-04",
                "Mon 09-07",
                "Wed 11-11",
                "Thu 11-26",
                "Fri 12-25"
            ]
        );
        // Of a Sunday the next day is a holiday as well: New Year's Day and Christmas, Independence Day.
        let closed_2022 = closed(2022);
        assert!(
            closed_2022.contains(&"Mon 12-26".to_owned()),
            "{closed_2022:?}"
        );
        assert!(closed(2023).contains(&"Mon 01-02".to_owned()));
        assert!(closed(2027).contains(&"Mon 07-05".to_owned()));
        // The last Monday is the fourth in one year and the fifth in another.
        assert!(closed(2028).contains(&"Mon 05-29".to_owned()));
        assert!(closed(2029).contains(&"Mon 04-30".to_owned()));
        assert!((1990..2100).all(|year| closed(year).len() >= 10));
    }

    #[test]
    fn counts_business_days_over_weekends_and_holidays() {
        let holidays = Holidays::shipped().unwrap();
        let moved = |from: &str, days| {
            let from: Date = from.parse().unwrap();
            holidays.moved(from, days).unwrap().to_string()
        };
        // A plain week; a Friday; a Saturday.
        assert_eq!(moved("2026-06-01", 3), "2026-06-04");
        assert_eq!(moved("2026-06-05", 3), "2026-06-10");
        assert_eq!(moved("2026-06-06", 3), "2026-06-10");
        // Thanksgiving, and Christmas with New Year's Day after it.
        assert_eq!(moved("2026-11-24", 3), "2026-11-30");
        assert_eq!(moved("2026-12-24", 5), "2027-01-04");
        // Christmas of 2022 was a Sunday, kept on the Monday.
        assert_eq!(moved("2022-12-23", 1), "2022-12-27");
        // Back over Memorial Day.
        assert_eq!(moved("2026-05-27", -3), "2026-05-21");
        assert_eq!(moved("2026-06-01", 0), "2026-06-01");
        assert_eq!(holidays.moved(Date::MAX, 1), None);
    }

    #[test]
    fn refuses_rows_that_give_no_day() {
        for row in [
            "Some day,2,30,,",
            "Some day,13,1,,",
            "Some day,5,,Monday,fifth",
            "Some day,5,,Sunday,last",
            "Some day,5,3,Monday,last",
        ] {
            let csv = format!("holiday,month,day,weekday,which\n{row}\n");
            let refused = Holidays::parse(&csv).unwrap_err().to_string();
            assert!(refused.contains("Some day"), "{row}: {refused}");
        }
    }
}
