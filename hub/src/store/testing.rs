//! Databases for tests, on both engines, and all that is in one: `tests/run` starts the PostgreSQL server
//! that they need.

use std::collections::BTreeMap;
use std::path::Path;

use super::conn::{Engine, Tx};
use super::value::Value;
use super::{Place, Store, StoreError};

/// The environment variable that names the PostgreSQL server of the tests.
pub const SERVER: &str = "SAVIN_TEST_POSTGRES";

/// Returns a fresh place on each engine; `name` must be the test's own.
///
/// # Panics
/// Panics when no PostgreSQL server was named: a test that is left out would look like one that
/// passed.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests call this")]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' server comes from their environment"
)]
pub fn places(folder: &Path, name: &str) -> [Place; 2] {
    let url = std::env::var(SERVER)
        .expect("SAVIN_TEST_POSTGRES names no server: run tests/run, which starts one");
    let process = std::process::id();
    let schema = format!("t_{name}_{process}").to_lowercase();
    [
        Place::File(folder.join(format!("{name}.sqlite"))),
        Place::Server { url, schema },
    ]
}

/// Everything that is in a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its columns, by name.
    pub columns: Vec<String>,
    /// Its rows, each in the order of the columns.
    pub rows: Vec<Vec<Value>>,
}

/// Reads every table of a database.
///
/// # Panics
/// Panics when the database refuses.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn contents(store: &Store) -> BTreeMap<String, Contents> {
    read(store).expect("every table can be read")
}

fn read(store: &Store) -> Result<BTreeMap<String, Contents>, StoreError> {
    let sql = match store.engine() {
        Engine::Sqlite => {
            "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.name"
        }
        Engine::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema()
             ORDER BY table_name::text COLLATE \"C\", column_name::text COLLATE \"C\""
        }
    };
    let mut tables: BTreeMap<String, Contents> = BTreeMap::new();
    for row in store.read_now("columns", move |tx| tx.query(sql, &[]))? {
        let table = tables.entry(row.text(0)?.to_owned()).or_default();
        table.columns.push(row.text(1)?.to_owned());
    }
    for (table, contents) in &mut tables {
        // Tests open few databases, and a statement is a text that stays.
        let sql = format!("SELECT {} FROM {table}", contents.columns.join(", "));
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        let rows = store.read_now("contents", move |tx| tx.query(sql, &[]))?;
        contents.rows = rows.iter().map(|row| row.values().to_vec()).collect();
    }
    Ok(tables)
}

/// Takes every entry in the evidence away, as in a database of before there was evidence.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn without_evidence(store: &Store) -> Result<(), StoreError> {
    let forget = |tx: &mut Tx<'_>| {
        for statement in [
            "DELETE FROM evidence_leaf",
            "DELETE FROM evidence_node",
            "DELETE FROM evidence_head",
            "DELETE FROM backfill",
        ] {
            tx.execute(statement, &[])?;
        }
        Ok(())
    };
    store.write_now("older", forget)
}

/// Lets events say in one with all else what they say of other bookings, as those of an older program do.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget_apart(store: &Store) -> Result<(), StoreError> {
    store.write_now("forget", |tx| {
        tx.execute("DELETE FROM event_elsewhere", &[]).map(|_| ())
    })
}
