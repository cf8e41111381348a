//! What staff may do and see: registrations that they verified, and notices by pseudonym.

use jiff::Timestamp;
use savin_shared::pii::{Pii, Secret};

use super::command::{
    Choices, Counts, NoticeRow, PortalAnswer, StaffAnswer, StaffCommand, Subscribed,
};
use super::contacts::{Hand, Proof, key_of, opened as open_contact, prove};
use super::courier::Payload;
use super::message::{By, Carried, message};
use super::registration::{Draft, Request, complete, join, subscribe};
use super::{Vault, VaultError, broken, elsewhere};
use crate::ids::{EventPosition, NoticeId, RegistrantId};
use crate::notification::channel::{Channel, Doors};
use crate::notification::contact::Contact;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::carrying::DueNotice;
use crate::store::vault::notice::NoticeStanding;
use crate::store::vault::registrant::RegistrantState;
use crate::store::vault::{
    attempt, canary, contact, notice, registrant, restoration, verification,
};
use crate::vault::keyring::Keyring;

impl Vault {
    /// Carries out a command of staff.
    pub(super) fn staff(&self, command: StaffCommand) -> Result<StaffAnswer, VaultError> {
        match command {
            StaffCommand::Register {
                contacts,
                to,
                about,
                choices,
            } => self.register(&contacts, to, about, choices),
            StaffCommand::Message { notice } => self.one_message(notice),
            StaffCommand::Carried { notice, outcome } => {
                Ok(StaffAnswer::Changed(self.carried(notice, outcome)?))
            }
            StaffCommand::Care {
                registrant,
                care,
                pin,
            } => {
                let is_there = self.care_by_staff(registrant, care, pin.as_ref())?;
                Ok(StaffAnswer::Changed(is_there))
            }
            StaffCommand::Contacts(command) => self.contacts(command),
            StaffCommand::Heard { notice, later } => {
                Ok(StaffAnswer::Changed(self.heard(notice, later)?))
            }
            StaffCommand::Prove { notice, code } => {
                Ok(StaffAnswer::Changed(self.said_back(notice, code)?))
            }
            StaffCommand::Letters { limit, waiting } => self.notices(move |tx| {
                if waiting {
                    notice::waiting_letters(tx, limit)
                } else {
                    notice::newest_letters(tx, limit)
                }
            }),
            StaffCommand::Beginning { begins } => {
                self.notices(move |tx| notice::beginning_with(tx, &begins))
            }
            StaffCommand::SaidCode { code } => {
                let answer = self.seen_letter(code)?;
                Ok(StaffAnswer::Changed(answer == PortalAnswer::Done))
            }
            StaffCommand::Place { begins } => self.place(begins),
            StaffCommand::Notices { limit } => self.notices(move |tx| notice::newest(tx, limit)),
            StaffCommand::Undelivered { before, limit } => {
                self.notices(move |tx| notice::undelivered(tx, before, limit))
            }
            StaffCommand::Counts => {
                let counts = self.store.read_now("counts", |tx| {
                    Ok(Counts {
                        notices: notice::count_by_state(tx)?,
                        oldest_waiting: notice::oldest_waiting(tx)?,
                    })
                })?;
                Ok(StaffAnswer::Counts(counts))
            }
            StaffCommand::Whom { events } => self.whom(&events),
            StaffCommand::Told { events } => self.told(&events),
            StaffCommand::Reach { events } => self.reach(&events),
            StaffCommand::Parted { from, to } => self.parted(from, to),
            StaffCommand::Tasks(command) => self.tasks(command),
            StaffCommand::Follow(command) => self.follow(command),
            StaffCommand::Order(command) => self.court_order(command),
            StaffCommand::Monitor(address) => self.monitor(address.as_ref()),
            StaffCommand::Budget(command) => self.budget(command),
            StaffCommand::Canaries => {
                let standings = self.store.read_now("canaries", canary::standings)?;
                Ok(StaffAnswer::Canaries(standings))
            }
            StaffCommand::Evidence(command) => self.evidence(command),
        }
    }

    /// Shows notices by pseudonym.
    fn notices(
        &self,
        load: impl Fn(&mut Tx<'_>) -> Result<Vec<NoticeStanding>, StoreError> + Send + 'static,
    ) -> Result<StaffAnswer, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        let doors = self.means.doors;
        let rows = self.store.read_now("notices", move |tx| {
            load(tx)?
                .into_iter()
                .map(|standing| row(tx, &keys, doors, standing))
                .collect::<Result<Vec<NoticeRow>, StoreError>>()
        })?;
        Ok(StaffAnswer::Notices(rows))
    }

