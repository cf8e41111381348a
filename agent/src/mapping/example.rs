//! A profile's own example rows: what a row must become, so that nobody breaks a mapping unseen.
//!
//! An example is of an invented person; nothing of it is ever sent.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use savin_shared::clock::{EffectiveAt, ObservedAt};
use savin_shared::ids::FacilityCode;
use savin_shared::pii::Pii;
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::binding::Binding;
use super::profile::Profile;
use super::values::Wrong;
use super::{Mapped, MappedRow, Mapper};
use crate::format::cells::column_key;

/// An example that has passed the check of its columns and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The line of the profile on which it begins.
    pub line: usize,
    /// When the row is seen; none for now.
    at: Option<Timestamp>,
    row: BTreeMap<String, String>,
    expect: Expectation,
}

/// What a row must become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expectation {
    /// A record in which these fields stand so.
    Record(BTreeMap<String, String>),
    /// Set aside, withheld, blank, a victim's or skipped.
    Word(String),
}

/// One thing that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mismatch {
    /// Of what.
    pub field: String,
    /// What the example says.
    pub expected: String,
    /// What the profile makes of its row.
    pub found: String,
}

const WORDS: [&str; 5] = ["set-aside", "withheld", "blank", "victim", "skipped"];

/// `[[example]]` before it is checked.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleDocument {
    #[serde(default)]
    at: Option<Spanned<String>>,
    row: BTreeMap<String, String>,
    expect: Spanned<Expectation>,
}

impl Example {
    /// Checks that an example names columns and words that there are.
    pub(super) fn check(
        document: ExampleDocument,
        line: usize,
        columns: &[&String],
    ) -> Result<Self, Wrong> {
        let span = document.expect.span();
        let known = |name: &String| {
            let is_it = |column: &&String| column_key(column) == column_key(name);
            columns.iter().any(is_it)
        };
        if let Some(name) = document.row.keys().find(|name| !known(name)) {
            let message =
                format!("the example's column {name:?} is in no [columns] and not in never");
            return Err((span, message));
        }
        let at = match &document.at {
            None => None,
            Some(at) => Some(at.get_ref().parse().map_err(|_| {
                let message = "write a time such as \"2026-06-01T12:00:00Z\"".to_owned();
                (at.span(), message)
            })?),
        };
        let expect = document.expect.into_inner();
        if let Expectation::Word(word) = &expect
            && !WORDS.contains(&word.as_str())
        {
            let words = WORDS.join(", ");
            return Err((
                span,
                format!("expect is a table of fields, or one of {words}"),
            ));
        }
        if let Expectation::Record(fields) = &expect
            && let Some(name) = fields.keys().find(|name| !NAMES.contains(&name.as_str()))
        {
            let names = NAMES.join(", ");
            return Err((span, format!("{name} cannot be expected, only {names}")));
        }
        Ok(Self {
            line,
            at,
            row: document.row,
            expect,
        })
    }

    /// Maps the example's row and returns what came out otherwise than it says.
    #[must_use]
    pub fn run(&self, profile: &Profile, facility: &FacilityCode, now: Timestamp) -> Vec<Mismatch> {
        let (found, fields) = self.map(profile, facility, now);
        match &self.expect {
            Expectation::Word(word) if *word == found => Vec::new(),
            Expectation::Word(word) => vec![Mismatch {
                field: "row".to_owned(),
                expected: word.clone(),
                found: describe(&found, &fields),
            }],
            Expectation::Record(_) if found != "record" => vec![Mismatch {
                field: "row".to_owned(),
                expected: "a record".to_owned(),
                found: describe(&found, &fields),
            }],
            Expectation::Record(expected) => expected
                .iter()
                .filter_map(|(field, expected)| {
                    let found = fields.get(field.as_str()).cloned().unwrap_or_default();
                    (found != *expected).then(|| Mismatch {
                        field: field.clone(),
                        expected: expected.clone(),
                        found,
                    })
                })
                .collect(),
        }
    }

