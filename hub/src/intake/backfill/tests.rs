//! A registry as the first programs filled it, brought to this one: its persons are found and compared, and its
//! evidence says what was added later.

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::date;
use savin_shared::delta::Origin;
use savin_shared::pii::Pii;
use savin_shared::record::Record;
use savin_shared::world::World;

use super::{Progress, Work, add};
use crate::evidence::leaf;
use crate::ids::{EventPosition, PersonId};
use crate::intake::testing::{BOND, IN, Jail, load, name, now, random, send_one};
use crate::intake::whom;
use crate::store::conn::Tx;
use crate::store::evidence::{self, Checked};
use crate::store::migrate::Schema;
use crate::store::registry::{SCHEMA, backfill, face};
use crate::store::testing::{Contents, contents, places};
use crate::store::{Place, Store};

/// The registry before there was evidence, linkage or a log of steps.
static FIRST: LazyLock<Schema> = LazyLock::new(|| Schema {
    name: SCHEMA.name,
    migrations: &SCHEMA.migrations[..3],
});

#[expect(clippy::disallowed_methods, reason = "nothing here has a deadline")]
fn world() -> World {
    World {
        wall: now,
        monotonic: std::time::Instant::now,
        random,
    }
}

fn named(jail: &Jail, number: &str, surname: &str, given: &str) -> Record {
    let mut record = jail.record(number, IN);
    record.subject.name = Some(name(surname, given));
    record.subject.birth_date = Some(Pii::new(date(1985, 3, 12)));
    record
}

/// Five people in a jail, of whom one was let go.
fn filled(store: &Store) {
    let mut jail = Jail::new(store, 1);
    let people = [
        ("1", "MUESTRA", "AVERY"),
        ("2", "PRUEBA", "WILLIAM"),
        ("3", "SAMPLE", "MARIA"),
        ("4", "ZZYZX", "ROBERT"),
        ("5", "QUIBBLE", "JAMES"),
    ];
    let bodies = people.map(|(number, surname, given)| {
        let record = named(&jail, number, surname, given);
        jail.lists(Origin::Live, &record)
    });
    let batch = jail.batch(bodies.into());
    send_one(store, &jail, &batch);
    let mut gone = named(&jail, "2", "PRUEBA", "WILLIAM");
    if let savin_shared::record::RecordBody::Custody(custody) = &mut gone.body {
        custody.state = BOND;
    }
    let body = jail.tells(&gone);
    let batch = jail.batch(vec![body]);
    send_one(store, &jail, &batch);
}

/// Makes a registry of the first program at a place, with what this one's has of its columns.
fn older(place: &Place, folder: &Path) {
    let modern = Place::File(folder.join("modern.sqlite"));
    let modern = Store::open(&modern, &SCHEMA).unwrap();
    filled(&modern);
    let modern = contents(&modern);
    let store = Store::open(place, &FIRST).unwrap();
    let tables = contents(&store);
    // Parents first.
    let first = ["agency", "facility", "agent", "person"];
    let rest = tables
        .keys()
        .map(String::as_str)
        .filter(|table| !first.contains(table));
    for table in first
        .into_iter()
        .chain(rest)
        .filter(|table| *table != "migration")
    {
        copy(&store, table, &tables[table], &modern[table]);
    }
}

fn copy(store: &Store, table: &str, to: &Contents, from: &Contents) {
    let places: Vec<usize> = to
        .columns
        .iter()
        .map(|column| {
            from.columns
                .iter()
                .position(|other| other == column)
                .unwrap()
        })
        .collect();
    let marks: Vec<String> = (1..=places.len())
        .map(|place| format!("${place}"))
        .collect();
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        to.columns.join(", "),
        marks.join(", ")
    );
    // Tests make few such statements, and one is a text that stays.
    let sql: &'static str = Box::leak(sql.into_boxed_str());
    let rows: Vec<Vec<_>> = from
        .rows
        .iter()
        .map(|row| places.iter().map(|place| row[*place].clone()).collect())
        .collect();
    store
        .write_now("copy", move |tx| tx.execute_many(sql, &rows))
        .unwrap();
}

fn each_older(test_name: &str, test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), test_name) {
        let aside = tempfile::tempdir().unwrap();
        older(&place, aside.path());
        test(&Store::open(&place, &SCHEMA).unwrap());
    }
}

fn added(store: &Store) -> Vec<Progress> {
    let mut told = Vec::new();
    add(store, &world(), |progress| told.push(progress)).unwrap();
    told
}

fn faces(store: &Store) -> usize {
    let page = |tx: &mut Tx<'_>| face::page(tx, None, 100);
    store.read_now("faces", page).unwrap().len()
}