    fn register(
        &self,
        contacts: &[Contact],
        to: Option<RegistrantId>,
        about: Subscribed,
        choices: Choices,
    ) -> Result<StaffAnswer, VaultError> {
        let draft = Draft::new(self, contacts, choices)?;
        let contacts = contacts.to_vec();
        let request = Request::from(about);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let random = self.world.random;
        let means = std::sync::Arc::clone(&self.means);
        let registrant = self.store.write_now("register", move |tx| {
            let keys = &keys;
            let hand = Hand {
                keys,
                means: &means,
                random,
                now,
            };
            let Some(known) = known(tx, &draft, to)? else {
                draft.insert(tx, RegistrantState::Active, now)?;
                let to = (draft.registrant, &draft.key);
                subscribe(tx, hand, to, &request)?;
                return Ok(draft.registrant);
            };
            let key = join(tx, keys, known, choices)?;
            for contact in &contacts {
                if !hand.put(tx, (known, &key), contact, Proof::Given)? {
                    return Err(no_room(contact.channel()));
                }
            }
            subscribe(tx, hand, (known, &key), &request)?;
            Ok(known)
        })?;
        Ok(StaffAnswer::Registered(registrant))
    }

    /// Hands out one message that is carried by hand.
    fn one_message(&self, named: Vec<u8>) -> Result<StaffAnswer, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        let now = (self.world.wall)();
        let found = self.store.read_now("message", move |tx| {
            let Some(standing) = only(notice::beginning_with(tx, &named)?) else {
                return Ok(None);
            };
            if standing.sealed_fact.is_empty() {
                // What it said was expunged.
                return Ok(None);
            }
            let restored_at = restoration::last(tx)?;
            let due = DueNotice {
                notice: standing.notice,
                registrant: standing.registrant,
                channel: standing.channel,
                sealed_fact: standing.sealed_fact,
                rank: standing.rank,
                attempts: standing.attempts,
                planned_at: standing.planned_at,
            };
            Ok(
                match message(tx, (&keys, &means), By::Person, &due, (restored_at, now))? {
                    Carried::Message(message, _) => Some(message),
                    Carried::Nowhere
                    | Carried::Stopped
                    | Carried::Elsewhere
                    | Carried::Later(..) => None,
                },
            )
        })?;
        Ok(StaffAnswer::Message(found))
    }

    /// Takes the code of a message from whoever got it: the contact is hers, and a registration that
    /// waited for it counts.
    fn said_back(&self, named: NoticeId, said: Secret<String>) -> Result<bool, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let random = self.world.random;
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now("said back", move |tx| {
            let Some(standing) = only(notice::beginning_with(tx, named.as_bytes())?) else {
                return Ok(false);
            };
            let Some(who) = registrant::load(tx, standing.registrant)? else {
                return Ok(false);
            };
            let keys = &keys;
            let key = key_of(keys, &who)?;
            let payload: Payload = key
                .open("notice", who.registrant, &standing.sealed_fact)
                .map_err(broken)?;
            let Payload::Code {
                code,
                contact: Some(to),
                ..
            } = payload
            else {
                return Ok(false);
            };
            let rows = contact::of_registrant(tx, who.registrant)?;
            let row = rows.iter().find(|row| *row.contact.as_bytes() == to);
            let Some(row) = row.filter(|_| Secret::new(code) == said) else {
                return Ok(false);
            };
            if is_over(standing.planned_at, row.channel, now) {
                return Ok(false);
            }
            let hand = Hand {
                keys,
                means: &means,
                random,
                now,
            };
            match who.state {
                RegistrantState::Pending => {
                    let is_done = complete(tx, hand, who.registrant, &row.blind_index)?;
                    verification::end_of(tx, who.registrant, now)?;
                    Ok(is_done)
                }
                RegistrantState::Monitor | RegistrantState::Caller => Ok(false),
                RegistrantState::Active => prove(tx, row, now),
            }
        })?)
    }
}

