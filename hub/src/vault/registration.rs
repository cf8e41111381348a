//! Registering: an address is proved by a code before anybody is told anything there, and one
//! address has one registration, whoever asks how often.

use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::Hash;
use savin_shared::pii::Secret;

use super::command::{Choices, Content, PortalAnswer, PortalCommand, Subscribed, Ticket};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken};
use crate::ids::{NoticeId, PersonId, RegistrantId, SubscriptionId};
use crate::notification::address::EmailAddress;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::contact::{self, ContactRow};
use crate::store::vault::notice::{self, NewNotice};
use crate::store::vault::registrant::{self, RegistrantRow, RegistrantState};
use crate::store::vault::subscription::{self, SubscriptionRow};
use crate::store::vault::verification::{self, Purpose, VerificationRow};
use crate::vault::courier::Payload;
use crate::vault::keyring::Keyring;

/// The channel of e-mail, as the tables name it.
pub(super) const EMAIL: &str = "email";

/// How long a code can be used, in minutes.
pub const CODE_MINUTES: i64 = 30;

/// How often a code can be tried.
const TRIES_MAX: i64 = 5;

/// How often the codes of one address can be tried within a day, whoever tries: with six digits a
/// stranger who never stops guesses one in 137 years.
const TRIES_PER_DAY: u64 = 20;

/// Codes that one address is sent within an hour, whoever asks.
const CODES_PER_HOUR: u64 = 3;

/// Codes that one address is sent within a day, whoever asks.
const CODES_PER_DAY: u64 = 10;

/// How long a registration that was never proved is kept.
const PENDING: SignedDuration = SignedDuration::from_hours(24);

impl Vault {
    /// Carries out a command of the front.
    pub(super) fn portal(&self, command: PortalCommand) -> Result<PortalAnswer, VaultError> {
        match command {
            PortalCommand::BeginRegistration {
                address,
                about,
                choices,
            } => self.begin_registration(&address, about, choices),
            PortalCommand::ConfirmRegistration { ticket, code } => {
                self.confirm_registration(ticket, code)
            }
            PortalCommand::BeginAccess { address, language } => {
                self.begin_access(&address, language)
            }
            PortalCommand::ConfirmAccess { ticket, code } => self.confirm_access(ticket, code),
            PortalCommand::View { session } => self.view(&session),
            PortalCommand::Change { session, choices } => self.change(&session, choices),
            PortalCommand::Drop { session, entry } => self.drop_entry(&session, entry),
            PortalCommand::Stop { session } => self.stop(&session),
            PortalCommand::Leave { session } => self.leave(&session),
        }
    }

    fn begin_registration(
        &self,
        address: &EmailAddress,
        about: Subscribed,
        choices: Choices,
    ) -> Result<PortalAnswer, VaultError> {
        let draft = Draft::new(self, address, choices)?;
        let (ticket, code) = self.ticket_and_code();
        let request = draft
            .key
            .seal("request", draft.registrant, &Request::from(about))?;
        let mut row = self.code_row(&ticket, &code, Purpose::Registration, &draft, request);
        let sealed_code = draft.seal_code(&code, choices)?;
        let notice = NoticeId::from_bytes((self.world.random)());
        let now = (self.world.wall)();
        self.store.write_now("begin registration", move |tx| {
            tidy(tx, now)?;
            let is_sent = may_send(tx, &row.blind_index, now)?;
            draft.insert(tx, RegistrantState::Pending, None, now)?;
            row.code_hash = row.code_hash.filter(|_| is_sent);
            verification::insert(tx, &row, now)?;
            if is_sent {
                let code = code_notice(notice, draft.registrant, sealed_code.clone());
                notice::plan(tx, &[code], now)?;
            }
            Ok(())
        })?;
        Ok(PortalAnswer::Begun(ticket))
    }

    fn confirm_registration(
        &self,
        ticket: Ticket,
        code: Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let random = self.world.random;
        let is_done = self.store.write_now("confirm registration", move |tx| {
            let row = proved(tx, &keys, Purpose::Registration, (&ticket, &code), now)?;
            let Some((row, registrant)) = row.and_then(|row| Some((row.clone(), row.registrant?)))
            else {
                return Ok(false);
            };
            let Some(new) = registrant::load(tx, registrant)? else {
                return Ok(false);
            };
            let key = keys.unwrap(&new.wrapped_key).map_err(|_| wrong_keys())?;
            let request: Request = key
                .open("request", registrant, &row.sealed_request)
                .map_err(broken)?;
            let known = contact::find_verified(tx, EMAIL, &row.blind_index)?;
            let (to, to_key) = match known {
                // The address has a registration: this one joins it.
                Some(known) => {
                    let newer: SealedChoices = key
                        .open("choices", registrant, &new.sealed_choices)
                        .map_err(broken)?;
                    registrant::forget(tx, registrant, now)?;
                    let key = join(tx, &keys, known.registrant, newer.into())?;
                    (known.registrant, key)
                }
                None => {
                    contact::verify(tx, registrant, now)?;
                    registrant::activate(tx, registrant)?;
                    verification::use_up(tx, &row.ticket_hash, now)?;
                    (registrant, key)
                }
            };
            subscribe(tx, &keys, (to, &to_key), &request, (random)(), now)?;
            Ok(true)
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
        let number = u128::from_be_bytes((self.world.random)()) % 1_000_000;
        (ticket, Secret::new(format!("{number:06}")))
    }

    pub(super) fn code_row(
        &self,
        ticket: &Ticket,
        code: &Secret<String>,
        purpose: Purpose,
        draft: &Draft,
        sealed_request: Vec<u8>,
    ) -> VerificationRow {
        let minutes = SignedDuration::from_mins(CODE_MINUTES);
        let expires_at = (self.world.wall)()
            .checked_add(minutes)
            .unwrap_or(Timestamp::MAX);
        VerificationRow {
            ticket_hash: self.keys.ticket_hash(&ticket.0),
            purpose,
            registrant: Some(draft.registrant),
            blind_index: draft.blind_index,
            code_hash: Some(self.keys.code_hash(&ticket.0, code)),
            sealed_request,
            expires_at,
        }
    }
}

/// What a registration asks for, sealed until its address is proved.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Request {
    person: PersonId,
    label: String,
}

impl From<Subscribed> for Request {
    fn from(about: Subscribed) -> Self {
        Self {
            person: about.person,
            label: about.label,
        }
    }
}

/// A registrant on her way into the tables.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) registrant: RegistrantId,
    pub(super) key: DataKey,
    pub(super) blind_index: [u8; 32],
    wrapped_key: Vec<u8>,
    sealed_choices: Vec<u8>,
    sealed_address: Vec<u8>,
    contact: [u8; 16],
}

