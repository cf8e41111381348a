//! The ways to reach a registrant: sealed each, proved each by a code of its own, several numbers and
//! e-mail addresses in her order.

use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::Hash;
use savin_shared::pii::Secret;

use super::command::{ContactCommand, MaskedContact, StaffAnswer, Ticket};
use super::courier::Payload;
use super::keyring::Keyring;
use super::means::Means;
use super::registration::{CODE_MINUTES, SealedChoices, draw_code, may_send, wrong_keys};
use super::sealed::DataKey;
use super::task::{self, Ask};
use super::{Vault, VaultError, broken};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::notice::{self, NewNotice};
use crate::store::vault::registrant;
use crate::store::vault::verification::{self, Purpose, VerificationRow};
use crate::work::task::TaskKind;

/// How long a code that a person calls with can be used, in days.
const CALLED_DAYS: i64 = 3;

/// How long a code in a letter can be used, in days.
const POSTED_DAYS: i64 = 30;

/// How soon a person calls or writes with a code: before every fact that is not pressing.
const CODE_URGENCY: u8 = 3;

/// What work on contacts needs besides its transaction.
#[derive(Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) keys: &'a Keyring,
    pub(super) means: &'a Means,
    pub(super) random: fn() -> [u8; 16],
    pub(super) now: Timestamp,
}

/// Whose contacts, with her open key.
pub(super) type Whose<'a> = (RegistrantId, &'a DataKey);

/// Returns how long a code that goes out by a channel can be used.
#[must_use]
pub const fn code_life(channel: Channel) -> SignedDuration {
    match channel {
        Channel::Email => SignedDuration::from_mins(CODE_MINUTES),
        Channel::Telephone => SignedDuration::from_hours(24 * CALLED_DAYS),
        Channel::Letter => SignedDuration::from_hours(24 * POSTED_DAYS),
    }
}