    fn map(
        &self,
        profile: &Profile,
        facility: &FacilityCode,
        now: Timestamp,
    ) -> (String, BTreeMap<&'static str, String>) {
        let nothing = |word: String| (word, BTreeMap::new());
        let mut header: Vec<String> = self.row.keys().cloned().collect();
        let mut cells: Vec<Option<String>> = self.row.values().cloned().map(Some).collect();
        // A column that the example leaves out is there and empty.
        for name in left_out(profile, &header) {
            header.push(name);
            cells.push(None);
        }
        let binding = match Binding::new(profile, &header) {
            Ok(binding) => binding,
            Err(error) => return nothing(error.to_string()),
        };
        let at = ObservedAt(self.at.unwrap_or(now));
        let mut mapper = Mapper::new(profile, binding, facility, at);
        match mapper.map(1, &cells) {
            Mapped::Row(row) => ("record".to_owned(), fields(&row)),
            Mapped::Withheld(_) | Mapped::ChargeWithheld(_) => nothing("withheld".to_owned()),
            Mapped::Blank => nothing("blank".to_owned()),
            Mapped::Victim => nothing("victim".to_owned()),
            Mapped::Skipped => nothing("skipped".to_owned()),
            Mapped::Quarantined { problem, .. } => {
                let field = problem.field;
                let why = format!("field {field}: {}", problem.reason);
                ("set-aside".to_owned(), BTreeMap::from([("why", why)]))
            }
        }
    }
}

/// Names each column of the profile of which the row has none of the names.
fn left_out(profile: &Profile, header: &[String]) -> Vec<String> {
    let mut keys: Vec<String> = header.iter().map(|name| column_key(name)).collect();
    let whole = profile
        .columns
        .iter()
        .filter(|(field, _)| !profile.parts.contains_key(field))
        .map(|(_, names)| names);
    let parts = profile.parts.values().flat_map(|parts| &parts.columns);
    let mut missing = Vec::new();
    for names in whole.chain(parts) {
        let has_one = names.iter().any(|name| keys.contains(&column_key(name)));
        if let Some(name) = names.first().filter(|_| !has_one) {
            keys.push(column_key(name));
            missing.push(name.clone());
        }
    }
    missing
}

fn describe(found: &str, fields: &BTreeMap<&'static str, String>) -> String {
    match (fields.get("why"), fields.get("state")) {
        (Some(why), _) => format!("{found}: {why}"),
        (None, Some(state)) => format!("{found} in the state {state}"),
        (None, None) => found.to_owned(),
    }
}

/// What an example can expect of a record.
const NAMES: [&str; 42] = [
    "key",
    "evidence",
    "facility",
    "state",
    "person_number",
    "offender_id",
    "state_id",
    "fbi_id",
    "surname",
    "given",
    "middle",
    "suffix",
    "alias",
    "birth_date",
    "sex",
    "race",
    "entered_at",
    "status",
    "status_at",
    "classification",
    "location",
    "arrested_at",
    "booked_at",
    "scheduled_release_at",
    "released_at",
    "release_reason",
    "released_to",
    "hold",
    "charge",
    "disposition",
    "bond",
    "case_number",
    "court",
    "event_type",
    "starts_at",
    "schedule",
    "decision",
    "service",
    "expires_at",
    "absconded",
    "compliant",
    "moves_at",
];

/// Writes a record field by field, as an example writes what it expects.
fn fields(row: &MappedRow) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::from([
        ("key", row.key.number.to_string()),
        ("evidence", format!("{:?}", row.evidence)),
    ]);
    let Ok(record) = row.row.record() else {
        return fields;
    };
    let mut put = |name, value: Option<String>| {
        fields.extend(value.map(|value| (name, value)));
    };
    put("facility", Some(record.facility.to_string()));
    put(
        "entered_at",
        record.entered_at.map(|at| at.timestamp().to_string()),
    );
    subject(&record.subject, &mut put);
    body(&record, &mut put);
    fields
}

type Put<'a> = dyn FnMut(&'static str, Option<String>) + 'a;

