//! Handing messages to couriers, one at a time each, and keeping what became of every try.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::error;

use super::command::{Choices, Content, CourierAnswer, CourierCommand, Message, TryOutcome};
use super::contacts::{key_of, opened, subject};
use super::follow::is_told;
use super::registration::{SealedChoices, code_content, wrong_keys};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken};
use crate::evidence::leaf::{self, Salt};
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::mark::{MarkPurpose, Marks};
use crate::notification::rules::SHIPPED_VERSION;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::attempt::Answer;
use crate::store::vault::notice::{self, After, ClaimedNotice};
use crate::store::vault::registrant::RegistrantState;
use crate::store::vault::{canary, contact, registrant, restoration, task};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// How long a courier may take for one message before another may try it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// How long to wait after each try that was put off, in minutes; the last goes on.
const AGAIN_MINUTES: [i64; 6] = [1, 5, 15, 30, 60, 120];

/// Bytes of a server's answer that are kept.
const DETAIL_BYTES_MAX: usize = 300;

/// What a notice says, as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Payload {
    /// A fact, whole: her choice at the time of telling decides what goes out.
    Fact(Box<Planned>),
    /// A code that proves that an address is hers.
    Code {
        /// The code.
        code: String,
        /// In which language it is sent.
        language: Language,
        /// The contact that it is to prove; without one, the proved one of its channel.
        #[serde(default)]
        contact: Option<[u8; 16]>,
    },
}

/// A fact with what caused its notice.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Planned {
    /// The rules, a deadline, or a correction: a part of the notice's name, to which the evidence commits.
    #[serde(default = "by_the_rules")]
    pub(super) cause: String,
    /// The fact.
    #[serde(flatten)]
    pub(super) fact: Fact,
}

/// What caused a notice that was planned before its cause was sealed with it.
fn by_the_rules() -> String {
    SHIPPED_VERSION.to_owned()
}

impl Vault {
    /// Carries out a command of a courier.
    pub(super) fn courier(&self, command: CourierCommand) -> Result<CourierAnswer, VaultError> {
        match command {
            CourierCommand::Claim { limit } => self.claim(limit),
            CourierCommand::Finish {
                notice,
                claim,
                outcome,
            } => self.finish(notice, claim, outcome),
        }
    }

    fn claim(&self, limit: u32) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let lease_until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let keys = std::sync::Arc::clone(&self.keys);
        let (messages, broken) = self.store.write_now("claim", move |tx| {
            let (mut messages, mut broken) = (Vec::new(), Vec::new());
            let restored_at = restoration::last(tx)?;
            for claimed in notice::claim(tx, Channel::Email, limit, now, lease_until)? {
                let (notice, claim) = (claimed.notice, claimed.claim);
                match message(tx, &keys, &claimed, restored_at) {
                    Ok(Carried::Message(message)) => messages.push(*message),
                    Ok(Carried::Stopped) => {
                        notice::finish(tx, notice, claim, After::Stopped, None, now)?;
                    }
                    // One that cannot be read is put aside: it may not keep back the others.
                    Err(StoreError::Damaged(what)) => {
                        notice::finish(tx, notice, claim, After::Broken, None, now)?;
                        broken.push((notice, what));
                    }
                    Err(failure) => return Err(failure),
                    Ok(Carried::Nowhere) => {
                        let detail = "there is no proved address to send it to";
                        let tried = (notice, claimed.registrant, claimed.attempt);
                        let answer = answer(tx, &keys, tried, detail)?;
                        let answer = answer.as_ref();
                        notice::finish(tx, notice, claim, After::Refused, answer, now)?;
                    }
                }
            }
            Ok((messages, broken))
        })?;
        for (notice, reason) in broken {
            error!(notice.id = %notice, reason, "A notice cannot be read, and nobody is told");
        }
        Ok(CourierAnswer::Messages(messages))
    }

    fn finish(
        &self,
        notice: NoticeId,
        claim: i64,
        outcome: TryOutcome,
    ) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        self.store.write_now("finish", move |tx| {
            noted(tx, &keys, (notice, claim), &outcome, now)
        })?;
        Ok(CourierAnswer::Noted)
    }

    /// Notes what became of carrying a message by hand, as a try of its own. Its task is over unless
    /// it has to be tried again. Returns whether it waited for anybody.
    pub(super) fn carried(
        &self,
        notice: NoticeId,
        outcome: TryOutcome,
    ) -> Result<bool, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(self.store.write_now("carried", move |tx| {
            let Some(claimed) = notice::claim_one(tx, notice, now, now)? else {
                return Ok(false);
            };
            noted(tx, &keys, (notice, claimed.claim), &outcome, now)?;
            let ended = match &outcome {
                TryOutcome::Accepted { .. } => "told",
                TryOutcome::Refused { .. } => "refused",
                TryOutcome::Deferred { .. } => return Ok(true),
            };
            task::close(tx, TaskKind::ByHand, &subject(notice), ended, now)?;
            Ok(true)
        })?)
    }
}

