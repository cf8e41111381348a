//! Persons as somebody types them.

use std::path::Path;

use savin_shared::ids::OffenderId;
use savin_shared::pii::Pii;

use crate::app;
use crate::cli::testing::{configured, run};
use crate::ids::PersonId;
use crate::intake::relinking::{Change, changes};
use crate::intake::testing::{IN, Jail, load, name, send_one};
use crate::linkage::weights::{Table, Weights};
use crate::store::Store;
use crate::store::registry::decision::{self, DecisionId};
use crate::store::registry::merge;
use crate::store::registry::task::{self, TaskKind};
use crate::store::registry::weights;

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

/// Lets a table count by which two are joined from so many bits on.
fn weigh(store: &Store, join_bits: f64) {
    let table = Table {
        join_bits,
        ..Weights::shipped().unwrap().table().clone()
    };
    let weights = Weights::check(table).unwrap();
    let now = crate::intake::testing::now();
    store
        .write_now("weigh", move |tx| {
            weights::adopt(tx, &weights, ("", ""), DecisionId(1), now)
        })
        .unwrap();
}

/// Returns the number of the decision that was made last.
fn newest(store: &Store) -> i64 {
    let list = store.read_now("decisions", |tx| decision::newest(tx, 1));
    list.unwrap().pop().unwrap().id.0
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

#[test]
fn learns_weights_and_adopts_them_as_a_signed_version() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut jail, _) = two_persons(folder.path());
    // One person by the MDOC number, with a birth date that was typed wrongly once.
    for (number, day) in [("7", 12), ("8", 21)] {
        let mut record = jail.record(number, IN);
        record.subject.name = Some(name("SAMPLE", "AVERY"));
        record.subject.birth_date = Some(Pii::new(jiff::civil::date(1985, 3, day)));
        record.subject.offender_id = Some(OffenderId::new("K1000").unwrap());
        let body = jail.tells(&record);
        let batch = jail.batch(vec![body]);
        send_one(&store, &jail, &batch);
    }
    let version = || store.read_now("weights", weights::load).unwrap().version();
    let shipped = version();
    let run = |line: &str| run(folder.path(), line);
    for line in [
        "persons weights",
        "persons weights --json",
        "persons weights --learn",
        "persons weights --learn --json",
    ] {
        assert!(run(line), "{line}");
    }
    let adopt = "persons weights --learn --adopt --reason first --as";
    assert!(!run(
        "persons weights --adopt --reason first --as chief.key"
    ));
    assert!(!run(&format!("{adopt} desk.key")), "an operator");
    assert_eq!(version(), shipped);
    assert!(run(&format!("{adopt} chief.key")));
    assert_ne!(version(), shipped);
}

#[test]
fn shows_what_would_be_joined_now_and_leaves_out_what_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _, [one, other]) = two_persons(folder.path());
    let found = |store: &Store| {
        let read = |tx: &mut crate::store::conn::Tx<'_>| changes(tx, None, 100);
        store.read_now("changes", read).unwrap().0
    };
    let why = crate::linkage::judging::Why::NameAlone;
    let asked = Change::Ask(one.min(other), one.max(other), why);
    assert_eq!(found(&store).into_iter().collect::<Vec<_>>(), [asked]);
    let run = |line: &str| run(folder.path(), line);
    assert!(run("persons relink --dry-run"));
    assert!(run("persons relink --dry-run --json --limit 1"));
    assert!(!run("persons relink"), "it says neither to show nor to do");
    assert!(run(&format!("persons split {one} {other} --as desk.key")));
    assert_eq!(found(&store).len(), 0);
    // Joined by the hub against what it knows: its records would stand alone.
    let joining = merge::Joining {
        person: one.max(other),
        into: one.min(other),
        why: String::new(),
        decision: None,
    };
    store
        .write_now("join", move |tx| {
            merge::join(tx, &joining, crate::intake::testing::now())
        })
        .unwrap();
    let doubted: Vec<_> = found(&store).into_iter().collect();
    assert!(
        matches!(doubted[..], [Change::Part(person, into, _)] if (into, person) == (one.min(other), one.max(other))),
        "{doubted:?}"
    );
}