/// Finds whose registration staff adds to.
pub(super) fn known(
    tx: &mut Tx<'_>,
    draft: &Draft,
    to: Option<RegistrantId>,
) -> Result<Option<RegistrantId>, StoreError> {
    let mut has_it = None;
    for email in draft
        .contacts
        .iter()
        .filter(|c| c.channel == Channel::Email)
    {
        let known = contact::find_verified(tx, Channel::Email, &email.blind_index)?;
        let known = known.map(|contact| contact.registrant);
        if has_it.is_some() && known.is_some() && has_it != known {
            return Err(StoreError::Refused(
                "the two e-mail addresses have two registrations: add to one of them".to_owned(),
            ));
        }
        has_it = has_it.or(known);
    }
    let Some(to) = to else { return Ok(has_it) };
    if registrant::load(tx, to)?.is_none() {
        return Err(StoreError::Refused(
            "there is no such registrant: `savin-hub notices --json` shows pseudonyms".to_owned(),
        ));
    }
    if has_it.is_some_and(|has_it| has_it != to) {
        return Err(StoreError::Refused(
            "the e-mail address has another registration: leave out whose it is, and it joins that one"
                .to_owned(),
        ));
    }
    Ok(Some(to))
}

fn no_room(channel: Channel) -> StoreError {
    let most = channel.points_max();
    StoreError::Refused(format!(
        "she has {most} contacts by {channel} already, or it is another registration's: \
         `savin-hub contacts list` shows them, and `remove` makes room"
    ))
}

pub(super) fn only(mut found: Vec<NoticeStanding>) -> Option<NoticeStanding> {
    let first = found.pop();
    first.filter(|_| found.is_empty())
}

fn is_over(planned_at: Timestamp, channel: Channel, now: Timestamp) -> bool {
    super::contacts::later(planned_at, channel) < now
}

pub(super) fn row(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    doors: Doors,
    standing: NoticeStanding,
) -> Result<NoticeRow, StoreError> {
    let opened = match opened(tx, keys, &standing) {
        Ok(opened) => opened,
        // One that cannot be read is listed all the same, so that staff finds it.
        Err(StoreError::Damaged(_)) => Opened::named("cannot be read"),
        Err(failure) => return Err(failure),
    };
    Ok(NoticeRow {
        is_by_hand: doors.is_by_hand(standing.channel)
            && matches!(standing.state.as_str(), "planned" | "trying"),
        notice: standing.notice,
        registrant: standing.registrant,
        channel: standing.channel,
        about: opened.about,
        state: standing.state,
        planned_at: standing.planned_at,
        attempts: standing.attempts,
        tries: standing.tries,
        attempted_at: standing.attempted_at,
        outcome: standing.outcome,
        answer: opened.answer.map(Pii::new),
        waits: standing.waits,
        event: opened.event,
        address: Pii::new(opened.address),
    })
}

/// What only the registrant's key opens.
struct Opened {
    about: Option<String>,
    event: Option<EventPosition>,
    answer: Option<String>,
    address: String,
}

impl Opened {
    fn named(address: &str) -> Self {
        Self {
            about: None,
            event: None,
            answer: None,
            address: address.to_owned(),
        }
    }
}

fn opened(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    standing: &NoticeStanding,
) -> Result<Opened, StoreError> {
    let mut opened = Opened::named("forgotten");
    let Some(who) = registrant::load(tx, standing.registrant)? else {
        return Ok(opened);
    };
    let key = key_of(keys, &who)?;
    if standing.sealed_fact.is_empty() {
        return Ok(Opened::named("expunged"));
    }
    let payload: Payload = key
        .open("notice", who.registrant, &standing.sealed_fact)
        .map_err(broken)?;
    match payload {
        Payload::Fact(mut planned) => {
            elsewhere::clear(tx, keys, &mut planned.fact)?;
            opened.about = planned.fact.event_code().map(|code| code.to_string());
            opened.event = Some(planned.fact.position);
        }
        Payload::Change { change, .. } => opened.about = Some(change.what.key().to_owned()),
        Payload::Code { .. } => {}
    }
    if let Some(sealed) = &standing.sealed_answer {
        let text: String = key.open("answer", who.registrant, sealed).map_err(broken)?;
        opened.answer = Some(text);
    }
    let mut contacts = contact::of_registrant(tx, who.registrant)?;
    contacts.retain(|row| row.channel == standing.channel);
    let at = match contacts.len() {
        0 | 1 => None,
        _ => attempt::last_contact(tx, standing.notice)?,
    };
    for (place, row) in contacts.iter().enumerate() {
        let contact = open_contact(&key, row)?;
        let masked = contact.masked();
        let shown = contact.stored();
        opened.answer = opened
            .answer
            .map(|answer| answer.replace(shown.reveal(), &masked));
        if at == Some(row.contact) || at.is_none() && place == 0 {
            opened.address = masked;
        }
    }
    Ok(opened)
}
