//! `rules replay`: the last days once more under a proposal, before it counts.

use std::collections::BTreeMap;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::output::Output;
use super::{TableName, body, named};
use crate::app;
use crate::clocks::table::Table;
use crate::clocks::{Cause, started};
use crate::config::Config;
use crate::ids::{EventId, EventPosition, PersonId};
use crate::notification::rules::Rules;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::{facility, rules};
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};

/// Events of one reading transaction.
const EVENTS_MAX: u32 = 2_000;

/// Registrants that are named.
const NAMED_MAX: usize = 200;

/// Replay a proposal.
#[derive(Debug, Args)]
pub(in super::super) struct Replay {
    /// `notification` or `clocks`.
    table: String,
    /// Its number.
    number: i64,
    /// Over how many days.
    #[arg(long, default_value_t = 90, value_name = "DAYS")]
    days: u32,
}

/// What is different for one event.
#[derive(Debug)]
struct Difference {
    what: String,
    event: EventId,
    person: PersonId,
}

/// Both tables.
#[derive(Debug, Clone)]
enum Pair {
    Notification(Rules, Rules),
    Clocks(Table, Table, TimeZone),
}

impl Replay {
    pub(in super::super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let (name, number) = (named(&self.table)?, self.number);
        let store = app::open_registry(config)?;
        let now = (app::world().wall)();
        let days = SignedDuration::from_hours(24 * i64::from(self.days));
        let since = now.checked_sub(days).unwrap_or(Timestamp::MIN);
        let (old, new, first) = store.read_now("rules", move |tx| {
            let (old, new) = (body(tx, name, None)?, body(tx, name, Some(number))?);
            Ok((old, new, rules::first_since(tx, since)?))
        })?;
        let pair = match name {
            TableName::Notification => Pair::Notification(Rules::parse(&old)?, Rules::parse(&new)?),
            TableName::Clocks => {
                let (old, new) = (Table::parse("old", &old)?, Table::parse("new", &new)?);
                Pair::Clocks(old, new, config.web.zone.clone())
            }
        };
        let mut position = EventPosition(first.0.saturating_sub(1));
        let (mut events, mut found) = (0_usize, Vec::new());
        loop {
            let (pair, from) = (pair.clone(), position);
            let (last, count, more) =
                store.read_now("replay", move |tx| differences(tx, &pair, from))?;
            found.extend(more);
            events += count;
            match last {
                Some(last) => position = last,
                None => break,
            }
        }
        let whom = found.iter().map(|found| (found.event, found.person));
        let whom = StaffCommand::Whom {
            events: whom.collect(),
        };
        let vault = app::open_vault(config)?;
        let Answer::Staff(StaffAnswer::Whom(registrants)) = vault.handle(Command::Staff(whom))?
        else {
            anyhow::bail!("the vault gave another answer");
        };
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let mut otherwise: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
        for (found, registrants) in found.iter().zip(&registrants) {
            *counts.entry(&found.what).or_default() += 1;
            for registrant in registrants {
                let hers = otherwise.entry(registrant.to_string()).or_default();
                *hers.entry(&found.what).or_default() += 1;
            }
        }
        say(events, &counts, &otherwise, output)
    }
}

type Differences = (Option<EventPosition>, usize, Vec<Difference>);

/// Returns up to where events were looked at, how many, and those that are different.
fn differences(
    tx: &mut Tx<'_>,
    pair: &Pair,
    from: EventPosition,
) -> Result<Differences, StoreError> {
    let events = event::after(tx, from, EVENTS_MAX)?;
    let last = events.last().map(|(position, _)| *position);
    let (count, mut found) = (events.len(), Vec::new());
    for (_, event) in &events {
        let whats = match pair {
            Pair::Notification(old, new) => told(old, new, event).into_iter().collect(),
            Pair::Clocks(old, new, zone) => deadlines(tx, (old, new), zone, event)?,
        };
        found.extend(whats.into_iter().map(|what| Difference {
            what,
            event: event.event,
            person: event.person,
        }));
    }
    Ok((last, count, found))
}

fn told(old: &Rules, new: &Rules, event: &Event) -> Option<String> {
    let before = old.urgency(event.code, event.origin);
    let after = new.urgency(event.code, event.origin);
    match (before, after) {
        (before, after) if before == after => None,
        (Some(_), None) => Some(format!("{} no longer told", event.code)),
        (None, Some(_)) => Some(format!("{} told", event.code)),
        (Some(before), Some(after)) => Some(format!(
            "{} told with urgency {} instead of {}",
            event.code, after.0, before.0
        )),
        (None, None) => None,
    }
}

fn deadlines(
    tx: &mut Tx<'_>,
    (old, new): (&Table, &Table),
    zone: &TimeZone,
    event: &Event,
) -> Result<Vec<String>, StoreError> {
    let starts = |table: &Table| {
        let mut rules = table.rules().iter();
        rules.any(|rule| rule.starts.contains(&event.code))
    };
    if !starts(old) && !starts(new) {
        return Ok(Vec::new());
    }
    let place = facility::load(tx, &event.facility)?;
    let cause = Cause {
        code: event.code,
        origin: event.origin,
        effective_at: event.effective_at,
        received_at: event.received_at.timestamp(),
        details: &event.details,
        is_state: place.is_some_and(|(place, _)| place.kind != "county-jail"),
    };
    let of = |table| -> BTreeMap<String, Timestamp> {
        let started = started(table, &cause, zone).into_iter();
        started
            .map(|(rule, started)| (rule.clock.clone(), started.due_at))
            .collect()
    };
    let (before, after) = (of(old), of(new));
    let mut whats = Vec::new();
    for (clock, due) in &after {
        match before.get(clock) {
            None => whats.push(format!("{clock} starts")),
            Some(was) if was != due => whats.push(format!("{clock} is due at another time")),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|clock| !after.contains_key(*clock));
    whats.extend(gone.map(|clock| format!("{clock} no longer starts")));
    Ok(whats)
}

fn say(
    events: usize,
    counts: &BTreeMap<&str, u64>,
    otherwise: &BTreeMap<String, BTreeMap<&str, u64>>,
    output: &Output,
) -> anyhow::Result<()> {
    if output.is_json() {
        return output.object(&json!({
            "events": events,
            "differences": counts,
            "registrants": otherwise,
        }));
    }
    output.line(&format!(
        "{events} events; {} registrants would have been told otherwise.",
        otherwise.len()
    ))?;
    let rows = counts
        .iter()
        .map(|(what, count)| vec![(*what).to_owned(), count.to_string()]);
    output.table(&["difference", "events"], rows.collect())?;
    let rows = otherwise.iter().take(NAMED_MAX).map(|(registrant, hers)| {
        let hers: Vec<_> = hers
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        vec![registrant.clone(), hers.join(", ")]
    });
    output.table(
        &["registrant", "would have heard otherwise"],
        rows.collect(),
    )
}
