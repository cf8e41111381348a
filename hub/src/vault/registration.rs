//! Registering: an address is proved by a code before anybody is told anything there, and one
//! address has one registration, whoever asks how often.

mod choices;
mod draft;
mod request;

use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Secret;

pub(super) use self::choices::SealedChoices;
pub(super) use self::draft::Draft;
pub(super) use self::request::Request;
use super::command::{Choices, PortalAnswer, Ticket, Wishes};
use super::follow::attach;
use super::sealed::DataKey;
use super::{Vault, VaultError, broken, care, change};
use crate::ids::{RegistrantId, SubscriptionId};
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::registrant::{self, RegistrantState};
use crate::store::vault::subscription::{self, SubscriptionRow};
use crate::store::vault::verification::{self, Purpose, VerificationRow};
use crate::store::vault::{never, stopping};
use crate::vault::contacts::{Hand, Proof, key_of, later, opened};
use crate::vault::keyring::Keyring;

/// How long a code that comes by e-mail can be used, in minutes.
pub const CODE_MINUTES: i64 = 30;

/// How often a code can be tried.
const TRIES_MAX: i64 = 5;

/// Tries of the codes of one address within a day, whoever tries: with six digits one is guessed in 137 years.
const TRIES_PER_DAY: u64 = 20;

/// Codes that one address is sent within an hour, whoever asks.
const CODES_PER_HOUR: u64 = 3;

/// Codes that one address is sent within a day, whoever asks.
const CODES_PER_DAY: u64 = 10;

/// Codes that one telephone is called with within a day, whoever asks.
const CALLS_PER_DAY: u64 = 5;

/// How long a registration that was never proved is kept.
const PENDING: SignedDuration = SignedDuration::from_hours(24);

impl Vault {
    pub(super) fn begin_registration(
        &self,
        contacts: &[Contact],
        wishes: Wishes,
        choices: Choices,
    ) -> Result<PortalAnswer, VaultError> {
        let draft = Draft::new(self, contacts, choices)?;
        let Some(first) = draft.contacts.first() else {
            return Ok(PortalAnswer::Refused);
        };
        let (ticket, code) = self.ticket_and_code();
        let request = draft
            .key
            .seal("request", draft.registrant, &Request::from(wishes))?;
        let mut row = self.code_row((&ticket, &code), Purpose::Registration, first, request);
        let to = (first.channel, first.contact);
        let (keys, random) = (std::sync::Arc::clone(&self.keys), self.world.random);
        let now = (self.world.wall)();
        let means = std::sync::Arc::clone(&self.means);
        self.store.write_now("begin registration", move |tx| {
            let keys = &keys;
            tidy(tx, now)?;
            let is_sent = may_send(tx, (to.0, &row.blind_index), now)?;
            draft.insert(tx, RegistrantState::Pending, now)?;
            row.code_hash = row.code_hash.filter(|_| is_sent);
            verification::insert(tx, &row, now)?;
            if is_sent {
                let whose = (draft.registrant, &draft.key);
                let hand = Hand {
                    keys,
                    means: &means,
                    random,
                    now,
                };
                hand.send_code(tx, whose, to, (&code, choices.language))?;
            }
            Ok(())
        })?;
        Ok(PortalAnswer::Begun(ticket))
    }

    pub(super) fn confirm_registration(
        &self,
        ticket: Ticket,
        code: Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let random = self.world.random;
        let means = std::sync::Arc::clone(&self.means);
        let is_done = self.store.write_now("confirm registration", move |tx| {
            let row = proved(tx, &keys, Purpose::Registration, (&ticket, &code), now)?;
            let Some((row, registrant)) = row.and_then(|row| Some((row.clone(), row.registrant?)))
            else {
                return Ok(false);
            };
            let keys = &keys;
            let hand = Hand {
                keys,
                means: &means,
                random,
                now,
            };
            let is_done = complete(tx, hand, registrant, &row.blind_index)?;
            if is_done && registrant::load(tx, registrant)?.is_some() {
                verification::use_up(tx, &row.ticket_hash, now)?;
            }
            Ok(is_done)
        })?;
        Ok(if is_done {
            PortalAnswer::Done
        } else {
            PortalAnswer::Refused
        })
    }

    /// Makes what a page carries, and what is sent.
    pub(super) fn ticket_and_code(&self) -> (Ticket, Secret<String>) {
        let ticket = Ticket(Secret::new(savin_shared::hash::hex(&(self.world.random)())));
        (ticket, draw_code((self.world.random)()))
    }

    pub(super) fn code_row(
        &self,
        (ticket, code): (&Ticket, &Secret<String>),
        purpose: Purpose,
        to: &ContactRow,
        sealed_request: Vec<u8>,
    ) -> VerificationRow {
        VerificationRow {
            ticket_hash: self.keys.ticket_hash(&ticket.0),
            purpose,
            registrant: Some(to.registrant),
            blind_index: to.blind_index,
            code_hash: Some(self.keys.code_hash(&ticket.0, code)),
            sealed_request,
            expires_at: later((self.world.wall)(), to.channel),
        }
    }
}

/// Makes a code of six digits.
pub(super) fn draw_code(random: [u8; 16]) -> Secret<String> {
    let number = u128::from_be_bytes(random) % 1_000_000;
    Secret::new(format!("{number:06}"))
}

