//! What is left once the hub and the agent of a week have ended, and how the hub comes back.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use savin_tests::engine::Engine;
use savin_tests::home::{AgentHome, HubHome};
use savin_tests::mailbox::Mailbox;
use savin_tests::program::run;
use savin_tests::stage::Stage;
use serde_json::Value;

use super::{Age, Story, Week};

/// What is left where neither hub nor agent runs.
pub(super) struct Lost {
    pub(super) mailbox: Mailbox,
    pub(super) hub: HubHome,
    pub(super) agent: AgentHome,
    pub(super) story: Story,
}

impl Lost {
    const HOMES: [&str; 2] = ["hub", "agent"];

    /// Keeps both homes as they are, and what day it is.
    pub(super) fn keep(&mut self) -> anyhow::Result<()> {
        self.story.lost_at = self.story.calendar.ahead();
        let folder = &self.story.folder;
        for home in Self::HOMES {
            copy(&folder.join(home), &folder.join(format!("{home}.lost")))?;
        }
        Ok(())
    }

    /// Has both homes as they were kept.
    pub(super) fn begin_anew(&mut self) -> anyhow::Result<()> {
        self.story.is_wrecked = false;
        let folder = &self.story.folder;
        for home in Self::HOMES {
            std::fs::remove_dir_all(folder.join(home))?;
            copy(&folder.join(format!("{home}.lost")), &folder.join(home))?;
        }
        self.story.calendar.turn_to(self.story.lost_at)
    }

    /// Wrecks the registry that stands there.
    pub(super) fn wreck(&mut self, engine: &Engine) -> anyhow::Result<()> {
        self.story.is_wrecked = true;
        engine.wreck(&self.story.folder.join("hub/data"), "registry")
    }

    /// Puts a backup back and starts both.
    pub(super) fn restore(self, age: Age, only: Option<&str>) -> anyhow::Result<(Week, usize)> {
        let known = self.mailbox.letters().len();
        let backup = self.story.backups.iter().find(|(of, _)| *of == age);
        let (_, backup) = backup.context("no such backup")?;
        let mut restore = vec!["--json", "backup", "restore", backup.as_str()];
        restore.extend(only.into_iter().flat_map(|only| ["--only", only]));
        let said: Value = serde_json::from_str(&self.hub.cli(&restore)?)?;
        let counted = |name: &str| said.get(name).and_then(Value::as_u64);
        let is_vault_back = only != Some("registry");
        let taken_over = counted("registrants_taken_over");
        let many = if age == Age::Month { 3 } else { 7 };
        assert_eq!(taken_over, is_vault_back.then_some(many), "{said}");
        let serving = self.hub.serve()?;
        let watching = self.agent.start()?;
        let stage = Stage {
            mailbox: self.mailbox,
            hub: self.hub,
            agent: self.agent,
            serving,
            watching,
        };
        let story = self.story;
        Ok((Week { stage, story }, known))
    }
}

/// Copies a folder with the times at which its files were written.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from).arg(to);
    run(copy).map(|_| ())
}
