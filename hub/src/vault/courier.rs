//! Handing messages to couriers, one at a time each, and keeping what became of every try.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::claiming::{lease, over};
use super::command::{CourierAnswer, CourierCommand, Later, TryOutcome};
use super::contacts::{key_of, subject};
use super::means::Means;
use super::registration::wrong_keys;
use super::sealed::DataKey;
use super::{Vault, VaultError, bounds, broken, siblings, takeover, turn};
use crate::evidence::leaf::{self, Salt};
use crate::ids::{ContactId, NoticeId, RegistrantId};
use crate::notification::bounds::Waits;
use crate::notification::change::Change;
use crate::notification::channel::Channel;
use crate::notification::fact::Fact;
use crate::notification::mark::MarkPurpose;
use crate::notification::outcome::{Follows, Outcome};
use crate::notification::rules::SHIPPED_VERSION;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::attempt::Answer;
use crate::store::vault::carrying::{self, After};
use crate::store::vault::spend::CallKind;
use crate::store::vault::{called, canary, care, contact, heard, notice, registrant, task};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// Bytes of a server's answer that are kept.
const DETAIL_BYTES_MAX: usize = 300;

/// A try by its notice and claim, and what became of it.
pub(super) type Tried = ((NoticeId, i64), TryOutcome);

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
    /// That how she is told was changed.
    Change {
        /// What changed.
        change: Change,
        /// The contact that is told, and no other.
        contact: [u8; 16],
    },
}

impl Payload {
    /// Returns the one contact to which it goes; nothing where it goes to all of its channel in turn.
    pub(super) fn only(&self) -> Option<ContactId> {
        match self {
            Self::Fact(_) => None,
            Self::Code { contact, .. } => contact.map(ContactId::from_bytes),
            Self::Change { contact, .. } => Some(ContactId::from_bytes(*contact)),
        }
    }
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

/// Opens what a notice says, with whose it is and her key; nothing of one who is gone, and of what was expunged.
pub(super) fn opened(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    id: NoticeId,
) -> Result<Option<(RegistrantId, DataKey, Payload)>, StoreError> {
    let standing = notice::find(tx, id)?.filter(|standing| !standing.sealed_fact.is_empty());
    let Some(standing) = standing else {
        return Ok(None);
    };
    let Some(who) = registrant::load(tx, standing.registrant)? else {
        return Ok(None);
    };
    let key = key_of(keys, &who)?;
    let payload = key.open("notice", who.registrant, &standing.sealed_fact);
    Ok(Some((who.registrant, key, payload.map_err(broken)?)))
}

/// Returns the one contact to which a notice goes, if it goes to one alone.
fn only(tx: &mut Tx<'_>, keys: &Keyring, id: NoticeId) -> Result<Option<ContactId>, StoreError> {
    Ok(opened(tx, keys, id)?.and_then(|(_, _, payload)| payload.only()))
}

impl Vault {
    /// Carries out a command of a courier.
    pub(super) fn courier(&self, command: CourierCommand) -> Result<CourierAnswer, VaultError> {
        match command {
            CourierCommand::Claim { channel, room } => self.claim(channel, room),
            CourierCommand::Begin => self.begin(),
            CourierCommand::Hold { notice, claim } => self.hold(notice, claim),
            CourierCommand::HoldAll { tries } => self.hold_all(tries),
            CourierCommand::FinishAll { tries, outcome } => {
                let all = tries.iter().map(|tried| (*tried, outcome.clone()));
                let counted = self.finish(all.collect())?.into_iter().zip(tries);
                let counted = counted.filter(|(is_counted, _)| *is_counted);
                Ok(CourierAnswer::Count(
                    counted.map(|(_, (notice, _))| notice).collect(),
                ))
            }
            CourierCommand::Placed {
                notice,
                claim,
                call,
            } => self.placed((notice, claim), call),
            CourierCommand::Left => self.left(),
            CourierCommand::Check {
                notice,
                claim,
                said,
            } => self.check_pin(notice, claim, &said),
            CourierCommand::Finish {
                notice,
                claim,
                outcome,
            } => {
                let noted = self.finish(vec![((notice, claim), outcome)])?;
                Ok(CourierAnswer::Noted(noted == [true]))
            }
            CourierCommand::Heard { notice, later } => {
                Ok(CourierAnswer::Noted(self.heard(notice, later)?))
            }
            CourierCommand::Talked { took } => {
                self.count_call(CallKind::Operator, took)?;
                Ok(CourierAnswer::Noted(true))
            }
            CourierCommand::WrongNumber { notice } => {
                Ok(CourierAnswer::Noted(self.wrong_number(notice)?))
            }
            CourierCommand::CallBack { notice } => {
                let now = (self.world.wall)();
                let keys = std::sync::Arc::clone(&self.keys);
                let is_asked = self.store.write_now("call back", move |tx| {
                    takeover::call_back(tx, &keys, notice, now)
                })?;
                Ok(CourierAnswer::Noted(is_asked))
            }
            CourierCommand::CameBack { mark, detail } => {
                let is_ours = self.keys.is_ours(MarkPurpose::Return, &mark);
                let later = Later::Bounced { detail };
                let is_news = is_ours && self.heard(mark.notice, later)?;
                Ok(CourierAnswer::Noted(is_news))
            }
        }
    }

