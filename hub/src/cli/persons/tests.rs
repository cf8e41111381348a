//! Persons as somebody types them.

use std::path::Path;

use savin_shared::pii::Pii;

use crate::app;
use crate::cli::testing::{configured, run};
use crate::ids::PersonId;
use crate::intake::testing::{IN, Jail, load, name, send_one};
use crate::store::Store;
use crate::store::registry::merge;
use crate::store::registry::task::{self, TaskKind};

/// Two persons with one rare name, of whom only one's birth date is known, and staff.
fn two_persons(folder: &Path) -> (Store, Jail, [PersonId; 2]) {
    let config = configured(folder);
    let store = app::open_registry(&config).unwrap();
    let mut jail = Jail::new(&store, 1);
    let persons = ["1", "2"].map(|number| {
        let mut record = jail.record(number, IN);
        record.subject.name = Some(name("MUESTRA PRUEBA", "THADDEUS"));
        let birth = jiff::civil::date(1985, 3, 12);
        record.subject.birth_date = (number == "1").then(|| Pii::new(birth));
        let body = jail.tells(&record);
        let batch = jail.batch(vec![body]);
        send_one(&store, &jail, &batch);
        load(&store, &jail, number).person
    });
    for line in [
        "staff add chief --role admin --output chief.key",
        "staff add desk --role operator --output desk.key --as chief.key",
        "staff add reader --role auditor --output reader.key --as chief.key",
    ] {
        assert!(run(folder, line), "{line}");
    }
    (store, jail, persons)
}

fn current(store: &Store, person: PersonId) -> PersonId {
    store
        .read_now("current", move |tx| merge::current(tx, person))
        .unwrap()
}

fn doubts(store: &Store) -> usize {
    let read = |tx: &mut crate::store::conn::Tx<'_>| {
        task::open_ones(tx, Some(TaskKind::IdentityDoubt), 10)
    };
    store.read_now("open", read).unwrap().len()
}

#[test]
fn joins_and_parts_two_persons_by_signed_decisions_only() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _, [one, other]) = two_persons(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert_ne!(one, other);
    assert_eq!(doubts(&store), 1);
    for refused in [
        format!("persons merge {one} {other}"),
        format!("persons merge {one} {other} --as reader.key"),
        format!("persons merge {one} {one} --as desk.key"),
    ] {
        assert!(!run(&refused), "{refused}");
    }
    assert!(run(&format!(
        "persons merge {one} {other} --note asked --as desk.key"
    )));
    assert_eq!(current(&store, one), current(&store, other));
    assert_eq!(doubts(&store), 0);
    let review = format!("persons review {one} {other}");
    assert!(!run(&review), "they are one");
    assert!(run(&format!("persons split {one} {other} --as desk.key")));
    assert_ne!(current(&store, one), current(&store, other));
    let nothing = format!("persons split {one} --as desk.key");
    assert!(!run(&nothing), "nothing is named");
}

#[test]
fn shows_persons_alone_and_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, [one, other]) = two_persons(folder.path());
    let run = |line: &str| run(folder.path(), line);
    for line in [
        "persons review".to_owned(),
        "--json persons review".to_owned(),
        format!("persons review {one} {other}"),
        format!("persons review {one} {other} --json"),
        format!("persons merge {one} {other} --as desk.key"),
        // By its earlier name too.
        format!("persons show {other}"),
        format!("persons show {one} --json"),
    ] {
        assert!(run(&line), "{line}");
    }
    let nobody = PersonId::from_bytes([0xEE; 16]);
    assert!(!run(&format!("persons show {nobody}")));
    assert!(!run(&format!("persons split {one} {nobody} --as desk.key")));
}

#[test]
fn takes_a_record_out_for_somebody_new() {
    let folder = tempfile::tempdir().unwrap();
    let (store, jail, [one, other]) = two_persons(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert!(run(&format!("persons merge {one} {other} --as desk.key")));
    let kept = current(&store, one);
    let record = load(&store, &jail, "2").record.0;
    let unknown = format!("persons split {kept} --record 999 --as desk.key");
    assert!(!run(&unknown));
    assert!(run(&format!(
        "persons split {kept} --record {record} --as desk.key"
    )));
    assert_ne!(load(&store, &jail, "2").person, kept);
    assert_eq!(load(&store, &jail, "1").person, kept);
}
