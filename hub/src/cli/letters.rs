//! `letters`: what goes out by the post, from the batch to the scan of what was mailed or came back.

mod scanned;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use savin_letter::page::{Typesetter, alignment};
use savin_letter::spool::printer::Job;
use savin_letter::spool::{self, Batch, Numbered, Printed};
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::channels::letter::Writer;
use crate::config::{Config, Letters};
use crate::ids::NoticeId;
use crate::notification::channel::Channel;
use crate::notification::outcome::Outcome;
use crate::store::registry::decision;
use crate::vault::Vault;
use crate::vault::command::{
    Answer, Command, CourierAnswer, CourierCommand, Message, NoticeRow, Room, StaffAnswer,
    StaffCommand, TryOutcome,
};
use crate::vault::contacts::short;
use scanned::{Confirm, Scanned};

/// Letters of one batch, unless it is said otherwise: a stack that one person folds.
const BATCH: u32 = 500;

/// Letters of the largest batch: made long before another could claim one of them.
const BATCH_MAX: i64 = 5_000;

/// The file of a batch in which it is noted what went to the printer.
const JOBS: &str = "jobs.csv";

/// What goes out by the post.
#[derive(Debug, Subcommand)]
pub(super) enum LettersCommand {
    /// Make batches of the letters that wait, until none does: files to print, and a list of them.
    Batch(Make),
    /// Show the letters and where each stands, the newest first.
    List(List),
    /// Hand a batch to the printer.
    Print(Print),
    /// Say which letters are on paper: their numbers, scanned or typed.
    Printed(Scanned),
    /// Say which letters were given to the post.
    Mailed(Scanned),
    /// Say which letters the post brought back: nothing more is sent there.
    Returned(Scanned),
    /// Say that somebody has her letter: she said its code on the telephone or at a counter.
    Confirm(Confirm),
    /// Make the page that shows whether printer and envelope agree.
    Align(Align),
}

/// Which letters go into a batch.
#[derive(Debug, Args)]
pub(super) struct Make {
    /// How many letters a batch has at most: a stack that one person folds.
    #[arg(long, default_value_t = BATCH, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..=BATCH_MAX))]
    limit: u32,
    /// How many batches to make at most; without it as many as it takes.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    batches: Option<u32>,
    /// Only show which letters wait.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    by: SignAs,
}

/// Which letters are shown.
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many letters at most.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: u32,
}

/// What is printed.
#[derive(Debug, Args)]
pub(super) struct Print {
    /// The batch, as `letters batch` named it.
    batch: String,
    /// Print these letters once more, by their numbers: what jammed or was torn.
    #[arg(long, value_name = "NUMBER")]
    again: Vec<String>,
    /// Only check the files and show what would be printed.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    by: SignAs,
}

/// The page for alignment.
#[derive(Debug, Args)]
pub(super) struct Align {
    /// Where to write it.
    #[arg(long, default_value = "alignment.pdf", value_name = "FILE")]
    output: PathBuf,
}

impl LettersCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Batch(make) => make.run(config, output),
            Self::List(list) => {
                let vault = app::open_vault(config)?;
                show(&letters(&vault, list.limit, false)?, output)
            }
            Self::Print(print) => print.run(config, output),
            Self::Printed(scanned) => scanned.run(Outcome::Printed, config, output),
            Self::Mailed(scanned) => scanned.run(Outcome::Mailed, config, output),
            Self::Returned(scanned) => scanned.run(Outcome::Returned, config, output),
            Self::Confirm(confirm) => confirm.run(config, output),
            Self::Align(align) => align.run(config, output),
        }
    }
}

fn settings(config: &Config) -> anyhow::Result<&Letters> {
    config.letters.as_ref().context(
        "no [letters] in the configuration: without a return address and an envelope no letter is made",
    )
}

impl Make {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let settings = settings(config)?;
        let vault = app::open_vault(config)?;
        if self.dry_run {
            return show(&letters(&vault, self.limit, true)?, output);
        }
        let signer = self.by.signer(config)?;
        let drafter = app::drafter(&config.web);
        let writer = Writer {
            drafter: &drafter,
            sender: &settings.sender,
            setting: &settings.setting,
            form: settings.form,
            mailer: settings.mailer.as_ref(),
        };
        let mut made = 0;
        while self.batches.is_none_or(|most| made < most) {
            let now = (app::world().wall)();
            let name = format!("{}", now.strftime("%Y%m%d-%H%M%S-%3f"));
            if made > 0 && letters(&vault, 1, true)?.is_empty() {
                break;
            }
            // Whoever makes a batch lets out every address in it.
            let subject = format!("letters/{name}");
            let signed = signer.sign("letters-batch", &subject, "letters-batch", "", now)?;
            app::open_registry(config)?
                .write_now("decision", move |tx| decision::record(tx, &signed))?;
            let claim = CourierCommand::Claim {
                channel: Channel::Letter,
                room: Room::all(self.limit),
            };
            let CourierAnswer::Messages(messages) = courier(&vault, claim)? else {
                bail!("the vault gave another answer");
            };
            let is_last = messages.is_empty();
            if made == 0 || !is_last {
                make(&vault, &writer, settings, (&name, messages), now)?.said(output)?;
            }
            if is_last {
                break;
            }
            made += 1;
        }
        Ok(())
    }
}

