//! Whole copies of a database while the hub runs, and putting one back: SQLite by its online backup,
//! PostgreSQL by its own `pg_dump` and `pg_restore`.

mod server;
pub mod soundness;
pub mod underway;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use savin_shared::hash::{Hash, hex};
use serde::{Deserialize, Serialize};

use super::conn::{Engine, Tx};
use super::migrate::Schema;
use super::sqlite::SqliteDriver;
use super::{Place, StoreError, evidence};
use crate::evidence::checkpoint::Checkpoint;
use crate::private_file;

/// Bytes that are hashed at once.
const CHUNK: usize = 1 << 20;

/// Every page in one step: nothing can be written in between.
const EVERY_PAGE: i32 = -1;

/// The files of a database, the one that gives it its name first.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// How many rows a table has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRows {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
}

/// A copy of a database, as its backup describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// From which engine it is: it goes back to no other.
    pub engine: Engine,
    /// The file, in the folder of the backup.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, as `sha256sum` prints it.
    pub sha256: String,
    /// Every table in it.
    pub tables: Vec<TableRows>,
}

impl Copy {
    /// Returns how many rows it has of a table.
    #[must_use]
    pub fn rows_of(&self, table: &str) -> Option<u64> {
        let found = self.tables.iter().find(|rows| rows.table == table);
        found.map(|rows| rows.rows)
    }
}

/// Copies a database, as it stands at one moment, into a file of a folder.
///
/// # Errors
/// Returns [`StoreError`] when the database or the folder refuses.
pub fn copy(place: &Place, folder: &Path, name: &str) -> Result<Copy, StoreError> {
    let engine = place.engine();
    let (file, tables) = match place {
        Place::File(path) => {
            let file = format!("{name}.sqlite");
            (file.clone(), copy_file(path, &folder.join(&file))?)
        }
        Place::Server { url, schema } => {
            let file = format!("{name}.dump");
            let tables = server::copy(url, schema, &folder.join(&file))?;
            (file, tables)
        }
    };
    let path = folder.join(&file);
    let (bytes, sha256) = hashed(&path)?;
    Ok(Copy {
        engine,
        file,
        bytes,
        sha256,
        tables,
    })
}

/// Looks whether a copy is what its backup says: its bytes, its structure, the rows of each table. A
/// dump's rows are counted only when it is put back.
///
/// # Errors
/// Returns [`StoreError::Place`] with what does not hold.
pub fn check(copy: &Copy, folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(&copy.file);
    let (bytes, sha256) = hashed(&path)?;
    if (bytes, &sha256) != (copy.bytes, &copy.sha256) {
        return Err(StoreError::Place(format!(
            "{} is not the file that was written: it has {bytes} bytes and SHA-256 {sha256}, and the \
             backup says {} and {}",
            path.display(),
            copy.bytes,
            copy.sha256
        )));
    }
    match copy.engine {
        Engine::Sqlite => same_rows(&sound_rows(&path)?, &copy.tables, &path),
        Engine::Postgres => server::check(&path),
    }
}

/// Returns what the evidence log in a copy was at a size; nothing of a dump, which only a server can read.
///
/// # Errors
/// Returns [`StoreError`] when the log in it is shorter, or the copy cannot be read.
pub fn log_at(copy: &Copy, folder: &Path, size: u64) -> Result<Option<Checkpoint>, StoreError> {
    match copy.engine {
        Engine::Sqlite => {
            let mut driver = SqliteDriver::look(&folder.join(&copy.file))?;
            evidence::at(&mut Tx::new(&mut driver), size).map(Some)
        }
        Engine::Postgres => Ok(None),
    }
}

/// Says whether anything else has a database open, such as a running hub; of a damaged file nobody can say that.
///
/// # Errors
/// Returns [`StoreError`] when that cannot be found out.
pub fn is_in_use(place: &Place) -> Result<bool, StoreError> {
    match place {
        Place::File(path) if !path.exists() => Ok(false),
        Place::File(path) => is_file_in_use(path),
        Place::Server { url, schema } => server::is_in_use(url, schema),
    }
}

