//! What is written into the logs: a few lines of text each, with nothing personal in them.
//!
//! What a leaf says about a person is a commitment under a salt: without the salt nobody learns it,
//! with it anybody can check it.

mod opening;

use std::fmt::Write as _;

use jiff::Timestamp;
use savin_shared::clock::ReceivedAt;
use savin_shared::envelope::BatchHeader;
use savin_shared::hash::{Hash, hex};
use savin_shared::ids::{AgencyId, AgentId, Epoch, FacilityCode, Seq};
use savin_shared::sign::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

pub use self::opening::{ElsewhereOpening, EventOpening};
use super::merkle::leaf_hash;
use crate::ids::{EventId, EventPosition, NoticeId, OrderId};
use crate::work::decision::Decision;

/// What is heard of a notice that somebody confirmed begins with this; by what follows it.
pub const CONFIRMED: &str = "confirmed by ";

/// The name of the line that says when a leaf was added that was not there from the first.
const ADDED: &str = "added-later";

/// Returns when a leaf was added, if that was later than what it says.
#[must_use]
pub fn added_at(content: &str) -> Option<Timestamp> {
    let line = content.lines().last()?;
    line.strip_prefix(ADDED)?.trim_start().parse().ok()
}

/// The bytes that keep a commitment from being guessed.
pub type Salt = [u8; 16];

/// One leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// By what it is found again; no two leaves of a log have the same.
    pub subject: String,
    /// What it says: the bytes that the tree hashes.
    pub content: String,
    /// The salt of its commitment, where the log's own database keeps it.
    pub salt: Option<Salt>,
}

impl Leaf {
    fn new(subject: String, kind: &str, lines: &[(&str, String)]) -> Self {
        let mut content = format!("savin/{kind}/1\n");
        for (name, value) in lines {
            // Writing to a `String` cannot fail.
            let _infallible = writeln!(content, "{name} {value}");
        }
        Self {
            subject,
            content,
            salt: None,
        }
    }

    /// Marks it as added later than what it says: it proves that this was so by then, and nothing of before.
    #[must_use]
    pub fn added_later(mut self, at: Timestamp) -> Self {
        // Writing to a `String` cannot fail.
        let _infallible = writeln!(self.content, "{ADDED} {}", time(at));
        self
    }

    /// Says whether a leaf of the log is this one, added at once or later.
    #[must_use]
    pub fn is_logged_as(&self, content: &str) -> bool {
        let rest = content.strip_prefix(&self.content);
        rest.is_some_and(|rest| rest.is_empty() || added_at(content).is_some())
    }

    /// Hashes it as the tree does.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(self.content.as_bytes())
    }
}

/// Says that an agent was enrolled: for whom it speaks, and with which key it signs.
#[must_use]
pub fn agent(
    agent: AgentId,
    agency: &AgencyId,
    facilities: &[FacilityCode],
    batch_key: &VerifyingKey,
    enrolled_at: Timestamp,
) -> Leaf {
    let facilities: Vec<&str> = facilities.iter().map(FacilityCode::as_str).collect();
    let lines = [
        ("agent", agent.to_string()),
        ("agency", agency.to_string()),
        ("facilities", facilities.join(" ")),
        ("batch-key", hex(&batch_key.0)),
        ("enrolled", time(enrolled_at)),
    ];
    Leaf::new(agent_subject(agent), "agent", &lines)
}

/// Returns the subject of an agent's leaf.
#[must_use]
pub fn agent_subject(agent: AgentId) -> String {
    format!("agent/{agent}")
}

/// Says that a batch became durable. It holds for a batch of which bodies were erased since: the
/// signature is over the chain, and the chain over commitments.
#[must_use]
pub fn batch(header: &BatchHeader, signature: &Signature, received_at: ReceivedAt) -> Leaf {
    let span = &header.span;
    let parts: [&[u8]; 2] = [&header.signed_bytes(), &signature.0];
    let lines = [
        ("agent", header.agent.to_string()),
        ("epoch", span.epoch.to_string()),
        ("deltas", format!("{} to {}", span.first.0, span.last.0)),
        ("head", span.head.to_string()),
        (
            "signed",
            Hash::tagged("savin/signed-batch/1", &parts).to_string(),
        ),
        ("received", time(received_at.timestamp())),
    ];
    let subject = batch_subject(header.agent, span.epoch, span.first);
    Leaf::new(subject, "batch", &lines)
}

