//! `[bounds]`: how many calls are begun in a second and are under way, how often one number is called in a day,
//! what each way costs, and what may be spent.

use serde::Deserialize;
use toml::Spanned;

use super::telephone::LINES_MAX;
use super::{Checker, ConfigError};
use crate::notification::bounds::budget::Budget;
use crate::notification::bounds::money::Money;
use crate::notification::bounds::{Bounds, Kept, Rates};

/// Calls to one number in a day, at most: one in five minutes.
const CALLS_A_DAY_MAX: u32 = 288;

/// What stands for a budget without a bound.
const NONE: &str = "none";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BoundsDocument {
    calls_per_second: Option<Spanned<u32>>,
    lines: Option<Spanned<u32>>,
    lines_kept: Option<Spanned<u32>>,
    calls_a_day: Option<Spanned<u32>>,
    escape_calls_a_day: Option<Spanned<u32>>,
    rates: RatesDocument,
    budget: BudgetDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RatesDocument {
    call_minute: Option<Spanned<String>>,
    incoming_minute: Option<Spanned<String>>,
    operator_minute: Option<Spanned<String>>,
    letter: Option<Spanned<String>>,
    email: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BudgetDocument {
    day: Option<Spanned<String>>,
    month: Option<Spanned<String>>,
    warn_percent: Option<Spanned<u64>>,
    incoming_day: Option<Spanned<String>>,
}

impl Checker<'_> {
    pub(super) fn bounds(&self, document: &BoundsDocument) -> Result<Bounds, ConfigError> {
        let usual = Bounds::default();
        let a_day = |named: &Option<Spanned<u32>>, name: &str, usual: u32| match named {
            Some(named) => self.count(named, name, CALLS_A_DAY_MAX),
            None => Ok(usual),
        };
        let calls_a_day = a_day(&document.calls_a_day, "calls_a_day", usual.calls_a_day)?;
        let escape = &document.escape_calls_a_day;
        let escape_calls_a_day = a_day(
            escape,
            "escape_calls_a_day",
            usual.escape_calls_a_day.max(calls_a_day),
        )?;
        if let Some(escape) = escape.as_ref().filter(|_| escape_calls_a_day < calls_a_day) {
            let message = "escape_calls_a_day is calls_a_day at least: an escape is told sooner";
            return Err(self.wrong(escape.span(), message));
        }
        let pace = document.calls_per_second.as_ref();
        let pace = pace.map(|pace| self.count(pace, "calls_per_second", LINES_MAX));
        let lines = document.lines.as_ref();
        let lines = lines.map(|lines| self.count(lines, "lines", LINES_MAX));
        let rates = &document.rates;
        Ok(Bounds {
            calls_per_second: pace.transpose()?.unwrap_or(usual.calls_per_second),
            lines: lines.transpose()?,
            kept: self.kept(document.lines_kept.as_ref())?,
            calls_a_day,
            escape_calls_a_day,
            rates: Rates {
                call_minute: self.rate(rates.call_minute.as_ref(), usual.rates.call_minute)?,
                incoming_minute: self
                    .rate(rates.incoming_minute.as_ref(), usual.rates.incoming_minute)?,
                operator_minute: self
                    .rate(rates.operator_minute.as_ref(), usual.rates.operator_minute)?,
                letter: self.rate(rates.letter.as_ref(), usual.rates.letter)?,
                email: self.rate(rates.email.as_ref(), usual.rates.email)?,
            },
            budget: self.budget(&document.budget, usual.budget)?,
        })
    }

    fn kept(&self, named: Option<&Spanned<u32>>) -> Result<Kept, ConfigError> {
        let kept = named.map(|named| self.count(named, "lines_kept", LINES_MAX));
        Ok(kept.transpose()?.map_or(Kept::Usual, Kept::Places))
    }

    fn budget(&self, document: &BudgetDocument, usual: Budget) -> Result<Budget, ConfigError> {
        let sum = |named: &Option<Spanned<String>>, usual| match named {
            Some(named) if named.get_ref() == NONE => Ok(None),
            Some(named) => self.rate(Some(named), Money::ZERO).map(Some),
            None => Ok(usual),
        };
        let warn_percent = match &document.warn_percent {
            Some(percent) if (1..=99).contains(percent.get_ref()) => *percent.get_ref(),
            Some(percent) => {
                return Err(self.wrong(percent.span(), "warn_percent is a number from 1 to 99"));
            }
            None => usual.warn_percent,
        };
        let budget = Budget {
            day: sum(&document.day, usual.day)?,
            month: sum(&document.month, usual.month)?,
            warn_percent,
            incoming_day: sum(&document.incoming_day, usual.incoming_day)?,
        };
        if let (Some(named), Some(day), Some(month)) = (&document.day, budget.day, budget.month)
            && day > month
        {
            return Err(self.wrong(
                named.span(),
                "the budget of a day is within that of its month",
            ));
        }
        Ok(budget)
    }

    /// Reads a sum.
    fn rate(&self, named: Option<&Spanned<String>>, usual: Money) -> Result<Money, ConfigError> {
        let Some(named) = named else {
            return Ok(usual);
        };
        Money::parse(named.get_ref()).map_err(|error| self.wrong(named.span(), &error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::BoundsDocument;
    use crate::config::Checker;
    use crate::notification::bounds::money::Money;
    use crate::notification::bounds::{Bounds, Kept};

    fn read(text: &str) -> Result<Bounds, String> {
        let document: BoundsDocument = toml::from_str(text).map_err(|error| error.to_string())?;
        let checker = Checker {
            path: std::path::Path::new("hub.toml"),
            text,
            base: std::path::PathBuf::new(),
        };
        checker.bounds(&document).map_err(|error| error.to_string())
    }

    #[test]
    fn has_bounds_where_none_are_set_and_takes_others() {
        assert_eq!(read(""), Ok(Bounds::default()));
        let bounds = read(
            "calls_per_second = 4\nlines = 12\nlines_kept = 4\ncalls_a_day = 90\n[rates]\ncall_minute = '0.0085'\n\
             incoming_minute = '0.022'\noperator_minute = '0'\n[budget]\nday = '80'\nmonth = 'none'\nincoming_day = '25'\n",
        );
        let bounds = bounds.unwrap();
        assert_eq!((bounds.calls_per_second, bounds.lines), (4, Some(12)));
        assert_eq!(bounds.kept, Kept::Places(4));
        assert_eq!(bounds.escape_calls_a_day, 90, "an escape has no less");
        assert_eq!(bounds.rates.call_minute, Money::from_millionths(8_500));
        assert_eq!(bounds.budget.day, Some(Money::from_cents(8_000)));
        assert_eq!(bounds.budget.month, None);
        assert_eq!(bounds.rates.incoming_minute, Money::from_millionths(22_000));
        assert_eq!(bounds.rates.operator_minute, Money::ZERO);
        assert_eq!(bounds.budget.incoming_day, Some(Money::from_cents(2_500)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (wrong, said) in [
            (
                "calls_per_second = 0",
                "calls_per_second is a number from 1",
            ),
            (
                "calls_a_day = 9\nescape_calls_a_day = 8",
                "line 2, column 22: escape_calls_a_day is",
            ),
            ("calls_a_day = 300", "calls_a_day is a number from 1 to 288"),
            ("[rates]\nletter = '$1'", "a sum is written in dollars"),
            (
                "[budget]\nday = '9'\nmonth = '8'",
                "within that of its month",
            ),
            ("[budget]\nwarn_percent = 100", "from 1 to 99"),
            ("[budget]\nweek = '9'", "week"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
