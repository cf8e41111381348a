//! Changing the number by telephone: the new one is proved by a code, and the old ones go on for three days and are
//! told of it, in case it was not she who did it (T03).

use super::super::change;
use super::super::command::{PortalAnswer, Ticket};
use super::super::contacts::{Hand, key_of, language_of, later as code_ends};
use super::super::registration::may_send;
use super::super::{Vault, VaultError, broken};
use super::said_hash;
use crate::ids::RegistrantId;
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::phone::PhoneNumber;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::verification::{self, Purpose, VerificationRow};
use crate::store::vault::{contact, registrant};

impl Vault {
    /// Says a code to another number of hers. Once that came back, she is told there, and at her other numbers
    /// for three days more.
    pub(super) fn move_to(
        &self,
        session: &Ticket,
        number: PhoneNumber,
    ) -> Result<PortalAnswer, VaultError> {
        let contact = Contact::Telephone(number);
        let (ticket, code) = self.ticket_and_code();
        let ticket_hash = self.keys.ticket_hash(&ticket.0);
        self.in_session("move", session, move |tx, hand, who, key| {
            let whose = (who.registrant, key);
            let to = hand.seal(whose, &contact, None).map_err(broken)?;
            let mut rows = contact::of_registrant(tx, who.registrant)?;
            rows.retain(|row| row.channel == to.channel);
            let known = rows.iter().find(|row| row.blind_index == to.blind_index);
            if known.is_none() {
                for row in rows.iter().filter(|row| row.verified_at.is_none()) {
                    contact::remove(tx, who.registrant, row.contact)?;
                }
                contact::insert(tx, &to)?;
            }
            let to = known.unwrap_or(&to);
            if !may_send(tx, (to.channel, &to.blind_index), hand.now)? {
                return Ok(PortalAnswer::Done);
            }
            let row = VerificationRow {
                ticket_hash,
                purpose: Purpose::Contact,
                registrant: Some(who.registrant),
                blind_index: to.blind_index,
                code_hash: Some(said_hash(hand.keys, &to.blind_index, &code)),
                sealed_request: Vec::new(),
                expires_at: code_ends(hand.now, to.channel),
            };
            verification::insert(tx, &row, hand.now)?;
            let language = language_of(key, who)?;
            hand.send_code(tx, whose, (to.channel, to.contact), (&code, language))?;
            Ok(PortalAnswer::Done)
        })
    }
}

/// How a number of hers was to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// In a call, in which it is to take the place of her others.
    Instead,
    /// On a page, beside her others.
    Beside,
}

/// Tells her at a number that was proved, and tells of it where she was told before.
pub(super) fn told_there(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    whose: RegistrantId,
    (index, how): (&[u8; 32], How),
) -> Result<(), StoreError> {
    let mut rows = contact::of_registrant(tx, whose)?;
    rows.retain(|row| row.channel == Channel::Telephone);
    let Some(own) = rows.iter().find(|own| own.blind_index == *index) else {
        return Ok(());
    };
    contact::verify(tx, whose, own.contact, hand.now)?;
    if how == How::Instead {
        contact::prefer(tx, whose, own.contact)?;
    }
    let others = rows.iter().filter(|row| row.contact != own.contact);
    let until = change::goes_on(hand.now);
    for other in others.filter(|_| how == How::Instead) {
        if other.is_told() {
            contact::retire(tx, whose, other.contact, until)?;
        } else {
            contact::remove(tx, whose, other.contact)?;
        }
    }
    let Some(who) = registrant::load(tx, whose)? else {
        return Ok(());
    };
    let key = key_of(hand.keys, &who)?;
    let changed = match how {
        How::Instead => (Changed::Number, Some(until)),
        How::Beside => (Changed::Way, None),
    };
    change::tell(tx, hand, (whose, &key), changed, Some(own.contact))
}
