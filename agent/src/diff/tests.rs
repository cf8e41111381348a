//! Exports of an invented jail, compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use savin_shared::clock::{EffectiveAt, Moment};
use savin_shared::delta::{Change, Evidence, Row};
use savin_shared::ids::{FacilityCode, RecordKey, RecordNumber};
use savin_shared::record::custody::{Charge, Custody, CustodyState, ReleaseReason};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody, RecordKind};

use super::{Class, Diff, Differ, Shadowed};
use crate::format::layout::Place;
use crate::mapping::profile::Profile;
use crate::mapping::standing::Standing;
use crate::mapping::tally::Problem;
use crate::mapping::{Mapped, MappedRow};

fn profile(mode: &str, rows: &str) -> Profile {
    Profile::parse(&format!(
        "name = 'test'\nkind = 'custody'\nmode = '{mode}'\nzone = 'America/Chicago'\n\
         one_row_per = '{rows}'\n[columns]\nrecord_number = 'no'\n"
    ))
    .unwrap()
}

const BOND: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);

fn record(number: &str, state: CustodyState, charge: &str) -> Record {
    let mut custody = Custody::new(RecordNumber::new(number).unwrap(), state);
    custody.charges.push(Charge {
        statute: None,
        text: Some(charge.to_owned()),
        level: None,
        disposition: None,
    });
    Record {
        facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: false,
        body: RecordBody::Custody(Box::new(custody)),
    }
}

fn listed(number: &str, state: CustodyState, charge: &str) -> Mapped {
    let record = record(number, state, charge);
    Mapped::Row(MappedRow {
        line: 0,
        key: record.key(),
        row: Row::of(&record).unwrap(),
        standing: Standing::of(&record),
        evidence: Evidence::Status,
    })
}

fn shadow(records: &[Record]) -> HashMap<RecordKey, Shadowed> {
    let shadowed = |record: &Record| Shadowed {
        hash: Row::of(record).unwrap().hash(),
        standing: Standing::of(record),
    };
    records
        .iter()
        .map(|record| (record.key(), shadowed(record)))
        .collect()
}

fn compare(profile: &Profile, before: &[Record], now: Vec<Mapped>) -> Diff {
    let mut differ = Differ::new(profile, shadow(before), BTreeSet::new());
    for mapped in now {
        differ.see(mapped);
    }
    differ.finish().unwrap()
}

fn summary(diff: &Diff) -> Vec<(String, Class)> {
    diff.differences
        .iter()
        .map(|d| (d.key.number.to_string(), d.class))
        .collect()
}

fn problem() -> Problem {
    Problem {
        place: Place::Line,
        line: 2,
        field: "record_number",
        reason: "test",
    }
}

const IN: CustodyState = CustodyState::InCustody;

#[test]
fn finds_new_changed_and_missing_rows() {
    let before = [
        record("1", IN, "a"),
        record("2", IN, "a"),
        record("3", IN, "a"),
    ];
    let now = vec![
        listed("4", IN, "a"),
        listed("1", IN, "a"),
        listed("2", IN, "b"),
    ];
    let diff = compare(&profile("roster", "record"), &before, now);
    let expected = [
        ("4", Class::New),
        ("2", Class::Changed),
        ("3", Class::Absent),
    ];
    assert_eq!(
        summary(&diff),
        expected.map(|(number, class)| (number.to_owned(), class))
    );
    assert_eq!(diff.listed, 3);
    assert!(matches!(
        &diff.differences[2].change,
        Change::NoLongerListed(_)
    ));
}

#[test]
fn makes_nothing_of_an_equal_export_in_another_order() {
    let before = [record("1", IN, "a"), record("2", IN, "a")];
    let now = vec![listed("2", IN, "a"), listed("1", IN, "a")];
    assert!(
        compare(&profile("roster", "record"), &before, now)
            .differences
            .is_empty()
    );
}

