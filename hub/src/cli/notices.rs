//! `notices`: what was told, by pseudonym: who was told stays with the vault.

use clap::Args;
use savin_shared::pii::Pii;
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::vault::command::{Answer, Command, NoticeRow, StaffAnswer, StaffCommand};

/// Show notices.
#[derive(Debug, Args)]
pub(super) struct Notices {
    /// How many to show.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: u32,
}

impl Notices {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let command = Command::Staff(StaffCommand::Notices { limit: self.limit });
        let Answer::Staff(StaffAnswer::Notices(notices)) = vault.handle(command)? else {
            anyhow::bail!("the vault gave another answer");
        };
        let mut rows = Vec::new();
        for notice in &notices {
            if output.is_json() {
                output.object(&json!({
                    "notice": notice.notice.to_string(),
                    "registrant": notice.registrant.to_string(),
                    "channel": notice.channel,
                    "event": notice.about,
                    "event_position": notice.event.map(|event| event.0),
                    "state": notice.state,
                    "planned_at": notice.planned_at,
                    "attempts": notice.attempts,
                    "attempted_at": notice.attempted_at,
                    "outcome": notice.outcome,
                    "answer": notice.answer.as_ref().map(Pii::reveal),
                }))?;
            }
            rows.push(vec![
                format!("{:.0}", notice.planned_at),
                notice.about.clone().unwrap_or_else(|| "(code)".to_owned()),
                notice.registrant.to_string().chars().take(8).collect(),
                format!("{} {}", notice.channel, notice.address.reveal()),
                notice.state.clone(),
                notice.attempts.to_string(),
                last_try(notice),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        let header = [
            "planned",
            "event",
            "registrant",
            "to",
            "state",
            "tries",
            "last outcome",
        ];
        if rows.is_empty() {
            return output.line("No notice has been planned yet.");
        }
        output.table(&header, rows)
    }
}

/// Returns what became of a notice's last try, and what the server said to it.
fn last_try(notice: &NoticeRow) -> String {
    let outcome = notice.outcome.as_deref().unwrap_or_default();
    match &notice.answer {
        Some(answer) => format!("{outcome}: {}", answer.reveal()),
        None => outcome.to_owned(),
    }
}