/// Returns the subject of a batch's leaf.
#[must_use]
pub fn batch_subject(agent: AgentId, epoch: Epoch, first: Seq) -> String {
    format!("batch/{agent}/{epoch}/{}", first.0)
}

/// Says that an event became known which says something of another booking. The opening is what it says without that.
#[must_use]
pub fn event_elsewhere(
    event: EventId,
    opening: &EventOpening,
    salt: Salt,
    elsewhere: &Hash,
) -> Leaf {
    let position = EventPosition(opening.position);
    let lines = [
        ("event", event.to_string()),
        ("position", opening.position.to_string()),
        ("commitment", opening.commitment(&salt).to_string()),
        ("elsewhere", elsewhere.to_string()),
    ];
    let mut leaf = Leaf::new(event_subject(position), "event-elsewhere", &lines);
    leaf.salt = Some(salt);
    leaf
}

/// Says that an event became known.
#[must_use]
pub fn event(event: EventId, opening: &EventOpening, salt: Salt) -> Leaf {
    let position = EventPosition(opening.position);
    let lines = [
        ("event", event.to_string()),
        ("position", opening.position.to_string()),
        ("commitment", opening.commitment(&salt).to_string()),
    ];
    let mut leaf = Leaf::new(event_subject(position), "event", &lines);
    leaf.salt = Some(salt);
    leaf
}

/// Returns the subject of an event's leaf.
#[must_use]
pub fn event_subject(position: EventPosition) -> String {
    format!("event/{}", position.0)
}

/// Says that somebody decided something.
#[must_use]
pub fn decision(number: i64, decision: &Decision) -> Leaf {
    let bytes = decision.signed_bytes();
    let parts: [&[u8]; 2] = [bytes.as_bytes(), &decision.signature];
    let lines = [
        ("decision", number.to_string()),
        (
            "signed",
            Hash::tagged("savin/signed-decision/1", &parts).to_string(),
        ),
    ];
    Leaf::new(decision_subject(number), "decision", &lines)
}

/// Returns the subject of a decision's leaf.
#[must_use]
pub fn decision_subject(number: i64) -> String {
    format!("decision/{number}")
}

/// Says that a court's order was carried out: by which decision, and which events nobody is told of any
/// more, or lost what opens their leaves.
#[must_use]
pub fn court_order(
    order: OrderId,
    what: &str,
    decision: i64,
    at: Timestamp,
    events: &[EventPosition],
) -> Leaf {
    let events: Vec<String> = events.iter().map(|event| event.0.to_string()).collect();
    let lines = [
        ("order", order.0.to_string()),
        ("what", what.to_owned()),
        ("decision", decision.to_string()),
        ("at", time(at)),
        ("events", events.join(" ")),
    ];
    Leaf::new(court_order_subject(order, what), "court-order", &lines)
}

/// Returns the subject of the leaf of an order: what was done by it.
#[must_use]
pub fn court_order_subject(order: OrderId, what: &str) -> String {
    format!("court-order/{}/{what}", order.0)
}

/// Says that a notice was planned.
#[must_use]
pub fn notice(notice: NoticeId, channel: &str, planned_at: Timestamp, commitment: &Hash) -> Leaf {
    let lines = [
        ("notice", notice.to_string()),
        ("channel", channel.to_owned()),
        ("planned", time(planned_at)),
        ("commitment", commitment.to_string()),
    ];
    Leaf::new(notice_subject(notice), "notice", &lines)
}

/// An office as it is put on the list.
#[derive(Debug, Clone, Copy)]
pub struct OfficeLeaf<'a> {
    /// Its number on the list.
    pub recipient: i64,
    /// Which office.
    pub office: &'a str,
    /// Of which county.
    pub county: &'a str,
    /// Of which municipality; empty for the county's own.
    pub municipality: &'a str,
    /// How it is told.
    pub channel: &'a str,
    /// Its official address.
    pub address: &'a str,
    /// The decision that puts it there.
    pub decision: i64,
    /// When.
    pub listed_at: Timestamp,
}

/// Says that an office was put on the list of those that the law has told.
#[must_use]
pub fn office(office: &OfficeLeaf<'_>) -> Leaf {
    let lines = [
        ("recipient", office.recipient.to_string()),
        ("office", office.office.to_owned()),
        ("county", office.county.to_owned()),
        ("municipality", office.municipality.to_owned()),
        ("channel", office.channel.to_owned()),
        ("address", office.address.to_owned()),
        ("decision", office.decision.to_string()),
        ("listed", time(office.listed_at)),
    ];
    Leaf::new(office_subject(office.recipient), "office", &lines)
}

