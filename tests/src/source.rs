//! The sources that an agent watches, written to as a county's own software would.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, Params};

use crate::clock;

/// A county's own database.
#[derive(Debug)]
pub struct CountyDatabase {
    connection: Connection,
}

impl CountyDatabase {
    /// Makes a database with tables.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn make(path: &Path, tables: &str) -> anyhow::Result<Self> {
        let connection = Connection::open(path).context("failed to make a booking database")?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .context("failed to make a booking database")?;
        connection
            .execute_batch(tables)
            .context("failed to make the tables of a booking database")?;
        Ok(Self { connection })
    }

    /// Changes rows, and returns when the change was there for others to see.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn change(&self, sql: &str, values: impl Params) -> anyhow::Result<Timestamp> {
        self.connection
            .execute(sql, values)
            .context("failed to write to a booking database")?;
        Ok(clock::wall())
    }
}

/// A folder into which a county's software writes exports.
#[derive(Debug, Clone)]
pub struct ExportFolder {
    path: PathBuf,
}

impl ExportFolder {
    /// Uses a folder.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Writes an export under another name and renames it when it is whole; returns when it was
    /// there for others to see.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn put(&self, name: &str, content: &str) -> anyhow::Result<Timestamp> {
        let unfinished = self.path.join(format!("{name}.part"));
        std::fs::write(&unfinished, content).context("failed to write an export")?;
        std::fs::rename(&unfinished, self.path.join(name)).context("failed to name an export")?;
        Ok(clock::wall())
    }

    /// Writes an export that says of itself that it was written then.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn put_at(&self, name: &str, content: &str, written: Timestamp) -> anyhow::Result<()> {
        let unfinished = self.path.join(format!("{name}.part"));
        std::fs::write(&unfinished, content).context("failed to write an export")?;
        set_written(&unfinished, written.into())?;
        std::fs::rename(&unfinished, self.path.join(name)).context("failed to name an export")
    }

    /// Copies an export, with the time at which it was written; returns when it was there for
    /// others to see.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn copy(&self, export: &Path, name: &str) -> anyhow::Result<Timestamp> {
        let unfinished = self.path.join(format!("{name}.part"));
        std::fs::copy(export, &unfinished).context("failed to copy an export")?;
        let written = std::fs::metadata(export).and_then(|known| known.modified());
        let written = written.context("failed to read when an export was written")?;
        set_written(&unfinished, written)?;
        std::fs::rename(&unfinished, self.path.join(name)).context("failed to name an export")?;
        Ok(clock::wall())
    }
}

fn set_written(file: &Path, written: SystemTime) -> anyhow::Result<()> {
    std::fs::File::options()
        .append(true)
        .open(file)
        .and_then(|file| file.set_modified(written))
        .context("failed to note when an export was written")
}

/// Writes a list of invented people as CSV, each with a number, which is in the booking's, the person's and
/// the name, and a status.
///
/// # Errors
/// Returns the library's error.
pub fn people<'a>(listed: impl IntoIterator<Item = (u32, &'a str)>) -> anyhow::Result<String> {
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Born",
        "Status",
    ];
    let rows = listed.into_iter().map(|(number, status)| {
        [
            format!("B{number}"),
            number.to_string(),
            format!("SAMPLE{number}, AVERY"),
            format!("{}-02-03", 1990 - number % 60),
            status.to_owned(),
        ]
    });
    csv(&header, rows)
}

/// Writes rows as CSV (RFC 4180) under a header.
///
/// # Errors
/// Returns the library's error for rows of different lengths.
pub fn csv<R>(header: &[&str], rows: impl IntoIterator<Item = R>) -> anyhow::Result<String>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).context("failed to write CSV")?;
    for row in rows {
        writer.write_record(row).context("failed to write CSV")?;
    }
    let bytes = writer.into_inner().context("failed to write CSV")?;
    String::from_utf8(bytes).context("failed to write CSV")
}