impl Hand<'_> {
    /// Seals a contact.
    pub(super) fn seal(
        self,
        (registrant, key): Whose<'_>,
        contact: &Contact,
        verified_at: Option<Timestamp>,
    ) -> Result<ContactRow, super::sealed::SealError> {
        let channel = contact.channel();
        Ok(ContactRow {
            contact: ContactId::from_bytes((self.random)()),
            registrant,
            channel,
            blind_index: self
                .keys
                .blind_index(channel.as_str(), &contact.comparable()),
            sealed_address: key.seal("address", registrant, contact.stored().reveal())?,
            verified_at,
            silenced_at: None,
            returned_at: None,
            retires_at: None,
            doubted_at: None,
        })
    }

    /// Adds a contact, which is proved or asked to prove itself; one that she has stays as it is. Returns
    /// whether there was room for it: one that was never proved gives way.
    pub(super) fn put(
        self,
        tx: &mut Tx<'_>,
        whose: Whose<'_>,
        contact: &Contact,
        proof: Proof,
    ) -> Result<bool, StoreError> {
        let row = self.seal(whose, contact, None).map_err(broken)?;
        let mut rows = contact::of_registrant(tx, whose.0)?;
        rows.retain(|other| other.channel == row.channel);
        let known = rows
            .iter()
            .position(|known| known.blind_index == row.blind_index);
        let is_new = known.is_none();
        let back = known
            .and_then(|place| rows.get(place))
            .filter(|row| row.returned_at.is_some());
        let is_back = back.is_some();
        let is_going = |row: &ContactRow| row.retires_at.is_some();
        if known
            .and_then(|place| rows.get(place))
            .is_some_and(is_going)
        {
            // She goes on being told there after all, as she was.
            contact::keep(tx, whose.0)?;
        }
        if let Some(back) = back {
            // A letter came back from there, and she says that she is to be reached there all the same.
            contact::give_anew(tx, whose.0, back.contact)?;
        }
        if is_new {
            let staying = rows.iter().filter(|row| !is_going(row)).count();
            let is_full = staying >= row.channel.points_max();
            let unproved = rows.iter().find(|other| other.verified_at.is_none());
            match unproved.filter(|_| is_full) {
                Some(other) => contact::remove(tx, whose.0, other.contact)?,
                // The proved postal address gives way once the new one is proved.
                None if is_full && row.channel != Channel::Letter => return Ok(false),
                None => {}
            }
            contact::insert(tx, &row)?;
        }
        let row = known.map_or(row, |place| rows.swap_remove(place));
        match proof {
            Proof::Given => {
                let is_hers = prove(tx, &row, self.now)?;
                if is_hers && row.channel == Channel::Letter {
                    contact::remove_other_letters(tx, whose.0, row.contact)?;
                }
                Ok(is_hers)
            }
            Proof::Wanted(language) if is_new || is_back => {
                self.ask_proof(tx, whose, &row, language)?;
                Ok(true)
            }
            Proof::Wanted(_) => Ok(true),
        }
    }

    /// Sends the code that proves a further contact.
    pub(super) fn ask_proof(
        self,
        tx: &mut Tx<'_>,
        whose: Whose<'_>,
        row: &ContactRow,
        language: Language,
    ) -> Result<(), StoreError> {
        if !may_send(tx, (row.channel, &row.blind_index), self.now)? {
            return Ok(());
        }
        let (ticket, code) = (contact_ticket(row.contact), draw_code((self.random)()));
        let verification = VerificationRow {
            ticket_hash: self.keys.ticket_hash(&ticket.0),
            purpose: Purpose::Contact,
            registrant: Some(whose.0),
            blind_index: row.blind_index,
            code_hash: Some(self.keys.code_hash(&ticket.0, &code)),
            sealed_request: Vec::new(),
            expires_at: later(self.now, row.channel),
        };
        verification::insert(tx, &verification, self.now)?;
        self.send_code(tx, whose, (row.channel, row.contact), (&code, language))
    }

    /// Plans the message that carries a code to one contact.
    pub(super) fn send_code(
        self,
        tx: &mut Tx<'_>,
        (registrant, key): Whose<'_>,
        (channel, contact): (Channel, ContactId),
        (code, language): (&Secret<String>, Language),
    ) -> Result<(), StoreError> {
        let payload = Payload::Code {
            code: code.reveal().clone(),
            language,
            contact: Some(*contact.as_bytes()),
        };
        let sealed_fact = key.seal("notice", registrant, &payload).map_err(broken)?;
        let new = NewNotice {
            notice: NoticeId::from_bytes((self.random)()),
            registrant,
            channel,
            urgency: if channel.is_further() {
                CODE_URGENCY
            } else {
                0
            },
            rank: 0,
            // A code tells nothing that anybody would have to prove.
            commitment: Hash::of(&sealed_fact),
            sealed_fact,
            begins: SignedDuration::ZERO,
        };
        notice::plan(tx, std::slice::from_ref(&new), self.now)?;
        by_hand(tx, (self.keys, self.means), &new, self.now)
    }
}

/// Whether a contact has to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Staff has verified it.
    Given,
    /// A code is sent, in this language.
    Wanted(Language),
}

/// Opens the task of whoever carries a notice for which there is no door.
pub(super) fn by_hand(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    new: &NewNotice,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !means.doors.is_by_hand(new.channel) {
        return Ok(());
    }
    let short = short(new.notice);
    let (what, command) = match new.channel {
        Channel::Email => return Ok(()),
        Channel::Telephone => ("Call her", "script"),
        Channel::Letter => ("Write to her", "letter"),
    };
    let ask = Ask {
        kind: TaskKind::ByHand,
        subject: subject(new.notice),
        registrant: new.registrant,
        urgency: new.urgency,
        due_at: None,
        note: format!(
            "{what}: `savin-hub notices {command} {short} --as KEYFILE` has where and the words. \
             Then `savin-hub notices told {short}`, or `tried` where nobody was reached."
        ),
    };
    task::open(tx, keys, &ask, now).map(|_| ())
}

/// Returns what the task of a notice is about.
pub(super) fn subject(notice: NoticeId) -> String {
    format!("notice/{notice}")
}

/// Returns the part of a notice's name that people say and type.
#[must_use]
pub fn short(notice: NoticeId) -> String {
    notice.to_string().chars().take(8).collect()
}

/// Opens a contact.
pub(super) fn opened(key: &DataKey, row: &ContactRow) -> Result<Contact, StoreError> {
    let text: String = key
        .open("address", row.registrant, &row.sealed_address)
        .map_err(broken)?;
    Contact::read(row.channel, &text).map_err(|_| StoreError::Damaged("a stored address"))
}

