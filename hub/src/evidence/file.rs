//! The evidence of one notice as one file: everything that proves it, and nothing else of anybody.
//!
//! The file is a signed note whose text is one line of JSON, so that no byte of it can be changed.
//! Hashes, keys and salts are hexadecimal digits, batches and receipts base64.

use jiff::Timestamp;
use savin_shared::hash::{Hash, unhex};
use serde::{Deserialize, Serialize};

use super::leaf::{self, CONFIRMED, ChangeSaid, ElsewhereOpening, EventOpening};
use super::note::{NoteError, NoteKey, NoteSigner};

/// What the first field of a file says.
pub const FORMAT: &str = "savin/evidence/3";

/// What it says of files that were made before: by the first, rules and what was heard later were not in it, and until
/// the second an event was opened with what it says of another booking.
const FORMATS_BEFORE: [&str; 2] = ["savin/evidence/1", "savin/evidence/2"];

/// Everything that proves a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// [`FORMAT`], or one before.
    pub format: String,
    /// When the file was made.
    pub made_at: Timestamp,
    /// The keys that the file's own key vouches for.
    pub keys: OtherKeys,
    /// What the registry's log was when the file was made.
    pub registry_checkpoint: String,
    /// What the vault's log was.
    pub vault_checkpoint: String,
    /// The notice.
    pub notice: NoticePart,
    /// Every try to tell it.
    pub attempts: Vec<AttemptPart>,
    /// What was heard of it after a try, and who confirmed it by what.
    #[serde(default)]
    pub heard: Vec<HeardPart>,
    /// What it told; nothing once the registrant is forgotten.
    pub told: Option<Told>,
}

/// The keys beside the one that signs the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherKeys {
    /// The key that signs the vault's checkpoints.
    pub vault: String,
    /// The key that signs receipts.
    pub receipt: String,
}

/// Where in its log a leaf is, and the hashes that lead from it to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Its place, from 0.
    pub index: u64,
    /// The hashes beside its way.
    pub hashes: Vec<String>,
    /// When it was added, where that was later than what it says: by a hub that took a registry over from before there
    /// was evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<Timestamp>,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticePart {
    /// Which.
    pub notice: String,
    /// By which channel.
    pub channel: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// What its leaf commits to.
    pub commitment: String,
    /// What opens the commitment; nothing once the registrant is forgotten.
    pub opening: Option<NoticeOpening>,
    /// What opens that of a notice that tells no event but a change in how she is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeOpening>,
    /// Where it was logged.
    pub proof: Proof,
}

/// What a notice tells and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeOpening {
    /// The salt of the commitment.
    pub salt: String,
    /// The event.
    pub event: String,
    /// The registrant, by a pseudonym that is the same in every file.
    pub pseudonym: String,
    /// What caused it: a version of the rules, a deadline, or a correction.
    pub rules: String,
}

/// What the notice of a change says and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeOpening {
    /// The salt of the commitment.
    pub salt: String,
    /// The registrant, by a pseudonym that is the same in every file.
    pub pseudonym: String,
    /// What it says.
    pub says: ChangeSaid,
}

/// A try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptPart {
    /// The how-manieth.
    pub number: i64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// Where that was logged.
    pub proof: Proof,
    /// What became of it, if that is known.
    pub outcome: Option<OutcomePart>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomePart {
    /// When it was known.
    pub finished_at: Timestamp,
    /// What.
    pub outcome: String,
    /// What the channel answered.
    pub answer: Option<AnswerPart>,
    /// Where it was logged.
    pub proof: Proof,
}

/// What was heard of a notice after a try had ended: a mail that bounced, a letter that was mailed or came
/// back, a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardPart {
    /// The how-manieth.
    pub number: i64,
    /// When it was heard.
    pub heard_at: Timestamp,
    /// What.
    pub outcome: String,
    /// What came with it, as the mail server's or the post's reason.
    pub answer: Option<AnswerPart>,
    /// Where it was logged.
    pub proof: Proof,
}

/// What a channel answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerPart {
    /// What the leaf commits to.
    pub commitment: String,
    /// The answer; nothing where it repeats the address or the registrant is forgotten.
    pub opening: Option<AnswerOpening>,
}

/// An answer with what opens its commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerOpening {
    /// The salt of the commitment.
    pub salt: String,
    /// The answer.
    pub text: String,
}

/// What was told, and from where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The event.
    pub event: EventPart,
    /// The signed batch that brought it; nothing for an event that followed from no delta.
    pub source: Option<SourcePart>,
    /// By which adopted tables it was decided what is told, and by when; nothing for those that shipped.
    #[serde(default)]
    pub rules: Vec<RulesPart>,
    /// What staff decided about it.
    pub decisions: Vec<DecisionPart>,
}

