//! What an agency's words probably mean. Only what can frighten nobody is proposed as sure: a word that
//! may end somebody's custody is for a person to confirm.

use std::collections::BTreeMap;

use super::WordGuess;
use crate::mapping::field::Field;
use crate::mapping::profile::Mode;

/// Words of people who are held.
const HELD: [&str; 22] = [
    "IN",
    "IN CUSTODY",
    "INCUSTODY",
    "ACTIVE",
    "BOOKED",
    "BOOKED IN",
    "CONFINED",
    "INCARCERATED",
    "DETAINED",
    "HELD",
    "HOUSED",
    "IN JAIL",
    "JAILED",
    "PRETRIAL",
    "PRE-TRIAL",
    "PRE TRIAL",
    "SENTENCED",
    "UNSENTENCED",
    "AWAITING TRIAL",
    "CURRENT",
    "COMMITTED",
    "DETAINEE",
];

/// Beginnings of words that state something else, with what they probably mean.
const OTHER: [(&str, &str); 44] = [
    ("WORK RELEASE", "OnLeave"),
    ("WORKRELEASE", "OnLeave"),
    ("WEEKEND", "OnLeave"),
    ("FURLOUGH", "OnLeave"),
    ("HOUSE ARREST", "OnLeave"),
    ("HOME DET", "OnLeave"),
    ("HOME CONF", "OnLeave"),
    ("INTENSIVE SUP", "OnLeave"),
    ("ELECTRONIC MON", "OnLeave"),
    ("DAY PASS", "OnLeave"),
    ("PASS", "OnLeave"),
    ("TEMP RELEASE", "OnLeave"),
    ("TEMPORARY RELEASE", "OnLeave"),
    ("TEMP OUT", "OnLeave"),
    ("LEAVE", "OnLeave"),
    ("OUT TO COURT", "InCustody"),
    ("ESCAPE SUSP", "EscapeSuspected"),
    ("SUSPECTED ESC", "EscapeSuspected"),
    ("POSSIBLE ESC", "EscapeSuspected"),
    ("MISSING", "EscapeSuspected"),
    ("UNACCOUNTED", "EscapeSuspected"),
    ("ESC", "Escaped"),
    ("WALK AWAY", "Escaped"),
    ("WALKAWAY", "Escaped"),
    ("ABSCOND", "Escaped"),
    ("DECEASED", "Deceased"),
    ("DEATH", "Deceased"),
    ("DIED", "Deceased"),
    ("RETURN", "InCustody"),
    ("RECAPTURE", "InCustody"),
    ("OUT OF STATE", "TransferredOutOfState"),
    ("EXTRADIT", "TransferredOutOfState"),
    ("TRF", "TransferredOut"),
    ("TRANS", "TransferredOut"),
    ("TO OTHER AGENCY", "OutOfCustody(ToOtherAgency)"),
    ("TIME SERVED", "OutOfCustody(TimeServed)"),
    ("BOND", "OutOfCustody(Bond)"),
    ("BAIL", "OutOfCustody(Bond)"),
    ("ROR", "OutOfCustody(OwnRecognizance)"),
    ("PAROLED", "OutOfCustody(Parole)"),
    ("REL", "OutOfCustody"),
    ("DISCHARGE", "OutOfCustody"),
    ("OUT", "OutOfCustody"),
    ("NOT IN CUSTODY", "OutOfCustody"),
];

/// Reasons of a release; a wrong one only names it otherwise. Only that somebody was handed to another agency says that
/// the person may be in custody there: a person confirms that.
const REASONS: [(&str, &str); 21] = [
    ("TIME SERVED", "TimeServed"),
    ("SERVED", "TimeServed"),
    ("BOND", "Bond"),
    ("BAIL", "Bond"),
    ("SURETY", "Bond"),
    ("CASH", "Bond"),
    ("OWN REC", "OwnRecognizance"),
    ("ROR", "OwnRecognizance"),
    ("PERSONAL REC", "OwnRecognizance"),
    ("CHARGES D", "ChargesDropped"),
    ("DISMISS", "ChargesDropped"),
    ("NOLLE", "ChargesDropped"),
    ("PAROLE", "Parole"),
    ("PROBATION", "Probation"),
    ("COURT", "CourtOrder"),
    ("JUDGE", "CourtOrder"),
    ("PARDON", "Pardon"),
    ("TRANS", "ToOtherAgency"),
    ("OTHER AGENCY", "ToOtherAgency"),
    ("SENTENCE EXP", "SentenceExpired"),
    ("EXPIRED", "SentenceExpired"),
];

