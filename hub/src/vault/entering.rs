//! Entering a victim on an office's word, without her request (Miss. Code 99-43-35(d)). Whom somebody else
//! entered a person calls: whether the ways are safe only she can say.

use super::command::{Entry, PortalAnswer};
use super::contacts::{Hand, key_of};
use super::registration::{Draft, Request, subscribe};
use super::staff::known;
use super::task::{self, Ask};
use super::{Vault, VaultError};
use crate::store::StoreError;
use crate::store::vault::registrant::{self, RegistrantState};
use crate::work::task::TaskKind;

/// How soon she is called.
const URGENCY: u8 = 2;

impl Vault {
    /// Registers her on the word of an office. Of whoever is registered already by the e-mail address nothing
    /// is changed but that she is told of this person too: an office adds no further way to a registration.
    pub(super) fn enter(&self, entry: Entry) -> Result<PortalAnswer, VaultError> {
        let Entry {
            contacts,
            about,
            choices,
            office,
        } = entry;
        let draft = Draft::new(self, &contacts, choices)?;
        let request = Request::from(about);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let (random, means) = (self.world.random, std::sync::Arc::clone(&self.means));
        self.store.write_now("enter", move |tx| {
            let keys = &keys;
            let hand = Hand {
                keys,
                means: &means,
                random,
                now,
            };
            let (whose, was_known) = match known(tx, &draft, None)? {
                Some(whose) => {
                    let row = registrant::load(tx, whose)?;
                    let row = row.ok_or(StoreError::Damaged("a registrant"))?;
                    subscribe(tx, hand, (whose, &key_of(keys, &row)?), &request)?;
                    (whose, true)
                }
                None => {
                    draft.insert(tx, RegistrantState::Active, now)?;
                    subscribe(tx, hand, (draft.registrant, &draft.key), &request)?;
                    (draft.registrant, false)
                }
            };
            let ways = if was_known {
                "She was registered already: only the person was added. Call her about that."
            } else {
                "Call her: is each way safe, does she know how to change or stop it, and what does she need?"
            };
            let ask = Ask {
                kind: TaskKind::Other,
                subject: format!("entered/{whose}/{}", now.as_microsecond()),
                registrant: whose,
                urgency: URGENCY,
                due_at: None,
                note: format!("Entered without her request by the {office} (99-43-35(d)). {ways}"),
            };
            task::open(tx, keys, &ask, now)
        })?;
        Ok(PortalAnswer::Done)
    }
}
