//! Rows of an invented jail, mapped.

use savin_shared::clock::ObservedAt;
use savin_shared::delta::Evidence;
use savin_shared::ids::FacilityCode;
use savin_shared::record::Record;
use savin_shared::record::custody::{CustodyState, DispositionKind, ReleaseReason};

use super::binding::{Binding, BindingError};
use super::profile::Profile;
use super::{Mapped, Mapper};
use crate::format::open::open;
use crate::mapping::tally::Tally;

const PROFILE: &str = r#"
name = "test"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
never = ["Medical"]
[columns]
record_number = ["Booking No", "BookNum"]
person_number = "Jacket"
name = "Name"
status = "Status"
booked_at = "Booked"
released_at = "Released"
release_reason = "Reason"
sealed = "Sealed"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
ESC = "Escaped"
[values.release_reason]
BOND = "Bond"
"#;

const HEADER: [&str; 9] = [
    "Status",
    "booking_no",
    "JACKET",
    "Name",
    "Booked",
    "Released",
    "Reason",
    "Sealed",
    "Medical",
];

fn map(rows: &[[&str; 9]]) -> (Vec<Mapped>, Tally, Vec<String>) {
    map_with(&Profile::parse(PROFILE).unwrap(), rows)
}

fn map_with(profile: &Profile, rows: &[[&str; 9]]) -> (Vec<Mapped>, Tally, Vec<String>) {
    let header: Vec<String> = HEADER.iter().map(|name| (*name).to_owned()).collect();
    let binding = Binding::new(profile, &header).unwrap();
    let facility = FacilityCode::new("MS-TEST-JAIL").unwrap();
    let observed_at = ObservedAt("2026-06-15T12:00:00Z".parse().unwrap());
    let mut mapper = Mapper::new(profile, binding, &facility, observed_at);
    let mapped = (2..)
        .zip(rows)
        .map(|(line, row)| {
            let cells: Vec<Option<String>> = row.iter().map(|c| Some((*c).to_owned())).collect();
            mapper.map(line, &cells)
        })
        .collect();
    let (tally, binding) = mapper.finish();
    (mapped, tally, binding.dropped().to_vec())
}

fn one(row: [&str; 9]) -> (Record, Evidence) {
    match map(&[row]).0.pop() {
        Some(Mapped::Row(mapped)) => (mapped.row.record().unwrap(), mapped.evidence),
        other => panic!("{other:?}"),
    }
}

fn state(row: [&str; 9]) -> (CustodyState, Evidence) {
    let (record, evidence) = one(row);
    (record.custody().unwrap().state, evidence)
}

const LISTED: [&str; 9] = [
    "IN",
    "26-1",
    "77",
    "SAMPLE, AVERY",
    "06/01/2026 13:30",
    "",
    "",
    "N",
    "secret",
];

fn with(place: usize, cell: &'static str) -> [&'static str; 9] {
    let mut row = LISTED;
    row[place] = cell;
    row
}

#[test]
fn finds_columns_by_name_and_drops_the_others() {
    let (record, _) = one(LISTED);
    let custody = record.custody().unwrap();
    assert_eq!(custody.booking_number.as_str(), "26-1");
    assert_eq!(
        record.subject.person_number.as_ref().unwrap().as_str(),
        "77"
    );
    assert_eq!(
        record.subject.name.as_ref().unwrap().surname.reveal(),
        "SAMPLE"
    );
    assert_eq!(
        custody.booked_at.unwrap().to_string(),
        "2026-06-01T18:30:00Z"
    );
    assert_eq!(map(&[LISTED]).2, ["Medical"]);
    assert!(
        !savin_shared::record::portable::encode(&record)
            .unwrap()
            .windows(6)
            .any(|w| w == b"secret")
    );
}

