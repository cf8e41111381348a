//! Turning e-mail off by the link in a message: the way of telling ends, and nothing that she asked for.

use tracing::info;

use super::command::{PortalAnswer, Ticket};
use super::task::{self, Ask};
use super::{Vault, VaultError};
use crate::ids::{ContactId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::mark::{Mark, MarkPurpose};
use crate::store::vault::{contact, notice};
use crate::work::task::TaskKind;

impl Vault {
    /// Turns e-mail off for whoever was sent a message. Where no other way is left a person is asked to
    /// find one: she must not go untold by a click that a mail program makes look harmless.
    pub(super) fn silence(&self, mark: Mark) -> Result<PortalAnswer, VaultError> {
        if !self.keys.is_ours(MarkPurpose::Stop, &mark) {
            return Ok(PortalAnswer::Refused);
        }
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        self.store.write_now("silence", move |tx| {
            let Some(standing) = notice::find(tx, mark.notice)? else {
                return Ok(());
            };
            let who = standing.registrant;
            let rows = contact::of_registrant(tx, who)?;
            let (off, left): (Vec<_>, Vec<_>) = rows
                .into_iter()
                .filter(contact::ContactRow::is_told)
                .partition(|row| row.channel == Channel::Email);
            for row in &off {
                contact::silence(tx, who, row.contact, Some(now))?;
            }
            if !off.is_empty() && left.is_empty() {
                task::open(tx, &keys, &unreached(who, now), now)?;
            }
            Ok(())
        })?;
        info!("E-mail was turned off by the link in a message");
        Ok(PortalAnswer::Done)
    }

    /// Turns a way of telling on again.
    pub(super) fn resume(
        &self,
        session: &Ticket,
        contact: ContactId,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("resume", session, move |tx, _, who, _| {
            contact::silence(tx, who.registrant, contact, None)?;
            Ok(PortalAnswer::Done)
        })
    }
}

fn unreached(registrant: RegistrantId, now: jiff::Timestamp) -> Ask {
    Ask {
        kind: TaskKind::Unreachable,
        subject: format!("silenced/{registrant}/{}", now.as_second()),
        registrant,
        urgency: 1,
        due_at: None,
        note: "She turned e-mail off by the link in a message, and no other way to tell her is left. \
               What she asked for stands. Find out from the paper form or the agency how she may be \
               told, and `savin-hub register` it."
            .to_owned(),
    }
}
