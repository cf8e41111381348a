//! Profiles with every further rule, held against rows by their own examples.

use savin_shared::ids::FacilityCode;

use crate::mapping::example::Mismatch;
use crate::mapping::profile::Profile;

const HEAD: &str = "name = 't'\nkind = 'custody'\nzone = 'America/Chicago'\n";

fn parse(text: &str) -> Result<Profile, String> {
    Profile::parse(&format!("{HEAD}{text}")).map_err(|error| error.to_string())
}

/// Runs the examples of a profile.
fn mismatches(text: &str) -> Vec<Mismatch> {
    let profile = parse(text).unwrap();
    assert!(!profile.examples.is_empty());
    let facility = FacilityCode::new("MS-TEST-JAIL").unwrap();
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    let examples = profile.examples.iter();
    examples
        .flat_map(|example| example.run(&profile, &facility, now))
        .collect()
}

fn holds(text: &str) {
    assert_eq!(mismatches(text), []);
}

#[test]
fn an_example_that_fails_says_what_was_found() {
    let found = mismatches(
        "mode = 'roster'
        columns = { record_number = 'no', status = 'st', name = 'who' }
        values.status = { IN = 'InCustody' }
        [[example]]
        row = { no = '1', st = 'GONE', who = 'SAMPLE, AVERY LEE' }
        expect = { state = 'InCustody', given = 'AVERY', middle = 'LEE' }
        [[example]]
        row = { st = 'IN' }
        expect = { state = 'InCustody' }
        [[example]]
        row = { no = '2', st = 'IN' }
        expect = 'withheld'",
    );
    let found: Vec<_> = found
        .iter()
        .map(|m| (m.field.as_str(), m.found.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("state", "Unknown"),
            (
                "row",
                "set-aside: field record_number: is empty, and the record's key needs it"
            ),
            ("row", "record in the state InCustody"),
        ]
    );
}

#[test]
fn an_example_with_a_column_that_nobody_knows_is_refused_with_its_line() {
    let error = parse(
        "mode = 'roster'\n[columns]\nrecord_number = 'no'\n[[example]]\nrow = { nr = '1' }\n\
         expect = 'blank'\n",
    )
    .unwrap_err();
    assert!(
        error.contains("line 9") && error.contains("\"nr\""),
        "{error}"
    );
}

#[test]
fn a_date_and_a_time_become_one_moment() {
    holds(
        "mode = 'roster'
        [columns]
        record_number = 'no'
        booked_at = { date = 'book_date', time = ['book_time', 'bk_tm'] }
        [[example]]
        row = { no = '1', book_date = '06/01/2026', bk_tm = '930' }
        expect = { booked_at = '2026-06-01T14:30:00Z' }
        [[example]]
        row = { no = '1', book_date = '2026-06-01 00:00:00', bk_tm = '1:30 pm' }
        expect = { booked_at = '2026-06-01T18:30:00Z' }
        [[example]]
        row = { no = '1', book_date = '6/1/26', bk_tm = '12/30/1899 1:30:00 PM' }
        expect = { booked_at = '2026-06-01T18:30:00Z' }
        [[example]]
        row = { no = '1', book_date = '06/01/2026', bk_tm = 'noon' }
        expect = { booked_at = '2026-06-01T05:00:00Z' }
        [[example]]
        row = { no = '1', bk_tm = '930' }
        expect = { booked_at = '' }",
    );
}

#[test]
fn several_columns_fill_one_field() {
    holds(
        "mode = 'roster'
        [columns]
        record_number = { join = ['year', 'seq'], with = '-' }
        location = { join = ['block', 'cell', 'bed'] }
        status = { first = ['leave', 'status'] }
        [values.status]
        IN = 'InCustody'
        FURLOUGH = 'OnLeave'
        [[example]]
        row = { year = '26', seq = '118', block = 'A', bed = '2', status = 'IN' }
        expect = { key = '26-118', location = 'A 2', state = 'InCustody' }
        [[example]]
        row = { year = '26', seq = '118', leave = 'Furlough', status = 'IN' }
        expect = { state = 'OnLeave' }",
    );
}

#[test]
fn null_words_and_dates_can_be_those_of_one_field() {
    holds(
        "mode = 'roster'
        columns = { record_number = 'no', booked_at = 'in', released_at = 'out', birth_date = 'dob' }
        null_of = { released_at = ['PENDING', '01/01/2020'] }
        times_of = { birth_date = ['%y%m%d'] }
        [[example]]
        row = { no = '1', in = '06/01/2026', out = '01/01/2020', dob = '900203' }
        expect = { state = 'InCustody', released_at = '', birth_date = '1990-02-03' }
        [[example]]
        row = { no = '1', in = '01/01/2020', out = '06/02/2026' }
        expect = { state = 'OutOfCustody(Unknown)', booked_at = '2020-01-01T06:00:00Z' }",
    );
}

