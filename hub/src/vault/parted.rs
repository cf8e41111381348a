//! When two people were parted, whose registration is whose is for a person to ask: it stays with whom she
//! asked about, and she may have meant the other.

use savin_shared::hash::hex;

use super::command::StaffAnswer;
use super::task::{Ask, open};
use super::{Vault, VaultError};
use crate::ids::PersonId;
use crate::store::vault::subscription;
use crate::work::task::TaskKind;

/// How soon she is asked: before anything else is told of either.
const URGENCY: u8 = 1;

impl Vault {
    /// Opens a task for each registrant of a person from whom records were parted, once each; says whether
    /// there are any.
    pub(super) fn parted(&self, from: PersonId, to: PersonId) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let asked = self.store.write_now("parted", move |tx| {
            let link = keys.person_link(from);
            let registrants = subscription::registrants_of(tx, &[link])?.concat();
            // Hashes under the vault's key: a subject says nothing to a stranger.
            let between = [link, keys.person_link(to)].map(|link| hex(&link)).join("+");
            for registrant in &registrants {
                let ask = Ask {
                    kind: TaskKind::IdentityDoubt,
                    subject: format!("parted/{between}/{registrant}"),
                    registrant: *registrant,
                    urgency: URGENCY,
                    due_at: None,
                    note: format!(
                        "She asked about {from}, of whom records turned out to be somebody else's: {to}. \
                         Show her both (`savin-hub persons show`) and ask whom she means. If the other: \
                         `savin-hub register --to {registrant} --person {to}`, and have her drop the first \
                         at the site. If the same, it is done"
                    ),
                };
                open(tx, &keys, &ask, now)?;
            }
            Ok(!registrants.is_empty())
        })?;
        Ok(StaffAnswer::Changed(asked))
    }
}