#[test]
fn takes_a_row_that_was_set_aside_for_no_absence() {
    let before = [record("1", IN, "a"), record("2", IN, "a")];
    let key = RecordKey {
        kind: RecordKind::Custody,
        number: RecordNumber::new("2").unwrap(),
    };
    let aside = Mapped::Quarantined {
        key: Some(key),
        problem: problem(),
    };
    let now = vec![listed("1", IN, "a"), aside];
    assert!(
        compare(&profile("roster", "record"), &before, now)
            .differences
            .is_empty()
    );
    let unreadable = Mapped::Quarantined {
        key: None,
        problem: problem(),
    };
    let now = vec![listed("1", IN, "a"), unreadable];
    let diff = compare(&profile("roster", "record"), &before, now);
    assert_eq!(summary(&diff), [("2".to_owned(), Class::Absent)]);
    assert_eq!(diff.unkeyed, 1);
}

#[test]
fn speaks_of_nobody_whom_a_transaction_file_does_not_name() {
    let before = [record("1", IN, "a"), record("2", IN, "a")];
    let diff = compare(
        &profile("transactions", "record"),
        &before,
        vec![listed("1", BOND, "a")],
    );
    assert_eq!(summary(&diff), [("1".to_owned(), Class::Ended)]);
}

/// Reads files of a transactions feed one after the other, and returns the standings that each tells.
fn told_of(files: &[Vec<Mapped>]) -> Vec<Vec<Standing>> {
    let profile = profile("transactions", "record");
    let (mut seen, mut shadow) = (BTreeMap::new(), HashMap::new());
    let mut told = Vec::new();
    for file in files {
        let known = seen.keys().copied().collect();
        let mut differ = Differ::new(&profile, shadow.clone(), known);
        for row in file.clone() {
            differ.see(row);
        }
        let diff = differ.finish().unwrap();
        let renewed: BTreeSet<_> = diff.transactions.iter().filter_map(|t| t.record).collect();
        seen.retain(|_, record: &mut Option<_>| !record.is_some_and(|r| renewed.contains(&r)));
        seen.extend(diff.transactions.iter().map(|t| (t.fingerprint, t.record)));
        for difference in &diff.differences {
            let Change::Upsert { row, .. } = &difference.change else {
                panic!("an upsert")
            };
            let (hash, standing) = (row.hash(), difference.standing);
            shadow.insert(difference.key.clone(), Shadowed { hash, standing });
        }
        told.push(diff.differences.iter().map(|d| d.standing).collect());
    }
    told
}

fn at(state: CustodyState, day: u8, charge: &str) -> Mapped {
    let mut record = record("1", state, charge);
    let RecordBody::Custody(custody) = &mut record.body else {
        panic!("a custody")
    };
    let at = format!("2026-06-{day:02}T12:00:00Z").parse().unwrap();
    custody.status_at = Some(EffectiveAt(Moment::exact(at)));
    Mapped::Row(MappedRow {
        line: 0,
        key: record.key(),
        row: Row::of(&record).unwrap(),
        standing: Standing::of(&record),
        evidence: Evidence::Transaction,
    })
}

#[test]
fn tells_each_transaction_once_though_the_file_is_cumulative() {
    let row = |state| listed("1", state, "a");
    let files = [
        vec![row(IN)],
        vec![row(IN), row(BOND)],
        vec![row(IN), row(BOND)],
        vec![row(IN), row(BOND), row(IN)],
        vec![row(IN), row(BOND), row(IN)],
    ];
    let (open, ended) = (Standing::Open, Standing::Ended);
    let expected = [vec![open], vec![ended], vec![], vec![open], vec![]];
    assert_eq!(told_of(&files), expected);
}

#[test]
fn tells_the_same_words_again_where_something_else_was_told_since() {
    let files = [IN, BOND, IN, BOND].map(|state| vec![listed("1", state, "a")]);
    let (open, ended) = (Standing::Open, Standing::Ended);
    assert_eq!(told_of(&files), [[open], [ended], [open], [ended]]);
}