#[test]
fn juveniles_stay_here() {
    holds(
        "mode = 'roster'
        columns = { record_number = 'no', booked_at = 'in', birth_date = 'dob', age = 'age', juvenile = 'juv' }
        juvenile = { words = ['JUV'], under = 18 }
        [[example]]
        row = { no = '1', in = '06/01/2026', dob = '06/02/2008' }
        expect = 'withheld'
        [[example]]
        row = { no = '1', in = '06/02/2026', dob = '06/02/2008' }
        expect = { state = 'InCustody' }
        [[example]]
        row = { no = '1', in = '06/01/2026', age = '17.0' }
        expect = 'withheld'
        [[example]]
        row = { no = '1', in = '06/01/2026', dob = '06/02/1980', juv = 'juv' }
        expect = 'withheld'
        [[example]]
        row = { no = '1', in = '06/01/2026', dob = 'Unknown', juv = 'N' }
        expect = { state = 'InCustody' }",
    );
}

#[test]
fn a_state_hides_in_the_cell_or_in_the_reason() {
    holds(
        "mode = 'roster'
        columns = { record_number = 'no', location = 'cell', released_at = 'out', release_reason = 'why' }
        [status_in.location]
        ESCAPED = 'Escaped'
        'WEEKENDER OUT' = 'OnLeave'
        [status_in.release_reason]
        DIED = 'Deceased'
        [values.release_reason]
        BOND = 'Bond'
        [[example]]
        row = { no = '1', cell = 'A-12' }
        expect = { state = 'InCustody' }
        [[example]]
        row = { no = '1', cell = 'Escaped' }
        expect = { state = 'Escaped', evidence = 'Status' }
        [[example]]
        row = { no = '1', cell = 'WEEKENDER OUT' }
        expect = { state = 'OnLeave' }
        [[example]]
        # The cell keeps an old word.
        row = { no = '1', cell = 'WEEKENDER OUT', out = '06/02/2026', why = 'BOND' }
        expect = { state = 'OutOfCustody(Bond)' }
        [[example]]
        row = { no = '1', cell = 'A-12', out = '06/02/2026', why = 'died' }
        expect = { state = 'Deceased', release_reason = 'died' }",
    );
}

const MIXED: &str = "mode = 'transactions'
    never = ['victim_phone']
    columns = { record_type = 'type', record_number = 'no', released_to = 'to', name = 'who' }
    [values.record_type]
    B = 'Booking'
    R = 'Release'
    T = 'Transfer'
    V = 'Victim'
    P = 'Skip'
    [values.facility]
    ANNEX = 'MS-TEST-ANNEX'
    ";

#[test]
fn the_type_of_a_row_says_what_it_is_about() {
    holds(&format!(
        "{MIXED}
        [[example]]
        row = {{ type = 'B', no = '1', who = 'SAMPLE, AVERY' }}
        expect = {{ state = 'InCustody', evidence = 'Transaction' }}
        [[example]]
        row = {{ type = 'r', no = '1' }}
        expect = {{ state = 'OutOfCustody(Unknown)' }}
        [[example]]
        row = {{ type = 'T', no = '1', to = 'RANKIN CO' }}
        expect = {{ state = 'OutOfCustody(ToOtherAgency)', released_to = 'RANKIN CO' }}
        [[example]]
        row = {{ type = 'T', no = '1', to = 'Annex' }}
        expect = {{ state = 'InCustody', facility = 'MS-TEST-ANNEX' }}
        [[example]]
        row = {{ type = 'V', no = '1', who = 'SAMPLE, BLAKE', victim_phone = '601-555-0100' }}
        expect = 'victim'
        [[example]]
        row = {{ type = 'P', no = '1' }}
        expect = 'skipped'
        [[example]]
        row = {{ type = 'X', no = '1' }}
        expect = 'set-aside'
        [[example]]
        row = {{ no = '1' }}
        expect = 'set-aside'"
    ));
}

#[test]
fn a_fixed_word_stands_in_every_row() {
    let releases = "mode = 'transactions'
        columns = { record_number = 'no', released_at = 'out' }
        fixed = { status = 'REL', facility = 'MAIN' }
        [values.status]
        REL = 'OutOfCustody'
        [values.facility]
        MAIN = 'MS-TEST-MAIN'
        [[example]]
        row = { no = '1', out = '06/02/2026' }
        expect = { state = 'OutOfCustody(Unknown)', facility = 'MS-TEST-MAIN' }";
    holds(releases);
    let roster = parse(&releases.replace("transactions", "roster")).unwrap_err();
    assert!(
        roster.contains("line 6") && roster.contains("lists nobody"),
        "{roster}"
    );
    let both = parse(&releases.replace("'no',", "'no', status = 'st',")).unwrap_err();
    assert!(both.contains("remove one of the two"), "{both}");
}

#[test]
fn refuses_rules_that_cannot_work() {
    let columns = "mode = 'roster'\ncolumns = { record_number = 'no', name = 'who' }\n";
    for (rule, message) in [
        (
            "juvenile = { under = 18 }",
            "needs [columns] birth_date or age",
        ),
        (
            "status_in.name = { ESC = 'Escaped' }",
            "can hide in location",
        ),
        (
            "status_in.location = { ESC = 'Escaped' }",
            "gives location no column",
        ),
        ("status_in.location = { ESC = 'escaped' }", "no column"),
        ("times_of = { name = ['%Y'] }", "no time"),
        ("null_of = { nmae = ['X'] }", "no field has the name nmae"),
        ("values.record_type = { V = 'victims' }", "a record type is"),
    ] {
        let error = parse(&format!("{columns}{rule}\n")).unwrap_err();
        assert!(
            error.starts_with("line 6") && error.contains(message),
            "{rule}: {error}"
        );
    }
}
