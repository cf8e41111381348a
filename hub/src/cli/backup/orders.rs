//! The journal of courts' orders of a backup beside the hub's own: what the one lacks of the other, and which of
//! them stays when the backup is put back.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Manifest, stamp};
use crate::app;
use crate::config::Config;
use crate::orders::journal::entry::Entry;
use crate::orders::journal::{Chain, Journal, JournalError};

/// Both journals.
pub(super) struct Orders {
    journal: Journal,
    /// The hub's own; the reason where it cannot be read.
    own: Result<Chain, JournalError>,
    /// The backup's; none of a program that had no journal.
    theirs: Option<Chain>,
    made_at: Timestamp,
}

impl Orders {
    /// Reads both.
    pub(super) fn compare(
        config: &Config,
        backup: &Path,
        manifest: &Manifest,
    ) -> anyhow::Result<Self> {
        let journal = Journal::of(&config.data);
        let own = match journal.read() {
            Err(failure @ JournalError::File { .. }) => return Err(failure.into()),
            read @ (Ok(_) | Err(JournalError::Damaged { .. } | JournalError::Entry { .. })) => read,
        };
        let theirs = manifest.orders.map(|_| Journal::of(backup).read());
        Ok(Self {
            journal,
            own,
            theirs: theirs.transpose()?,
            made_at: manifest.made_at,
        })
    }

    /// Returns how many entries the backup lacks that the hub has; none where that is not known.
    pub(super) fn lacking(&self) -> Option<usize> {
        let own = self.own.as_ref().ok()?;
        Some(match &self.theirs {
            Some(theirs) => own.beyond(theirs),
            None => own
                .lines
                .iter()
                .filter(|line| line.at >= self.made_at)
                .count(),
        })
    }

    /// Says it.
    pub(super) fn said(&self) -> String {
        match (self.lacking(), &self.own) {
            (Some(0), _) => "Of courts' orders it lacks none that the journal here has.".to_owned(),
            (Some(lacking), _) => format!(
                "It lacks {lacking} entries of the journal of courts' orders here: when it is put back, the hub \
                 carries them out anew as it starts, before anything is shown or told."
            ),
            (None, Err(damaged)) => format!(
                "The journal of courts' orders here cannot be read, and what it has beyond the backup is not \
                 known: {damaged}."
            ),
            (None, Ok(_)) => String::new(),
        }
    }

    /// Leaves the hub with the journal that has every entry of both; returns where a damaged one is now.
    pub(super) fn keep(
        &self,
        config: &Config,
        restored_at: Timestamp,
    ) -> anyhow::Result<Option<PathBuf>> {
        let Some(theirs) = &self.theirs else {
            return Ok(None);
        };
        let Ok(own) = &self.own else {
            let file = self.journal.file();
            let mut aside = file.as_os_str().to_owned();
            aside.push(format!(".before-{}", stamp(restored_at)));
            let aside = PathBuf::from(aside);
            fs::rename(file, &aside)
                .with_context(|| format!("failed to move {} aside", file.display()))?;
            self.journal.write(theirs)?;
            return Ok(Some(aside));
        };
        if own.continues(theirs) {
            return Ok(None);
        }
        if theirs.continues(own) {
            self.journal.write(theirs)?;
            return Ok(None);
        }
        self.join(config, own, theirs).map(|()| None)
    }

    /// Two hubs went on from the same journal: what the shorter one has besides comes behind the longer one.
    fn join(&self, config: &Config, own: &Chain, theirs: &Chain) -> anyhow::Result<()> {
        let key = app::order_key_of(config)?.context(
            "the journals of courts' orders here and in the backup went different ways, and only with \
             orders.key can they be joined: put it back first",
        )?;
        let (longer, shorter) = if own.lines.len() < theirs.lines.len() {
            (theirs, own)
        } else {
            (own, theirs)
        };
        let known: Vec<Entry> = longer.entries(&key)?;
        let added = shorter.entries(&key)?;
        self.journal.write(longer)?;
        for entry in added {
            if !known.iter().any(|known| known.id == entry.id) {
                self.journal.append(&key, &[entry])?;
            }
        }
        Ok(())
    }
}