/// Dispositions of a charge; what seals one is taken for that before any other.
const DISPOSITIONS: [(&str, &str); 21] = [
    ("EXPUNG", "Sealed"),
    ("SEALED", "Sealed"),
    ("NOT GUILTY", "Acquitted"),
    ("ACQUIT", "Acquitted"),
    ("CONVICT", "Convicted"),
    ("GUILTY", "Convicted"),
    ("PLED GUILTY", "Convicted"),
    ("SENTENCED", "Convicted"),
    ("DISMISS", "Dismissed"),
    ("NOLLE", "NolleProsequi"),
    ("NOL PROS", "NolleProsequi"),
    ("REMAND", "RemandedToFile"),
    ("RETIRED", "RemandedToFile"),
    ("NO TRUE BILL", "NoTrueBill"),
    ("NO BILL", "NoTrueBill"),
    ("NON-ADJ", "NonAdjudicated"),
    ("NONADJ", "NonAdjudicated"),
    ("NON ADJ", "NonAdjudicated"),
    ("BOUND OVER", "BoundOver"),
    ("PEND", "Open"),
    ("OPEN", "Open"),
];

/// Types of records in a mixed file.
const TYPES: [(&str, &str); 12] = [
    ("B", "Booking"),
    ("BOOK", "Booking"),
    ("R", "Release"),
    ("REL", "Release"),
    ("T", "Transfer"),
    ("TR", "Transfer"),
    ("X", "Transfer"),
    ("V", "Victim"),
    ("VICTIM", "Victim"),
    ("BOOKING", "Booking"),
    ("RELEASE", "Release"),
    ("TRANSFER", "Transfer"),
];

/// Says whether a cell, in whatever column, may state a custody state.
pub(super) fn is_telling(upper: &str) -> bool {
    let telling = [
        "ESCAP",
        "WEEKEND",
        "FURLOUGH",
        "HOUSE ARREST",
        "WORK RELEASE",
        "DECEASED",
    ];
    telling.iter().any(|word| upper.contains(word))
}

/// Says whether more words of a column say why somebody was let go than what became of a charge.
pub(super) fn are_of_releases(words: &BTreeMap<String, u64>) -> bool {
    let count = |known: &[(&'static str, &'static str)]| {
        let begins = |word: &&String| known.iter().any(|(known, _)| word.starts_with(known));
        words.keys().filter(begins).count()
    };
    count(&REASONS) > count(&DISPOSITIONS)
}

/// Proposes what a word of a column means.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most fields have no table of words"
)]
pub(super) fn proposed(field: Field, word: &str, seen: u64, mode: Mode) -> WordGuess {
    let (meaning, is_taken) = match field {
        Field::Status => status(word, mode),
        Field::ReleaseReason => {
            let meaning = beginning(&REASONS, word);
            (meaning, meaning != Some("ToOtherAgency"))
        }
        Field::Disposition => (beginning(&DISPOSITIONS, word), true),
        Field::RecordType => {
            let meaning = TYPES.iter().find(|(known, _)| *known == word);
            let meaning = meaning.map(|(_, meaning)| *meaning);
            // Whoever takes a victim's row for a booking sends a victim's name.
            (meaning, meaning == Some("Victim"))
        }
        Field::Absconded | Field::Compliant => {
            let meaning = match word {
                "Y" | "YES" | "TRUE" | "1" | "COMPLIANT" | "IN COMPLIANCE" => Some("yes"),
                "N" | "NO" | "FALSE" | "0" | "NONCOMPLIANT" | "NON-COMPLIANT" => Some("no"),
                _ => None,
            };
            (meaning, true)
        }
        Field::Schedule => {
            let found = [
                ("CANCEL", "Cancelled"),
                ("VACATED", "Cancelled"),
                ("HELD", "Held"),
                ("SET", "Set"),
                ("SCHED", "Set"),
            ];
            (beginning(&found, word), true)
        }
        Field::Service => {
            let found = [
                ("SERVED", "Served"),
                ("ATTEMPT", "Attempted"),
                ("EXPIRED", "Ended"),
            ];
            (beginning(&found, word), true)
        }
        _ => (None, false),
    };
    WordGuess {
        field,
        word: word.to_owned(),
        seen,
        meaning: meaning.map(str::to_owned),
        is_taken: is_taken && meaning.is_some(),
    }
}

/// Proposes the state that hides in a column that is none of states.
pub(super) fn hidden(field: Field, word: &str, seen: u64) -> WordGuess {
    let meaning = OTHER.iter().find(|(known, _)| word.contains(known));
    let meaning = meaning.map(|(_, meaning)| *meaning);
    // An escape or a death that is told as a release is worse than any doubt.
    let is_taken = field == Field::ReleaseReason
        && matches!(meaning, Some("Escaped" | "EscapeSuspected" | "Deceased"));
    WordGuess {
        field,
        word: word.to_owned(),
        seen,
        meaning: meaning.map(str::to_owned),
        is_taken,
    }
}

fn status(word: &str, mode: Mode) -> (Option<&'static str>, bool) {
    if HELD.contains(&word) {
        return (Some("InCustody"), true);
    }
    match beginning(&OTHER, word) {
        Some(meaning) => (Some(meaning), false),
        // Whoever stands in a roster is most likely held, and a person says so.
        None if mode == Mode::Roster => (Some("InCustody"), false),
        None => (None, false),
    }
}

fn beginning(table: &[(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    let found = table.iter().find(|(known, _)| word.starts_with(known));
    found.map(|(_, meaning)| *meaning)
}