/// What became of the letters that waited.
struct Made {
    batch: Option<Batch>,
    name: String,
    refused: Vec<NoticeId>,
    /// Letters that another took over before they were drawn, or that she confirmed: they are not in it.
    left_out: Vec<NoticeId>,
    /// The same of letters that were drawn by then.
    twice: Vec<NoticeId>,
}

/// Makes the files of messages, then notes that they lie there; until then they wait on.
fn make(
    vault: &Vault,
    writer: &Writer<'_>,
    settings: &Letters,
    (name, messages): (&str, Vec<Message>),
    now: Timestamp,
) -> anyhow::Result<Made> {
    let mut typesetter = Typesetter::new()?;
    let (mut numbered, mut spooled, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for message in messages {
        let (notice, claim) = (message.notice, message.claim);
        match writer.sheet(&mut typesetter, &message, now) {
            Ok(sheet) => {
                let number = notice.to_string();
                numbered.push(Numbered { number, sheet });
                spooled.push((notice, claim));
            }
            // No other try changes that: somebody has to call her, or to mend the address.
            Err(failure) => {
                let detail = failure.to_string();
                finish(vault, (notice, claim), TryOutcome::Refused { detail })?;
                refused.push(notice);
            }
        }
    }
    // Drawing thousands takes its time, and what nobody needs any more is not drawn.
    let left_out = void(
        vault,
        &spooled,
        CourierCommand::HoldAll {
            tries: spooled.clone(),
        },
    )?;
    spooled.retain(|(notice, _)| !left_out.contains(notice));
    let needless: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    numbered.retain(|letter| !needless.contains(&letter.number));
    let batch = if numbered.is_empty() {
        None
    } else {
        std::fs::create_dir_all(&settings.spool)
            .with_context(|| format!("failed to make {}", settings.spool.display()))?;
        let printed = match settings.printer {
            Some(_) => Printed::ByJob,
            None => Printed::ByHand,
        };
        let printed = (settings.setting.sides, printed);
        Some(spool::write(
            &settings.spool,
            name,
            numbered,
            &typesetter,
            printed,
        )?)
    };
    let outcome = TryOutcome::Spooled {
        detail: format!("batch {name}"),
    };
    let tries = spooled.clone();
    let twice = void(
        vault,
        &spooled,
        CourierCommand::FinishAll { tries, outcome },
    )?;
    Ok(Made {
        batch,
        name: name.to_owned(),
        refused,
        left_out,
        twice,
    })
}

/// Returns which of these tries do not count any more, by what the vault says of all.
fn void(
    vault: &Vault,
    tries: &[(NoticeId, i64)],
    command: CourierCommand,
) -> anyhow::Result<Vec<NoticeId>> {
    let CourierAnswer::Count(count) = courier(vault, command)? else {
        bail!("the vault gave another answer");
    };
    let count: BTreeSet<NoticeId> = count.into_iter().collect();
    let void = tries.iter().map(|(notice, _)| *notice);
    Ok(void.filter(|notice| !count.contains(notice)).collect())
}

impl Made {
    fn said(&self, output: &Output) -> anyhow::Result<()> {
        let letters = self.batch.as_ref().map_or(0, |batch| batch.letters.len());
        let refused: Vec<String> = self.refused.iter().map(ToString::to_string).collect();
        let left_out: Vec<String> = self.left_out.iter().map(ToString::to_string).collect();
        let twice: Vec<String> = self.twice.iter().map(ToString::to_string).collect();
        let folder = self
            .batch
            .as_ref()
            .map(|batch| batch.folder.display().to_string());
        if output.is_json() {
            return output.object(&json!({
                "batch": self.batch.as_ref().map(|_| &self.name),
                "folder": folder,
                "letters": letters,
                "refused": refused,
                "left_out": left_out,
                "twice": twice,
            }));
        }
        match folder {
            None => output.line("No letter waits.")?,
            Some(folder) => output.line(&format!(
                "{letters} letters in {folder}. Print them (`savin-hub letters print {}`), and scan each: \
                 `savin-hub letters printed`, then `letters mailed`.",
                self.name
            ))?,
        }
        for notice in refused {
            let line = format!("{notice}: fits into no envelope; see `savin-hub notices`.");
            output.line(&line)?;
        }
        for notice in left_out {
            output.line(&format!(
                "{notice}: was taken over by another batch, or confirmed: it is not in this one."
            ))?;
        }
        for notice in twice {
            output.line(&format!(
                "{notice}: was taken over by another batch, or confirmed: take it out of the stack."
            ))?;
        }
        Ok(())
    }
}

impl Print {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let settings = settings(config)?;
        let printer = settings.printer.as_ref().context(
            "no printer in [letters]: print the files of the batch by hand, without scaling",
        )?;
        let batch = spool::open(&settings.spool, &self.batch)?;
        let path = batch.folder.join(JOBS);
        let noted = std::fs::read_to_string(&path).unwrap_or_default();
        let is_sent = |number: &str| noted.lines().any(|line| line.starts_with(number));
        let is_again = |number: &str| {
            self.again
                .iter()
                .any(|again| number.starts_with(again.as_str()))
        };
        let chosen = batch.letters.iter().filter(|letter| {
            if self.again.is_empty() {
                !is_sent(&letter.number)
            } else {
                is_again(&letter.number)
            }
        });
        let chosen: Vec<_> = chosen.collect();
        if !self.dry_run {
            let signer = self.by.signer(config)?;
            let now = (app::world().wall)();
            let subject = format!("letters/{}", self.batch);
            let signed = signer.sign("letters-print", &subject, "letters-print", "", now)?;
            app::open_registry(config)?
                .write_now("decision", move |tx| decision::record(tx, &signed))?;
        }
        let mut rows = Vec::new();
        for letter in chosen {
            let job = if self.dry_run {
                None
            } else {
                let file = batch.folder.join(&letter.file);
                let pdf = std::fs::read(&file)
                    .with_context(|| format!("failed to read {}", file.display()))?;
                let (name, sides) = (letter.number.as_str(), settings.setting.sides);
                let job = printer.print(Job { name, pdf, sides })?;
                // After the job: a stop between them prints a letter twice, and leaves none out.
                spool::append(&path, &format!("{name},{job}\n"))?;
                Some(job)
            };
            if output.is_json() {
                output.object(&json!({ "letter": letter.number, "job": job }))?;
            }
            let job = job.map_or_else(String::new, |job| job.to_string());
            rows.push(vec![letter.number.clone(), letter.sides.to_string(), job]);
        }
        if output.is_json() {
            return Ok(());
        }
        if rows.is_empty() {
            return output
                .line("Everything of this batch went to the printer: --again NUMBER repeats.");
        }
        output.table(&["letter", "sides", "job"], rows)
    }
}