/// Returns the subject of the leaf of an office.
#[must_use]
pub fn office_subject(recipient: i64) -> String {
    format!("office/{recipient}")
}

/// Says that a notice to an office was planned: what it tells, of which event, and to which office of
/// the list. Offices are no persons, so nothing of it is hidden.
#[must_use]
pub fn agency_notice(
    notice: NoticeId,
    (news, event, recipient): (&str, EventPosition, i64),
    channel: &str,
    planned_at: Timestamp,
) -> Leaf {
    let lines = [
        ("notice", notice.to_string()),
        ("news", news.to_owned()),
        ("event", event.0.to_string()),
        ("recipient", recipient.to_string()),
        ("channel", channel.to_owned()),
        ("planned", time(planned_at)),
    ];
    Leaf::new(notice_subject(notice), "agency-notice", &lines)
}

/// Says that an office confirmed that it has a notice, and who took that down.
#[must_use]
pub fn agency_confirmation(notice: NoticeId, confirmed_at: Timestamp, by: &str) -> Leaf {
    let lines = [
        ("notice", notice.to_string()),
        ("confirmed", time(confirmed_at)),
        ("by", by.to_owned()),
    ];
    let subject = agency_confirmation_subject(notice);
    Leaf::new(subject, "agency-confirmation", &lines)
}

/// Returns the subject of the leaf of an office's confirmation.
#[must_use]
pub fn agency_confirmation_subject(notice: NoticeId) -> String {
    format!("agency-confirmation/{notice}")
}

/// Returns the subject of a notice's leaf.
#[must_use]
pub fn notice_subject(notice: NoticeId) -> String {
    format!("notice/{notice}")
}

/// Commits to what a notice tells and to whom, by pseudonym.
#[must_use]
pub fn notice_commitment(
    salt: &Salt,
    notice: NoticeId,
    event: EventId,
    pseudonym: &Hash,
    rules: &str,
) -> Hash {
    let parts: [&[u8]; 5] = [
        salt,
        notice.as_bytes(),
        event.as_bytes(),
        pseudonym.as_bytes(),
        rules.as_bytes(),
    ];
    Hash::tagged("savin/notice-commitment/1", &parts)
}

/// What the notice of a change in how somebody is told says, as its evidence has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSaid {
    /// What changed, by the keys of its words.
    pub changed: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// Until when what ends goes on, and can be taken back.
    pub until: Option<Timestamp>,
}

/// Commits to what the notice of a change says and to whom.
#[must_use]
pub fn change_commitment(
    salt: &Salt,
    notice: NoticeId,
    pseudonym: &Hash,
    said: &ChangeSaid,
) -> Hash {
    let (changed, at) = (said.changed.join(" "), time(said.at));
    let until = said.until.map_or_else(String::new, time);
    let parts: [&[u8]; 6] = [
        salt,
        notice.as_bytes(),
        pseudonym.as_bytes(),
        changed.as_bytes(),
        at.as_bytes(),
        until.as_bytes(),
    ];
    Hash::tagged("savin/change-commitment/1", &parts)
}

/// Says that a try to tell begins.
#[must_use]
pub fn attempt(notice: NoticeId, number: i64, attempted_at: Timestamp) -> Leaf {
    let lines = [
        ("notice", notice.to_string()),
        ("number", number.to_string()),
        ("attempted", time(attempted_at)),
    ];
    Leaf::new(attempt_subject(notice, number), "attempt", &lines)
}

/// Returns the subject of the leaf of a try.
#[must_use]
pub fn attempt_subject(notice: NoticeId, number: i64) -> String {
    format!("attempt/{notice}/{number}")
}

/// Says what became of a try; `answer` commits to what the channel answered.
#[must_use]
pub fn outcome(
    notice: NoticeId,
    number: i64,
    finished_at: Timestamp,
    outcome: &str,
    answer: Option<&Hash>,
) -> Leaf {
    let lines = became((notice, number), ("finished", finished_at), outcome, answer);
    Leaf::new(outcome_subject(notice, number), "outcome", &lines)
}

/// Returns the subject of the leaf of what became of a try.
#[must_use]
pub fn outcome_subject(notice: NoticeId, number: i64) -> String {
    format!("outcome/{notice}/{number}")
}

