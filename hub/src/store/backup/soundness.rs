//! Whether a database has what its schema says, and whether anything is in it: what is taken over from one that lost a
//! table, or all of its rows, would be lost with it.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{Copy, TableRows};
use crate::store::StoreError;
use crate::store::conn::Engine;
use crate::store::migrate::{Schema, written};

/// A column, by its table.
pub(super) type Column = (String, String);

/// Columns of an SQLite database, without its own.
pub(super) const COLUMNS: &str =
    "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

/// Looks whether a database has every column that as many migrations made as it says.
///
/// # Errors
/// Returns [`StoreError::Place`] with the first one that it lacks.
pub(super) fn complete(
    name: &str,
    found: &BTreeSet<Column>,
    (schema, migrations): (&Schema, usize),
) -> Result<(), StoreError> {
    let refused = |what: String| Err(StoreError::Place(format!("{name} {what}")));
    if found.is_empty() {
        return refused("has no tables".to_owned());
    }
    let tables: BTreeSet<&str> = found.iter().map(|(table, _)| table.as_str()).collect();
    for (table, column) in made_by(schema, migrations)? {
        if !tables.contains(table.as_str()) {
            return refused(format!("lacks the table {table}"));
        }
        if !found.contains(&(table.clone(), column.clone())) {
            return refused(format!("lacks the column {table}.{column}"));
        }
    }
    Ok(())
}

fn made_by(schema: &Schema, migrations: usize) -> Result<BTreeSet<Column>, StoreError> {
    let model = Connection::open_in_memory().map_err(StoreError::Sqlite)?;
    for (_, text) in schema.migrations.iter().take(migrations) {
        model
            .execute_batch(&written(text, Engine::Sqlite))
            .map_err(StoreError::Sqlite)?;
    }
    columns(&model).map_err(StoreError::Sqlite)
}

/// Lists the columns of an SQLite database.
pub(super) fn columns(connection: &Connection) -> Result<BTreeSet<Column>, rusqlite::Error> {
    let mut statement = connection.prepare(COLUMNS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Returns which of these tables has no rows any more, though the copy has some.
#[must_use]
pub fn emptied(found: &[TableRows], copy: &Copy, tables: &[&str]) -> Option<String> {
    let is_empty = |table: &&&str| {
        let rows = found.iter().find(|rows| rows.table == **table);
        rows.is_none_or(|rows| rows.rows == 0) && copy.rows_of(table).is_some_and(|rows| rows > 0)
    };
    let emptied = tables.iter().find(is_empty)?;
    let rows = copy.rows_of(emptied).unwrap_or(0);
    Some(format!(
        "its table {emptied} has no rows, and the backup has {rows} in it"
    ))
}
