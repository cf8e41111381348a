//! What a registration asks for: sealed until its address is proved.

use crate::ids::{PersonId, RegistrantId};
use crate::notification::follow::Followed;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::vault::care::SealedCare;
use crate::vault::command::{Subscribed, Wishes};
use crate::vault::keyring::Keyring;

/// What a registration asks for, sealed until its address is proved.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(in crate::vault) struct Request {
    pub(super) person: Option<PersonId>,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default)]
    pub(super) followed: Vec<Followed>,
    #[serde(default)]
    pub(super) care: Option<SealedCare>,
    /// The registration at the same number that has the same PIN, if there was one.
    #[serde(default)]
    joins: Option<[u8; 16]>,
}

impl Request {
    /// Says whether it is about one of these persons, or about one of these cases and orders.
    pub(in crate::vault) fn is_about(
        &self,
        keys: &Keyring,
        persons: &[PersonId],
        followed: &[Followed],
    ) -> bool {
        let is_one = |one: &Followed| {
            let link = keys.follow_link(one);
            followed.iter().any(|other| keys.follow_link(other) == link)
        };
        self.person.is_some_and(|person| persons.contains(&person))
            || self.followed.iter().any(is_one)
    }

    /// Lets it count for a registration at the same number that has the same PIN.
    pub(in crate::vault) fn joining(self, whose: Option<RegistrantId>) -> Self {
        Self {
            joins: whose.map(|whose| *whose.as_bytes()),
            ..self
        }
    }

    /// Finds that registration, where it is still told at the number.
    pub(super) fn joined(
        &self,
        tx: &mut Tx<'_>,
        number: &[u8; 32],
    ) -> Result<Option<ContactRow>, StoreError> {
        let Some(whose) = self.joins.map(RegistrantId::from_bytes) else {
            return Ok(None);
        };
        let rows = contact::of_registrant(tx, whose)?;
        let is_it = |row: &ContactRow| row.is_told() && row.blind_index == *number;
        Ok(rows.into_iter().find(is_it))
    }
}

impl From<Wishes> for Request {
    fn from(wishes: Wishes) -> Self {
        let (person, label) = wishes.about.map_or((None, String::new()), |about| {
            (Some(about.person), about.label)
        });
        Self {
            person,
            label,
            followed: wishes.followed,
            care: wishes.care.as_ref().map(SealedCare::from),
            joins: None,
        }
    }
}

impl From<Subscribed> for Request {
    fn from(about: Subscribed) -> Self {
        Self::from(Wishes::from(about))
    }
}