/// Lets a registration count, one of whose contacts was proved; the others have to prove themselves.
/// Returns whether there was one.
pub(super) fn complete(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    registrant: RegistrantId,
    proved: &[u8; 32],
) -> Result<bool, StoreError> {
    let Some(new) = registrant::load(tx, registrant)? else {
        return Ok(false);
    };
    let key = key_of(hand.keys, &new)?;
    let Some(sealed) = verification::request_of(tx, registrant)? else {
        return Ok(false);
    };
    let request: Request = key.open("request", registrant, &sealed).map_err(broken)?;
    let choices: SealedChoices = key
        .open("choices", registrant, &new.sealed_choices)
        .map_err(broken)?;
    let choices = Choices::from(choices);
    let contacts = contact::of_registrant(tx, registrant)?;
    let (own, others): (Vec<_>, Vec<_>) = contacts
        .into_iter()
        .partition(|contact| contact.blind_index == *proved);
    let Some(own) = own.first() else {
        return Ok(false);
    };
    let known = match own.channel {
        Channel::Email => contact::find_verified(tx, own.channel, proved)?,
        // A telephone or an address may be that of many: it joins only whose PIN was the same.
        Channel::Telephone => request.joined(tx, proved)?,
        Channel::Letter => None,
    };
    let wanted = Proof::Wanted(choices.language);
    let Some(known) = known else {
        contact::verify(tx, registrant, own.contact, hand.now)?;
        registrant::activate(tx, registrant)?;
        for other in &others {
            hand.ask_proof(tx, (registrant, &key), other, choices.language)?;
        }
        subscribe(tx, hand, (registrant, &key), &request)?;
        return Ok(true);
    };
    // The address has a registration: this one joins it.
    let others = others.iter().map(|other| opened(&key, other));
    let others = others.collect::<Result<Vec<Contact>, StoreError>>()?;
    registrant::forget(tx, registrant, hand.now)?;
    let key = join(tx, hand.keys, known.registrant, choices)?;
    let whose = (known.registrant, &key);
    for other in &others {
        hand.put(tx, whose, other, wanted)?;
    }
    subscribe(tx, hand, whose, &request)?;
    change::tell(tx, hand, whose, (Changed::More, None), Some(known.contact))?;
    Ok(true)
}

/// Says whether one more code may be sent to an address.
pub(super) fn may_send(
    tx: &mut Tx<'_>,
    (channel, blind_index): (Channel, &[u8; 32]),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let per_day = match channel {
        Channel::Telephone => CALLS_PER_DAY,
        Channel::Email | Channel::Letter => CODES_PER_DAY,
    };
    let is_wanted = channel != Channel::Telephone || !never::is_there(tx, blind_index)?;
    let hour = verification::sent_since(tx, blind_index, ago(now, 1))?;
    let day = verification::sent_since(tx, blind_index, ago(now, 24))?;
    Ok(is_wanted && hour < CODES_PER_HOUR && day < per_day)
}

fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Counts a try and returns what the code proves, if it is right.
pub(super) fn proved(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    purpose: Purpose,
    (ticket, code): (&Ticket, &Secret<String>),
    now: Timestamp,
) -> Result<Option<VerificationRow>, StoreError> {
    let ticket_hash = keys.ticket_hash(&ticket.0);
    let typed = Secret::new(keys.code_hash(&ticket.0, code));
    let Some(row) = verification::try_once(tx, &ticket_hash, purpose, TRIES_MAX, now)? else {
        return Ok(None);
    };
    let tried = verification::tried_since(tx, &row.blind_index, ago(now, 24))?;
    let is_right = row.code_hash.is_some_and(|sent| Secret::new(sent) == typed);
    Ok(Some(row).filter(|_| is_right && tried <= TRIES_PER_DAY))
}

/// Lets a registration of an address that has one count for that one, and returns its key.
pub(super) fn join(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    known: RegistrantId,
    newer: Choices,
) -> Result<DataKey, StoreError> {
    let row = registrant::load(tx, known)?
        .ok_or(StoreError::Damaged("a contact without a registrant"))?;
    let key = keys.unwrap(&row.wrapped_key).map_err(|_| wrong_keys())?;
    let before: SealedChoices = key
        .open("choices", known, &row.sealed_choices)
        .map_err(broken)?;
    let choices = SealedChoices::from(Choices::from(before).joined(newer));
    let sealed = key.seal("choices", known, &choices).map_err(broken)?;
    registrant::choose(tx, known, &sealed)?;
    Ok(key)
}

/// Says about whom and of what a registrant is told, and how she is reached.
pub(super) fn subscribe(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    (registrant, key): (RegistrantId, &DataKey),
    request: &Request,
) -> Result<(), StoreError> {
    for followed in &request.followed {
        // She sees on her page what she follows, and up to how many.
        let _is_new = attach(tx, hand.keys, (registrant, key), followed, hand.now)?;
    }
    if let Some(said) = &request.care {
        care::put_first(tx, (registrant, key), said)?;
    }
    let Some(person) = request.person else {
        return Ok(());
    };
    let sealed_label = key
        .seal("label", registrant, &request.label)
        .map_err(broken)?;
    let row = SubscriptionRow {
        subscription: SubscriptionId::from_bytes((hand.random)()),
        registrant,
        person_link: hand.keys.person_link(person),
        sealed_label,
    };
    subscription::put(tx, &row, hand.now)?;
    // Who asks for it anew does not want it to stop.
    stopping::asked_anew(tx, registrant, &row.person_link)
}

/// Forgets registrations that were never proved, and codes that are over.
pub(super) fn tidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let before = now.checked_sub(PENDING).unwrap_or(Timestamp::UNIX_EPOCH);
    for registrant in registrant::pending_before(tx, before)? {
        registrant::forget(tx, registrant, now)?;
    }
    verification::forget_before(tx, before)
}

pub(super) fn wrong_keys() -> StoreError {
    StoreError::Damaged("a registrant's key does not open: are these the vault's keys?")
}