fn subject(subject: &Subject, put: &mut Put<'_>) {
    put(
        "person_number",
        subject.person_number.as_ref().map(ToString::to_string),
    );
    put(
        "offender_id",
        subject.offender_id.as_ref().map(ToString::to_string),
    );
    put(
        "state_id",
        subject.state_id.as_ref().map(ToString::to_string),
    );
    put("fbi_id", subject.fbi_id.as_ref().map(ToString::to_string));
    put(
        "birth_date",
        subject
            .birth_date
            .as_ref()
            .map(|born| born.reveal().to_string()),
    );
    put("sex", subject.sex.map(|sex| sex.to_string()));
    put("race", subject.race.clone());
    let shown = |part: &Pii<String>| part.reveal().clone();
    if let Some(name) = &subject.name {
        put("surname", Some(shown(&name.surname)));
        put("given", name.given.as_ref().map(shown));
        put("middle", name.middle.as_ref().map(shown));
        put("suffix", name.suffix.as_ref().map(shown));
    }
    let aliases = subject.aliases.iter();
    put(
        "alias",
        joined(
            &aliases
                .map(|alias| shown(&alias.surname))
                .collect::<Vec<_>>(),
        ),
    );
}

fn body(record: &Record, put: &mut Put<'_>) {
    let at = |at: Option<EffectiveAt>| at.map(|at| at.to_string());
    match &record.body {
        RecordBody::Custody(custody) => {
            put("state", Some(custody.state.to_string()));
            put("status", custody.status_text.clone());
            put("status_at", at(custody.status_at));
            put("classification", custody.classification.clone());
            put("location", custody.location.clone());
            put("arrested_at", at(custody.arrested_at));
            put("booked_at", at(custody.booked_at));
            put("scheduled_release_at", at(custody.scheduled_release_at));
            put("released_at", at(custody.released_at));
            put("release_reason", custody.release_text.clone());
            put("released_to", custody.released_to.clone());
            put("hold", joined(&custody.holds));
            let charges = custody.charges.iter();
            put(
                "charge",
                joined(
                    &charges
                        .filter_map(|charge| charge.text.clone())
                        .collect::<Vec<_>>(),
                ),
            );
            let disposed = custody
                .charges
                .iter()
                .filter_map(|charge| charge.disposition);
            put(
                "disposition",
                joined(
                    &disposed
                        .map(|disposition| disposition.kind.to_string())
                        .collect::<Vec<_>>(),
                ),
            );
            put("bond", custody.bond.clone());
            put("case_number", joined(&custody.case_numbers));
        }
        RecordBody::CourtEvent(event) => {
            put("case_number", event.case_number.clone());
            put("court", event.court.clone());
            put("event_type", event.event_type.clone());
            put("location", event.location.clone());
            put("starts_at", at(event.starts_at));
            put("schedule", Some(event.schedule.to_string()));
        }
        RecordBody::Hearing(hearing) => {
            put("event_type", hearing.hearing_type.clone());
            put("location", hearing.location.clone());
            put("starts_at", at(hearing.starts_at));
            put("schedule", Some(hearing.schedule.to_string()));
            put("decision", hearing.decision.clone());
        }
        RecordBody::ProtectiveOrder(order) => {
            put("court", order.court.clone());
            put("service", Some(order.service.to_string()));
            put("expires_at", at(order.expires_at));
        }
        RecordBody::Supervision(supervision) => {
            put("status", supervision.status.clone());
            put("status_at", at(supervision.status_at));
            put("absconded", Some(yes_or_no(supervision.absconded)));
        }
        RecordBody::SexOffender(registration) => {
            put("status", registration.status.clone());
            put("compliant", registration.compliant.map(yes_or_no));
            put("moves_at", at(registration.moves_at));
        }
    }
}

fn yes_or_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn joined(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join("; "))
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExpectationVisitor;

        impl<'de> Visitor<'de> for ExpectationVisitor {
            type Value = Expectation;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a word, or a table of fields")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Expectation, E> {
                Ok(Expectation::Word(word.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expectation, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    fields.insert(name, value);
                }
                Ok(Expectation::Record(fields))
            }
        }

        deserializer.deserialize_any(ExpectationVisitor)
    }
}