/// Returns the language in which a registrant is told.
pub(super) fn language_of(
    key: &DataKey,
    row: &registrant::RegistrantRow,
) -> Result<Language, StoreError> {
    let choices: SealedChoices = key
        .open("choices", row.registrant, &row.sealed_choices)
        .map_err(broken)?;
    Ok(super::command::Choices::from(choices).language)
}

/// Shows a registrant's contacts, masked.
pub(super) fn masked(
    tx: &mut Tx<'_>,
    (registrant, key): Whose<'_>,
) -> Result<Vec<MaskedContact>, StoreError> {
    let mut rows = contact::of_registrant(tx, registrant)?;
    rows.sort_by_key(|row| (row.channel, row.verified_at.is_none()));
    rows.iter()
        .map(|row| {
            Ok(MaskedContact {
                contact: row.contact,
                channel: row.channel,
                address: opened(key, row)?.masked(),
                is_proved: row.verified_at.is_some(),
                is_silenced: row.silenced_at.is_some(),
                came_back_at: row.returned_at,
                ends_at: row.retires_at,
            })
        })
        .collect()
}

/// Names the code of a further way to reach her: nobody carries it from step to step.
pub(super) fn contact_ticket(contact: ContactId) -> Ticket {
    Ticket(Secret::new(format!("contact/{contact}")))
}

pub(super) fn later(now: Timestamp, channel: Channel) -> Timestamp {
    now.checked_add(code_life(channel))
        .unwrap_or(Timestamp::MAX)
}

impl Vault {
    /// Shows, orders and removes contacts as staff was told.
    pub(super) fn contacts(&self, command: ContactCommand) -> Result<StaffAnswer, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(match command {
            ContactCommand::List { registrant } => {
                let shown = self.store.read_now("contacts", move |tx| {
                    let Some(who) = registrant::load(tx, registrant)? else {
                        return Ok(Vec::new());
                    };
                    masked(tx, (registrant, &key_of(&keys, &who)?))
                })?;
                StaffAnswer::Contacts(shown)
            }
            ContactCommand::Allow { number } => StaffAnswer::Changed(self.call_again(number)?),
            ContactCommand::First {
                registrant,
                contact,
            } => StaffAnswer::Changed(self.store.write_now("first contact", move |tx| {
                contact::prefer(tx, registrant, contact)
            })?),
            ContactCommand::Remove {
                registrant,
                contact,
            } => StaffAnswer::Changed(self.store.write_now("remove contact", move |tx| {
                let rows = contact::of_registrant(tx, registrant)?;
                let is_there = rows.iter().any(|row| row.contact == contact);
                let is_told = |row: &&ContactRow| row.is_told() && row.contact != contact;
                if rows.iter().find(is_told).is_none() {
                    let text = "she would be told nowhere: register another way first";
                    return Err(StoreError::Refused(text.to_owned()));
                }
                contact::remove(tx, registrant, contact)?;
                Ok(is_there)
            })?),
        })
    }
}

/// Notes that a contact is proved. An e-mail address has one registration: where it has another one since
/// it is not this one's.
pub(super) fn prove(tx: &mut Tx<'_>, row: &ContactRow, now: Timestamp) -> Result<bool, StoreError> {
    if row.channel == Channel::Email {
        let known = contact::find_verified(tx, row.channel, &row.blind_index)?;
        if known.is_some_and(|known| known.registrant != row.registrant) {
            contact::remove(tx, row.registrant, row.contact)?;
            return Ok(false);
        }
    }
    contact::verify(tx, row.registrant, row.contact, now)
}

/// Keeps each contact once, in their order, and of each channel as many as she may have.
pub(super) fn distinct(contacts: Vec<ContactRow>) -> Vec<ContactRow> {
    let mut kept: Vec<ContactRow> = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let same = kept.iter().filter(|one| one.channel == contact.channel);
        let is_there = same
            .clone()
            .any(|one| one.blind_index == contact.blind_index);
        if !is_there && same.count() < contact.channel.points_max() {
            kept.push(contact);
        }
    }
    kept
}

/// Opens a registrant's key.
pub(super) fn key_of(
    keys: &Keyring,
    row: &registrant::RegistrantRow,
) -> Result<DataKey, StoreError> {
    keys.unwrap(&row.wrapped_key).map_err(|_| wrong_keys())
}
