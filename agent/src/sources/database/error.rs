//! Why a booking database could not be read. A server's own words pass only where they cannot hold
//! what stands in a row.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::table::TooLarge;
use crate::capture::CaptureError;

/// Why a booking database could not be read.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// There is no file, or it cannot be looked at.
    #[error("the file cannot be looked at")]
    File(#[source] io::Error),
    /// SQLite refused.
    #[error("SQLite refused")]
    Sqlite(#[from] rusqlite::Error),
    /// The query answers more than fits.
    #[error("the query answers more than 256 MiB")]
    TooLarge,
    /// A file with a password, a connection string or certificates cannot be used.
    #[error("{file}: {reason}", file = file.display())]
    Secret {
        /// Which.
        file: PathBuf,
        /// What to do about it.
        reason: String,
    },
    /// The server cannot be reached, or hung up.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// Which.
        server: String,
        /// What the system said.
        reason: String,
    },
    /// The server refused a question, or the login.
    #[error("the server refused with code {code}: {reason}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words, where they may be shown.
        reason: String,
    },
    /// No answer in time.
    #[error("no answer within {} s: the server or a table of it is busy or locked", _0.as_secs())]
    TimedOut(Duration),
    /// The question does not answer with rows.
    #[error("the query answers with no columns")]
    NoColumns,
    /// The columns are others than before.
    #[error("the columns of the query changed during the look")]
    OtherColumns,
    /// The file was written to while it was copied.
    #[error("{file} was written to at each of {tries} tries to copy it", file = file.display())]
    Restless {
        /// Which.
        file: PathBuf,
        /// How often it was tried.
        tries: u32,
    },
    /// The helper for ODBC cannot be used.
    #[error("the ODBC helper {helper}: {reason}", helper = helper.display())]
    Helper {
        /// Which program.
        helper: PathBuf,
        /// What happened to it.
        reason: String,
    },
}

impl DatabaseError {
    /// Keeps a server's words unless they may quote a value of a row (class 22, data exceptions).
    pub(super) fn refused(code: &str, words: &str) -> Self {
        let may_quote = code.starts_with("22") || code.starts_with("HY000 (1366");
        let reason = if may_quote {
            "a value could not be converted (the server's words may quote it and are left out)"
        } else {
            words.trim()
        };
        Self::Refused {
            code: code.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

impl From<TooLarge> for DatabaseError {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl From<DatabaseError> for CaptureError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}