/// Two records of one person, who was two persons until the second got its birth date.
fn joined_by_the_hub(
    store: &Store,
    jail: &mut Jail,
    called: (&str, &str),
    of: [&str; 2],
) -> [PersonId; 2] {
    let mut tell = |number: &str, is_born: bool| {
        let mut record = jail.record(number, IN);
        record.subject.name = Some(name(called.0, called.1));
        let birth = jiff::civil::date(1991, 7, 4);
        record.subject.birth_date = is_born.then(|| Pii::new(birth));
        let body = jail.tells(&record);
        let batch = jail.batch(vec![body]);
        send_one(store, jail, &batch);
        load(store, jail, number).person
    };
    let persons = [tell(of[0], true), tell(of[1], false)];
    tell(of[1], true);
    assert_ne!(persons[0], persons[1]);
    assert_eq!(current(store, persons[0]), current(store, persons[1]));
    persons
}

#[test]
fn compares_anew_by_a_signed_decision_that_is_taken_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut jail, _) = two_persons(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert!(run(
        "staff add lead --role supervisor --output lead.key --as chief.key"
    ));
    let ada = joined_by_the_hub(&store, &mut jail, ("ZWEIFACH", "QUILLON"), ["5", "6"]);
    let bea = joined_by_the_hub(&store, &mut jail, ("DRITTLING", "OSSIAN"), ["7", "8"]);
    let is_one = |pair: [PersonId; 2]| current(&store, pair[0]) == current(&store, pair[1]);
    // A person decides of the one what the hub decided of the other.
    assert!(run(&format!(
        "persons split {} {} --as desk.key",
        bea[0], bea[1]
    )));
    assert!(run(&format!(
        "persons merge {} {} --as desk.key",
        bea[0], bea[1]
    )));
    weigh(&store, 500.0);
    assert!(run("persons relink --dry-run --json"));
    for refused in [
        "persons relink --changes 1",
        "persons relink --changes 1 --as desk.key",
        "persons relink --changes 2 --as lead.key",
        "persons relink --changes 1 --dry-run --as lead.key",
    ] {
        assert!(!run(refused), "{refused}");
    }
    assert!(is_one(ada), "nothing was done");
    assert!(run(
        "persons relink --changes 1 --reason weights --as lead.key"
    ));
    assert!(!is_one(ada) && is_one(bea), "what a person decided stays");
    assert!(run("persons relink --changes 0 --as lead.key"));
    weigh(&store, 11.0);
    assert!(run("persons relink --changes 1 --as lead.key --json"));
    assert!(
        is_one(ada),
        "the hub may join again what it took back itself"
    );
    let joined = newest(&store);
    for refused in [
        format!("persons relink --undo {joined}"),
        format!("persons relink --undo {joined} --as desk.key"),
        "persons relink --undo 1 --as lead.key".to_owned(),
    ] {
        assert!(!run(&refused), "{refused}");
    }
    assert!(run(&format!(
        "persons relink --undo {joined} --as lead.key --json"
    )));
    assert!(!is_one(ada));
    let decided = "a person decided it now";
    assert!(run("persons relink --changes 0 --as lead.key"), "{decided}");
    assert!(run("replay --verify"), "all of it follows from the log");
}

#[test]
fn makes_one_again_what_a_comparison_parted_by_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut jail, _) = two_persons(folder.path());
    let run = |line: &str| run(folder.path(), line);
    // What a decision took back is one again, and stays so.
    let cy = joined_by_the_hub(&store, &mut jail, ("VIERMANN", "TIBOR"), ["9", "10"]);
    let is_one = || current(&store, cy[0]) == current(&store, cy[1]);
    weigh(&store, 500.0);
    assert!(run("persons relink --changes 1 --as chief.key"));
    assert!(!is_one());
    let parted = newest(&store);
    assert!(run(&format!(
        "persons relink --undo {parted} --as chief.key"
    )));
    assert!(is_one() && run("persons relink --changes 0 --as chief.key"));
    assert!(run("replay --verify"), "all of it follows from the log");
}

#[test]
fn finds_persons_by_words_and_numbers_and_says_which_is_which() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _, [one, other]) = two_persons(folder.path());
    let found = |wanted: &str| super::found(&store, wanted).unwrap();
    let ids =
        |wanted: &str| -> Vec<PersonId> { found(wanted).iter().map(|side| side.person).collect() };
    assert_eq!(ids("prueba thaddeus"), [other, one]);
    let rows = found("Muestra")[1].rows();
    assert!(
        rows.contains(&("born", "1985-03-12".to_owned())),
        "{rows:?}"
    );
    assert_eq!(ids("nobody at all"), []);
    for line in ["persons find Thaddeus Muestra", "persons find X --json"] {
        assert!(run(folder.path(), line), "{line}");
    }
    assert!(!run(folder.path(), "persons find"), "whom?");
}
