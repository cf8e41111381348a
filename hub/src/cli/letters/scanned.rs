//! What staff hears of letters: which were printed, mailed and brought back, by their scanned numbers, and
//! which somebody says that she has.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::hash::unhex;
use serde_json::json;

use super::{notices, staff};
use crate::app;
use crate::cli::output::Output;
use crate::cli::signing::SignAs;
use crate::config::Config;
use crate::ids::NoticeId;
use crate::notification::channel::Channel;
use crate::notification::mark::LetterCode;
use crate::notification::outcome::Outcome;
use crate::store::registry::decision;
use crate::vault::Vault;
use crate::vault::command::{Later, NoticeRow, StaffAnswer, StaffCommand};
use crate::vault::contacts::short;

/// Letters that were scanned.
#[derive(Debug, Args)]
pub(in crate::cli) struct Scanned {
    /// Their numbers; without any, one a line from standard input, as a scanner types them.
    numbers: Vec<String>,
    /// What to keep with them, in a few words: nothing of a registrant.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

/// The code of a letter that somebody said.
#[derive(Debug, Args)]
pub(in crate::cli) struct Confirm {
    /// The 12 letters and digits, as she said them.
    code: String,
    #[command(flatten)]
    by: SignAs,
}

impl Scanned {
    pub(super) fn run(
        &self,
        outcome: Outcome,
        config: &Config,
        output: &Output,
    ) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let vault = app::open_vault(config)?;
        let registry = app::open_registry(config)?;
        let mut numbers = self.numbers.clone();
        if numbers.is_empty() {
            let lines = std::io::stdin().lock().lines();
            numbers = lines
                .collect::<Result<_, _>>()
                .context("failed to read the numbers")?;
        }
        let mut is_wrong = false;
        for number in numbers
            .iter()
            .map(|number| number.trim())
            .filter(|number| !number.is_empty())
        {
            let Some(notice) = named(&vault, number)? else {
                is_wrong = true;
                output.line(&format!("{number}: there is no letter of that number"))?;
                continue;
            };
            let now = (app::world().wall)();
            let subject = format!("notice/{notice}");
            let word = outcome.as_str();
            let signed = signer.sign("letter-scanned", &subject, word, &self.note, now)?;
            registry.write_now("decision", move |tx| decision::record(tx, &signed))?;
            let detail = format!("scanned by {} {}", signer.name(), self.note);
            let later = later(outcome, detail);
            let heard = staff(&vault, StaffCommand::Heard { notice, later })?;
            let is_news = matches!(heard, StaffAnswer::Changed(true));
            if output.is_json() {
                output.object(&json!({
                    "letter": notice.to_string(), "outcome": word, "changed": is_news,
                }))?;
            } else if is_news {
                output.line(&format!("{}: {}.", short(notice), outcome.plain()))?;
            } else {
                output.line(&format!(
                    "{}: known already, or not made yet.",
                    short(notice)
                ))?;
            }
        }
        if is_wrong {
            bail!("some numbers are of no letter: look at the paper, and scan those again");
        }
        Ok(())
    }
}

/// Returns what is heard of a letter that was scanned.
fn later(outcome: Outcome, detail: String) -> Later {
    if outcome == Outcome::Printed {
        Later::Printed
    } else if outcome == Outcome::Mailed {
        Later::Mailed
    } else {
        Later::Returned { detail }
    }
}

impl Confirm {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let code = LetterCode::parse(&self.code)
            .context("a letter's code has 12 letters and digits, as in ABCD-EFGH-JKMN")?;
        let vault = app::open_vault(config)?;
        let begins = code.begins().to_vec();
        let letter = only(beginning(&vault, begins)?)
            .context("no letter has this code: have her read it once more, and try again")?;
        let now = (app::world().wall)();
        let subject = format!("notice/{letter}");
        let signed = signer.sign("letter-confirmed", &subject, "confirmed", "", now)?;
        app::open_registry(config)?
            .write_now("decision", move |tx| decision::record(tx, &signed))?;
        let StaffAnswer::Changed(true) = staff(&vault, StaffCommand::SaidCode { code })? else {
            bail!("no letter has this code: have her read it once more, and try again");
        };
        if output.is_json() {
            return output.object(&json!({ "letter": letter.to_string(), "confirmed": true }));
        }
        output.line(&format!("{}: she has it.", short(letter)))
    }
}

/// Finds the notice of a number that was scanned or typed, where it is a letter's.
fn named(vault: &Vault, number: &str) -> anyhow::Result<Option<NoticeId>> {
    let digits = number.replace([' ', '-'], "").to_lowercase();
    let Some(begins) = unhex(&digits).filter(|bytes| (4..=16).contains(&bytes.len())) else {
        return Ok(None);
    };
    Ok(only(beginning(vault, begins)?))
}

/// Returns the one letter that is meant; nothing where there are two, or none.
fn only(found: Vec<NoticeRow>) -> Option<NoticeId> {
    let mut letters = found
        .into_iter()
        .filter(|notice| notice.channel == Channel::Letter);
    let one = letters.next()?;
    letters.next().is_none().then_some(one.notice)
}

fn beginning(vault: &Vault, begins: Vec<u8>) -> anyhow::Result<Vec<NoticeRow>> {
    notices(vault, StaffCommand::Beginning { begins })
}
