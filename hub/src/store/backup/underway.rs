//! A restoration that is under way: noted in the data folder before anything is moved, and undone where it fails.
//!
//! So is one that was cut off, by the next one: what it left half done is never taken for what stood there before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::undo;
use crate::private_file;
use crate::store::{Place, StoreError};

/// The file in the data folder.
const FILE: &str = "restoring.json";

/// What is put back, and under which name what stands there is moved aside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Underway {
    aside: String,
    databases: Vec<Database>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    /// What the configuration calls it.
    name: String,
    /// Whether there was any.
    was_there: bool,
}

impl Underway {
    /// Notes that databases are about to be moved aside under a name.
    ///
    /// # Errors
    /// Returns [`UnderwayError`] when that cannot be written.
    pub fn begin(
        data: &Path,
        aside: &str,
        databases: &[(&str, &Place)],
    ) -> Result<(), UnderwayError> {
        let databases = databases.iter().map(|(name, place)| Database {
            name: (*name).to_owned(),
            was_there: !matches!(place, Place::File(path) if !path.exists()),
        });
        let underway = Self {
            aside: aside.to_owned(),
            databases: databases.collect(),
        };
        let file = data.join(FILE);
        let text = serde_json::to_vec(&underway).map_err(io::Error::from);
        let written = text.and_then(|text| private_file::write(&file, &text));
        written.map_err(|cause| UnderwayError::File { file, cause })
    }

    /// Says whether one was begun and has not ended.
    #[must_use]
    pub fn is_in(data: &Path) -> bool {
        data.join(FILE).exists()
    }

    /// Notes that it has ended.
    ///
    /// # Errors
    /// Returns [`UnderwayError`] when that cannot be written.
    pub fn end(data: &Path) -> Result<(), UnderwayError> {
        let file = data.join(FILE);
        let removed = fs::remove_file(&file).and_then(|()| private_file::sync_folder(&file));
        removed.map_err(|cause| UnderwayError::File { file, cause })
    }

    /// Puts back where it was what one that has not ended moved aside, and forgets what it put there.
    ///
    /// # Errors
    /// Returns [`UnderwayError`] when a database refuses; what is left is undone the next time.
    pub fn undo(data: &Path, places: &[(&str, &Place)]) -> Result<(), UnderwayError> {
        let file = data.join(FILE);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(UnderwayError::File { file, cause }),
        };
        let read = serde_json::from_slice::<Self>(&text).map_err(io::Error::from);
        let underway = read.map_err(|cause| UnderwayError::File { file, cause })?;
        for (name, place) in places {
            let mut moved = underway.databases.iter();
            if let Some(database) = moved.find(|database| database.name == *name) {
                undo(place, &underway.aside, database.was_there)?;
            }
        }
        Self::end(data)
    }
}

/// Why a restoration cannot be noted or undone.
#[derive(Debug, Error)]
pub enum UnderwayError {
    /// The note cannot be read or written.
    #[error("failed to use {}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A database refuses.
    #[error("failed to put back where it was what a restoration moved aside")]
    Database(#[from] StoreError),
}
