//! How a registrant changes on her page where she is reached: what is added is proved by its own code, what is taken away
//! or replaced goes on for three days, and she is told of each where she was told before (T03).

use jiff::Timestamp;
use savin_shared::pii::Secret;

use super::command::{PortalAnswer, Ticket};
use super::contacts::{Proof, contact_ticket, language_of, prove};
use super::registration::proved;
use super::{Vault, VaultError, change};
use crate::ids::ContactId;
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::session::{self, Hold};
use crate::store::vault::verification::{self, Purpose};

impl Vault {
    /// Adds a way to reach her, which its own code has to prove.
    pub(super) fn add_contact(
        &self,
        session: &Ticket,
        contact: Contact,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("reach", session, move |tx, hand, who, key| {
            let proof = Proof::Wanted(language_of(key, who)?);
            let is_room = hand.put(tx, (who.registrant, key), &contact, proof)?;
            Ok(if is_room {
                PortalAnswer::Done
            } else {
                PortalAnswer::Wrong
            })
        })
    }

    /// Takes the code of a further way to reach her.
    pub(super) fn prove_contact(
        &self,
        session: &Ticket,
        contact: ContactId,
        code: Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("prove", session, move |tx, hand, who, key| {
            let ticket = contact_ticket(contact);
            let row = proved(tx, hand.keys, Purpose::Contact, (&ticket, &code), hand.now)?;
            let row = row.filter(|row| row.registrant == Some(who.registrant));
            let Some(row) = row else {
                return Ok(PortalAnswer::Wrong);
            };
            verification::use_up(tx, &row.ticket_hash, hand.now)?;
            let rows = contact::of_registrant(tx, who.registrant)?;
            let row = rows.iter().find(|row| row.contact == contact);
            if !row.map_or(Ok(false), |row| prove(tx, row, hand.now))? {
                return Ok(PortalAnswer::Wrong);
            }
            let whose = (who.registrant, key);
            let changed = make_room(tx, &rows, contact, hand.now)?;
            change::tell(tx, hand, whose, changed, Some(contact))?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Lets a contact be the first of its channel.
    pub(super) fn prefer_contact(
        &self,
        session: &Ticket,
        contact: ContactId,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("prefer", session, move |tx, hand, who, key| {
            let rows = contact::of_registrant(tx, who.registrant)?;
            let own = rows.iter().find(|row| row.contact == contact);
            let Some(own) = own else {
                return Ok(PortalAnswer::Done);
            };
            let first = rows.iter().find(|row| row.channel == own.channel);
            if first.is_some_and(|first| first.contact != contact) {
                contact::prefer(tx, who.registrant, contact)?;
                let whose = (who.registrant, key);
                change::tell_of_sitting(tx, hand, whose, &[Changed::Order])?;
            }
            Ok(PortalAnswer::Done)
        })
    }

    /// Takes a way to reach her away; never the last one by which she comes in. One that was proved is told of it, as
    /// all others are, and is told for three days more.
    pub(super) fn remove_contact(
        &self,
        session: &Ticket,
        contact: ContactId,
    ) -> Result<PortalAnswer, VaultError> {
        let answer = self.with_session("unreach", session, move |tx, sitting| {
            let (registrant, _) = sitting.whose();
            let rows = contact::of_registrant(tx, registrant)?;
            let row = rows.iter().find(|row| row.contact == contact);
            let Some(row) = row.filter(|row| may_go(&rows, row)) else {
                return Ok(PortalAnswer::Done);
            };
            let until = change::goes_on(sitting.hand.now);
            if sitting.hold != Hold::Hers {
                session::feign(tx, sitting.hash, contact.as_bytes(), until)?;
                return Ok(PortalAnswer::Done);
            }
            if !row.is_told() {
                contact::remove(tx, registrant, contact)?;
                return Ok(PortalAnswer::Done);
            }
            contact::retire(tx, registrant, contact, until)?;
            let gone = (Changed::WayGone, Some(until));
            change::tell(tx, sitting.hand, sitting.whose(), gone, None)?;
            Ok(PortalAnswer::Done)
        })?;
        Ok(answer.unwrap_or(PortalAnswer::Refused))
    }
}

/// Lets the postal address that she had give way to one that was proved: it goes on for three days, and she is told so
/// there. Of all else she has several. Returns what changed, and until when it is as before.
fn make_room(
    tx: &mut Tx<'_>,
    before: &[ContactRow],
    proved: ContactId,
    now: Timestamp,
) -> Result<(Changed, Option<Timestamp>), StoreError> {
    let letters = before.iter().filter(|row| row.channel == Channel::Letter);
    let (own, others): (Vec<_>, Vec<_>) = letters.partition(|row| row.contact == proved);
    let others: Vec<_> = others.into_iter().filter(|row| row.is_told()).collect();
    if own.is_empty() || others.is_empty() {
        return Ok((Changed::Way, None));
    }
    let until = change::goes_on(now);
    for other in others {
        contact::retire(tx, other.registrant, other.contact, until)?;
    }
    Ok((Changed::Address, Some(until)))
}

/// Says whether a contact may be taken away: of the e-mail addresses one by which she comes in stays.
fn may_go(rows: &[ContactRow], row: &ContactRow) -> bool {
    let comes_in = |other: &ContactRow| {
        other.channel == row.channel
            && other.contact != row.contact
            && other.verified_at.is_some()
            && other.retires_at.is_none()
    };
    row.channel.is_further() || rows.iter().any(comes_in)
}
