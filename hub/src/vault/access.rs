//! Changing and stopping: by a code to the address that is registered, in a session of minutes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::Secret;

use super::care;
use super::command::{
    Choices, MaskedContact, MaskedView, PortalAnswer, Stops, Ticket, WatchedEntry,
};
use super::contacts::{Hand, Whose, key_of, masked};
use super::duress::{self, Entered, Pins};
use super::follow;
use super::registration::{Draft, SealedChoices, may_send, proved};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken, change};
use crate::notification::address::EmailAddress;
use crate::notification::care::Care;
use crate::notification::change::Changed;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::registrant::RegistrantRow;
use crate::store::vault::session::Hold;
use crate::store::vault::stopping::{self, Stopping};
use crate::store::vault::verification::{self, Purpose};
use crate::store::vault::{care as care_rows, contact, registrant, session, subscription};

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

    /// Begins a session for whoever has the code. Whoever has a PIN for when somebody makes her enter one is known by
    /// a PIN here too: by that one she is shown an account of which nothing is told, and in which nothing changes.
    pub(super) fn confirm_access(
        &self,
        ticket: Ticket,
        code: Secret<String>,
        pin: Option<&Secret<String>>,
    ) -> Result<PortalAnswer, VaultError> {
        let (session_ticket, _) = self.ticket_and_code();
        let session_hash = self.keys.ticket_hash(&session_ticket.0);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let proving = self.store.write_now("confirm access", move |tx| {
            let row = proved(tx, &keys, Purpose::Access, (&ticket, &code), now)?;
            let Some((ticket_hash, whose)) =
                row.and_then(|row| Some((row.ticket_hash, row.registrant?)))
            else {
                return Ok(None);
            };
            let Some(who) = registrant::load(tx, whose)? else {
                return Ok(None);
            };
            let key = key_of(&keys, &who)?;
            let pins = Pins::opened(&key, whose, &care_rows::load(tx, whose)?)?;
            Ok(Some((ticket_hash, whose, pins)))
        })?;
        let Some((ticket_hash, whose, pins)) = proving else {
            return Ok(PortalAnswer::Refused);
        };
        let Some(entered) = entered(&pins, pin)? else {
            return Ok(PortalAnswer::Refused);
        };
        let keys = std::sync::Arc::clone(&self.keys);
        let is_open = self.store.write_now("begin session", move |tx| {
            if !verification::take(tx, &ticket_hash, now)? {
                return Ok(false);
            }
            session::begin(tx, &session_hash, whose, later(now))?;
            if entered == Entered::Duress {
                session::under_duress(tx, &session_hash, Hold::Begun)?;
                duress::ask(tx, &keys, (whose, "on her page"), now)?;
            }
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
        let view = self.with_session("view", session, |tx, sitting| {
            let view = shown(tx, (sitting.who, sitting.key))?;
            let feigned = match sitting.hold {
                Hold::Hers => return Ok(view),
                Hold::Begun | Hold::Seen => session::feigned(tx, sitting.hash)?,
            };
            let view = match sitting.hold {
                Hold::Hers | Hold::Seen => view,
                Hold::Begun => harmless(view),
            };
            Ok(as_if(view, &feigned))
        })?;
        Ok(view.map_or(PortalAnswer::Refused, PortalAnswer::View))
    }

    /// Changes what she chose.
    pub(super) fn change(
        &self,
        session: &Ticket,
        choices: Choices,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("change", session, move |tx, hand, who, key| {
            let before: SealedChoices = key
                .open("choices", who.registrant, &who.sealed_choices)
                .map_err(broken)?;
            let before = Choices::from(before);
            let sealed = key
                .seal("choices", who.registrant, &SealedChoices::from(choices))
                .map_err(broken)?;
            registrant::choose(tx, who.registrant, &sealed)?;
            let changed = [
                (before.language != choices.language).then_some(Changed::Language),
                (before.disclosure != choices.disclosure).then_some(Changed::Level),
            ];
            let changed: Vec<_> = changed.into_iter().flatten().collect();
            change::tell_of_sitting(tx, hand, (who.registrant, key), &changed)?;
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

    /// Carries out a change within a session. Where somebody has hold of it nothing is done, and it looks as if it were.
    pub(super) fn in_session(
        &self,
        name: &'static str,
        session: &Ticket,
        work: impl Fn(
            &mut Tx<'_>,
            Hand<'_>,
            &RegistrantRow,
            &DataKey,
        ) -> Result<PortalAnswer, StoreError>
        + Send
        + 'static,
    ) -> Result<PortalAnswer, VaultError> {
        let answer = self.with_session(name, session, move |tx, sitting| match sitting.hold {
            Hold::Hers => work(tx, sitting.hand, sitting.who, sitting.key),
            Hold::Begun | Hold::Seen => Ok(PortalAnswer::Done),
        })?;
        Ok(answer.unwrap_or(PortalAnswer::Refused))
    }

    /// Does something within a session, whoever has hold of it, and lets it go on for a while; nothing without one.
    pub(super) fn with_session<T: Send + 'static>(
        &self,
        name: &'static str,
        session: &Ticket,
        work: impl Fn(&mut Tx<'_>, Sitting<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, VaultError> {
        let hash = self.keys.ticket_hash(&session.0);
        let (random, now) = (self.world.random, (self.world.wall)());
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now(name, move |tx| {
            let Some(found) = session::whose(tx, &hash, now, later(now))? else {
                return Ok(None);
            };
            let Some(who) = registrant::load(tx, found.registrant)? else {
                return Ok(None);
            };
            let sitting = Sitting {
                hash: &hash,
                hold: found.hold,
                hand: Hand {
                    keys: &keys,
                    means: &means,
                    random,
                    now,
                },
                key: &key_of(&keys, &who)?,
                who: &who,
            };
            work(tx, sitting).map(Some)
        })?)
    }
}

/// A session that goes on, and what work in it needs.
#[derive(Clone, Copy)]
pub(super) struct Sitting<'a> {
    /// By what it is found.
    pub(super) hash: &'a [u8; 32],
    /// Who has hold of it.
    pub(super) hold: Hold,
    pub(super) hand: Hand<'a>,
    /// Whose it is, with her open key.
    pub(super) who: &'a RegistrantRow,
    pub(super) key: &'a DataKey,
}

impl<'a> Sitting<'a> {
    pub(super) const fn whose(&self) -> Whose<'a> {
        (self.who.registrant, self.key)
    }
}

/// Finds which PIN was typed beside a right code, if that is enough. None has to be, but by whoever has one for when
/// somebody makes her enter it.
fn entered(pins: &Pins, said: Option<&Secret<String>>) -> Result<Option<Entered>, VaultError> {
    match said {
        None => Ok((!pins.has_duress_pin()).then_some(Entered::Hers)),
        // What is typed by somebody without a PIN is no reason to keep her out.
        Some(_) if !pins.has_pin() => Ok(Some(Entered::Hers)),
        Some(said) => pins.entered(said),
    }
}

/// Shows what she chose, masked.
fn shown(
    tx: &mut Tx<'_>,
    (who, key): (&RegistrantRow, &DataKey),
) -> Result<MaskedView, StoreError> {
    let whose = who.registrant;
    let choices: SealedChoices = key
        .open("choices", whose, &who.sealed_choices)
        .map_err(broken)?;
    let stops = stopping::of_registrant(tx, whose)?;
    let kept = care_rows::load(tx, whose)?;
    Ok(MaskedView {
        care: care::opened(key, whose, &kept)?,
        has_pin: kept.sealed_pin.is_some(),
        has_duress_pin: kept.sealed_pin.map(|_| kept.sealed_duress_pin.is_some()),
        contacts: masked(tx, (whose, key))?,
        choices: choices.into(),
        about: watched(tx, (whose, key), &stops)?,
        followed: follow::masked(tx, (whose, key), &stops)?,
        ends_at: ends(&stops, Stops::Everything),
    })
}

/// Leaves of a view what tells whoever watches nothing: the mailbox by which she came in.
fn harmless(view: MaskedView) -> MaskedView {
    let own = |one: &MaskedContact| one.channel == Channel::Email && one.is_proved;
    MaskedView {
        contacts: view.contacts.into_iter().filter(own).take(1).collect(),
        choices: Choices {
            language: view.choices.language,
            disclosure: Disclosure::default(),
        },
        care: Care::default(),
        has_pin: view.has_pin,
        has_duress_pin: None,
        about: Vec::new(),
        followed: Vec::new(),
        ends_at: None,
    }
}

/// Says of what somebody had her stop that it ends, as it does after her own PIN.
fn as_if(view: MaskedView, feigned: &BTreeMap<Vec<u8>, Timestamp>) -> MaskedView {
    let mut view = view;
    let ends = |entry: &[u8], so_far: &mut Option<Timestamp>| {
        *so_far = so_far.or_else(|| feigned.get(entry).copied());
    };
    ends(Stops::Everything.entry(), &mut view.ends_at);
    for one in &mut view.contacts {
        ends(one.contact.as_bytes(), &mut one.ends_at);
    }
    for one in &mut view.about {
        ends(one.entry.as_bytes(), &mut one.ends_at);
    }
    for one in &mut view.followed {
        ends(one.entry.as_bytes(), &mut one.ends_at);
    }
    view
}

/// Shows about whom she is told, masked, and what of it is to stop.
pub(super) fn watched(
    tx: &mut Tx<'_>,
    (registrant, key): Whose<'_>,
    stops: &[Stopping],
) -> Result<Vec<WatchedEntry>, StoreError> {
    subscription::of_registrant(tx, registrant)?
        .iter()
        .map(|row| {
            let label = key.open("label", registrant, &row.sealed_label);
            Ok(WatchedEntry {
                entry: row.subscription,
                label: label.map_err(broken)?,
                ends_at: ends(stops, Stops::Person(row.subscription)),
            })
        })
        .collect()
}

/// Returns when something stops, if it was asked to.
pub(super) fn ends(stops: &[Stopping], what: Stops) -> Option<Timestamp> {
    let stop = stops.iter().find(|stop| stop.what == what);
    stop.map(|stop| stop.stops_at)
}

pub(super) fn later(now: Timestamp) -> Timestamp {
    now.checked_add(SESSION).unwrap_or(Timestamp::MAX)
}
