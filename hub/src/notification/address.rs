//! Where a registrant is reached: checked at the edge, personal from then on.

use std::fmt;

use savin_shared::pii::Pii;
use thiserror::Error;

/// Bytes of the longest e-mail address (RFC 5321, section 4.5.3.1.3).
const EMAIL_BYTES_MAX: usize = 254;

/// An e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(Pii<String>);

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl EmailAddress {
    /// Takes an address as somebody typed it.
    ///
    /// # Errors
    /// Returns [`AddressError`] for what cannot be one.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let is_plain = text.len() <= EMAIL_BYTES_MAX
            && text.is_ascii()
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c));
        let Some((local, domain)) = text.rsplit_once('@').filter(|_| is_plain) else {
            return Err(AddressError::NotOne);
        };
        let is_domain = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            });
        if local.is_empty() || local.contains('@') || !is_domain {
            return Err(AddressError::NotOne);
        }
        Ok(Self(Pii::new(format!(
            "{local}@{}",
            domain.to_ascii_lowercase()
        ))))
    }

    /// Gives access to the address.
    #[must_use]
    pub const fn reveal(&self) -> &String {
        self.0.reveal()
    }

    /// Returns the form by which two spellings of one mailbox are found equal.
    #[must_use]
    pub fn comparable(&self) -> Pii<String> {
        Pii::new(self.reveal().to_ascii_lowercase())
    }

    /// Returns enough for its owner to recognise it, and no more.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = |text: &str| text.chars().next().map_or_else(String::new, String::from);
        match self.reveal().split_once('@') {
            Some((local, domain)) => format!("{}•••@{}•••", first(local), first(domain)),
            None => "•••".to_owned(),
        }
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("no address was given")]
    Empty,
    /// It is not an e-mail address.
    #[error("that is not an e-mail address")]
    NotOne,
    /// It is not a telephone number.
    #[error("that is not a telephone number of ten digits")]
    Phone,
    /// It is a telephone number that is not called.
    #[error("numbers of other countries, and those that cost extra, are not called")]
    PhoneRefused,
    /// The name on an envelope is too long.
    #[error("the name does not fit on an envelope")]
    Name,
    /// The street is missing, or does not fit on an envelope.
    #[error("the street is missing or too long")]
    Street,
    /// The city is missing, or does not fit on an envelope.
    #[error("the city is missing or too long")]
    City,
    /// There is no such state.
    #[error("the state is not two letters of a state")]
    State,
    /// The ZIP code is not one.
    #[error("the ZIP code is not five or nine digits")]
    Zip,
}

#[cfg(test)]
mod tests {
    use super::{AddressError, EmailAddress};

    #[test]
    fn takes_addresses_as_people_type_them() {
        let address = EmailAddress::parse(" Avery.Sample+x@Mail.Example.TEST ").unwrap();
        assert_eq!(address.reveal(), "Avery.Sample+x@mail.example.test");
        assert_eq!(address.masked(), "A•••@m•••");
        assert_eq!(format!("{address:?}"), "<personal>");
    }

    #[test]
    fn refuses_what_cannot_be_one() {
        assert_eq!(EmailAddress::parse(" "), Err(AddressError::Empty));
        for text in [
            "a",
            "a@b",
            "@b.test",
            "a b@c.test",
            "a@b..test",
            "a@-b.test",
            "a@b.test,c@d.test",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(AddressError::NotOne),
                "{text}"
            );
        }
    }
}
