//! Changing and stopping: by a code to the address that is registered, in a session of minutes.

use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Secret;

use super::care;
use super::command::{Choices, MaskedView, PortalAnswer, Ticket};
use super::contacts::{Hand, key_of, masked};
use super::follow;
use super::registration::{Draft, SealedChoices, may_send, proved};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken};
use crate::ids::{RegistrantId, SubscriptionId};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::registrant::RegistrantRow;
use crate::store::vault::verification::{self, Purpose};
use crate::store::vault::{care as care_rows, contact, registrant, session, subscription};
use crate::vault::keyring::Keyring;

/// How long a session goes on after each use.
const SESSION: SignedDuration = SignedDuration::from_mins(15);

impl Vault {
    /// Sends a code to an address that is registered; to another the same answer, and nothing.
    pub(super) fn begin_access(
        &self,
        address: &EmailAddress,
        language: Language,
    ) -> Result<PortalAnswer, VaultError> {
        let choices = Choices {
            language,
            disclosure: Disclosure::default(),
        };
        // A draft costs a stranger's address the same work as a registrant's.
        let draft = Draft::new(self, &[Contact::Email(address.clone())], choices)?;
        let Some(to) = draft.contacts.first() else {
            return Ok(PortalAnswer::Refused);
        };
        let (ticket, code) = self.ticket_and_code();
        let mut row = self.code_row((&ticket, &code), Purpose::Access, to, Vec::new());
        let now = (self.world.wall)();
        let (keys, random) = (std::sync::Arc::clone(&self.keys), self.world.random);
        let means = std::sync::Arc::clone(&self.means);
        self.store.write_now("begin access", move |tx| {
            let may_send = may_send(tx, (Channel::Email, &row.blind_index), now)?;
            let known = contact::find_verified(tx, Channel::Email, &row.blind_index)?;
            let known = known.filter(|_| may_send);
            row.registrant = known.as_ref().map(|known| known.registrant);
            row.code_hash = row.code_hash.filter(|_| known.is_some());
            verification::insert(tx, &row, now)?;
            let Some(known) = known else {
                return Ok(());
            };
            let who = registrant::load(tx, known.registrant)?
                .ok_or(StoreError::Damaged("a contact without a registrant"))?;
            let keys = &keys;
            let key = key_of(keys, &who)?;
            let hand = Hand {
                keys,
                means: &means,
                random,
                now,
            };
            let to = (Channel::Email, known.contact);
            hand.send_code(tx, (who.registrant, &key), to, (&code, language))
        })?;
        Ok(PortalAnswer::Begun(ticket))
    }

    /// Begins a session for whoever has the code.
    pub(super) fn confirm_access(
        &self,
        ticket: Ticket,
        code: Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let (session_ticket, _) = self.ticket_and_code();
        let session_hash = self.keys.ticket_hash(&session_ticket.0);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let is_open = self.store.write_now("confirm access", move |tx| {
            let row = proved(tx, &keys, Purpose::Access, (&ticket, &code), now)?;
            let Some((ticket_hash, registrant)) =
                row.and_then(|row| Some((row.ticket_hash, row.registrant?)))
            else {
                return Ok(false);
            };
            verification::use_up(tx, &ticket_hash, now)?;
            session::begin(tx, &session_hash, registrant, later(now))?;
            Ok(true)
        })?;
        Ok(if is_open {
            PortalAnswer::Session(session_ticket)
        } else {
            PortalAnswer::Refused
        })
    }

    /// Shows what she chose, masked.
    pub(super) fn view(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        self.in_session("view", session, |tx, _, who, key| {
            let choices: SealedChoices = key
                .open("choices", who.registrant, &who.sealed_choices)
                .map_err(broken)?;
            let about = subscription::of_registrant(tx, who.registrant)?
                .iter()
                .map(|row| {
                    let label = key.open("label", who.registrant, &row.sealed_label);
                    Ok((row.subscription, label.map_err(broken)?))
                })
                .collect::<Result<Vec<_>, StoreError>>()?;
            let kept = care_rows::load(tx, who.registrant)?;
            Ok(PortalAnswer::View(MaskedView {
                care: care::opened(key, who.registrant, &kept)?,
                has_pin: kept.sealed_pin.is_some(),
                contacts: masked(tx, (who.registrant, key))?,
                choices: choices.into(),
                about,
                followed: follow::masked(tx, (who.registrant, key))?,
            }))
        })
    }

    /// Changes what she chose.
    pub(super) fn change(
        &self,
        session: &Ticket,
        choices: Choices,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("change", session, move |tx, _, who, key| {
            let sealed = key
                .seal("choices", who.registrant, &SealedChoices::from(choices))
                .map_err(broken)?;
            registrant::choose(tx, who.registrant, &sealed)?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Stops telling her about one person.
    pub(super) fn drop_entry(
        &self,
        session: &Ticket,
        entry: SubscriptionId,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("drop", session, move |tx, _, who, _| {
            subscription::remove(tx, who.registrant, entry)?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Forgets her.
    pub(super) fn stop(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        self.in_session("stop", session, move |tx, _, who, _| {
            registrant::forget(tx, who.registrant, now)?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Ends the session.
    pub(super) fn leave(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        let hash = self.keys.ticket_hash(&session.0);
        self.store
            .write_now("leave", move |tx| session::end(tx, &hash))?;
        Ok(PortalAnswer::Done)
    }

    pub(super) fn in_session(
        &self,
        name: &'static str,
        session: &Ticket,
        work: impl Fn(
            &mut Tx<'_>,
            &Keyring,
            &RegistrantRow,
            &DataKey,
        ) -> Result<PortalAnswer, StoreError>
        + Send
        + 'static,
    ) -> Result<PortalAnswer, VaultError> {
        let hash = self.keys.ticket_hash(&session.0);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(self.store.write_now(name, move |tx| {
            let whose: Option<RegistrantId> = session::whose(tx, &hash, now, later(now))?;
            let Some(whose) = whose else {
                return Ok(PortalAnswer::Refused);
            };
            let Some(who) = registrant::load(tx, whose)? else {
                return Ok(PortalAnswer::Refused);
            };
            let key = key_of(&keys, &who)?;
            work(tx, &keys, &who, &key)
        })?)
    }
}

pub(super) fn later(now: Timestamp) -> Timestamp {
    now.checked_add(SESSION).unwrap_or(Timestamp::MAX)
}