#[test]
fn writes_the_times_of_a_key_in_one_way() {
    let text = PROFILE.replace(
        "never =",
        "key = [\"person_number\", \"booked_at\"]\nnever =",
    );
    let profile = Profile::parse(&text).unwrap();
    let key = |booked| {
        let rows = [with(4, booked)];
        match map_with(&profile, &rows).0.pop() {
            Some(Mapped::Row(mapped)) => mapped.key.number.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let one = key("2026-06-01T13:30:00.000");
    assert_eq!(one, "77 / 2026-06-01T18:30:00Z");
    assert_eq!(key("06/01/2026 01:30:00 PM"), one);
    assert_eq!(key("2026-06-01T18:30Z"), one);
    assert_eq!(key("June 1st"), "77 / June 1st");
}

#[test]
fn tells_a_release_only_from_explicit_words() {
    assert_eq!(state(LISTED), (CustodyState::InCustody, Evidence::Status));
    let bond = CustodyState::OutOfCustody(ReleaseReason::Bond);
    let mut row = with(0, "REL");
    row[6] = "Bond";
    assert_eq!(state(row), (bond, Evidence::Status));
    let mut row = with(0, "");
    row[5] = "06/10/2026 09:00";
    let unknown = CustodyState::OutOfCustody(ReleaseReason::Unknown);
    assert_eq!(state(row), (unknown, Evidence::Transaction));
    row[6] = "PAPERWORK";
    assert_eq!(
        state(row).0,
        CustodyState::OutOfCustody(ReleaseReason::Other)
    );
}

#[test]
fn takes_a_release_that_has_not_come_for_none() {
    let mut row = with(0, "");
    row[5] = "07/10/2026 09:00";
    assert_eq!(state(row), (CustodyState::InCustody, Evidence::Listing));
}

#[test]
fn never_takes_an_unknown_word_for_a_release() {
    let mut row = with(0, "1");
    row[5] = "06/10/2026 09:00";
    assert_eq!(state(row), (CustodyState::Unknown, Evidence::Listing));
    let (_, tally, _) = map(&[row, row]);
    assert!(
        tally
            .words()
            .iter()
            .any(|line| line.contains("\"1\" seen 2 times")),
        "{tally:?}"
    );
}

#[test]
fn sets_a_row_without_a_key_aside_with_its_line_and_field() {
    let (mapped, tally, _) = map(&[LISTED, with(1, " ")]);
    let Mapped::Quarantined { key: None, problem } = &mapped[1] else {
        panic!("{mapped:?}")
    };
    assert_eq!((problem.line, problem.field), (3, "record_number"));
    assert_eq!((tally.mapped, tally.quarantined), (1, 1));
}

#[test]
fn lets_nothing_of_a_sealed_row_leave() {
    let (mapped, tally, _) = map(&[with(7, "Y")]);
    assert!(matches!(&mapped[0], Mapped::Withheld(key) if key.number.as_str() == "26-1"));
    assert_eq!(tally.withheld, 1);
}

fn disposed(disposition: &'static str, columns: &str) -> (Mapped, Tally) {
    let text = format!(
        "{PROFILE}\n[values.disposition]\nPENDING = \"Open\"\n\"NOLLE PROS\" = \"NolleProsequi\"\n\
         \"NOT PUBLIC\" = \"Sealed\"\n"
    );
    let text = text.replace("booked_at = \"Booked\"", columns);
    let mut row = with(4, disposition);
    row[5] = "";
    let (mut mapped, tally, _) = map_with(&Profile::parse(&text).unwrap(), &[row]);
    (mapped.remove(0), tally)
}

#[test]
fn says_what_became_of_a_charge_and_that_it_waits_where_the_cell_is_empty() {
    let columns = "charge_text = \"Jacket\"\ndisposition = \"Booked\"";
    let kind = |word| {
        let (Mapped::Row(row), _) = disposed(word, columns) else {
            panic!("a row")
        };
        let record = row.row.record().unwrap();
        record.custody().unwrap().charges[0]
            .disposition
            .unwrap()
            .kind
    };
    assert_eq!(kind("Nolle Pros"), DispositionKind::NolleProsequi);
    assert_eq!(kind("pending"), DispositionKind::Open);
    assert_eq!(kind(""), DispositionKind::Open);
    assert_eq!(kind("to mother of J.D."), DispositionKind::Unknown);
    let (_, tally) = disposed("to mother of J.D.", columns);
    assert!(
        tally.remarks().join("").contains("disposition: 1 values"),
        "{tally:?}"
    );
    assert!(
        tally.words().is_empty(),
        "what nobody has explained may be about a person"
    );
    // A profile without the column says nothing of dispositions, and its records keep their bytes.
    let (Mapped::Row(row), _) = disposed("", "charge_text = \"Jacket\"") else {
        panic!("a row")
    };
    assert_eq!(row.row.bytes().first(), Some(&0));
    let record = row.row.record().unwrap();
    assert_eq!(record.custody().unwrap().charges[0].disposition, None);
}

#[test]
fn lets_nothing_of_an_expunged_charge_leave() {
    let columns = "charge_text = \"Jacket\"\ndisposition = \"Booked\"";
    for word in ["EXPUNGED", "Record Sealed 99-19-71", "not public"] {
        let (mapped, tally) = disposed(word, columns);
        assert!(matches!(mapped, Mapped::ChargeWithheld(_)), "{word}");
        assert_eq!(tally.withheld, 1);
    }
}

/// Maps a row whose cell lists charges, beside a cell that lists dispositions.
fn charged(charges: &'static str, dispositions: &'static str) -> Mapped {
    let text = format!(
        "charge_separator = \";\"\n{PROFILE}\n[values.disposition]\nDISMISSED = \"Dismissed\"\n"
    );
    let columns = "charge_text = \"Jacket\"\ndisposition = \"Booked\"";
    let text = text.replace("booked_at = \"Booked\"", columns);
    let mut row = with(4, dispositions);
    row[5] = "";
    row[2] = charges;
    map_with(&Profile::parse(&text).unwrap(), &[row])
        .0
        .remove(0)
}

#[test]
fn reads_each_charge_of_a_list_with_what_became_of_it() {
    let read = |charges, dispositions| {
        let Mapped::Row(row) = charged(charges, dispositions) else {
            panic!("a row")
        };
        let charges = row.row.record().unwrap().custody().unwrap().charges.clone();
        let each = charges.into_iter().map(|charge| {
            let kind = charge.disposition.unwrap().kind;
            (charge.text.unwrap(), kind)
        });
        each.collect::<Vec<_>>()
    };
    let (open, dismissed) = (DispositionKind::Open, DispositionKind::Dismissed);
    let pair = |text: &str, kind| (text.to_owned(), kind);
    assert_eq!(
        read("THEFT; BURGLARY", "; Dismissed"),
        [pair("BURGLARY", dismissed), pair("THEFT", open)]
    );
    // A separator at the end is none between, and an empty cell says nothing of any.
    assert_eq!(
        read("THEFT;BURGLARY;", "DISMISSED;;"),
        [pair("BURGLARY", open), pair("THEFT", dismissed)]
    );
    assert_eq!(read("A;B", ""), [pair("A", open), pair("B", open)]);
    assert_eq!(read("", ""), []);
    // What was expunged is left out; of a row with nothing else nothing leaves.
    assert_eq!(read("A;B", "EXPUNGED;DISMISSED"), [pair("B", dismissed)]);
    let mapped = charged("A;B;", "EXPUNGED;SEALED 99-19-71;");
    assert!(matches!(mapped, Mapped::ChargeWithheld(_)), "{mapped:?}");
}

#[test]
fn reads_each_charge_of_a_nested_document_with_what_became_of_it() {
    let json = (
        "format = 'json'\n[json]\ncharges = 'charges'\n",
        "'charges.text'",
        "'charges.what'",
        r#"[{"no": "1", "charges": [{"text": "THEFT"}, {"text": "DUI", "what": "DISMISSED"},
             {"text": "FRAUD", "what": "EXPUNGED"}]}]"#,
    );
    let xml = (
        "format = 'xml'\n[xml]\nrow = 'E/B'\ncharge = 'Charges/Charge'\n",
        "'Charges/Charge/Text'",
        "'Charges/Charge/@what'",
        "<?xml version='1.0'?><E><B><no>1</no><Charges><Charge><Text>THEFT</Text></Charge>\
         <Charge what='DISMISSED'><Text>DUI</Text></Charge><Charge what='EXPUNGED'><Text>FRAUD</Text></Charge>\
         </Charges></B></E>",
    );
    for (layout, text, what, file) in [json, xml] {
        let profile = format!(
            "name = 'p'\nkind = 'custody'\nmode = 'roster'\nzone = 'America/Chicago'\n{layout}\
             [columns]\nrecord_number = 'no'\ncharge_text = {text}\ndisposition = {what}\n\
             [values.disposition]\nDISMISSED = 'Dismissed'\n"
        );
        let profile = Profile::parse(&profile).unwrap_or_else(|error| panic!("{error}"));
        let mut opened = open(file.as_bytes(), &profile.layout).unwrap();
        let mut rows = opened.rows().unwrap();
        let binding = Binding::new(&profile, rows.columns()).unwrap();
        let facility = FacilityCode::new("MS-TEST-JAIL").unwrap();
        let observed_at = ObservedAt("2026-06-15T12:00:00Z".parse().unwrap());
        let mut mapper = Mapper::new(&profile, binding, &facility, observed_at);
        let (line, cells) = rows.next_row().unwrap().unwrap();
        let Mapped::Row(row) = mapper.map(line, cells) else {
            panic!("a row")
        };
        let record = row.row.record().unwrap();
        let charges = record.custody().unwrap().charges.iter();
        let read: Vec<_> = charges
            .map(|charge| (charge.text.as_deref(), charge.disposition.unwrap().kind))
            .collect();
        let expected = [
            (Some("DUI"), DispositionKind::Dismissed),
            (Some("THEFT"), DispositionKind::Open),
        ];
        assert_eq!(read, expected, "what was expunged is not in it");
    }
}