/// Looks whether a database is damaged: whether each of its rows can be read, and each table and column of its schema is
/// there. Returns how many rows each table has.
///
/// # Errors
/// Returns [`StoreError`] with what is damaged.
pub fn check_place(place: &Place, schema: &Schema) -> Result<Vec<TableRows>, StoreError> {
    match place {
        Place::File(path) => {
            let rows = sound_rows(path)?;
            let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let found = soundness::columns(&connection).map_err(StoreError::Sqlite)?;
            let migrations = migrations(&rows);
            soundness::complete(&path.display().to_string(), &found, (schema, migrations))?;
            Ok(rows)
        }
        Place::Server { url, schema: name } => server::check_place(url, name, schema),
    }
}

/// Returns how many migrations made a database.
fn migrations(rows: &[TableRows]) -> usize {
    let noted = rows.iter().find(|rows| rows.table == "migration");
    noted.map_or(0, |noted| usize::try_from(noted.rows).unwrap_or(usize::MAX))
}

/// Puts a copy in the place of a database, which is moved aside under a name with `aside` in it;
/// returns where it is now. Nothing may have it open.
///
/// # Errors
/// Returns [`StoreError`] when the copy cannot be put there; the database is then where it was.
pub fn put_back(
    copy: &Copy,
    folder: &Path,
    place: &Place,
    aside: &str,
) -> Result<Option<Place>, StoreError> {
    let from = folder.join(&copy.file);
    match place {
        Place::File(path) => put_file_back(&from, path, aside),
        Place::Server { url, schema } => {
            server::put_back(&from, (url, schema), &copy.tables, aside)
        }
    }
}

/// Undoes [`put_back`], which may have been cut off anywhere: what stood there before, if anything did, stands there
/// again, and what took its place is gone.
fn undo(place: &Place, aside: &str, was_there: bool) -> Result<(), StoreError> {
    match place {
        Place::File(path) => undo_file(path, aside, was_there),
        Place::Server { url, schema } => server::undo(url, schema, aside),
    }
}

fn copy_file(from: &Path, to: &Path) -> Result<Vec<TableRows>, StoreError> {
    let source = open(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut target = open(to, flags)?;
        let backup = Backup::new(&source, &mut target).map_err(StoreError::Sqlite)?;
        if backup.step(EVERY_PAGE).map_err(StoreError::Sqlite)? != StepResult::Done {
            return Err(StoreError::Place(format!(
                "{} was busy: try again",
                from.display()
            )));
        }
    }
    // A copy is one file: whoever carries it somewhere carries no log beside it.
    let copied = open(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copied
        .pragma_update(None, "journal_mode", "DELETE")
        .map_err(StoreError::Sqlite)?;
    drop(copied);
    sync(to)?;
    sound_rows(to)
}

/// Looks whether a file is sound, and counts the rows of its tables.
fn sound_rows(path: &Path) -> Result<Vec<TableRows>, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(StoreError::Sqlite)?;
    if found != "ok" {
        return Err(StoreError::Place(format!(
            "{} is damaged: {found}",
            path.display()
        )));
    }
    let mut statement = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' \
             ESCAPE '\\' ORDER BY name",
        )
        .map_err(StoreError::Sqlite)?;
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(StoreError::Sqlite)?;
    let mut tables = Vec::new();
    for table in names {
        let table = table.map_err(StoreError::Sqlite)?;
        let count = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        let rows: i64 = connection
            .query_row(&count, [], |row| row.get(0))
            .map_err(StoreError::Sqlite)?;
        tables.push(TableRows {
            table,
            rows: u64::try_from(rows).unwrap_or(0),
        });
    }
    Ok(tables)
}

