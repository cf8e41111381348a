//! A registry beside the one that its log makes anew: equal, until anything behind the log is changed.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::delta::Origin;
use savin_shared::ids::PersonNumber;
use savin_shared::record::custody::DispositionKind;

use super::{Cause, Difference, How, Judging, ReplayError, Replayed, verify};
use crate::intake::ruling;
use crate::intake::testing::{BOND, IN, Jail, ORDERS, charged, each, name, send_one};
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::SCHEMA;
use crate::store::registry::placing::{self, Placings, Whom};
use crate::store::registry::{event, step};

/// Two people who are booked, of whom one is let go; of the other's charges one is disposed of.
fn filled(store: &Store) {
    let mut jail = Jail::new(store, 1);
    let bodies = vec![
        {
            let kinds = [Some(DispositionKind::RemandedToFile), None];
            jail.lists(Origin::Baseline, &charged(jail.record("1", IN), &kinds))
        },
        jail.lists(Origin::Baseline, &jail.record("2", IN)),
    ];
    let batch = jail.batch(bodies);
    send_one(store, &jail, &batch);
    let body = jail.tells(&jail.record("2", BOND));
    let batch = jail.batch(vec![body]);
    send_one(store, &jail, &batch);
}

fn replayed(store: &Store) -> Result<Replayed, ReplayError> {
    let folder = tempfile::tempdir().unwrap();
    let fresh = Store::scratch(&folder.path().join("fresh.sqlite"), &SCHEMA).unwrap();
    verify(store, &fresh, (&ORDERS, Judging::Again), |_| {})
}

fn change(store: &Store, sql: &'static str) {
    store
        .write_now("change", move |tx| tx.execute(sql, &[]))
        .unwrap();
}

#[test]
fn makes_the_same_registry_anew() {
    each("replay_same", |store| {
        filled(store);
        let replayed = replayed(store).unwrap();
        assert_eq!(replayed.differences, []);
        assert_eq!((replayed.progress.steps, replayed.progress.of), (2, 2));
        assert_eq!((replayed.progress.deltas, replayed.counted.erased), (3, 0));
        let rows = |name| replayed.rows.iter().find(|(table, _)| *table == name);
        assert_eq!(rows("record"), Some(&("record", 2)));
        assert_eq!(rows("record_version"), Some(&("record_version", 3)));
    });
}

#[test]
fn gives_a_record_whose_number_was_given_anew_again() {
    each("replay_given", |store| {
        let mut jail = Jail::new(store, 1);
        for (own, surname, given) in [("P1", "MUESTRA", "AVERY"), ("P2", "PRUEBA", "ROBERT")] {
            let mut record = jail.record("1", IN);
            record.subject.person_number = Some(PersonNumber::new(own).unwrap());
            record.subject.name = Some(name(surname, given));
            let body = jail.tells(&record);
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
        }
        let of_record =
            "SELECT count(*) FROM record r JOIN person_doubt d ON d.person_id = r.person_id";
        let given = store
            .read_now("given", move |tx| tx.query_optional(of_record, &[]))
            .unwrap();
        assert_eq!(given.unwrap().integer(0).unwrap(), 1);
        for judging in [Judging::Again, Judging::No] {
            let folder = tempfile::tempdir().unwrap();
            let fresh = Store::scratch(&folder.path().join("fresh.sqlite"), &SCHEMA).unwrap();
            let replayed = verify(store, &fresh, (&ORDERS, judging), |_| {}).unwrap();
            assert_eq!(replayed.differences, []);
        }
    });
}

#[test]
fn makes_nothing_of_an_empty_log() {
    each("replay_empty", |store| {
        let replayed = replayed(store).unwrap();
        assert_eq!(replayed.differences, []);
        assert_eq!(replayed.progress.of, 0);
    });
}

#[test]
fn names_the_row_that_was_changed_behind_the_log() {
    each("replay_changed", |store| {
        filled(store);
        change(
            store,
            "UPDATE record SET sealed_by = 'nobody' WHERE number = '1'",
        );
        change(
            store,
            "DELETE FROM event WHERE record_id = 2 AND version = 2",
        );
        change(
            store,
            "INSERT INTO person_identifier (kind, scope, value, person_id)
             SELECT 'fbi-id', '', 'X1', person_id FROM record WHERE record_id = 1",
        );
        let differences = replayed(store).unwrap().differences;
        let found = |table, key: &str, how| {
            let wanted = Difference {
                table,
                key: key.to_owned(),
                how,
            };
            assert!(
                differences.contains(&wanted),
                "{wanted:?} in {differences:?}"
            );
        };
        found("record", "1", How::Columns(vec!["sealed_by"]));
        found("person_identifier", "fbi-id  X1", How::Unfounded);
        let missing = differences.iter().filter(|row| row.how == How::Missing);
        assert_eq!(missing.map(|row| row.table).collect::<Vec<_>>(), ["event"]);
        assert_eq!(differences.len(), 3);
    });
}

#[test]
fn refuses_a_log_that_was_changed() {
    each("replay_log", |store| {
        filled(store);
        change(
            store,
            "UPDATE batch_log SET sealed = (SELECT sealed FROM batch_log WHERE first_seq = 3)
             WHERE first_seq = 1",
        );
        let refused = replayed(store).unwrap_err();
        assert!(
            matches!(refused, ReplayError::Step { step: 1, .. }),
            "{refused:?}"
        );
        change(store, "DELETE FROM batch_log");
        let refused = replayed(store).unwrap_err();
        assert!(matches!(refused, ReplayError::Store(_)), "{refused:?}");
    });
}

