//! The store itself, on both engines.

mod searching;

use super::conn::{Access, Driver, Engine};
use super::migrate::Schema;
use super::sqlite::SqliteDriver;
use super::testing::places;
use super::value::{Row, Value};
use super::{Place, Store, StoreError};
use crate::values;

static SMALL: Schema = Schema {
    name: "small",
    migrations: &[(
        "0001_small.sql",
        "CREATE TABLE counter (name TEXT PRIMARY KEY, next {int} NOT NULL) {strict};
         CREATE TABLE thing (id {int} PRIMARY KEY, name TEXT, body {bytes}) {strict};",
    )],
};

static LARGER: Schema = Schema {
    name: "small",
    migrations: &[
        SMALL.migrations[0],
        (
            "0002_more.sql",
            "CREATE TABLE more (id {int} PRIMARY KEY) {strict};",
        ),
    ],
};

static OTHER: Schema = Schema {
    name: "small",
    migrations: &[(
        "0001_small.sql",
        "CREATE TABLE other (id {int} PRIMARY KEY) {strict};",
    )],
};

fn each(name: &str, test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), name) {
        test(&Store::open(&place, &SMALL).unwrap());
    }
}

fn put(store: &Store, id: i64, name: &'static str) -> Result<(), StoreError> {
    store.write_now("put", move |tx| {
        tx.execute_one(
            "thing",
            "INSERT INTO thing (id, name, body) VALUES ($1, $2, $3)",
            values![id, name, [1_u8, 2].as_slice()],
        )
    })
}

fn names(store: &Store) -> Vec<String> {
    store
        .read_now("names", |tx| {
            let rows = tx.query("SELECT name FROM thing ORDER BY id", values![])?;
            rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
        })
        .unwrap()
}

#[test]
fn keeps_every_kind_of_value() {
    each("values", |store| {
        put(store, 7, "seven").unwrap();
        let row = store
            .read_now("row", |tx| {
                tx.query_optional(
                    "SELECT id, name, body, NULL FROM thing WHERE id = $1",
                    values![7_i64],
                )
            })
            .unwrap()
            .unwrap();
        assert_eq!(row.integer(0).unwrap(), 7);
        assert_eq!(row.text(1).unwrap(), "seven");
        assert_eq!(row.bytes(2).unwrap(), [1, 2]);
        assert_eq!(row.optional_text(3).unwrap(), None);
        assert!(row.text(0).is_err());
        assert!(row.integer(9).is_err());
    });
}

#[test]
fn binds_values_by_number_and_not_by_appearance() {
    each("numbers", |store| {
        let row = store
            .read_now("swap", |tx| {
                tx.query_optional(
                    "SELECT name FROM thing WHERE name = $2 AND id = $1
                     UNION ALL SELECT CAST($2 AS TEXT) WHERE CAST($1 AS BIGINT) = 5",
                    &[Value::Integer(5), Value::Text("five".to_owned())],
                )
            })
            .unwrap();
        assert_eq!(row.unwrap().text(0).unwrap(), "five");
    });
}

#[test]
fn stores_all_of_a_transaction_or_nothing() {
    each("atomic", |store| {
        let failed: Result<(), _> = store.write_now("fails", |tx| {
            tx.execute("INSERT INTO thing (id, name) VALUES (1, 'a')", values![])?;
            Err(StoreError::Damaged("on purpose"))
        });
        assert!(failed.is_err());
        assert!(names(store).is_empty());
        put(store, 1, "a").unwrap();
        assert!(put(store, 1, "again").is_err());
        assert_eq!(names(store), ["a"]);
    });
}

#[test]
fn refuses_to_write_in_a_reading_transaction() {
    each("read_only", |store| {
        let wrote = store.read_now("writes", |tx| {
            tx.execute("INSERT INTO thing (id, name) VALUES (1, 'a')", values![])
        });
        assert!(wrote.is_err());
    });
}

#[test]
fn says_when_a_statement_changed_another_number_of_rows() {
    each("count", |store| {
        let outcome = store.write_now("update", |tx| {
            tx.execute_one(
                "thing",
                "UPDATE thing SET name = 'x' WHERE id = $1",
                values![9_i64],
            )
        });
        assert!(matches!(
            outcome,
            Err(StoreError::Count {
                expected: 1,
                found: 0,
                ..
            })
        ));
    });
}

#[test]
fn gives_numbers_without_gaps_to_writers_that_race() {
    each("race", |store| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let store = store.clone();
                std::thread::spawn(move || -> Vec<i64> {
                    let take = |_| {
                        store
                            .write_now("take", |tx| tx.take_numbers("n", 3))
                            .unwrap()
                    };
                    (0..10).map(take).collect()
                })
            })
            .collect();
        let mut taken: Vec<i64> = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        taken.sort_unstable();
        let expected: Vec<i64> = (0..40).map(|n| 1 + n * 3).collect();
        assert_eq!(taken, expected);
    });
}