/// Says in what the rows of two tables differ.
fn same_rows(found: &[TableRows], said: &[TableRows], what: &Path) -> Result<(), StoreError> {
    if found == said {
        return Ok(());
    }
    let differs = |rows: &&TableRows| !found.contains(rows);
    let which = said
        .iter()
        .find(differs)
        .map_or("a further table", |rows| rows.table.as_str());
    Err(StoreError::Place(format!(
        "{}: {which} has not the rows that the backup says",
        what.display()
    )))
}

fn is_file_in_use(path: &Path) -> Result<bool, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let alone = connection
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .and_then(|()| connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK"));
    match alone {
        Ok(()) => Ok(false),
        Err(error) if super::sqlite::is_passing(&error) => Ok(true),
        // A damaged one cannot be locked, and is the first that a backup is put in the place of.
        Err(error) if super::sqlite::is_damaged(&error) => Ok(false),
        Err(error) => Err(StoreError::Sqlite(error)),
    }
}

/// Names a file that lies beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Where a file is written before it takes another's place, and where that one is then.
fn both_beside(path: &Path, aside: &str) -> (PathBuf, PathBuf) {
    let old = beside(path, &format!(".before-{aside}"));
    (beside(path, ".restored"), old)
}

fn put_file_back(from: &Path, path: &Path, aside: &str) -> Result<Option<Place>, StoreError> {
    let (arriving, old) = both_beside(path, aside);
    // Beside the database first, so that what takes its place is whole and on the same disk.
    fs::copy(from, &arriving).map_err(|error| refused(&arriving, &error))?;
    owner_only(&arriving)?;
    sync(&arriving)?;
    let was_there = path.exists();
    if was_there {
        for ending in PARTS {
            rename(&beside(path, ending), &beside(&old, ending))?;
        }
    }
    fs::rename(&arriving, path).map_err(|error| refused(path, &error))?;
    private_file::sync_folder(path).map_err(|error| refused(path, &error))?;
    Ok(was_there.then_some(Place::File(old)))
}

/// The file of a database comes last back and goes first: while it is missing, its other parts are still its own.
fn undo_file(path: &Path, aside: &str, was_there: bool) -> Result<(), StoreError> {
    let (arriving, old) = both_beside(path, aside);
    remove(&arriving)?;
    if path.exists() && (old.exists() || !was_there) {
        for ending in PARTS.iter().rev() {
            remove(&beside(path, ending))?;
        }
    }
    for ending in PARTS.iter().rev() {
        rename(&beside(&old, ending), &beside(path, ending))?;
    }
    private_file::sync_folder(path).map_err(|error| refused(path, &error))
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    if from.exists() {
        fs::rename(from, to).map_err(|error| refused(from, &error))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    if path.exists() {
        fs::remove_file(path).map_err(|error| refused(path, &error))?;
    }
    Ok(())
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(StoreError::Sqlite)
}

fn hashed(path: &Path) -> Result<(u64, String), StoreError> {
    let mut file = fs::File::open(path).map_err(|error| refused(path, &error))?;
    let mut context = Context::new(&SHA256);
    let (mut bytes, mut chunk) = (0, vec![0; CHUNK]);
    loop {
        let read = file
            .read(&mut chunk)
            .map_err(|error| refused(path, &error))?;
        if read == 0 {
            break;
        }
        context.update(chunk.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let hash = Hash::from_slice(context.finish().as_ref());
    Ok((
        bytes,
        hash.map_or_else(String::new, |hash| hex(hash.as_bytes())),
    ))
}

fn sync(path: &Path) -> Result<(), StoreError> {
    let file = fs::File::open(path).and_then(|file| file.sync_all());
    file.map_err(|error| refused(path, &error))
}

#[cfg(unix)]
fn owner_only(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        .map_err(|error| refused(path, &error))
}

#[cfg(not(unix))]
fn owner_only(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn refused(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Place(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
