//! Turning e-mail off by the link in a message: the way of telling ends, and nothing that she asked for.

use tracing::info;

use super::command::{PortalAnswer, Ticket};
use super::contacts::{Hand, key_of};
use super::keyring::Keyring;
use super::sealed::DataKey;
use super::task::{self, Ask};
use super::{Vault, VaultError, change, siblings};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::mark::{Mark, MarkPurpose};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::{attempt, carrying, notice, registrant};
use crate::work::task::TaskKind;

impl Vault {
    /// Turns e-mail off at the address to which a message went, and tells her so where she is told still. What was to
    /// go there goes on in her other ways; where none is left a person is asked to find one: she must not go untold
    /// by a click that a mail program makes look harmless.
    pub(super) fn silence(&self, mark: Mark) -> Result<PortalAnswer, VaultError> {
        let (random, now) = (self.world.random, (self.world.wall)());
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let is_ours = self.store.write_now("silence", move |tx| {
            let Some(sent_to) = sent_to(tx, &keys, &mark)? else {
                return Ok(false);
            };
            let Some((who, key)) = whose(tx, &keys, mark.notice)? else {
                return Ok(true);
            };
            let rows = contact::of_registrant(tx, who)?;
            let (off, left): (Vec<_>, Vec<_>) = rows
                .into_iter()
                .filter(ContactRow::is_told)
                .partition(|row| row.channel == Channel::Email && row.contact == sent_to);
            let Some(off) = off.first() else {
                return Ok(true);
            };
            contact::silence(tx, who, off.contact, Some(now))?;
            if left.is_empty() {
                task::open(tx, &keys, &unreached(who, now), now)?;
            }
            let hand = Hand {
                keys: &keys,
                means: &means,
                random,
                now,
            };
            change::tell(tx, hand, (who, &key), (Changed::MailOff, None), None)?;
            siblings::hasten(tx, &keys, mark.notice, now)?;
            carrying::due_now(tx, who, Channel::Email, now)?;
            Ok(true)
        })?;
        if !is_ours {
            return Ok(PortalAnswer::Refused);
        }
        info!("E-mail was turned off by the link in a message");
        Ok(PortalAnswer::Done)
    }

    /// Turns a way of telling on again, and tells her so.
    pub(super) fn resume(
        &self,
        session: &Ticket,
        contact: ContactId,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("resume", session, move |tx, hand, who, key| {
            let rows = contact::of_registrant(tx, who.registrant)?;
            let is_off = |row: &ContactRow| row.contact == contact && row.silenced_at.is_some();
            if rows.iter().any(is_off) {
                contact::silence(tx, who.registrant, contact, None)?;
                let whose = (who.registrant, key);
                change::tell(tx, hand, whose, (Changed::MailOn, None), None)?;
            }
            Ok(PortalAnswer::Done)
        })
    }
}

/// Finds to which contact the message of a mark went; nothing where this vault did not give the mark out.
fn sent_to(tx: &mut Tx<'_>, keys: &Keyring, mark: &Mark) -> Result<Option<ContactId>, StoreError> {
    let tries = attempt::of_notice(tx, mark.notice)?;
    let contacts = tries.iter().rev().filter_map(|tried| tried.contact);
    // The mark of a message that was sent before each had its address in it is of the last one.
    let is_older = keys.is_ours(MarkPurpose::Stop, mark);
    Ok(contacts
        .into_iter()
        .find(|contact| is_older || keys.is_stop_of(mark, *contact)))
}

/// Returns whose a notice is, with her key; nothing of one who is gone.
fn whose(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
) -> Result<Option<(RegistrantId, DataKey)>, StoreError> {
    let Some(standing) = notice::find(tx, id)? else {
        return Ok(None);
    };
    let who = registrant::load(tx, standing.registrant)?;
    who.map(|who| Ok((who.registrant, key_of(keys, &who)?)))
        .transpose()
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
