//! Whose sealed values do not open any more: a damaged row is not taken over into a vault that was put back.

use std::collections::BTreeSet;

use super::contacts::{key_of, language_of, opened};
use super::{Vault, VaultError};
use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::registrant::RegistrantState;
use crate::store::vault::{contact, registrant};

/// Registrants that are looked at in one transaction.
const REGISTRANTS_AT_ONCE: u32 = 500;

impl Vault {
    /// Returns of whom the key, what she chose, or where she is reached does not open.
    ///
    /// # Errors
    /// Returns [`VaultError`] when the database refuses.
    pub fn unsound(&self) -> Result<BTreeSet<RegistrantId>, VaultError> {
        let mut unsound = BTreeSet::new();
        let mut from = None;
        loop {
            let keys = std::sync::Arc::clone(&self.keys);
            let look = move |tx: &mut Tx<'_>| {
                let page = registrant::after(tx, from, REGISTRANTS_AT_ONCE)?;
                let last = page.last().copied();
                let mut found = Vec::new();
                for who in page {
                    if !is_sound(tx, &keys, who)? {
                        found.push(who);
                    }
                }
                Ok((found, last))
            };
            let (found, last) = self.store.read_now("unsound", look)?;
            unsound.extend(found);
            if last.is_none() {
                return Ok(unsound);
            }
            from = last;
        }
    }
}

fn is_sound(tx: &mut Tx<'_>, keys: &super::Keyring, who: RegistrantId) -> Result<bool, StoreError> {
    let row = match registrant::load(tx, who) {
        Ok(Some(row)) => row,
        Ok(None) | Err(StoreError::Damaged(_)) => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let Ok(key) = key_of(keys, &row) else {
        return Ok(false);
    };
    // A caller who left a number chose nothing.
    let has_chosen = row.state == RegistrantState::Active;
    if has_chosen && language_of(&key, &row).is_err() {
        return Ok(false);
    }
    let contacts = match contact::of_registrant(tx, who) {
        Ok(contacts) => contacts,
        Err(StoreError::Damaged(_)) => return Ok(false),
        Err(failure) => return Err(failure),
    };
    Ok(contacts.iter().all(|contact| opened(&key, contact).is_ok()))
}