#[test]
fn runs_lists_of_values_in_their_order() {
    each("many", |store| {
        let lists: Vec<Vec<Value>> = (0..300_i64)
            .map(|id| vec![id.into(), format!("n{id}").into()])
            .collect();
        let wanted = lists.clone();
        store
            .write_now("many", move |tx| {
                tx.execute_many("INSERT INTO thing (id, name) VALUES ($1, $2)", &wanted)
            })
            .unwrap();
        let answers = store
            .read_now("many", |tx| {
                let ids: Vec<Vec<Value>> = [299_i64, 0, 500]
                    .iter()
                    .map(|id| vec![(*id).into()])
                    .collect();
                tx.query_many("SELECT name FROM thing WHERE id = $1", &ids)
            })
            .unwrap();
        assert_eq!(answers[0][0].text(0).unwrap(), "n299");
        assert_eq!(answers[1][0].text(0).unwrap(), "n0");
        assert!(answers[2].is_empty());
    });
}

#[test]
fn applies_migrations_once_and_knows_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), "migrations") {
        put(&Store::open(&place, &SMALL).unwrap(), 1, "kept").unwrap();
        let store = Store::open(&place, &LARGER).unwrap();
        assert_eq!(names(&store), ["kept"]);
        drop(store);
        let newer = Store::open(&place, &SMALL);
        assert!(matches!(
            newer,
            Err(StoreError::Newer { found: 2, known: 1 })
        ));
        let other = Store::open(&place, &OTHER);
        assert!(matches!(
            other,
            Err(StoreError::Newer { .. } | StoreError::Migration(_))
        ));
    }
}

#[test]
fn notices_a_migration_that_was_edited() {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), "edited") {
        drop(Store::open(&place, &SMALL).unwrap());
        assert!(matches!(
            Store::open(&place, &OTHER),
            Err(StoreError::Migration(_))
        ));
    }
}

/// A connection whose commits fail as those of a disk that does.
struct Failing(SqliteDriver);

impl Driver for Failing {
    fn engine(&self) -> Engine {
        self.0.engine()
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.0.begin(access)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.0.roll_back()?;
        Err(StoreError::CommitUnknown("disk I/O error".to_owned()))
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.0.roll_back()
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.0.batch(sql)
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        self.0.compact()
    }

    fn execute_many(&mut self, sql: &'static str, lists: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.0.execute_many(sql, lists)
    }

    fn query_many(
        &mut self,
        sql: &'static str,
        lists: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.0.query_many(sql, lists)
    }
}

fn failing(folder: &std::path::Path) -> Store {
    let path = folder.join("failing.sqlite");
    drop(Store::open(&Place::File(path.clone()), &SMALL).unwrap());
    let open = |access| SqliteDriver::open(&path, access).unwrap();
    let writer: Box<dyn Driver> = Box::new(Failing(open(Access::Write)));
    let reader: Box<dyn Driver> = Box::new(Failing(open(Access::Read)));
    Store::start(vec![writer], vec![reader]).unwrap()
}

#[tokio::test]
async fn ends_the_process_when_nothing_is_known_of_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = failing(folder.path());
    store.read("read", |_| Ok(())).await.unwrap();
    let ended = store.doom().reached();
    let writing = store.write("put", |tx| {
        tx.execute("INSERT INTO thing (id, name) VALUES (1, 'a')", values![])
    });
    let (ended, written) = tokio::join!(ended, writing);
    assert!(matches!(ended, StoreError::CommitUnknown(_)), "{ended}");
    assert!(matches!(written, Err(StoreError::CommitUnknown(_))));
    // Nothing is answered any more, so that nothing is acknowledged.
    let read = store.read("read", |_| Ok(())).await;
    assert!(matches!(read, Err(StoreError::Closed)));
}

#[tokio::test]
async fn ends_the_process_when_a_worker_panics() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("panic.sqlite"));
    let store = Store::open(&place, &SMALL).unwrap();
    let panicking = store.write("panic", |_| -> Result<(), StoreError> {
        panic!("on purpose")
    });
    let (ended, written) = tokio::join!(store.doom().reached(), panicking);
    assert!(matches!(ended, StoreError::Closed), "{ended}");
    assert!(matches!(written, Err(StoreError::Closed)));
}

#[test]
fn begins_again_after_a_commit_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("commit.sqlite");
    drop(Store::open(&Place::File(path.clone()), &SMALL).unwrap());
    let mut driver = SqliteDriver::open(&path, Access::Write).unwrap();
    driver
        .batch(
            "CREATE TABLE child (id INTEGER REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
    driver.begin(Access::Write).unwrap();
    driver.batch("INSERT INTO child (id) VALUES (9)").unwrap();
    assert!(driver.commit().is_err(), "the key is missing");
    driver.begin(Access::Write).unwrap();
    driver.commit().unwrap();
}

#[test]
fn opens_a_connection_again_that_the_server_ended() {
    let folder = tempfile::tempdir().unwrap();
    let [_, place] = places(folder.path(), "ended");
    let [_, other] = places(folder.path(), "ending");
    let (store, ender) = (
        Store::open(&place, &SMALL).unwrap(),
        Store::open(&other, &SMALL).unwrap(),
    );
    put(&store, 1, "before").unwrap();
    let Place::Server { schema, .. } = place else {
        panic!("a server")
    };
    let ended = ender.read_now("end", move |tx| {
        let row = tx.query_optional(
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = $1) AS ended",
            values![schema.as_str()],
        )?;
        row.unwrap().count(0)
    });
    assert_eq!(ended.unwrap(), 4, "every connection of the store");
    for id in 2..9 {
        put(&store, id, "after").unwrap();
        assert_eq!(names(&store).len(), usize::try_from(id).unwrap());
    }
}