impl Draft {
    pub(super) fn new(
        vault: &Vault,
        address: &EmailAddress,
        choices: Choices,
    ) -> Result<Self, VaultError> {
        let registrant = RegistrantId::from_bytes((vault.world.random)());
        let key = DataKey::make()?;
        Ok(Self {
            wrapped_key: vault.keys.wrap(&key)?,
            sealed_choices: key.seal("choices", registrant, &SealedChoices::from(choices))?,
            sealed_address: key.seal("address", registrant, address.reveal())?,
            blind_index: vault.keys.blind_index(EMAIL, &address.comparable()),
            contact: (vault.world.random)(),
            registrant,
            key,
        })
    }

    /// Adds the registrant and her contact.
    pub(super) fn insert(
        &self,
        tx: &mut Tx<'_>,
        state: RegistrantState,
        verified_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = RegistrantRow {
            registrant: self.registrant,
            wrapped_key: self.wrapped_key.clone(),
            state,
            sealed_choices: self.sealed_choices.clone(),
        };
        registrant::insert(tx, &row, now)?;
        let contact = ContactRow {
            contact: self.contact,
            registrant: self.registrant,
            channel: EMAIL.to_owned(),
            blind_index: self.blind_index,
            sealed_address: self.sealed_address.clone(),
            verified_at,
        };
        contact::insert(tx, &contact)
    }

    pub(super) fn seal_code(
        &self,
        code: &Secret<String>,
        choices: Choices,
    ) -> Result<Vec<u8>, VaultError> {
        let payload = Payload::Code {
            code: code.reveal().clone(),
            language: choices.language,
        };
        Ok(self.key.seal("notice", self.registrant, &payload)?)
    }
}

/// What she chose, as it is sealed.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct SealedChoices {
    language: crate::notification::words::Language,
    disclosure: crate::notification::fact::Disclosure,
}

impl From<Choices> for SealedChoices {
    fn from(choices: Choices) -> Self {
        Self {
            language: choices.language,
            disclosure: choices.disclosure,
        }
    }
}

impl From<SealedChoices> for Choices {
    fn from(sealed: SealedChoices) -> Self {
        Self {
            language: sealed.language,
            disclosure: sealed.disclosure,
        }
    }
}

/// A message that carries a code; it goes before everything else.
pub(super) fn code_notice(
    notice: NoticeId,
    registrant: RegistrantId,
    sealed_fact: Vec<u8>,
) -> NewNotice {
    NewNotice {
        notice,
        registrant,
        channel: EMAIL,
        urgency: 0,
        // A code tells nothing that anybody would have to prove.
        commitment: Hash::of(&sealed_fact),
        sealed_fact,
    }
}

/// Says whether one more code may be sent to an address.
pub(super) fn may_send(
    tx: &mut Tx<'_>,
    blind_index: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let hour = verification::sent_since(tx, blind_index, ago(now, 1))?;
    let day = verification::sent_since(tx, blind_index, ago(now, 24))?;
    Ok(hour < CODES_PER_HOUR && day < CODES_PER_DAY)
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

/// Says about whom a registrant is told.
pub(super) fn subscribe(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, key): (RegistrantId, &DataKey),
    request: &Request,
    random: [u8; 16],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sealed_label = key
        .seal("label", registrant, &request.label)
        .map_err(broken)?;
    let person_link = keys.person_link(request.person);
    subscription::put(
        tx,
        &SubscriptionRow {
            subscription: SubscriptionId::from_bytes(random),
            registrant,
            person_link,
            sealed_label,
        },
        now,
    )
}

/// Forgets registrations that were never proved, and codes that are over.
fn tidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let before = now.checked_sub(PENDING).unwrap_or(Timestamp::UNIX_EPOCH);
    for registrant in registrant::pending_before(tx, before)? {
        registrant::forget(tx, registrant, now)?;
    }
    verification::forget_before(tx, before)
}

pub(super) fn wrong_keys() -> StoreError {
    StoreError::Damaged("a registrant's key does not open: are these the vault's keys?")
}

/// What the content of a message would be, for the courier.
pub(super) fn code_content(code: String) -> Content {
    Content::Code(Secret::new(code))
}
