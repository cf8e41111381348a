//! A registrant on her way into the tables.

use jiff::Timestamp;

use super::SealedChoices;
use crate::ids::RegistrantId;
use crate::notification::contact::Contact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::registrant::{self, RegistrantRow, RegistrantState};
use crate::vault::command::Choices;
use crate::vault::contacts::{Hand, distinct};
use crate::vault::sealed::DataKey;
use crate::vault::{Vault, VaultError};

/// A registrant on her way into the tables.
#[derive(Debug)]
pub(in crate::vault) struct Draft {
    pub(in crate::vault) registrant: RegistrantId,
    pub(in crate::vault) key: DataKey,
    /// The one that proves the registration first.
    pub(in crate::vault) contacts: Vec<ContactRow>,
    wrapped_key: Vec<u8>,
    sealed_choices: Vec<u8>,
}

impl Draft {
    pub(in crate::vault) fn new(
        vault: &Vault,
        contacts: &[Contact],
        choices: Choices,
    ) -> Result<Self, VaultError> {
        let registrant = RegistrantId::from_bytes((vault.world.random)());
        let key = DataKey::make()?;
        let hand = Hand {
            keys: &vault.keys,
            means: &vault.means,
            random: vault.world.random,
            now: (vault.world.wall)(),
        };
        let mut sealed = Vec::with_capacity(contacts.len());
        for contact in contacts {
            sealed.push(hand.seal((registrant, &key), contact, None)?);
        }
        sealed.sort_by_key(|contact| contact.channel);
        let sealed = distinct(sealed);
        Ok(Self {
            wrapped_key: vault.keys.wrap(&key)?,
            sealed_choices: key.seal("choices", registrant, &SealedChoices::from(choices))?,
            contacts: sealed,
            registrant,
            key,
        })
    }

    /// Adds the registrant and her contacts; those of one who counts at once were verified by staff.
    pub(in crate::vault) fn insert(
        &self,
        tx: &mut Tx<'_>,
        state: RegistrantState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = RegistrantRow {
            registrant: self.registrant,
            wrapped_key: self.wrapped_key.clone(),
            state,
            sealed_choices: self.sealed_choices.clone(),
        };
        registrant::insert(tx, &row, now)?;
        let is_verified = match state {
            RegistrantState::Active | RegistrantState::Monitor => true,
            RegistrantState::Pending | RegistrantState::Caller => false,
        };
        for contact in &self.contacts {
            let row = ContactRow {
                verified_at: Some(now).filter(|_| is_verified),
                ..contact.clone()
            };
            contact::insert(tx, &row)?;
        }
        Ok(())
    }
}
