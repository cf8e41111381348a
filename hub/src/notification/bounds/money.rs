//! Sums of money: whole millionths of a dollar, since a minute of a call costs less than a cent.

use std::fmt;
use std::iter::Sum;

use thiserror::Error;

/// Millionths in a dollar.
const DOLLAR: u64 = 1_000_000;

/// Digits behind the point, at most.
const DIGITS: usize = 6;

/// The largest sum: more than a state has.
const DOLLARS_MAX: u64 = 1_000_000_000;

/// A sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Makes a sum of cents.
    #[must_use]
    pub const fn from_cents(cents: u64) -> Self {
        Self(cents.saturating_mul(DOLLAR / 100))
    }

    /// Makes a sum of millionths of a dollar, as they are stored.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// Returns the millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// Reads dollars as they are written: `12`, `12.50`, `0.0085`.
    ///
    /// # Errors
    /// Returns [`MoneyError`] for anything else, and for more than a thousand million dollars.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (dollars, rest) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if dollars.is_empty() || !is_number(dollars) || !is_number(rest) || rest.len() > DIGITS {
            return Err(MoneyError);
        }
        if text.ends_with('.') {
            return Err(MoneyError);
        }
        let whole: u64 = dollars.parse().map_err(|_| MoneyError)?;
        if whole > DOLLARS_MAX {
            return Err(MoneyError);
        }
        let part: u64 = format!("{rest:0<DIGITS$}")
            .parse()
            .map_err(|_| MoneyError)?;
        Ok(Self(whole * DOLLAR + part))
    }

    /// Adds, up to the largest number.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Multiplies, up to the largest number.
    #[must_use]
    pub const fn times(self, many: u64) -> Self {
        Self(self.0.saturating_mul(many))
    }

    /// Returns so many hundredths of it.
    #[must_use]
    pub const fn percent(self, percent: u64) -> Self {
        Self(self.0 / 100 * percent + self.0 % 100 * percent / 100)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:0DIGITS$}", self.0 % DOLLAR);
        let (cents, less) = part.split_at_checked(2).unwrap_or((&part, ""));
        let less = less.trim_end_matches('0');
        write!(formatter, "{}.{cents}{less}", self.0 / DOLLAR)
    }
}

/// A text is no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a sum is written in dollars, as in \"12.50\"")]
pub struct MoneyError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Money;

    #[test]
    fn reads_dollars_and_nothing_else() {
        assert_eq!(Money::parse("12.5").unwrap(), Money::from_cents(1_250));
        assert_eq!(Money::parse("0.0085").unwrap().millionths(), 8_500);
        assert_eq!(Money::parse("7").unwrap().to_string(), "7.00");
        assert_eq!(Money::parse("0.0085").unwrap().to_string(), "0.0085");
        assert_eq!(Money::from_cents(500).percent(80), Money::from_cents(400));
        for wrong in [
            "",
            ".5",
            "1.",
            "-1",
            "$1",
            "1,5",
            "1.0000001",
            "2000000000",
            "+1",
        ] {
            assert!(Money::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(millionths in 0..1_000_000_000_000_000_u64) {
            let sum = Money::from_millionths(millionths);
            prop_assert_eq!(Money::parse(&sum.to_string()), Ok(sum));
            prop_assert!(sum.percent(80) <= sum);
        }
    }
}
