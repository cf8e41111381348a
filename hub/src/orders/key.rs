//! The key by which expunged records are known again, in a file of its own: in a database anybody with a
//! copy of it could try every booking number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use savin_shared::hash::{hex, unhex};
use savin_shared::pii::Secret;
use thiserror::Error;

use crate::private_file;
use crate::store::registry::expunged::{self, OrderKey};
use crate::store::{Store, StoreError};

/// The file in the data folder.
const KEY_FILE: &str = "orders.key";

/// Reads the key, where there is one.
///
/// # Errors
/// Returns [`OrderKeyError`] when the file cannot be read or is none.
pub fn read(data: &Path) -> Result<Option<OrderKey>, OrderKeyError> {
    let file = data.join(KEY_FILE);
    match fs::read_to_string(&file) {
        Ok(text) => parse(&text, file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(OrderKeyError::File { file, cause }),
    }
}

fn parse(text: &str, file: PathBuf) -> Result<OrderKey, OrderKeyError> {
    let bytes = unhex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes
        .map(OrderKey::new)
        .ok_or(OrderKeyError::Damaged { file })
}

/// Loads the key, or makes it for a registry that has never had one.
///
/// # Errors
/// Returns [`OrderKeyError`] when the file cannot be used, is gone, or is another registry's.
pub fn load_or_make(
    data: &Path,
    registry: &Store,
    random: fn() -> [u8; 16],
) -> Result<OrderKey, OrderKeyError> {
    let file = data.join(KEY_FILE);
    let known = registry.read_now("key of orders", expunged::known)?;
    let key = match read(data)? {
        Some(key) => key,
        None if known.is_some() => return Err(OrderKeyError::Missing { file }),
        None => {
            let made = Secret::new(hex([random(), random()].as_flattened()));
            let written = private_file::write(&file, made.reveal().as_bytes());
            written.map_err(|cause| OrderKeyError::File {
                file: file.clone(),
                cause,
            })?;
            parse(made.reveal(), file.clone())?
        }
    };
    let check_value = key.check_value();
    let begun = registry.write_now("key of orders", move |tx| expunged::begin(tx, &check_value))?;
    if begun != check_value {
        return Err(OrderKeyError::Other { file });
    }
    Ok(key)
}

/// Why there is no key: with another one, what was expunged would come back.
#[derive(Debug, Error)]
pub enum OrderKeyError {
    /// The file cannot be read or written.
    #[error("failed to use {}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The registry has had one.
    #[error("{} is gone: put the copy of it back, without it what was expunged would come back", file.display())]
    Missing {
        /// Which.
        file: PathBuf,
    },
    /// It holds no key.
    #[error("{} does not hold 64 hexadecimal digits", file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
    },
    /// It is not the one that the registry knows.
    #[error("{} is another registry's", file.display())]
    Other {
        /// Which.
        file: PathBuf,
    },
    /// The registry failed.
    #[error("the registry failed")]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::{KEY_FILE, OrderKeyError, load_or_make};
    use crate::intake::testing::each;
    use crate::store::{Place, Store, registry};

    #[test]
    fn makes_one_key_for_a_registry_and_takes_no_other() {
        each("order_key", |store| {
            let folder = tempfile::tempdir().unwrap();
            let load = |store: &Store| load_or_make(folder.path(), store, || [7; 16]);
            let key = load(store).unwrap();
            assert_eq!(load(store).unwrap(), key);
            let file = folder.path().join(KEY_FILE);
            std::fs::remove_file(&file).unwrap();
            assert!(matches!(load(store), Err(OrderKeyError::Missing { .. })));
            let place = Place::File(folder.path().join("other.sqlite"));
            let other = Store::open(&place, &registry::SCHEMA).unwrap();
            load_or_make(folder.path(), &other, || [8; 16]).unwrap();
            assert!(matches!(load(store), Err(OrderKeyError::Other { .. })));
            std::fs::write(&file, "none").unwrap();
            assert!(matches!(load(store), Err(OrderKeyError::Damaged { .. })));
        });
    }
}
