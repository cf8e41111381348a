//! What staff may do and see: registrations that they verified, and notices by pseudonym.

use savin_shared::pii::Pii;

use super::command::{Choices, Counts, NoticeRow, StaffAnswer, StaffCommand, Subscribed};
use super::courier::Payload;
use super::registration::{Draft, EMAIL, Request, join, subscribe, wrong_keys};
use super::{Vault, VaultError, broken};
use crate::ids::EventPosition;
use crate::notification::address::EmailAddress;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::notice::NoticeStanding;
use crate::store::vault::registrant::RegistrantState;
use crate::store::vault::{canary, contact, notice, registrant};
use crate::vault::keyring::Keyring;

impl Vault {
    /// Carries out a command of staff.
    pub(super) fn staff(&self, command: StaffCommand) -> Result<StaffAnswer, VaultError> {
        match command {
            StaffCommand::Register {
                address,
                about,
                choices,
            } => self.register(&address, about, choices),
            StaffCommand::Notices { limit } => {
                let keys = std::sync::Arc::clone(&self.keys);
                let rows = self.store.read_now("notices", move |tx| {
                    notice::newest(tx, limit)?
                        .into_iter()
                        .map(|standing| row(tx, &keys, standing))
                        .collect::<Result<Vec<NoticeRow>, StoreError>>()
                })?;
                Ok(StaffAnswer::Notices(rows))
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
            StaffCommand::Reach { events } => self.reach(&events),
            StaffCommand::Tasks(command) => self.tasks(command),
            StaffCommand::Monitor(address) => self.monitor(address.as_ref()),
            StaffCommand::Canaries => {
                let standings = self.store.read_now("canaries", canary::standings)?;
                Ok(StaffAnswer::Canaries(standings))
            }
        }
    }

    fn register(
        &self,
        address: &EmailAddress,
        about: Subscribed,
        choices: Choices,
    ) -> Result<StaffAnswer, VaultError> {
        let draft = Draft::new(self, address, choices)?;
        let request = Request::from(about);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let random = self.world.random;
        self.store.write_now("register", move |tx| {
            let known = contact::find_verified(tx, EMAIL, &draft.blind_index)?;
            let Some(known) = known else {
                draft.insert(tx, RegistrantState::Active, Some(now), now)?;
                let to = (draft.registrant, &draft.key);
                return subscribe(tx, &keys, to, &request, (random)(), now);
            };
            let key = join(tx, &keys, known.registrant, choices)?;
            let to = (known.registrant, &key);
            subscribe(tx, &keys, to, &request, (random)(), now)
        })?;
        Ok(StaffAnswer::Registered)
    }
}

fn row(tx: &mut Tx<'_>, keys: &Keyring, standing: NoticeStanding) -> Result<NoticeRow, StoreError> {
    let opened = match opened(tx, keys, &standing) {
        Ok(opened) => opened,
        // One that cannot be read is listed all the same, so that staff finds it.
        Err(StoreError::Damaged(_)) => Opened::named("cannot be read"),
        Err(failure) => return Err(failure),
    };
    Ok(NoticeRow {
        notice: standing.notice,
        registrant: standing.registrant,
        channel: standing.channel,
        about: opened.about,
        state: standing.state,
        planned_at: standing.planned_at,
        attempts: standing.attempts,
        attempted_at: standing.attempted_at,
        outcome: standing.outcome,
        answer: opened.answer.map(Pii::new),
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
    let key = keys.unwrap(&who.wrapped_key).map_err(|_| wrong_keys())?;
    let payload: Payload = key
        .open("notice", who.registrant, &standing.sealed_fact)
        .map_err(broken)?;
    if let Payload::Fact(fact) = payload {
        opened.about = fact.event_code().map(|code| code.to_string());
        opened.event = Some(fact.position);
    }
    if let Some(sealed) = &standing.sealed_answer {
        let text: String = key.open("answer", who.registrant, sealed).map_err(broken)?;
        opened.answer = Some(text);
    }
    if let Some(contact) = contact::of_registrant(tx, who.registrant)?.first() {
        let text: String = key
            .open("address", who.registrant, &contact.sealed_address)
            .map_err(broken)?;
        opened.address = EmailAddress::parse(&text)
            .map_err(|_| StoreError::Damaged("a stored address"))?
            .masked();
        opened.answer = opened
            .answer
            .map(|answer| answer.replace(&text, &opened.address));
    }
    Ok(opened)
}