impl Align {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let envelope = settings(config)?.setting.envelope;
        let page = alignment(&mut Typesetter::new()?, &envelope)?;
        std::fs::write(&self.output, page)
            .with_context(|| format!("failed to write {}", self.output.display()))?;
        let file = self.output.display().to_string();
        if output.is_json() {
            return output.object(&json!({ "file": file }));
        }
        output.line(&format!(
            "{file}: print it without scaling, fold it, and do what it says."
        ))
    }
}

fn letters(vault: &Vault, limit: u32, waiting: bool) -> anyhow::Result<Vec<NoticeRow>> {
    notices(vault, StaffCommand::Letters { limit, waiting })
}

fn notices(vault: &Vault, command: StaffCommand) -> anyhow::Result<Vec<NoticeRow>> {
    let StaffAnswer::Notices(notices) = staff(vault, command)? else {
        bail!("the vault gave another answer");
    };
    Ok(notices)
}

fn show(letters: &[NoticeRow], output: &Output) -> anyhow::Result<()> {
    if letters.is_empty() && !output.is_json() {
        return output.line("There is no such letter.");
    }
    let mut rows = Vec::new();
    for letter in letters {
        if output.is_json() {
            output.object(&json!({
                "letter": letter.notice.to_string(),
                "registrant": letter.registrant.to_string(),
                "event": letter.about,
                "state": letter.state,
                "outcome": letter.outcome,
                "planned_at": letter.planned_at,
            }))?;
        }
        let outcome = letter.outcome.as_deref().and_then(Outcome::parse);
        rows.push(vec![
            short(letter.notice),
            format!("{:.0}", letter.planned_at),
            letter.about.clone().unwrap_or_else(|| "(code)".to_owned()),
            letter.state.clone(),
            outcome
                .map_or("waits for a batch", Outcome::plain)
                .to_owned(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    output.table(
        &["letter", "planned", "event", "state", "last outcome"],
        rows,
    )
}

fn finish(
    vault: &Vault,
    (notice, claim): (NoticeId, i64),
    outcome: TryOutcome,
) -> anyhow::Result<bool> {
    let finish = CourierCommand::Finish {
        notice,
        claim,
        outcome,
    };
    Ok(matches!(
        courier(vault, finish)?,
        CourierAnswer::Noted(true)
    ))
}

fn courier(vault: &Vault, command: CourierCommand) -> anyhow::Result<CourierAnswer> {
    match vault.handle(Command::Courier(command))? {
        Answer::Courier(answer) => Ok(answer),
        Answer::Portal(_) | Answer::Planner(_) | Answer::Staff(_) => {
            bail!("the vault gave another answer")
        }
    }
}

fn staff(vault: &Vault, command: StaffCommand) -> anyhow::Result<StaffAnswer> {
    match vault.handle(Command::Staff(command))? {
        Answer::Staff(answer) => Ok(answer),
        Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            bail!("the vault gave another answer")
        }
    }
}

#[cfg(test)]
mod tests;
