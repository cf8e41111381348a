//! Reading a feed's source once for a command: the newest export of a folder, or what the query gives.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::app;
use crate::capture::rows::Rows;
use crate::config::{FeedConfig, SourceConfig};
use crate::format::open::open;
use crate::sources::database::Database;
use crate::sources::folder::{FolderSettings, export_time, is_export};

/// What is done with the rows, and with their file's name where they are of one.
pub(super) type Use<'a, T> = dyn FnMut(&mut dyn Rows, Option<&Path>) -> anyhow::Result<T> + 'a;

/// Finds the newest export of a folder, and its date; none where no file is one.
pub(super) fn newest(
    configured: &FeedConfig,
    settings: &FolderSettings,
) -> anyhow::Result<Option<(PathBuf, Timestamp)>> {
    let profile = &configured.feed.profile;
    let mut newest = None;
    let listing = std::fs::read_dir(&settings.path)
        .with_context(|| format!("failed to list {}", settings.path.display()))?;
    for entry in listing {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if is_export(&settings.files, &name) {
            let modified = entry.metadata()?.modified()?;
            let at = export_time(&profile.times, &profile.export_date, &name, modified);
            newest = newest.max(Some((at, entry.path())));
        }
    }
    Ok(newest.map(|(at, path)| (path, at)))
}

/// Reads the newest export, or the query, and hands its rows over.
pub(super) fn newest_rows<T>(configured: &FeedConfig, with: &mut Use<'_, T>) -> anyhow::Result<T> {
    match &configured.source {
        SourceConfig::Folder(settings) => {
            let newest = newest(configured, settings)?;
            let (path, _) = newest.with_context(|| {
                let folder = settings.path.display();
                format!("no file in {folder} fits {:?}", settings.files)
            })?;
            let bytes = std::fs::read(&path)
                .with_context(|| format!("failed to read {}", path.display()))?;
            file_rows(configured, &path, &bytes, with)
        }
        SourceConfig::Database(settings) => {
            let mut database = Database::new(settings.clone());
            let table = database.read_if_changed((app::world().monotonic)())?;
            let mut table = table.context("the database gave nothing")?;
            with(&mut table, None)
        }
    }
}

/// Reads the rows of a file.
pub(super) fn file_rows<T>(
    configured: &FeedConfig,
    path: &Path,
    bytes: &[u8],
    with: &mut Use<'_, T>,
) -> anyhow::Result<T> {
    let named = || path.display().to_string();
    let mut opened = open(bytes, &configured.feed.profile.layout).with_context(named)?;
    let mut rows = opened.rows().with_context(named)?;
    with(&mut rows, Some(path)).with_context(named)
}