/// Notes what became of a try; a claim that is void changes nothing.
fn noted(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (notice, claim): (NoticeId, i64),
    outcome: &TryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (who, tries) = notice::tried(tx, notice)?;
    let (after, detail) = match outcome {
        TryOutcome::Accepted { detail } => (After::Accepted, detail),
        TryOutcome::Refused { detail } => (After::Refused, detail),
        TryOutcome::Deferred { detail } => (After::Again(again(now, tries)), detail),
    };
    let answer = answer(tx, keys, (notice, who, tries), detail)?;
    let is_counted = notice::finish(tx, notice, claim, after, answer.as_ref(), now)?;
    if is_counted && after == After::Accepted {
        canary::told(tx, notice, now)?;
    }
    Ok(is_counted)
}

/// What a claimed notice comes to.
pub(super) enum Carried {
    Message(Box<Message>),
    /// There is no proved address to send it to.
    Nowhere,
    /// She has stopped being told of the person since it was planned.
    Stopped,
}

/// Makes a message of a claimed notice.
pub(super) fn message(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    claimed: &ClaimedNotice,
    restored_at: Option<Timestamp>,
) -> Result<Carried, StoreError> {
    let Some(who) = registrant::load(tx, claimed.registrant)? else {
        return Ok(Carried::Nowhere);
    };
    let key = key_of(keys, &who)?;
    let payload: Payload = key
        .open("notice", who.registrant, &claimed.sealed_fact)
        .map_err(broken)?;
    if let Payload::Fact(planned) = &payload {
        let fact = &planned.fact;
        let is_told = if fact.details.canary_of.is_some() {
            who.state == RegistrantState::Monitor
        } else {
            is_told(tx, keys, who.registrant, fact)?
        };
        if !is_told {
            return Ok(Carried::Stopped);
        }
    }
    let contacts = contact::of_registrant(tx, who.registrant)?;
    let mut contacts = contacts
        .iter()
        .filter(|contact| contact.channel == claimed.channel);
    // A code goes to the address that it is to prove; everything else only to a proved one.
    let contact = match &payload {
        Payload::Code {
            contact: Some(to), ..
        } => contacts.find(|contact| contact.contact.as_bytes() == to),
        Payload::Code { contact: None, .. } => contacts.next(),
        Payload::Fact(_) => contacts.find(|contact| contact.is_told()),
    };
    let Some(contact) = contact else {
        return Ok(Carried::Nowhere);
    };
    let to = opened(&key, contact)?;
    let choices: SealedChoices = key
        .open("choices", who.registrant, &who.sealed_choices)
        .map_err(broken)?;
    let choices = Choices::from(choices);
    let may_repeat = match &payload {
        Payload::Fact(planned) => restored_at.is_some_and(|at| planned.fact.observed_at < at),
        Payload::Code { .. } => false,
    };
    let (language, content) = match payload {
        Payload::Code { code, language, .. } => (language, code_content(code)),
        Payload::Fact(planned) => {
            let content = match planned.fact.disclosed(choices.disclosure) {
                Some(fact) => Content::Fact(Box::new(fact)),
                None => Content::News,
            };
            (choices.language, content)
        }
    };
    let (notice, claim) = (claimed.notice, claimed.claim);
    Ok(Carried::Message(Box::new(Message {
        notice,
        claim,
        to,
        language,
        content,
        marks: Marks {
            back: keys.mark(MarkPurpose::Return, notice),
            stop: keys.mark(MarkPurpose::Stop, notice),
        },
        may_repeat,
    })))
}

/// Seals what a server answered to a try, since it may repeat the address, and commits to it;
/// nothing of it is kept once the registrant is gone.
fn answer(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (notice, who, attempt): (NoticeId, RegistrantId, u64),
    detail: &str,
) -> Result<Option<Answer>, StoreError> {
    let Some(registrant) = registrant::load(tx, who)? else {
        return Ok(None);
    };
    let key = keys
        .unwrap(&registrant.wrapped_key)
        .map_err(|_| wrong_keys())?;
    let text = bounded(detail);
    let salt = answer_salt(&key, notice, attempt);
    Ok(Some(Answer {
        sealed: key.seal("answer", who, &text).map_err(broken)?,
        commitment: leaf::answer_commitment(&salt, &text),
    }))
}

/// Derives the salt under which the evidence commits to the answer to a try.
pub(super) fn answer_salt(key: &DataKey, notice: NoticeId, attempt: u64) -> Salt {
    let subject = [notice.as_bytes().as_slice(), &attempt.to_be_bytes()].concat();
    key.evidence_salt("answer", &subject)
}

fn again(now: Timestamp, attempts: u64) -> Timestamp {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = AGAIN_MINUTES
        .get(place)
        .or(AGAIN_MINUTES.last())
        .copied()
        .unwrap_or(60);
    now.checked_add(SignedDuration::from_mins(minutes))
        .unwrap_or(Timestamp::MAX)
}

fn bounded(detail: &str) -> String {
    detail
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_BYTES_MAX)
        .collect()
}
