//! The same for PostgreSQL, by its own programs, which must be in the path.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::super::conn::{Access, Driver as _, Tx};
use super::super::migrate::Schema;
use super::super::postgres::PostgresDriver;
use super::super::value::Row;
use super::super::{Place, StoreError};
use super::soundness::{self, Column};
use super::{TableRows, migrations, same_rows};
use crate::values;

/// How often the server is asked who is connected, a fifth of a second apart.
const LOOKS: u32 = 25;

/// Dumps a schema and counts its rows in the same snapshot.
pub(super) fn copy(url: &str, schema: &str, to: &Path) -> Result<Vec<TableRows>, StoreError> {
    let mut driver = PostgresDriver::open(url, schema)?;
    driver.begin(Access::Read)?;
    let mut tx = Tx::new(&mut driver);
    let snapshot = tx.query_optional("SELECT pg_export_snapshot()", values![])?;
    let snapshot = snapshot.ok_or(StoreError::Damaged("a snapshot"))?;
    let mut dump = program("pg_dump", url)?;
    dump.args(["--format=custom", "--no-owner", "--no-privileges"])
        .arg(format!("--schema={schema}"))
        .arg(format!("--snapshot={}", snapshot.text(0)?))
        .arg("--file")
        .arg(to);
    run(dump)?;
    let tables = rows(&mut tx, schema)?;
    driver.roll_back()?;
    Ok(tables)
}

/// Looks whether a dump can be read.
pub(super) fn check(dump: &Path) -> Result<(), StoreError> {
    let mut list = Command::new("pg_restore");
    list.arg("--list").arg(dump);
    run(list)
}

/// Looks whether a schema has its tables, and reads every row of each as a dump does.
pub(super) fn check_place(
    url: &str,
    name: &str,
    schema: &Schema,
) -> Result<Vec<TableRows>, StoreError> {
    let mut driver = PostgresDriver::open(url, name)?;
    let mut tx = Tx::new(&mut driver);
    let rows = rows(&mut tx, name)?;
    let columns = tx.query(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema::text = $1 ORDER BY table_name, column_name",
        values![name],
    )?;
    let column = |row: &Row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    let columns = columns.iter().map(column);
    let found = columns.collect::<Result<BTreeSet<Column>, StoreError>>()?;
    let said = format!("the schema {name}");
    soundness::complete(&said, &found, (schema, migrations(&rows)))?;
    let mut dump = program("pg_dump", url)?;
    dump.args([
        "--format=custom",
        "--compress=0",
        "--no-sync",
        "--file=/dev/null",
    ])
    .arg(format!("--schema={name}"));
    run(dump)?;
    Ok(rows)
}

/// Says whether another connection works in a schema: each of ours says so by its name, and what a restoration began
/// that was cut off goes on for a while. The server shows
/// one that has just ended for a moment longer, so that it is asked again for a few seconds.
pub(super) fn is_in_use(url: &str, schema: &str) -> Result<bool, StoreError> {
    let mut driver = PostgresDriver::open(url, schema)?;
    let mut tx = Tx::new(&mut driver);
    for _ in 0..LOOKS {
        let others = tx.query_optional(
            "SELECT count(*) FROM pg_stat_activity
             WHERE (application_name = $1 OR application_name = 'pg_restore')
                 AND datname = current_database() AND pid <> pg_backend_pid()",
            values![schema],
        )?;
        if others.ok_or(StoreError::Damaged("a count"))?.integer(0)? == 0 {
            return Ok(false);
        }
        tx.query("SELECT pg_sleep(0.2)::text", values![])?;
    }
    Ok(true)
}

/// Gives the schema another name and restores the dump in its place; if that fails, it has its name
/// again.
pub(super) fn put_back(
    dump: &Path,
    (url, schema): (&str, &str),
    said: &[TableRows],
    aside: &str,
) -> Result<Option<Place>, StoreError> {
    let old = name_aside(schema, aside);
    let mut driver = PostgresDriver::open(url, schema)?;
    driver.batch(&format!("ALTER SCHEMA {schema} RENAME TO {old}"))?;
    let mut restore = program("pg_restore", url)?;
    restore
        .args(["--single-transaction", "--no-owner", "--no-privileges"])
        .arg(dump);
    let restored = run(restore).and_then(|()| {
        let found = rows(&mut Tx::new(&mut driver), schema)?;
        same_rows(&found, said, dump)
    });
    if let Err(error) = restored {
        driver.batch(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; ALTER SCHEMA {old} RENAME TO {schema}"
        ))?;
        return Err(error);
    }
    Ok(Some(Place::Server {
        url: url.to_owned(),
        schema: old,
    }))
}

/// Gives a schema that was moved aside its name again, in the place of what was put there.
pub(super) fn undo(url: &str, schema: &str, aside: &str) -> Result<(), StoreError> {
    let old = name_aside(schema, aside);
    let mut driver = PostgresDriver::open(url, schema)?;
    let known = Tx::new(&mut driver).query_optional(
        "SELECT 1 FROM information_schema.schemata WHERE schema_name::text = $1",
        values![old.as_str()],
    )?;
    if known.is_none() {
        return Ok(());
    }
    driver.batch(&format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; ALTER SCHEMA {old} RENAME TO {schema}"
    ))
}

fn name_aside(schema: &str, aside: &str) -> String {
    format!("{schema}_before_{aside}")
}

fn rows(tx: &mut Tx<'_>, schema: &str) -> Result<Vec<TableRows>, StoreError> {
    let found = tx.query(
        "SELECT table_name::text,
             (xpath('/row/rows/text()', query_to_xml(
                 format('SELECT count(*) AS rows FROM %I.%I', table_schema, table_name),
                 false, true, '')))[1]::text::bigint
         FROM information_schema.tables WHERE table_schema::text = $1
         ORDER BY table_name COLLATE \"C\"",
        values![schema],
    )?;
    found
        .iter()
        .map(|row| {
            Ok(TableRows {
                table: row.text(0)?.to_owned(),
                rows: u64::try_from(row.integer(1)?).unwrap_or(0),
            })
        })
        .collect()
}

/// Prepares a program of PostgreSQL's that speaks with the server; the password stays out of its
/// arguments, which anybody on the machine can read.
fn program(name: &str, url: &str) -> Result<Command, StoreError> {
    let config: Config = url.parse().map_err(StoreError::Postgres)?;
    let mut command = Command::new(name);
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => command.env("PGHOST", host),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => command.env("PGHOST", folder),
        None => &mut command,
    };
    if let Some(port) = config.get_ports().first() {
        command.env("PGPORT", port.to_string());
    }
    if let Some(user) = config.get_user() {
        command.env("PGUSER", user);
    }
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    let database = config.get_dbname().or(config.get_user());
    command.arg("--dbname").arg(database.unwrap_or("postgres"));
    Ok(command)
}

fn run(mut command: Command) -> Result<(), StoreError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ended = command.output().map_err(|error| {
        StoreError::Place(format!(
            "{name} does not start: {error}; install PostgreSQL's client programs"
        ))
    })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(StoreError::Place(format!(
        "{name} failed: {}",
        said.lines().next().unwrap_or("it does not say why")
    )))
}