#[test]
fn sets_a_row_aside_whose_lists_do_not_fit() {
    for (charges, dispositions) in [
        ("A;B", "DISMISSED"),
        ("A", "DISMISSED;DISMISSED"),
        ("", "X"),
    ] {
        let Mapped::Quarantined { key, problem } = charged(charges, dispositions) else {
            panic!("{charges} with {dispositions}")
        };
        assert!(key.is_some(), "whoever it is about is not missing");
        assert_eq!((problem.line, problem.field), (2, "disposition"));
        assert!(problem.reason.contains("another number of values"));
    }
}

#[test]
fn takes_every_word_but_no_for_sealed() {
    for word in ["Y", "1", "JUV", "T", "x", "see order"] {
        let (mapped, ..) = map(&[with(7, word)]);
        assert!(matches!(&mapped[0], Mapped::Withheld(_)), "{word}");
    }
    for word in ["", "n", "No", "0", "FALSE", "F", "NULL"] {
        let (mapped, ..) = map(&[with(7, word)]);
        assert!(matches!(&mapped[0], Mapped::Row(_)), "{word}");
    }
}

#[test]
fn passes_over_a_blank_row() {
    let (mapped, tally, _) = map(&[[" "; 9], with(1, "")]);
    assert!(matches!(&mapped[0], Mapped::Blank));
    assert_eq!((tally.quarantined, tally.unkeyed), (1, 1));
}

