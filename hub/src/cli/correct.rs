//! `correct`: takes back what was told, of one event or of a mass of them, in one decision.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use savin_shared::event::EventCode;
use savin_shared::hash::Hash;
use savin_shared::ids::FacilityCode;
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::decided::entry::About;
use crate::ids::{EventId, EventPosition};
use crate::notification::rules::Rules;
use crate::store::conn::Tx;
use crate::store::registry::decision::Choice;
use crate::store::registry::event::{self, Event};
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::{decision, elsewhere, rules, task};
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand, ToldCount};
use crate::work::task::TaskKind;

/// Events that one decision may take back.
const EVENTS_MAX: u32 = 20_000;

/// Corrections that the list shows.
const LISTED_MAX: u32 = 100;

/// Take back what was told. Without an event or a facility it lists the corrections so far.
#[derive(Debug, Args)]
pub(super) struct Correct {
    /// The event, by its position in `savin-hub events`.
    event: Option<i64>,
    /// Instead of one event: every event of this facility that became known within a time.
    #[arg(long, value_name = "CODE", requires = "from", conflicts_with = "event")]
    facility: Option<String>,
    /// From when, as 2026-06-01T12:00:00Z.
    #[arg(long, value_name = "TIME", requires = "facility")]
    from: Option<Timestamp>,
    /// Until when; now without it.
    #[arg(long, value_name = "TIME", requires = "facility")]
    to: Option<Timestamp>,
    /// Only events of this code, as `Released`. May be repeated.
    #[arg(long, value_name = "EVENT", requires = "facility")]
    code: Vec<String>,
    /// Why, in a few words: nothing of a registrant. It is part of the signed decision.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only show what it would do. So it does without --as.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    by: SignAs,
}

/// What is to be taken back.
#[derive(Debug)]
struct Wrong {
    /// What the decision calls it.
    subject: String,
    /// The events that nobody took back yet.
    events: Vec<(EventPosition, Event)>,
    /// How many were taken back before.
    already: usize,
}

impl Correct {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let Some(wrong) = self.wrong(&store)? else {
            return list(&store, output);
        };
        let vault = app::open_vault(config)?;
        let events = wrong.events.iter().map(|(_, event)| event.event).collect();
        let told = told(&vault, events)?;
        let signer = if self.dry_run {
            None
        } else {
            self.by.optional(config)?
        };
        let Some(signer) = signer else {
            return say(&wrong, &told, false, output);
        };
        let reason = self.reason.as_deref().filter(|reason| !reason.is_empty());
        let reason = reason.context("a correction says why: --reason TEXT")?;
        if wrong.events.is_empty() {
            return say(&wrong, &told, false, output);
        }
        let now = (app::world().wall)();
        let positions: Vec<_> = wrong.events.iter().map(|(at, _)| *at).collect();
        let choice = choice(&positions);
        let made = Choice {
            kind: "correction",
            subject: &wrong.subject,
            choice: &choice,
            note: reason,
        };
        let events = wrong.events.iter().map(|(_, event)| event.event).collect();
        let signed = signer.sign_about(made, About::Events(events), now)?;
        store.write_now("correct", move |tx| {
            let decision = decision::record(tx, &signed)?;
            instruction::correct(tx, &positions, decision, now)?;
            for position in &positions {
                close_tasks(tx, *position, now)?;
            }
            Ok(())
        })?;
        say(&wrong, &told, true, output)
    }

    /// Finds what is to be taken back; nothing where nothing was named.
    fn wrong(&self, store: &Store) -> anyhow::Result<Option<Wrong>> {
        let shipped = Rules::shipped()?;
        let read = move |tx: &mut Tx<'_>| rules::notification(tx, &shipped);
        let versions = store.read_now("rules", read)?;
        let is_told = move |(position, event): &(EventPosition, Event)| {
            versions.at(*position).decided(event.code).is_some()
        };
        if let Some(position) = self.event {
            let position = EventPosition(position);
            let read = move |tx: &mut Tx<'_>| elsewhere::shown_at(tx, position);
            let event = store.read_now("event", read)?;
            let event = event.context("there is no such event: see `savin-hub events`")?;
            let found = (position, event);
            if !is_told(&found) {
                bail!("{} is told to nobody by any rule", found.1.code);
            }
            let subject = format!("event/{}", position.0);
            return Ok(Some(uncorrected(store, subject, vec![found])?));
        }
        let (Some(facility), Some(from)) = (&self.facility, self.from) else {
            return Ok(None);
        };
        let code = FacilityCode::new(facility).context("--facility is the code of a facility")?;
        let to = self.to.unwrap_or_else(app::world().wall);
        let codes = self.codes()?;
        let of = code.clone();
        let read = move |tx: &mut Tx<'_>| {
            let found = event::of_facility(tx, &of, (from, to), EVENTS_MAX)?;
            elsewhere::shown(tx, found)
        };
        let mut events = store.read_now("events", read)?;
        if u32::try_from(events.len()).is_ok_and(|count| count >= EVENTS_MAX) {
            bail!("that is {EVENTS_MAX} events or more: take a shorter time");
        }
        events.retain(|found| {
            let event = &found.1;
            let is_meant = codes.is_empty() || codes.contains(&event.code);
            // One that names the facility only by a booking that is sealed is its own agency's.
            is_told(found) && is_meant && event.facility == code
        });
        let subject = format!("events/{facility}/{from}/{to}");
        Ok(Some(uncorrected(store, subject, events)?))
    }

    fn codes(&self) -> anyhow::Result<BTreeSet<EventCode>> {
        let read = |word: &String| {
            EventCode::parse(word).with_context(|| format!("no event is called {word}"))
        };
        self.code.iter().map(read).collect()
    }
}

