//! Telephone numbers: those of the North American plan that cost nobody more than a call.

use std::fmt;

use savin_shared::pii::Pii;

use super::address::AddressError;

/// Area codes of the plan that are other countries, or that charge whoever calls them: where a made-up
/// registration would earn somebody money.
const AREAS_REFUSED: [&str; 23] = [
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758",
    "767", "784", "809", "829", "849", "868", "869", "876", "900", "976",
];

/// A telephone number in the form of ITU-T E.164.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(Pii<String>);

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl PhoneNumber {
    /// Takes a number as somebody typed it: ten digits, with or without the country's 1 before them.
    ///
    /// # Errors
    /// Returns [`AddressError`] for what cannot be one, or is one that is not called.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if !text
            .chars()
            .all(|c| c.is_ascii_digit() || " +()-./".contains(c))
        {
            return Err(AddressError::Phone);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let national = match (digits.len(), digits.strip_prefix('1')) {
            (10, _) => digits.as_str(),
            (11, Some(national)) => national,
            _ => return Err(AddressError::Phone),
        };
        let (area, rest) = national.split_at_checked(3).ok_or(AddressError::Phone)?;
        let (exchange, _) = rest.split_at_checked(3).ok_or(AddressError::Phone)?;
        let is_code = |code: &str| !code.starts_with(['0', '1']) && !code.ends_with("11");
        if !is_code(area) || !is_code(exchange) {
            return Err(AddressError::Phone);
        }
        if AREAS_REFUSED.contains(&area) || exchange == "976" {
            return Err(AddressError::PhoneRefused);
        }
        Ok(Self(Pii::new(format!("+1{national}"))))
    }

    /// Gives access to the number.
    #[must_use]
    pub const fn reveal(&self) -> &String {
        self.0.reveal()
    }

    /// Returns enough for its owner to recognise it, and no more.
    #[must_use]
    pub fn masked(&self) -> String {
        let last = self.reveal().len().saturating_sub(2);
        format!("•••{}", self.reveal().get(last..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, PhoneNumber};

    #[test]
    fn takes_numbers_as_people_type_them() {
        for text in [
            "6015550123",
            "(601) 555-0123",
            "601.555.0123",
            "+1 601 555 0123",
            "1-601-555-0123",
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.reveal(), "+16015550123", "{text}");
            assert_eq!(number.masked(), "•••23");
            assert_eq!(format!("{number:?}"), "<personal>");
        }
    }

    #[test]
    fn refuses_what_is_none_and_what_would_cost() {
        assert_eq!(PhoneNumber::parse(" "), Err(AddressError::Empty));
        for text in [
            "911",
            "555-0123",
            "0015550123",
            "1015550123",
            "6011550123",
            "6119550123",
            "6019110123",
            "+44 20 7946 0000",
            "601-555-0123 ext 4",
            "601555012x",
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(AddressError::Phone), "{text}");
        }
        for text in ["900-555-0123", "876 555 0123", "601-976-0123"] {
            assert_eq!(
                PhoneNumber::parse(text),
                Err(AddressError::PhoneRefused),
                "{text}"
            );
        }
    }
}