#[test]
fn leaves_an_unreadable_date_empty_and_counts_it() {
    let (record, _) = one(with(4, "99/99/?"));
    assert_eq!(record.custody().unwrap().booked_at, None);
    let (_, tally, _) = map(&[with(4, "99/99/?")]);
    // Whoever mends it has to find it: not by its value, which may be personal.
    let remark = "booked_at: 1 values not readable, left empty, in lines 2";
    assert_eq!(tally.remarks()[0], remark);
}

#[test]
fn says_no_value_in_a_remark() {
    let mut row = with(0, "TO MOTHER");
    row[6] = "TO MOTHER, 601-555-0123";
    let (_, tally, _) = map(&[row]);
    let remarks = tally.remarks().join("\n");
    assert!(remarks.contains("release_reason: 1 values"), "{remarks}");
    assert!(!remarks.contains("MOTHER"), "{remarks}");
    let words = tally.words().join("\n");
    assert!(
        words.contains("TO MOTHER") && !words.contains("0123"),
        "{words}"
    );
}

#[test]
fn repeats_no_row_that_stands_where_the_header_should() {
    let profile = Profile::parse(PROFILE).unwrap();
    let row = ["IN", "26-1", "77", "SAMPLE, AVERY"].map(str::to_owned);
    let message = Binding::new(&profile, &row).unwrap_err().to_string();
    assert!(message.contains("4 columns"), "{message}");
    assert!(!message.contains("SAMPLE"), "{message}");
}

#[test]
fn refuses_a_header_that_lacks_a_column() {
    let profile = Profile::parse(PROFILE).unwrap();
    let header: Vec<String> = HEADER
        .iter()
        .skip(1)
        .map(|name| (*name).to_owned())
        .collect();
    let error = Binding::new(&profile, &header).unwrap_err();
    assert!(
        matches!(
            error,
            BindingError::Missing {
                field: "status",
                ..
            }
        ),
        "{error}"
    );
}