#[test]
fn finds_the_persons_of_an_older_program_by_what_is_compared() {
    each_older("backfill_persons", |store| {
        assert_eq!(faces(store), 0);
        let known = store
            .read_now("one", |tx| {
                tx.query("SELECT person_id FROM record WHERE number = '3'", &[])
            })
            .unwrap();
        let known = PersonId::from_bytes(known[0].array(0).unwrap());
        let jail = Jail::new(store, 2);
        // Booked elsewhere, without a number in common.
        let mut record = named(&jail, "77", "SAMPLE", "MARIA");
        record.subject.person_number = None;
        let agency = jail.speaker.agency.clone();
        let ask = |store: &Store| {
            let (agency, record) = (agency.clone(), record.clone());
            store
                .read_now("whom", move |tx| whom(tx, &agency, &record))
                .unwrap()
        };
        let before = ask(store);
        assert_eq!((before.joined, before.reviews.len()), (None, 0));
        added(store);
        assert_eq!(faces(store), 5);
        let after = ask(store);
        let found = after.joined.into_iter();
        let found: Vec<_> = found
            .chain(after.reviews.iter().map(|(who, _)| *who))
            .collect();
        assert_eq!(found, [known]);
        let everybody = store
            .read_now("all", |tx| face::frequencies(tx, &[]))
            .unwrap();
        assert_eq!(everybody.population, 5);
    });
}

#[test]
fn adds_an_entry_for_everything_that_had_none_and_says_when() {
    each_older("backfill_leaves", |store| {
        let told = added(store);
        let of = |work| {
            let mut last = told.iter().filter(|progress| progress.work == work);
            last.next_back()
                .map(|progress| (progress.added, progress.is_done))
        };
        assert_eq!(of(Work::Persons), Some((5, true)));
        assert_eq!(of(Work::Agents), Some((1, true)));
        assert_eq!(of(Work::Batches), Some((2, true)));
        assert_eq!(of(Work::Events), Some((6, true)));
        assert_eq!(of(Work::Decisions), None);
        let checked = store.read_now("check", evidence::check).unwrap();
        assert!(
            matches!(checked, Checked::Whole(end) if end.size == 9),
            "{checked:?}"
        );
        let event = leaf::event_subject(EventPosition(6));
        let event = store
            .read_now("leaf", move |tx| evidence::find(tx, &event))
            .unwrap()
            .unwrap();
        assert_eq!(leaf::added_at(&event.content), Some(now()));
        assert!(event.salt.is_some());
        // What comes now has its entry at once.
        let mut jail = Jail::new(store, 2);
        let record = named(&jail, "9", "MUESTRA", "JAMES");
        let body = jail.lists(Origin::Live, &record);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        assert_ne!(
            load(store, &jail, "9").person,
            PersonId::from_bytes([0; 16])
        );
        let event = leaf::event_subject(EventPosition(7));
        let event = store
            .read_now("leaf", move |tx| evidence::find(tx, &event))
            .unwrap()
            .unwrap();
        assert_eq!(leaf::added_at(&event.content), None);
    });
}

#[test]
fn goes_on_where_it_was_interrupted_and_adds_nothing_twice() {
    each_older("backfill_again", |store| {
        let by = (now(), random as fn() -> [u8; 16]);
        store
            .write_now("some", move |tx| {
                backfill::persons(tx, PersonId::from_bytes([0; 16]), 2)?;
                backfill::events(tx, EventPosition(0), 4, by)
            })
            .unwrap();
        assert_eq!(faces(store), 2);
        let told = added(store);
        let of = |work| {
            let mut last = told.iter().filter(|progress| progress.work == work);
            last.next_back().map(|progress| progress.added)
        };
        assert_eq!((of(Work::Persons), of(Work::Events)), (Some(3), Some(2)));
        let all = contents(store);
        assert_eq!(added(store), []);
        assert_eq!(contents(store), all);
        // Not even where nobody noted that it was done.
        store
            .write_now("undone", |tx| tx.execute("DELETE FROM backfill", &[]))
            .unwrap();
        assert_eq!(added(store), []);
        assert_eq!(contents(store), all);
    });
}

#[test]
fn leaves_a_registry_of_this_program_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), "backfill_modern") {
        let store = Store::open(&place, &SCHEMA).unwrap();
        filled(&store);
        let before = contents(&store);
        assert_eq!(added(&store), []);
        let after = contents(&store);
        for (table, rows) in before.iter().filter(|(table, _)| *table != "backfill") {
            assert_eq!(rows, &after[table], "{table}");
        }
        let at = |row: &[crate::store::value::Value]| row[0].clone();
        assert_eq!(after["backfill"].rows.len(), Work::ALL.len());
        assert!(
            after["backfill"]
                .rows
                .iter()
                .all(|row| at(row) == Timestamp::as_microsecond(now()).into())
        );
    }
}
