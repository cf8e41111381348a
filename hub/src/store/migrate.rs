//! Ordered migrations, written once with tokens for what the engines call differently.

use savin_shared::hash::Hash;

use super::StoreError;
use super::conn::{Access, Driver, Engine, Tx};
use crate::values;

/// The migrations of one database; one that has been released is frozen.
#[derive(Debug)]
pub struct Schema {
    /// What the database is, for messages.
    pub name: &'static str,
    /// File name and text of each, in order.
    pub migrations: &'static [(&'static str, &'static str)],
}

/// Brings a database to this program's version.
///
/// # Errors
/// Returns [`StoreError::Newer`] for a database of a newer program, [`StoreError::Migration`] for
/// one whose history differs.
pub(super) fn migrate(driver: &mut dyn Driver, schema: &Schema) -> Result<(), StoreError> {
    driver.batch(
        "CREATE TABLE IF NOT EXISTS migration (
             version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
         )",
    )?;
    driver.begin(Access::Write)?;
    match apply(driver, schema) {
        Ok(()) => driver.commit(),
        Err(error) => {
            // The first error is the one to report.
            let _rolled_back = driver.roll_back();
            Err(error)
        }
    }
}

fn apply(driver: &mut dyn Driver, schema: &Schema) -> Result<(), StoreError> {
    let applied = Tx::new(driver).query(
        "SELECT version, name, checksum FROM migration ORDER BY version",
        values![],
    )?;
    let known = i64::try_from(schema.migrations.len()).unwrap_or(i64::MAX);
    let found = i64::try_from(applied.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, (name, text)) in (1_i64..).zip(schema.migrations) {
        let checksum = Hash::of(text.as_bytes()).to_string();
        let before = applied
            .iter()
            .find(|row| row.integer(0).is_ok_and(|found| found == version));
        if let Some(row) = before {
            if row.text(2)? != checksum {
                return Err(StoreError::Migration(name));
            }
            continue;
        }
        let sql = written(text, driver.engine());
        driver.batch(&sql)?;
        Tx::new(driver).execute_one(
            "migration",
            "INSERT INTO migration (version, name, checksum) VALUES ($1, $2, $3)",
            values![version, *name, checksum],
        )?;
    }
    Ok(())
}

/// Writes a migration for an engine.
pub(super) fn written(text: &str, engine: Engine) -> String {
    let (integer, bytes, strict) = match engine {
        Engine::Sqlite => ("INTEGER", "BLOB", "STRICT"),
        Engine::Postgres => ("BIGINT", "BYTEA", ""),
    };
    let by_key = match engine {
        Engine::Sqlite => "STRICT, WITHOUT ROWID",
        Engine::Postgres => "",
    };
    text.replace("{int}", integer)
        .replace("{bytes}", bytes)
        .replace("{strict}", strict)
        .replace("{by_key}", by_key)
}
