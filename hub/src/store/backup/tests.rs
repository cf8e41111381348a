//! Copies of both engines, made while the store is open, damaged, and put back.

use std::path::Path;

use super::underway::Underway;
use super::{beside, check, copy, is_in_use, put_back};
use crate::store::conn::Engine;
use crate::store::migrate::Schema;
use crate::store::testing::places;
use crate::store::{Place, Store};
use crate::values;

static SCHEMA: Schema = Schema {
    name: "kept",
    migrations: &[(
        "0001_kept.sql",
        "CREATE TABLE thing (id {int} PRIMARY KEY, name TEXT) {strict};",
    )],
};

fn each(name: &str, test: impl Fn(&Place, &Path, Engine)) {
    let folder = tempfile::tempdir().unwrap();
    for (place, engine) in places(folder.path(), name)
        .iter()
        .zip([Engine::Sqlite, Engine::Postgres])
    {
        let to = folder.path().join(engine.as_str());
        std::fs::create_dir(&to).unwrap();
        test(place, &to, engine);
    }
}

fn add(store: &Store, id: i64) {
    store
        .write_now("add", move |tx| {
            tx.execute_one(
                "thing",
                "INSERT INTO thing (id, name) VALUES ($1, 'a name')",
                values![id],
            )
        })
        .unwrap();
}

fn ids(place: &Place) -> Vec<i64> {
    let store = Store::open(place, &SCHEMA).unwrap();
    store
        .read_now("ids", |tx| {
            let rows = tx.query("SELECT id FROM thing ORDER BY id", values![])?;
            rows.iter().map(|row| row.integer(0)).collect()
        })
        .unwrap()
}

#[test]
fn puts_back_what_stood_at_the_moment_of_the_copy_and_keeps_the_rest_aside() {
    each("backup", |place, folder, engine| {
        let store = Store::open(place, &SCHEMA).unwrap();
        add(&store, 1);
        let copied = copy(place, folder, "kept").unwrap();
        add(&store, 2);

        check(&copied, folder).unwrap();
        assert!(is_in_use(place).unwrap(), "{engine:?}");
        drop(store);
        assert!(!is_in_use(place).unwrap(), "{engine:?}");

        let old = put_back(&copied, folder, place, "20260601")
            .unwrap()
            .unwrap();
        assert_eq!(ids(place), [1], "{engine:?}");
        assert_eq!(ids(&old), [1, 2], "{engine:?}");
    });
}

#[test]
fn refuses_a_copy_that_is_not_what_was_written() {
    each("damaged", |place, folder, _| {
        let store = Store::open(place, &SCHEMA).unwrap();
        add(&store, 1);
        let copied = copy(place, folder, "kept").unwrap();
        let path = folder.join(&copied.file);
        let mut bytes = std::fs::read(&path).unwrap();
        let place_of_damage = bytes.len() / 2;
        bytes[place_of_damage] ^= 1;
        std::fs::write(&path, bytes).unwrap();

        let refused = check(&copied, folder).unwrap_err().to_string();
        assert!(refused.contains("SHA-256"), "{refused}");
    });
}

#[test]
fn leaves_the_database_where_it_was_when_the_copy_cannot_be_put_there() {
    each("failing", |place, folder, engine| {
        let store = Store::open(place, &SCHEMA).unwrap();
        add(&store, 1);
        let copied = copy(place, folder, "kept").unwrap();
        drop(store);
        let path = folder.join(&copied.file);
        match engine {
            Engine::Sqlite => std::fs::remove_file(&path).unwrap(),
            Engine::Postgres => std::fs::write(&path, b"no dump").unwrap(),
        }

        assert!(put_back(&copied, folder, place, "20260601").is_err());
        assert_eq!(ids(place), [1], "{engine:?}");
    });
}

#[test]
fn undoes_what_was_cut_off_wherever_that_was() {
    each("cut_off", |place, folder, engine| {
        let store = Store::open(place, &SCHEMA).unwrap();
        add(&store, 1);
        let copied = copy(place, folder, "kept").unwrap();
        add(&store, 2);
        drop(store);
        let databases = [("kept", place)];
        let begin = || Underway::begin(folder, "20260601", &databases).unwrap();
        let undo = || {
            assert!(Underway::is_in(folder));
            Underway::undo(folder, &databases).unwrap();
            assert!(!Underway::is_in(folder));
            assert_eq!(ids(place), [1, 2], "{engine:?}");
        };
        begin();
        undo();
        begin();
        put_back(&copied, folder, place, "20260601").unwrap();
        add(&Store::open(place, &SCHEMA).unwrap(), 3);
        undo();
        Underway::undo(folder, &databases).unwrap();
        let Place::File(path) = place else { return };
        // Its first file is aside, its log is not yet, and the copy is only half there.
        std::fs::write(beside(path, "-wal"), b"").unwrap();
        begin();
        std::fs::rename(path, beside(path, ".before-20260601")).unwrap();
        std::fs::write(beside(path, ".restored"), b"half").unwrap();
        undo();
        assert!(!beside(path, ".restored").exists());
        // There was none, and a copy took its place.
        std::fs::remove_file(path).unwrap();
        begin();
        put_back(&copied, folder, place, "20260601").unwrap();
        Underway::undo(folder, &databases).unwrap();
        assert!(!path.exists());
    });
}