    /// Lets what this worker's former life held be due at once: nobody carries it any more.
    fn begin(&self) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let Some(worker) = self.worker else {
            return Ok(CourierAnswer::Noted(false));
        };
        let end = move |tx: &mut Tx<'_>| {
            // What waited for one of those calls waits no more.
            carrying::release(tx, Waits::Rings, now)?;
            carrying::end_leases(tx, worker, now)
        };
        let tries = self.store.write_now("end leases", end)?;
        if tries > 0 {
            warn!(
                tries,
                "The hub was cut off while it told: what it was at is tried again now"
            );
        }
        Ok(CourierAnswer::Noted(tries > 0))
    }

    fn hold(&self, notice: NoticeId, claim: i64) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let is_held = self.store.write_now("hold", move |tx| {
            let channel = carrying::tried(tx, notice)?.channel;
            carrying::hold(tx, notice, claim, lease(channel, now))
        })?;
        Ok(CourierAnswer::Noted(is_held))
    }

    fn hold_all(&self, tries: Vec<(NoticeId, i64)>) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let held = self.store.write_now("hold all", move |tx| {
            let mut held = Vec::with_capacity(tries.len());
            for (notice, claim) in &tries {
                let channel = carrying::tried(tx, *notice)?.channel;
                if carrying::hold(tx, *notice, *claim, lease(channel, now))? {
                    held.push(*notice);
                }
            }
            Ok(held)
        })?;
        Ok(CourierAnswer::Count(held))
    }

    /// Notes what became of tries, all in one transaction; returns of each whether it counted.
    pub(super) fn finish(&self, tries: Vec<Tried>) -> Result<Vec<bool>, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now("finish", move |tx| {
            let noted = |(tried, outcome): &Tried| noted(tx, (&keys, &means), *tried, outcome, now);
            tries.iter().map(noted).collect()
        })?)
    }

    /// Notes what was heard of a notice after its try; returns whether it was news.
    pub(super) fn heard(&self, notice: NoticeId, later: Later) -> Result<bool, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now("heard", move |tx| {
            let (outcome, detail) = later.parts();
            let standing = carrying::tried(tx, notice)?;
            let who = standing.registrant;
            let number = heard::next(tx, notice)?;
            let salt = |key: &DataKey| salt(key, HEARD, notice, number);
            let answer = answer(tx, &keys, who, detail, salt)?;
            let again = match outcome.follows() {
                Follows::Ended => {
                    let only = only(tx, &keys, notice)?;
                    turn::elsewhere(tx, &means, (notice, &standing, only), outcome, now)?
                }
                Follows::Taken | Follows::Again | Follows::Unused => None,
            };
            let is_news = heard::note(tx, notice, (outcome, again), answer.as_ref(), now)?;
            if is_news && outcome.follows() == Follows::Ended && again.is_none() {
                takeover::ask(tx, &keys, notice, outcome, now)?;
                siblings::hasten(tx, &keys, notice, now)?;
            }
            if is_news && outcome == Outcome::Returned {
                contact::came_back(tx, notice, now)?;
            }
            Ok(is_news)
        })?)
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
        let means = std::sync::Arc::clone(&self.means);
        Ok(self.store.write_now("carried", move |tx| {
            if carrying::waiting(tx, notice)?.is_none() {
                return Ok(false);
            }
            for claim in carrying::take(tx, &[(notice, None)], now, over(now))? {
                noted(tx, (&keys, &means), (notice, claim.claim), &outcome, now)?;
            }
            let ended = match outcome.parts().0.follows() {
                Follows::Taken => "told",
                Follows::Ended => "refused",
                Follows::Again | Follows::Unused => return Ok(true),
            };
            task::close(tx, TaskKind::ByHand, &subject(notice), ended, now)?;
            Ok(true)
        })?)
    }
}

