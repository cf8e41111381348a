//! What an agency's words mean in ours: tables that the profile declares.
//!
//! A word that no table holds never means that somebody is free.

use std::collections::BTreeMap;
use std::ops::Range;

use savin_shared::ids::FacilityCode;
use savin_shared::record::court_event::Schedule;
use savin_shared::record::custody::{CustodyState, DispositionKind, ReleaseReason};
use savin_shared::record::protective_order::Service;

use super::document::{ValueTable, ValuesDocument};

/// The tables of a profile; words are compared in upper case without blanks around them.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// `[values.status]`, for custody.
    pub status: BTreeMap<String, CustodyState>,
    /// `[values.release_reason]`.
    pub release_reason: BTreeMap<String, ReleaseReason>,
    /// `[values.disposition]`, of a charge.
    pub disposition: BTreeMap<String, DispositionWord>,
    /// `[values.facility]`.
    pub facility: BTreeMap<String, FacilityCode>,
    /// `[values.classification]`: the agency's word to the one that is shown.
    pub classification: BTreeMap<String, String>,
    /// `[values.schedule]`.
    pub schedule: BTreeMap<String, Schedule>,
    /// `[values.service]`.
    pub service: BTreeMap<String, Service>,
    /// `[values.absconded]`.
    pub absconded: BTreeMap<String, bool>,
    /// `[values.compliant]`.
    pub compliant: BTreeMap<String, bool>,
    /// `[values.record_type]`.
    pub record_type: BTreeMap<String, RecordType>,
}

/// What a word for the disposition of a charge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispositionWord {
    /// What became of the charge.
    Is(DispositionKind),
    /// The charge was expunged or its disposition sealed: nothing of it may leave.
    Sealed,
}

impl DispositionWord {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "Sealed" => Some(Self::Sealed),
            kind => DispositionKind::parse(kind).map(Self::Is),
        }
    }
}

/// What a row of a mixed file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordType {
    /// Somebody who is in custody now.
    Booking,
    /// Somebody who was let go.
    Release,
    /// Somebody who went to another place.
    Transfer,
    /// Somebody whose custody state the word itself says.
    State(CustodyState),
    /// A victim: nothing of the row is looked at.
    Victim,
    /// Something else that is not taken.
    Skip,
}

impl RecordType {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "Booking" => Some(Self::Booking),
            "Release" => Some(Self::Release),
            "Transfer" => Some(Self::Transfer),
            "Victim" => Some(Self::Victim),
            "Skip" => Some(Self::Skip),
            state => CustodyState::parse(state).map(Self::State),
        }
    }
}

/// Where a value is wrong, and what to write instead.
pub(super) type Wrong = (Range<usize>, String);

impl Values {
    /// Checks every entry of every table.
    pub(super) fn check(document: &ValuesDocument) -> Result<Self, Wrong> {
        Ok(Self {
            status: states(&document.status)?,
            release_reason: table(&document.release_reason, ReleaseReason::parse, || {
                let reasons: Vec<_> = ReleaseReason::ALL.iter().map(|r| r.as_str()).collect();
                format!("a release reason is one of {}", reasons.join(", "))
            })?,
            disposition: table(&document.disposition, DispositionWord::parse, || {
                let kinds: Vec<_> = DispositionKind::ALL.iter().map(|k| k.as_str()).collect();
                format!("a disposition is Sealed or one of {}", kinds.join(", "))
            })?,
            facility: table(
                &document.facility,
                |code| FacilityCode::new(code).ok(),
                || "a facility is a code from the hub's list".to_owned(),
            )?,
            classification: table(
                &document.classification,
                |word| Some(word.to_owned()),
                String::new,
            )?,
            schedule: table(&document.schedule, Schedule::parse, || {
                "a schedule is Set, Cancelled or Held".to_owned()
            })?,
            service: table(&document.service, Service::parse, || {
                "a service is Entered, Attempted, Served or Ended".to_owned()
            })?,
            absconded: table(&document.absconded, yes_or_no, yes_or_no_rule)?,
            compliant: table(&document.compliant, yes_or_no, yes_or_no_rule)?,
            record_type: table(&document.record_type, RecordType::parse, || {
                "a record type is Booking, Release, Transfer, Victim (dropped and counted), Skip, or \
                 a custody state"
                    .to_owned()
            })?,
        })
    }
}

/// Checks a table from words to custody states.
pub(super) fn states(document: &ValueTable) -> Result<BTreeMap<String, CustodyState>, Wrong> {
    table(document, CustodyState::parse, || {
        "a status means InCustody, OnLeave, OutOfCustody, OutOfCustody(Bond) or another \
         reason, Escaped, EscapeSuspected, Deceased, TransferredOut, TransferredOutOfState or Unknown"
            .to_owned()
    })
}

/// Writes a word as the tables hold it.
#[must_use]
pub fn word_key(word: &str) -> String {
    word.trim().to_uppercase()
}

fn table<T>(
    document: &ValueTable,
    read: impl Fn(&str) -> Option<T>,
    rule: impl Fn() -> String,
) -> Result<BTreeMap<String, T>, Wrong> {
    document
        .iter()
        .map(|(word, meaning)| {
            let read = read(meaning.get_ref()).ok_or_else(|| (meaning.span(), rule()))?;
            Ok((word_key(word), read))
        })
        .collect()
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn yes_or_no_rule() -> String {
    "write \"yes\" or \"no\"".to_owned()
}
