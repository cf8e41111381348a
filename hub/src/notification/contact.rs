//! One way to reach a registrant: a channel with its address.

use savin_shared::pii::Pii;

use super::address::{AddressError, EmailAddress};
use super::channel::Channel;
use super::phone::PhoneNumber;
use super::postal::PostalAddress;

/// Where somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// By e-mail.
    Email(EmailAddress),
    /// By a call.
    Telephone(PhoneNumber),
    /// By a letter.
    Letter(PostalAddress),
}

impl Contact {
    /// Returns the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Telephone(_) => Channel::Telephone,
            Self::Letter(_) => Channel::Letter,
        }
    }

    /// Returns the address as it is stored.
    #[must_use]
    pub fn stored(&self) -> Pii<String> {
        match self {
            Self::Email(address) => Pii::new(address.reveal().clone()),
            Self::Telephone(number) => Pii::new(number.reveal().clone()),
            Self::Letter(address) => address.stored(),
        }
    }

    /// Reads an address as it is stored.
    ///
    /// # Errors
    /// Returns [`AddressError`] for what was not stored by this program.
    pub fn read(channel: Channel, stored: &str) -> Result<Self, AddressError> {
        Ok(match channel {
            Channel::Email => Self::Email(EmailAddress::parse(stored)?),
            Channel::Telephone => Self::Telephone(PhoneNumber::parse(stored)?),
            Channel::Letter => Self::Letter(PostalAddress::read(stored)?),
        })
    }

    /// Returns the form by which two spellings of one address are found equal.
    #[must_use]
    pub fn comparable(&self) -> Pii<String> {
        match self {
            Self::Email(address) => address.comparable(),
            Self::Telephone(number) => Pii::new(number.reveal().clone()),
            Self::Letter(address) => address.comparable(),
        }
    }

    /// Returns enough for its owner to recognise it, and no more.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Email(address) => address.masked(),
            Self::Telephone(number) => number.masked(),
            Self::Letter(address) => address.masked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Pii;

    use super::{Channel, Contact};
    use crate::notification::address::EmailAddress;
    use crate::notification::phone::PhoneNumber;
    use crate::notification::postal::{PostalAddress, PostalLines};

    #[test]
    fn reads_back_what_it_stores() {
        let part = |text: &str| Pii::new(text.to_owned());
        let lines = PostalLines {
            street: part("12 Elm St"),
            city: part("Jackson"),
            state: part("MS"),
            zip: part("39201"),
            ..PostalLines::default()
        };
        let contacts = [
            Contact::Email(EmailAddress::parse("avery@example.test").unwrap()),
            Contact::Telephone(PhoneNumber::parse("601-555-0123").unwrap()),
            Contact::Letter(PostalAddress::parse(&lines).unwrap()),
        ];
        for (contact, channel) in contacts.iter().zip(Channel::ALL) {
            assert_eq!(contact.channel(), channel);
            let read = Contact::read(channel, contact.stored().reveal()).unwrap();
            assert!(read == *contact);
        }
    }
}