/// A version of a table of rules that staff adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesPart {
    /// Which table.
    pub table: String,
    /// The version's number.
    pub number: i64,
    /// The table, as CSV.
    pub body: String,
    /// The decision that adopted it.
    pub adopted: DecisionPart,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventPart {
    /// Which.
    pub event: String,
    /// The salt of its commitment.
    pub salt: String,
    /// What it says by itself.
    pub says: EventOpening,
    /// What it says of another booking, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<ElsewherePart>,
    /// Where it was logged.
    pub proof: Proof,
}

/// What an event says of another booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElsewherePart {
    /// What the event's leaf commits to.
    pub commitment: String,
    /// What opens it; nothing while a court has the other booking sealed, and once it had it expunged.
    pub opening: Option<ElsewhereSaid>,
}

/// What an event says of another booking, with what opens its commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElsewhereSaid {
    /// The salt of the commitment.
    pub salt: String,
    /// What it says.
    pub says: ElsewhereOpening,
}

/// Where an event comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePart {
    /// Whose word it is.
    pub agent: AgentPart,
    /// The signed batch, with every other delta of it erased.
    pub batch: String,
    /// When it became durable.
    pub received_at: Timestamp,
    /// Where that was logged.
    pub proof: Proof,
    /// The receipt that the agency has for it.
    pub receipt: String,
    /// The number of the delta.
    pub seq: u64,
    /// The how-manieth event of the delta it is.
    pub ordinal: u8,
}

/// An agent: for whom it speaks, and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentPart {
    /// Which.
    pub agent: String,
    /// The agency.
    pub agency: String,
    /// The facilities.
    pub facilities: Vec<String>,
    /// The key that signs its batches.
    pub batch_key: String,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Where that was logged.
    pub proof: Proof,
}

/// A decision of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionPart {
    /// Its number.
    pub number: i64,
    /// What kind it is.
    pub kind: String,
    /// What it decides.
    pub subject: String,
    /// What was chosen.
    pub choice: String,
    /// Why.
    pub note: String,
    /// Who decided.
    pub staff: String,
    /// When.
    pub decided_at: Timestamp,
    /// The key that signed.
    pub key: String,
    /// The signature.
    pub signature: String,
    /// Where it was logged.
    pub proof: Proof,
}

impl EvidenceFile {
    /// Writes the file, signed.
    ///
    /// # Errors
    /// Returns [`NoteError::Text`] when it cannot be written as a note.
    pub fn seal(&self, signer: &NoteSigner) -> Result<String, NoteError> {
        let text = serde_json::to_string(self).map_err(|_| NoteError::Text)?;
        signer.sign(&format!("{text}\n"))
    }

    /// Reads a file that this key signed.
    ///
    /// # Errors
    /// Returns [`NoteError`] when any byte was changed, or it is none.
    pub fn open(text: &str, key: &NoteKey) -> Result<Self, NoteError> {
        let file: Self =
            serde_json::from_str(key.open_alone(text)?).map_err(|_| NoteError::Form)?;
        let is_before = FORMATS_BEFORE.contains(&file.format.as_str());
        let is_newer = file.told.as_ref().is_some_and(Told::is_apart);
        if file.format == FORMAT || (is_before && !is_newer) {
            Ok(file)
        } else {
            Err(NoteError::Form)
        }
    }
}

impl Told {
    /// Says whether what the event says of another booking is kept apart, as older files have it not.
    #[must_use]
    pub const fn is_apart(&self) -> bool {
        self.event.elsewhere.is_some()
    }
}

impl HeardPart {
    /// Says whether it is that somebody confirmed, and by what: `confirmed by PIN`, or by `link`, `letter`
    /// or `a person`.
    #[must_use]
    pub fn is_confirmation(&self) -> bool {
        self.outcome.starts_with(CONFIRMED)
    }
}

impl Proof {
    /// Writes a proof.
    #[must_use]
    pub fn new(index: u64, hashes: &[Hash]) -> Self {
        Self {
            index,
            hashes: hashes.iter().map(Hash::to_string).collect(),
            added_at: None,
        }
    }

    /// Notes when the leaf was added, as that says itself.
    #[must_use]
    pub fn of_leaf(self, content: &str) -> Self {
        let added_at = leaf::added_at(content);
        Self { added_at, ..self }
    }

    /// Reads the hashes; nothing where one is none.
    #[must_use]
    pub fn hashes(&self) -> Option<Vec<Hash>> {
        self.hashes.iter().map(|text| hash(text)).collect()
    }
}

/// Reads a hash from its digits.
#[must_use]
pub fn hash(text: &str) -> Option<Hash> {
    Hash::from_slice(&unhex(text)?)
}