#[test]
fn takes_a_corrected_row_for_no_news() {
    let files = [
        vec![at(IN, 1, "a"), at(BOND, 4, "a")],
        // A typo in the old row; a column more in both; another time of the old row.
        vec![at(IN, 1, "b"), at(BOND, 4, "a")],
        vec![at(IN, 1, "c"), at(BOND, 4, "c")],
        vec![at(IN, 2, "c"), at(BOND, 4, "c")],
        // A booking after the release is news, wherever it stands.
        vec![at(IN, 6, "c"), at(IN, 5, "c"), at(BOND, 4, "c")],
    ];
    let (open, ended) = (Standing::Open, Standing::Ended);
    let expected = [
        vec![open, ended],
        vec![],
        vec![ended],
        vec![],
        vec![open, open],
    ];
    assert_eq!(told_of(&files), expected);
}

#[test]
fn lets_the_last_word_stay_the_last() {
    let files = [
        vec![at(IN, 1, "a"), at(IN, 5, "a")],
        // A release that was entered late, before a booking that was told.
        vec![at(IN, 1, "a"), at(BOND, 3, "a"), at(IN, 5, "a")],
        // The newest row first.
        vec![at(BOND, 6, "a"), at(IN, 5, "a"), at(BOND, 3, "a")],
    ];
    let (open, ended) = (Standing::Open, Standing::Ended);
    let expected = [vec![open, open], vec![ended, open], vec![ended]];
    assert_eq!(told_of(&files), expected);
}

#[test]
fn keeps_booking_and_release_of_one_file_in_their_order() {
    let now = vec![listed("1", IN, "a"), listed("1", BOND, "a")];
    let diff = compare(&profile("transactions", "record"), &[], now);
    let expected = [("1", Class::New), ("1", Class::Ended)];
    assert_eq!(
        summary(&diff),
        expected.map(|(number, class)| (number.to_owned(), class))
    );
}

#[test]
fn joins_the_rows_of_one_movement_and_keeps_booking_and_release_apart() {
    let profile = profile("transactions", "charge");
    let charges = |diff: &Diff| -> Vec<(Class, usize)> {
        let each = diff.differences.iter().map(|difference| {
            let Change::Upsert { row, .. } = &difference.change else {
                panic!("an upsert")
            };
            let record = row.record().unwrap();
            (difference.class, record.custody().unwrap().charges.len())
        });
        each.collect()
    };
    // Sorted by charge: the times say which rows are one movement.
    let now = vec![
        at(IN, 1, "a"),
        at(BOND, 9, "a"),
        at(IN, 1, "b"),
        at(BOND, 9, "b"),
        at(BOND, 9, "c"),
    ];
    let diff = compare(&profile, &[], now);
    assert_eq!(charges(&diff), [(Class::New, 2), (Class::Ended, 3)]);
    // Without times only what stands together is one: the second custody is not the first.
    let now = [(IN, "a"), (IN, "b"), (BOND, "a"), (IN, "a")].map(|(s, c)| listed("1", s, c));
    let diff = compare(&profile, &[], now.into());
    assert_eq!(
        charges(&diff),
        [(Class::New, 2), (Class::Ended, 1), (Class::Changed, 1)]
    );
}

#[test]
fn calls_a_sealed_row_withheld_and_not_missing() {
    let before = [record("1", IN, "a")];
    let key = before[0].key();
    let diff = compare(
        &profile("roster", "record"),
        &before,
        vec![Mapped::Withheld(key)],
    );
    assert_eq!(summary(&diff), [("1".to_owned(), Class::Withheld)]);
}

#[test]
fn collapses_rows_of_one_booking() {
    let now = vec![
        listed("1", IN, "b"),
        listed("2", IN, "a"),
        listed("1", IN, "a"),
    ];
    let diff = compare(&profile("roster", "charge"), &[], now);
    assert_eq!(diff.differences.len(), 2);
    let Change::Upsert { row, .. } = &diff.differences[0].change else {
        panic!("an upsert")
    };
    assert_eq!(row.record().unwrap().custody().unwrap().charges.len(), 2);
}

