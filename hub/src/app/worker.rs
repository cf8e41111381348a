//! By what this node of the hub knows its own former life again: a name in its data folder.

use std::io;

use anyhow::Context as _;

use super::world;
use crate::config::Config;
use crate::ids::WorkerId;
use crate::private_file;

/// The file, in the data folder. A folder that is copied for another node goes without it.
const FILE: &str = "worker.id";

/// Returns the name of this node, which is made at its first start.
///
/// # Errors
/// Returns why the file cannot be read or written, or that it holds no name.
pub(super) fn name(config: &Config) -> anyhow::Result<WorkerId> {
    let file = config.data.join(FILE);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => {
            let made = WorkerId::from_bytes((world().random)());
            private_file::write(&file, made.to_string().as_bytes())
                .with_context(|| format!("failed to write {}", file.display()))?;
            return Ok(made);
        }
        Err(failure) => {
            return Err(failure).with_context(|| format!("failed to read {}", file.display()));
        }
    };
    let name = text.trim().parse();
    name.ok().with_context(|| {
        let file = file.display();
        format!("{file} does not hold the name of a node: remove it, and a new one is made")
    })
}