/// Notes what became of a try; a claim that is void changes nothing.
fn noted(
    tx: &mut Tx<'_>,
    (keys, means): (&Keyring, &Means),
    (notice, claim): (NoticeId, i64),
    outcome: &TryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !carrying::is_held(tx, notice, claim)? {
        return Ok(false);
    }
    let tried = carrying::tried(tx, notice)?;
    let number = tried.attempts.cast_signed();
    let (word, detail) = outcome.parts();
    if tried.channel == Channel::Telephone {
        called::free(tx, (notice, number), now)?;
    }
    bounds::settle(tx, means, (notice, number, tried.channel), word, now)?;
    if outcome.is_confirmation() {
        let (_, right) = care::of_call(tx, tried.registrant, (notice, claim))?;
        if right > 0 {
            contact::answered_for(tx, notice)?;
            return siblings::confirmed(tx, keys, notice, "PIN", now);
        }
    }
    let (after, is_asked) = match word.follows() {
        Follows::Taken => (After::Taken(word), false),
        Follows::Ended | Follows::Again | Follows::Unused => {
            if siblings::is_confirmed(tx, keys, notice)? {
                (After::Elsewhere(word), false)
            } else {
                {
                    let only = only(tx, keys, notice)?;
                    turn::after(tx, means, (notice, &tried, only), word, now)?
                }
            }
        }
    };
    let salt = |key: &DataKey| salt(key, TRIED, notice, number);
    let answer = answer(tx, keys, tried.registrant, detail, salt)?;
    let is_counted = carrying::finish(tx, notice, claim, after, answer.as_ref(), now)?;
    if is_counted && word == Outcome::Accepted {
        canary::told(tx, notice, now)?;
    }
    if is_counted && is_asked {
        takeover::ask(tx, keys, notice, word, now)?;
    }
    if is_counted && matches!(after, After::Ended(_)) {
        siblings::hasten(tx, keys, notice, now)?;
    }
    Ok(is_counted)
}

/// Seals what a channel answered, since it may repeat the address, and commits to it under a salt;
/// nothing of it is kept once the registrant is gone.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    who: RegistrantId,
    detail: &str,
    salt: impl Fn(&DataKey) -> Salt,
) -> Result<Option<Answer>, StoreError> {
    let Some(registrant) = registrant::load(tx, who)? else {
        return Ok(None);
    };
    let key = keys
        .unwrap(&registrant.wrapped_key)
        .map_err(|_| wrong_keys())?;
    let text = bounded(detail);
    Ok(Some(Answer {
        sealed: key.seal("answer", who, &text).map_err(broken)?,
        commitment: leaf::answer_commitment(&salt(&key), &text),
    }))
}

/// What an answer's salt is derived for: the answer to a try.
pub(super) const TRIED: &str = "answer";

/// What came with what was heard later.
pub(super) const HEARD: &str = "heard";

/// Derives the salt under which the evidence commits to an answer.
pub(super) fn salt(key: &DataKey, purpose: &str, notice: NoticeId, number: i64) -> Salt {
    let subject = [notice.as_bytes().as_slice(), &number.to_be_bytes()].concat();
    key.evidence_salt(purpose, &subject)
}

fn bounded(detail: &str) -> String {
    detail
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_BYTES_MAX)
        .collect()
}