#[test]
fn leaves_an_expunged_charge_out_of_its_booking_and_seals_one_without_others() {
    let before = [
        record("1", IN, "a"),
        record("2", IN, "a"),
        record("3", IN, "a"),
    ];
    let expunged = |number: usize| Mapped::ChargeWithheld(before[number].key());
    let set_aside = Mapped::Quarantined {
        key: Some(before[2].key()),
        problem: Problem {
            place: Place::Line,
            line: 2,
            field: "status",
            reason: "is not readable",
        },
    };
    let now = vec![
        expunged(0),
        listed("1", IN, "b"),
        expunged(1),
        expunged(1),
        expunged(2),
        set_aside,
    ];
    let diff = compare(&profile("roster", "charge"), &before, now);
    let expected = [("1", Class::Changed), ("2", Class::Withheld)];
    assert_eq!(
        summary(&diff),
        expected.map(|(number, class)| (number.to_owned(), class))
    );
    let Change::Upsert { row, .. } = &diff.differences[0].change else {
        panic!("an upsert")
    };
    let record = row.record().unwrap();
    let charges = &record.custody().unwrap().charges;
    assert_eq!(charges[0].text.as_deref(), Some("b"));
    assert_eq!(charges.len(), 1);
    // Where a row is a record, the charge is all of it.
    for mode in ["roster", "transactions"] {
        let now = vec![expunged(0), listed("2", IN, "a"), listed("3", IN, "a")];
        let diff = compare(&profile(mode, "record"), &before, now);
        assert!(diff.sealed.contains(&before[0].key()), "{mode}");
    }
}

#[test]
fn collapses_rows_to_the_same_record_in_any_order() {
    let rows = [
        listed("1", IN, "b"),
        listed("1", BOND, "c"),
        listed("1", IN, "a"),
    ];
    let forward = compare(&profile("roster", "charge"), &[], rows.to_vec());
    let backward = compare(
        &profile("roster", "charge"),
        &[],
        rows.into_iter().rev().collect(),
    );
    assert_eq!(forward.differences, backward.differences);
}

#[test]
fn releases_nobody_for_whom_one_charge_stays_open() {
    for states in [[BOND, IN], [IN, BOND]] {
        let now = states.map(|state| listed("1", state, "a")).to_vec();
        let diff = compare(&profile("roster", "charge"), &[], now);
        assert_eq!(diff.differences[0].standing, Standing::Open);
    }
}

#[test]
fn leaves_a_record_alone_whose_rows_contradict_each_other() {
    let before = [record("1", IN, "a"), record("2", IN, "a")];
    let row = |number, charge, line| {
        let Mapped::Row(row) = listed(number, IN, charge) else {
            panic!("a row")
        };
        Mapped::Row(MappedRow { line, ..row })
    };
    let now = vec![
        row("1", "b", 2),
        row("2", "b", 3),
        row("1", "c", 4),
        row("1", "b", 5),
        row("2", "b", 6),
    ];
    let diff = compare(&profile("roster", "record"), &before, now);
    assert_eq!(summary(&diff), [("2".to_owned(), Class::Changed)]);
    let conflicts: Vec<_> = diff.conflicts.into_iter().collect();
    assert_eq!(conflicts, [(before[0].key(), vec![2, 4])]);
    assert_eq!(diff.listed, 2);
}

#[test]
fn lets_a_sealed_row_win_over_every_other_row_of_its_record() {
    let before = [record("1", IN, "a")];
    let sealed = || Mapped::Withheld(before[0].key());
    for rows in ["record", "charge"] {
        for now in [
            vec![listed("1", IN, "b"), sealed()],
            vec![sealed(), listed("1", IN, "b")],
            vec![listed("1", IN, "b"), listed("1", IN, "c"), sealed()],
        ] {
            let diff = compare(&profile("roster", rows), &before, now);
            assert_eq!(summary(&diff), [("1".to_owned(), Class::Withheld)]);
            assert!(diff.conflicts.is_empty());
        }
    }
    let now = vec![listed("1", IN, "a"), sealed()];
    assert!(
        compare(&profile("transactions", "record"), &[], now)
            .differences
            .is_empty()
    );
}

#[test]
fn sees_a_status_that_lost_its_meaning() {
    let before = [record("1", IN, "a")];
    let now = vec![listed("1", CustodyState::Unknown, "a")];
    let diff = compare(&profile("roster", "record"), &before, now);
    assert_eq!(summary(&diff), [("1".to_owned(), Class::TurnedUnknown)]);
}
