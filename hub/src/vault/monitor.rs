//! The monitored line: an address of MDOC's own at which each agency's daily test must come out, by the
//! same plan and the same courier as a victim's notice.

use super::command::{Choices, StaffAnswer};
use super::registration::Draft;
use super::{Vault, VaultError};
use crate::notification::address::EmailAddress;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::registrant::{self, RegistrantState};

/// What the address of the line is hashed as: never found as a registrant's.
const LINE: &str = "monitored-line";

impl Vault {
    /// Lets the daily tests come out at an address from now on; an earlier one is forgotten.
    pub(super) fn monitor(
        &self,
        address: Option<&EmailAddress>,
    ) -> Result<StaffAnswer, VaultError> {
        let choices = Choices {
            language: Language::En,
            disclosure: Disclosure::Full,
        };
        let draft = address
            .map(|address| {
                let mut draft = Draft::new(self, &[Contact::Email(address.clone())], choices)?;
                for contact in &mut draft.contacts {
                    contact.blind_index = self.keys.blind_index(LINE, &address.comparable());
                }
                Ok::<_, VaultError>(draft)
            })
            .transpose()?;
        let now = (self.world.wall)();
        let is_changed = self.store.write_now("monitor", move |tx| {
            let mut is_there = false;
            let mut is_changed = false;
            for known in registrant::monitors(tx)? {
                let contacts = contact::of_registrant(tx, known)?;
                let index = |contact: &ContactRow| contact.blind_index;
                let is_same = draft.as_ref().is_some_and(|draft| {
                    let mut contacts = contacts.iter().map(index);
                    contacts.any(|known| draft.contacts.iter().any(|new| index(new) == known))
                });
                if is_same {
                    is_there = true;
                } else {
                    registrant::forget(tx, known, now)?;
                    is_changed = true;
                }
            }
            if let Some(draft) = draft.as_ref().filter(|_| !is_there) {
                draft.insert(tx, RegistrantState::Monitor, now)?;
                is_changed = true;
            }
            Ok(is_changed)
        })?;
        Ok(StaffAnswer::Changed(is_changed))
    }
}