/// Says what is chosen so that the signature binds every event of it.
fn choice(positions: &[EventPosition]) -> String {
    let bytes: Vec<u8> = positions
        .iter()
        .flat_map(|position| position.0.to_be_bytes())
        .collect();
    let hash = Hash::tagged("savin/correction/1", &[&bytes]);
    format!("correct {} {hash}", positions.len())
}

fn uncorrected(
    store: &Store,
    subject: String,
    events: Vec<(EventPosition, Event)>,
) -> anyhow::Result<Wrong> {
    let (Some((first, _)), Some((last, _))) = (events.first(), events.last()) else {
        return Ok(Wrong {
            subject,
            events,
            already: 0,
        });
    };
    let (before, last) = (EventPosition(first.0.saturating_sub(1)), *last);
    let read = move |tx: &mut Tx<'_>| instruction::corrected(tx, before, last);
    let corrected = store.read_now("corrected", read)?;
    let all = events.len();
    let mut events = events;
    events.retain(|(position, _)| !corrected.contains(position));
    Ok(Wrong {
        subject,
        already: all - events.len(),
        events,
    })
}

/// Ends what waited for a person about an event that was taken back.
fn close_tasks(tx: &mut Tx<'_>, position: EventPosition, now: Timestamp) -> Result<(), StoreError> {
    for kind in [TaskKind::EventReview, TaskKind::Clock] {
        for row in task::of_event(tx, kind, position)? {
            task::close(tx, kind, &row.about.subject, "corrected", now)?;
        }
    }
    Ok(())
}

fn told(vault: &Vault, events: Vec<EventId>) -> anyhow::Result<Vec<ToldCount>> {
    match vault.handle(Command::Staff(StaffCommand::Told { events }))? {
        Answer::Staff(StaffAnswer::Told(told)) => Ok(told),
        Answer::Staff(_) | Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            bail!("the vault gave another answer")
        }
    }
}

fn say(wrong: &Wrong, told: &[ToldCount], is_done: bool, output: &Output) -> anyhow::Result<()> {
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut persons = BTreeSet::new();
    for (_, event) in &wrong.events {
        *codes.entry(event.code.as_str()).or_default() += 1;
        persons.insert(event.person);
    }
    if output.is_json() {
        let channels: Vec<_> = told
            .iter()
            .map(|count| {
                json!({
                    "channel": count.channel,
                    "told": count.told,
                    "withdrawn": count.unsent,
                })
            })
            .collect();
        return output.object(&json!({
            "subject": wrong.subject,
            "events": wrong.events.len(),
            "persons": persons.len(),
            "by_code": codes,
            "already_corrected": wrong.already,
            "channels": channels,
            "decided": is_done,
        }));
    }
    let by_code: Vec<_> = codes
        .iter()
        .map(|(code, count)| format!("{count} {code}"))
        .collect();
    output.line(&format!(
        "Events: {} ({}). Persons: {}. Corrected before: {}.",
        wrong.events.len(),
        by_code.join(", "),
        persons.len(),
        wrong.already
    ))?;
    for count in told {
        output.line(&format!(
            "By {}: {} told, who hear that it is not so; {} not sent yet, which are withdrawn.",
            count.channel, count.told, count.unsent
        ))?;
    }
    if told.is_empty() {
        output.line("Nobody was told, and nobody will be.")?;
    }
    output.line(if is_done {
        "Decided: the running hub begins within seconds."
    } else {
        "Nothing was changed: decide it with --reason TEXT --as KEYFILE."
    })
}

fn list(store: &Store, output: &Output) -> anyhow::Result<()> {
    let read = |tx: &mut Tx<'_>| {
        let given = instruction::newest(tx, InstructionKind::Correct, LISTED_MAX)?;
        let mut rows = Vec::new();
        for given in given {
            let by = decision::find(tx, given.decision)?;
            let by = by.ok_or(StoreError::Damaged("a decision is gone"))?;
            let code = elsewhere::shown_at(tx, given.event)?.map(|event| event.code);
            rows.push((given, by, code));
        }
        Ok(rows)
    };
    let corrections = store.read_now("corrections", read)?;
    let mut rows = Vec::new();
    for (given, by, code) in &corrections {
        let code = code.map_or("", EventCode::as_str);
        if output.is_json() {
            output.object(&json!({
                "event_position": given.event.0,
                "event": code,
                "decision": given.decision.0,
                "staff": by.decision.staff,
                "reason": by.decision.note,
                "verifies": by.is_good,
                "decided_at": given.decided_at,
                "started_at": given.planned_at,
            }))?;
        }
        rows.push(vec![
            given.event.0.to_string(),
            code.to_owned(),
            format!("{:.0}", given.decided_at),
            given
                .planned_at
                .map_or_else(|| "waits".to_owned(), |at| format!("{at:.0}")),
            by.decision.staff.clone(),
            by.decision.note.clone(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("Nothing was corrected yet.");
    }
    let header = ["event", "code", "decided", "started", "by", "reason"];
    output.table(&header, rows)
}