#[test]
fn says_that_what_an_older_program_knew_cannot_be_made_anew() {
    each("replay_older", |store| {
        filled(store);
        change(store, "UPDATE intake_origin SET after_event = 7");
        let refused = replayed(store).unwrap_err();
        assert!(matches!(refused, ReplayError::Begun(7)), "{refused:?}");
    });
}

/// Changes what the steps decided.
fn decide_otherwise(store: &Store, change: fn(&mut Placings)) {
    let write = move |tx: &mut Tx<'_>| {
        for taken in step::after(tx, 0, 100)? {
            let mut placings = placing::of_step(tx, taken.number)?.unwrap();
            change(&mut placings);
            placing::rewrite(tx, taken.number, placings)?;
        }
        Ok(())
    };
    store.write_now("otherwise", write).unwrap();
}

#[test]
fn takes_whom_records_are_about_as_another_table_decided_it() {
    each("replay_other_table", |store| {
        filled(store);
        decide_otherwise(store, |placings| {
            if !placings.placed.is_empty() {
                placings.judge = format!("{} deadbeef", ruling::name());
            }
        });
        let found = replayed(store).unwrap();
        assert_eq!(found.differences, []);
        assert_eq!((found.counted.judged, found.counted.taken), (0, 2));
        assert_eq!(found.counted.other_rules, BTreeMap::new());
    });
}

#[test]
fn takes_the_events_of_other_rules_as_the_evidence_has_them() {
    each("replay_other_rules", |store| {
        filled(store);
        let known = replayed(store).unwrap().counted.other_rules;
        assert_eq!(known, BTreeMap::new());
        // Rules by which nothing that was listed first was news, and only the last event was.
        decide_otherwise(store, |placings| {
            placings.judge = "rules 4294967295 deadbeef".to_owned();
            if placings.placed.len() == 2 {
                placings.events.clear();
            }
        });
        let last = store.read_now("last", event::last).unwrap().0;
        change(
            store,
            "DELETE FROM event WHERE position < (SELECT max(position) FROM event)",
        );
        change(
            store,
            "DELETE FROM evidence_leaf WHERE subject LIKE 'event/%' AND subject <>
                 (SELECT 'event/' || CAST(max(position) AS TEXT) FROM event)",
        );
        let found = replayed(store).unwrap();
        assert_eq!(found.differences, []);
        assert_eq!((found.counted.judged, found.counted.taken), (0, 2));
        assert_eq!(found.counted.other_rules, BTreeMap::from([(u32::MAX, 2)]));
        let rows = |name| found.rows.iter().find(|(table, _)| *table == name);
        assert_eq!(rows("event"), Some(&("event", 1)));
        let cause = || match replayed(store).unwrap_err() {
            ReplayError::Step { step: 2, cause } => Some(cause),
            ReplayError::Begun(_)
            | ReplayError::Expunged(_)
            | ReplayError::Step { .. }
            | ReplayError::Store(_)
            | ReplayError::Ended => None,
        };
        change(store, "UPDATE event SET effective_at = 1");
        let changed = cause().unwrap();
        assert!(
            matches!(changed, Cause::Evidence(at) if at == last),
            "{changed:?}"
        );
        change(store, "DELETE FROM event");
        let gone = cause().unwrap();
        assert!(matches!(gone, Cause::Event), "{gone:?}");
    });
}

#[test]
fn takes_whom_records_are_about_as_other_rules_decided_it() {
    each("replay_older_rules", |store| {
        filled(store);
        let counted = replayed(store).unwrap().counted;
        assert_eq!((counted.judged, counted.taken), (2, 0));
        // One that took the one for the other.
        decide_otherwise(store, |placings| {
            placings.judge = "0.0.9 deadbeef".to_owned();
            for (placing, person) in placings.placed.iter_mut().zip([1, 0]) {
                placing.taught = Whom::Made(person);
            }
        });
        change(
            store,
            "UPDATE record SET person_id =
                 (SELECT p.person_id FROM person p WHERE p.person_id <> record.person_id)",
        );
        let found = replayed(store).unwrap();
        assert_eq!((found.counted.judged, found.counted.taken), (0, 2));
        let tables: BTreeSet<_> = found.differences.iter().map(|row| row.table).collect();
        assert!(!tables.contains("record"), "as it was decided: {tables:?}");
        // Both steps: the other one decided nothing of whom a record is about.
        assert_eq!(found.counted.other_rules, BTreeMap::from([(0, 2)]));
        let is_found = tables.contains("event");
        assert!(is_found, "whose events they were: {tables:?}");
    });
}

#[test]
fn refuses_a_placement_that_was_changed_with_the_row_that_follows_from_it() {
    each("replay_placing", |store| {
        filled(store);
        decide_otherwise(store, |placings| {
            for placing in &mut placings.placed {
                placing.taught = Whom::Made(0);
            }
        });
        let refused = replayed(store).unwrap_err();
        let ReplayError::Step { step, cause } = refused else {
            panic!("{refused:?}");
        };
        assert!(matches!(cause, Cause::Decided(_)), "{cause:?}");
        assert_eq!(step, 1);
    });
}
