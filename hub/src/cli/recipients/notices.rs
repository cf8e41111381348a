//! What offices were told: the list, the letters that a person posts, and what an office confirms.

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::hash::unhex;
use serde_json::json;

use crate::app;
use crate::channels::office::written;
use crate::cli::output::Output;
use crate::cli::signing::SignAs;
use crate::config::Config;
use crate::ids::NoticeId;
use crate::notification::channel::Channel;
use crate::notification::office;
use crate::store::Store;
use crate::store::registry::agency_notice::{self, AgencyNotice};
use crate::store::registry::decision;
use crate::store::registry::recipient::{self, Recipient};
use crate::store::registry::task::{self, TaskKind};
use crate::vault::contacts::short;

/// Digits of the shortest beginning of a notice's name.
const DIGITS_MIN: usize = 8;

/// Show what the offices were told.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those that are not confirmed yet.
    #[arg(long)]
    open: bool,
    /// How many to show.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    limit: u32,
}

/// One notice.
#[derive(Debug, Args)]
pub(crate) struct Letter {
    /// Its name, or how it begins: at least 8 digits.
    notice: String,
}

/// What became of one notice, and who says so.
#[derive(Debug, Args)]
pub(crate) struct Carried {
    /// Its name, or how it begins: at least 8 digits.
    notice: String,
    /// Who at the office said so, in a few words.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

impl List {
    pub(crate) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let limit = self.limit;
        let mut notices = app::open_registry(config)?.read_now("agency notices", move |tx| {
            let mut all: Vec<(AgencyNotice, Recipient)> = Vec::new();
            for notice in agency_notice::newest(tx, limit)? {
                let office = recipient::load(tx, notice.about.recipient)?;
                all.push((notice, office));
            }
            Ok(all)
        })?;
        notices.retain(|(notice, _)| !self.open || notice.is_open());
        let mut rows = Vec::new();
        for (notice, office) in &notices {
            let about = &notice.about;
            if output.is_json() {
                output.object(&json!({
                    "notice": notice.notice.to_string(),
                    "news": about.news.as_str(),
                    "event_position": about.event.0,
                    "recipient": about.recipient.0,
                    "office": office.office.as_str(),
                    "county": office.place.county,
                    "city": office.place.municipality,
                    "channel": about.channel.as_str(),
                    "state": notice.state,
                    "due_at": about.due_at,
                    "planned_at": notice.planned_at,
                    "attempts": notice.attempts,
                    "outcome": notice.outcome,
                    "told_at": notice.told_at,
                    "confirmed_at": notice.confirmed_at,
                    "confirmed_by": notice.confirmed_by,
                }))?;
            }
            rows.push(vec![
                short(notice.notice),
                office.office.title(&office.place),
                about.news.as_str().to_owned(),
                about.event.0.to_string(),
                about.channel.to_string(),
                notice.state.clone(),
                format!("{:.0}", about.due_at),
                notice.attempts.to_string(),
                notice.outcome.clone().unwrap_or_default(),
            ]);
        }
        if output.is_json() {
            return Ok(());
        }
        if rows.is_empty() {
            return output.line("No such notice to an office.");
        }
        let header = [
            "notice", "office", "news", "event", "by", "state", "due", "tries", "outcome",
        ];
        output.table(&header, rows)
    }
}

impl Letter {
    pub(crate) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let notice = find(&store, &self.notice)?;
        if notice.about.channel != Channel::Letter {
            bail!("that notice goes by e-mail");
        }
        let found = store.read_now("letter", {
            let notice = notice.clone();
            move |tx| written(tx, &notice)
        })?;
        let Some((address, words)) = found else {
            bail!("its record was sealed: nobody may be told of it");
        };
        let paragraphs = words.words(&config.web.phone, &config.web.zone, None);
        if output.is_json() {
            return output.object(&json!({
                "notice": notice.notice.to_string(), "address": address,
                "subject": office::SUBJECT, "paragraphs": paragraphs,
            }));
        }
        let lines: Vec<&str> = address.split(',').map(str::trim).collect();
        let letter = [
            words.title.as_str(),
            &lines.join("\n"),
            "",
            office::SUBJECT,
            "",
        ]
        .join("\n");
        output.line(&format!("{letter}\n{}", paragraphs.join("\n\n")))
    }
}

impl Carried {
    /// Notes that a letter was posted.
    pub(crate) fn posted(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        self.carried(("office-told", "posted"), config, output)
    }

    /// Notes that the office has the notice.
    pub(crate) fn confirm(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        self.carried(("office-confirmed", "confirmed"), config, output)
    }

    fn carried(
        &self,
        (kind, choice): (&'static str, &'static str),
        config: &Config,
        output: &Output,
    ) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let notice = find(&store, &self.notice)?;
        if choice == "posted" && notice.about.channel != Channel::Letter {
            bail!("that notice goes by e-mail, and by itself");
        }
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let id = notice.notice;
        let subject = format!("agency-notice/{id}");
        let signed = signer.sign(kind, &subject, choice, &self.note, now)?;
        let by = signer.name().to_owned();
        let is_noted = store.write_now("carried", move |tx| {
            decision::record(tx, &signed)?;
            if choice == "confirmed" {
                return agency_notice::confirm(tx, id, &by, now);
            }
            let subject = agency_notice::letter_subject(id);
            task::close(tx, TaskKind::AgencyNotice, &subject, "posted", now)?;
            agency_notice::posted(tx, &notice, &by, now)
        })?;
        if !is_noted {
            bail!("it does not wait for that: see `savin-hub recipients notices`");
        }
        if output.is_json() {
            return output.object(&json!({ "notice": id.to_string(), "choice": choice }));
        }
        output.line(&format!("{}: {choice}.", short(id)))
    }
}

/// Finds the notice whose name begins so.
fn find(store: &Store, text: &str) -> anyhow::Result<AgencyNotice> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let bound = |fill: &str| {
        let padded: String = digits
            .chars()
            .chain(fill.repeat(32).chars())
            .take(32)
            .collect();
        let bytes = unhex(&padded).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        bytes.map(NoticeId::from_bytes)
    };
    let range = (digits.len() >= DIGITS_MIN).then(|| bound("0").zip(bound("f")));
    let (first, last) = range.flatten().with_context(|| {
        format!(
            "{text:?} is not how the name of a notice begins: give at least {DIGITS_MIN} digits"
        )
    })?;
    let found = store.read_now("agency notice", move |tx| {
        agency_notice::between(tx, first, last)
    })?;
    match <[AgencyNotice; 1]>::try_from(found) {
        Ok([notice]) => Ok(notice),
        Err(found) if found.is_empty() => {
            bail!("no notice to an office begins so: see `savin-hub recipients notices`")
        }
        Err(_) => bail!("more than one notice begins so: give more digits"),
    }
}
