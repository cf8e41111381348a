//! The evidence of one notice to an office as one file: from the agency's signed row to the office's own
//! word that it has it. An office is no person, so that nothing of it is hidden behind a commitment.

use jiff::Timestamp;
use savin_shared::hash::Hash;
use serde::{Deserialize, Serialize};

use super::file::{DecisionPart, Proof, Told};
use super::note::{NoteError, NoteKey, NoteSigner};

/// What the first field of such a file says.
pub const FORMAT: &str = "savin/office-evidence/2";

/// What it says of a file that was made before what an event says of another booking was kept apart.
const FORMAT_BEFORE: &str = "savin/office-evidence/1";

/// The kind of the decision that puts an office on the list.
pub const LISTING: &str = "recipient-add";

/// The kind of the decision that says where somebody was convicted.
pub const CONVICTION: &str = "conviction";

/// Everything that proves a notice to an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeFile {
    /// [`FORMAT`], or the one before.
    pub format: String,
    /// When the file was made.
    pub made_at: Timestamp,
    /// The key that signs receipts, for which the file's own key vouches.
    pub receipt_key: String,
    /// What the registry's log was when the file was made.
    pub registry_checkpoint: String,
    /// The office.
    pub office: OfficePart,
    /// What people decided about where the person was convicted, which makes it this office.
    pub convicted: Vec<DecisionPart>,
    /// The notice.
    pub notice: OfficeNoticePart,
    /// Every try to tell it.
    pub attempts: Vec<OfficeAttempt>,
    /// That the office said that it has it.
    pub confirmed: Option<OfficeConfirmation>,
    /// What it told.
    pub told: Told,
}

/// An office on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficePart {
    /// Its number on the list.
    pub recipient: i64,
    /// Which office.
    pub office: String,
    /// Of which county.
    pub county: String,
    /// Of which municipality; empty for the county's own.
    pub municipality: String,
    /// How it is told.
    pub channel: String,
    /// Its official address.
    pub address: String,
    /// When it was put on the list.
    pub listed_at: Timestamp,
    /// The decision that did.
    pub listed: DecisionPart,
    /// Where that was logged.
    pub proof: Proof,
}

/// A notice to an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeNoticePart {
    /// Which.
    pub notice: String,
    /// What it tells: a release, or that one is called off.
    pub news: String,
    /// By which channel.
    pub channel: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// Where it was logged.
    pub proof: Proof,
}

/// A try to tell an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeAttempt {
    /// The how-manieth.
    pub number: i64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// Where that was logged.
    pub proof: Proof,
    /// What became of it, if that is known.
    pub outcome: Option<OfficeOutcome>,
}

/// What became of a try to tell an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeOutcome {
    /// When it was known.
    pub finished_at: Timestamp,
    /// What.
    pub outcome: String,
    /// What the mail server answered, or who posted it.
    pub answer: Option<String>,
    /// Where it was logged.
    pub proof: Proof,
}

/// That an office said that it has a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeConfirmation {
    /// When.
    pub confirmed_at: Timestamp,
    /// Who took that down, or by what it came.
    pub by: String,
    /// Where it was logged.
    pub proof: Proof,
}

impl OfficeFile {
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
        let is_before = file.format == FORMAT_BEFORE && !file.told.is_apart();
        if file.format == FORMAT || is_before {
            Ok(file)
        } else {
            Err(NoteError::Form)
        }
    }
}

/// Hashes what came back from an office's mail server, or who posted the letter: nothing of a person is in
/// it that a salt would have to hide.
#[must_use]
pub fn answer(text: &str) -> Hash {
    Hash::tagged("savin/agency-answer/1", &[text.as_bytes()])
}

/// Returns what the decision is about that puts an office on the list.
#[must_use]
pub fn listing_subject(office: &str, county: &str, municipality: &str) -> String {
    format!("recipient/{office}/{county}/{municipality}")
}