/// Says what was heard of a notice after a try had ended: that a letter was mailed, that a mail could not
/// be delivered, or that it was confirmed, and by what.
#[must_use]
pub fn heard(
    notice: NoticeId,
    number: i64,
    heard_at: Timestamp,
    outcome: &str,
    answer: Option<&Hash>,
) -> Leaf {
    let lines = became((notice, number), ("heard", heard_at), outcome, answer);
    Leaf::new(heard_subject(notice, number), "heard", &lines)
}

/// Returns the subject of the leaf of what was heard of a notice.
#[must_use]
pub fn heard_subject(notice: NoticeId, number: i64) -> String {
    format!("heard/{notice}/{number}")
}

/// Says of which try what became known, and when.
fn became(
    (notice, number): (NoticeId, i64),
    (when, at): (&'static str, Timestamp),
    outcome: &str,
    answer: Option<&Hash>,
) -> [(&'static str, String); 5] {
    let answer = answer.map_or_else(|| "none".to_owned(), Hash::to_string);
    [
        ("notice", notice.to_string()),
        ("number", number.to_string()),
        (when, time(at)),
        ("outcome", outcome.to_owned()),
        ("answer", answer),
    ]
}

/// Commits to what a channel answered.
#[must_use]
pub fn answer_commitment(salt: &Salt, answer: &str) -> Hash {
    Hash::tagged("savin/answer-commitment/1", &[salt, answer.as_bytes()])
}

/// Writes a time to the microsecond, as the tables keep it.
fn time(at: Timestamp) -> String {
    Timestamp::from_microsecond(at.as_microsecond())
        .unwrap_or(at)
        .to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use savin_shared::hash::Hash;

    use super::{EventOpening, event, notice_commitment};
    use crate::ids::{EventId, NoticeId};

    fn opening() -> EventOpening {
        EventOpening {
            position: 7,
            code: "Released".to_owned(),
            record: 3,
            version: 2,
            facility: "MS049-JAIL".to_owned(),
            origin: "live".to_owned(),
            effective_at: None,
            entered_at: None,
            observed_at: Timestamp::UNIX_EPOCH,
            received_at: Timestamp::UNIX_EPOCH,
            corrects: None,
            details: "{\"reason\":\"bond\"}".to_owned(),
        }
    }

    #[test]
    fn says_nothing_of_what_happened_without_the_salt() {
        let leaf = event(EventId::from_bytes([1; 16]), &opening(), [9; 16]);
        assert_eq!(leaf.subject, "event/7");
        for word in ["Released", "MS049", "bond"] {
            assert!(!leaf.content.contains(word), "{}", leaf.content);
        }
        assert!(
            leaf.content.starts_with("savin/event/1\nevent 01010101-"),
            "{}",
            leaf.content
        );
    }

    #[test]
    fn commits_to_every_field() {
        let changes: [fn(&mut EventOpening); 12] = [
            |opening| opening.position += 1,
            |opening| opening.code.push('x'),
            |opening| opening.record += 1,
            |opening| opening.version += 1,
            |opening| opening.facility.push('x'),
            |opening| opening.origin.push('x'),
            |opening| opening.effective_at = Some(Timestamp::UNIX_EPOCH),
            |opening| opening.entered_at = Some(Timestamp::UNIX_EPOCH),
            |opening| opening.observed_at = Timestamp::MAX,
            |opening| opening.received_at = Timestamp::MAX,
            |opening| opening.corrects = Some(0),
            |opening| opening.details.push('x'),
        ];
        let commitment = opening().commitment(&[9; 16]);
        assert_ne!(opening().commitment(&[8; 16]), commitment);
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = opening();
            change(&mut changed);
            assert_ne!(changed.commitment(&[9; 16]), commitment, "change {number}");
        }
    }

    #[test]
    fn commits_to_notice_event_registrant_and_rules() {
        let notice = |byte| NoticeId::from_bytes([byte; 16]);
        let event = |byte| EventId::from_bytes([byte; 16]);
        let who = |byte: u8| Hash::of(&[byte]);
        let all = [
            notice_commitment(&[1; 16], notice(1), event(1), &who(1), "1"),
            notice_commitment(&[2; 16], notice(1), event(1), &who(1), "1"),
            notice_commitment(&[1; 16], notice(2), event(1), &who(1), "1"),
            notice_commitment(&[1; 16], notice(1), event(2), &who(1), "1"),
            notice_commitment(&[1; 16], notice(1), event(1), &who(2), "1"),
            notice_commitment(&[1; 16], notice(1), event(1), &who(1), "2"),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
