//! The files of a package, laid out in a folder as they will lie on a machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// One file or folder of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Where it lies, without the first slash.
    pub path: String,
    /// Who may do what with it.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A folder of the package's own.
    Folder,
    /// A file that an upgrade replaces.
    File,
    /// A file that belongs to whoever runs the machine: an upgrade leaves a changed one alone.
    Configuration,
}

/// The files of a package.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    entries: Vec<Entry>,
}

impl Tree {
    /// Begins with none.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self {
            root,
            entries: Vec::new(),
        }
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns what it holds, in the order of the paths.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = self.entries.clone();
        entries.sort();
        entries
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn put(&mut self, path: &str, mode: u32, bytes: &[u8]) -> anyhow::Result<()> {
        self.write(path, mode, bytes, EntryKind::File)
    }

    /// Adds a file that belongs to whoever runs the machine.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn put_configuration(&mut self, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.write(path, 0o644, bytes, EntryKind::Configuration)
    }

    /// Adds a copy of a file.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn copy(&mut self, path: &str, mode: u32, from: &Path) -> anyhow::Result<()> {
        let bytes = fs::read(from).with_context(|| format!("failed to read {}", from.display()))?;
        self.put(path, mode, &bytes)
    }

    /// Adds an empty folder.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn folder(&mut self, path: &str, mode: u32) -> anyhow::Result<()> {
        let target = self.root.join(path);
        fs::create_dir_all(&target).context("failed to make a folder")?;
        set_mode(&target, mode)?;
        self.entries.push(Entry {
            path: path.to_owned(),
            mode,
            kind: EntryKind::Folder,
        });
        Ok(())
    }

    fn write(
        &mut self,
        path: &str,
        mode: u32,
        bytes: &[u8],
        kind: EntryKind,
    ) -> anyhow::Result<()> {
        let target = self.root.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).context("failed to make a folder")?;
        }
        fs::write(&target, bytes).with_context(|| format!("failed to write {path}"))?;
        set_mode(&target, mode)?;
        self.entries.push(Entry {
            path: path.to_owned(),
            mode,
            kind,
        });
        Ok(())
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> anyhow::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(path, mode).context("failed to set rights")
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> anyhow::Result<()> {
    anyhow::bail!("these packages are built on Linux")
}
