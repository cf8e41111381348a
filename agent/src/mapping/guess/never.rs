//! Names of columns that must never be taken, and why.

use super::names::words;
use crate::format::cells::column_key;

/// Why a column must never be taken, and the words in its name that say so.
const NEVER: [(&str, &str); 17] = [
    (
        "social security number",
        "ssn ssnidentification socialsecurity socsec",
    ),
    ("about a victim", "victim complainant"),
    ("about the protected person", "petitioner protectedperson"),
    ("about a witness", "witness"),
    (
        "medical",
        "medical medication med mental health psych suicid diagnos allerg hiv pregnan disabilit detox",
    ),
    ("medical: the class of the Brad H. settlement", "bradh"),
    ("gang flag", "gang"),
    ("gang flag: security risk group", "srg"),
    ("gang flag: security threat group", "stgflag stg"),
    ("telephone number", "phone telephone cellnumber"),
    ("e-mail address", "email"),
    ("about a relative", "emergencycontact nextofkin"),
    ("religion", "religion"),
    ("safety of the person", "informant"),
    ("driver's licence number", "driverlicense driverslicense"),
    ("account", "bankaccount"),
    ("secret code", "pincode password"),
];

/// Says why a column must never be taken, if its name says so.
#[must_use]
pub(super) fn why(name: &str) -> Option<&'static str> {
    let key = column_key(name);
    // `AssignedCellNumber` is a cell, and `stg` stands in many words.
    let is_word = |word: &str| match word {
        "cellnumber" => key == "cellnumber" && name.to_lowercase().contains("phone"),
        "stg" | "srg" | "hiv" | "ssn" | "med" => {
            words(name).iter().any(|own| own == word) || key == word
        }
        long => key.contains(long),
    };
    let named = |(_, words): &&(&str, &str)| words.split(' ').any(is_word);
    NEVER.iter().find(named).map(|(why, _)| *why)
}
