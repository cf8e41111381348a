//! `status`: whether anything is wrong for a victim right now.

use savin_shared::frame::heartbeat::NOT_READABLE;
use serde_json::json;

use super::notices::budget;
use super::output::Output;
use super::{canary, freshness};
use crate::app;
use crate::config::Config;
use crate::freshness::{Hearing, hearing};
use crate::notification::rules::Rules;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::feed::FeedRow;
use crate::store::registry::{clone, event, feed, rules};
use crate::vault::command::{
    Answer, BudgetCommand, BudgetView, Command, Counts, StaffAnswer, StaffCommand,
};
use crate::watch::canary::FEED;

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let store = app::open_registry(config)?;
    let vault = app::open_vault(config)?;
    let shipped = Rules::shipped()?;
    let (agents, clones, feeds, events, waiting) = store.read_now("status", move |tx| {
        let waiting = waiting(tx, &shipped)?;
        let events = event::count_by_code(tx)?;
        Ok((
            agent::all(tx)?,
            clone::all(tx)?,
            sources(feed::all(tx)?),
            events,
            waiting,
        ))
    })?;
    let Answer::Staff(StaffAnswer::Counts(counts)) =
        vault.handle(Command::Staff(StaffCommand::Counts))?
    else {
        anyhow::bail!("the vault gave another answer");
    };
    let now = (app::world().wall)();
    let costs = budget::view(&vault, BudgetCommand::Show)?;
    let tests_late = canary::late(config, &store, &vault)?;
    let (stale, dark) = freshness::counts(&store)?;
    let is_quarantined = |agent: &&Agent| matches!(agent.state, AgentState::Quarantined(_));
    let quarantined = agents.iter().filter(is_quarantined).count();
    let cloned = clones.iter().filter(|clone| clone.alarm_at.is_some());
    let cloned = cloned.count();
    if output.is_json() {
        let feeds: Vec<_> = feeds.iter().map(|feed| feed_json(feed, now)).collect();
        let events: serde_json::Map<_, _> = events
            .iter()
            .map(|(code, count)| (code.to_string(), json!(count)))
            .collect();
        return output.object(&json!({
            "engine": store.engine().as_str(),
            "agents": agents.len(),
            "agents_quarantined": quarantined,
            "agents_cloned": cloned,
            "canaries_late": tests_late,
            "facilities_stale": stale,
            "facilities_dark": dark,
            "feeds": feeds,
            "events": events,
            "events_for_a_person": waiting,
            "notices": counts.notices.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "oldest_waiting_notice": counts.oldest_waiting,
            "budget": budget::json(&costs),
        }));
    }
    output.line(&format!(
        "Store: {}. Agents: {}.",
        store.engine().as_str(),
        agents.len()
    ))?;
    print_freshness((stale, dark), output)?;
    print_canaries(config, tests_late, output)?;
    print_warnings(quarantined, cloned, waiting, output)?;
    print_notices(&counts, output)?;
    print_budget(&costs, output)?;
    if feeds.is_empty() {
        output.line("No feed has been heard yet.")?;
    }
    let rows = feeds.iter().map(|feed| feed_row(feed, now)).collect();
    let header = ["facility", "feed", "heard", "as of", "listed", "state"];
    output.table(&header, rows)?;
    let rows = events
        .iter()
        .map(|(code, count)| vec![code.to_string(), count.to_string()]);
    output.table(&["event", "count"], rows.collect())
}

/// Leaves the daily tests out: they are no source, and have a table of their own.
fn sources(mut feeds: Vec<FeedRow>) -> Vec<FeedRow> {
    feeds.retain(|feed| feed.feed != FEED);
    feeds
}

/// Says how many facilities there is no fresh word from.
fn print_freshness((stale, dark): (usize, usize), output: &Output) -> anyhow::Result<()> {
    if stale + dark == 0 {
        return Ok(());
    }
    output.line(&format!(
        "NO FRESH WORD from {} facilities, {dark} of them dark: see `savin-hub freshness`.",
        stale + dark
    ))
}

/// Says whether the agencies' daily tests come out.
fn print_canaries(config: &Config, late: usize, output: &Output) -> anyhow::Result<()> {
    if config.canary.is_none() {
        return output.line("Daily tests of the lines: nowhere to come out, see [canary].");
    }
    if late == 0 {
        return Ok(());
    }
    output.line(&format!(
        "CANARY LATE for {late}: a release of that jail might not be told either, see \
         `savin-hub canary`."
    ))
}

/// Counts the events that are told to nobody until a person has looked at them.
fn waiting(tx: &mut Tx<'_>, shipped: &Rules) -> Result<u64, StoreError> {
    let versions = rules::notification(tx, shipped)?;
    let rules = versions.newest();
    let by_certainty = event::count_by_certainty(tx)?.into_iter();
    Ok(by_certainty
        .filter(|(code, origin, doubtful, _)| rules.needs_person(*code, *origin, *doubtful))
        .map(|(.., count)| count)
        .sum())
}

/// Says what a person has to look at.
fn print_warnings(
    quarantined: usize,
    cloned: usize,
    waiting: u64,
    output: &Output,
) -> anyhow::Result<()> {
    if quarantined > 0 {
        output.line(&format!(
            "{quarantined} quarantined: see `savin-hub agents`."
        ))?;
    }
    if cloned > 0 {
        output.line(&format!(
            "CLONE ALARM for {cloned}: two programs run with one identity, see `savin-hub agents`."
        ))?;
    }
    if waiting > 0 {
        output.line(&format!(
            "{waiting} events were told to nobody and wait for a person: see `savin-hub events`."
        ))?;
    }
    Ok(())
}

/// Says whether the budget is spent.
fn print_budget(costs: &BudgetView, output: &Output) -> anyhow::Result<()> {
    if costs.kept_back == 0 && !costs.is_spent() && !costs.incoming.is_over() {
        return Ok(());
    }
    output.line(&budget::waiting(costs))
}

fn print_notices(counts: &Counts, output: &Output) -> anyhow::Result<()> {
    let parts: Vec<String> = counts
        .notices
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let text = if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    };
    output.line(&format!("Notices: {text}."))?;
    let broken = counts.notices.iter().find(|(state, _)| state == "broken");
    if let Some((_, count)) = broken {
        output.line(&format!(
            "{count} cannot be read, and nobody is told of them: see `savin-hub notices`."
        ))?;
    }
    match counts.oldest_waiting {
        Some(since) => output.line(&format!("The oldest that waits was planned at {since:.0}.")),
        None => Ok(()),
    }
}

fn feed_json(feed: &FeedRow, now: jiff::Timestamp) -> serde_json::Value {
    json!({
        "facility": feed.facility,
        "feed": feed.feed,
        "heard_at": feed.heard_at,
        "as_of": feed.as_of,
        "source_changed_at": feed.source_changed_at,
        "listed": feed.listed,
        "held": feed.held,
        "silent": is_silent(feed, now),
    })
}

fn feed_row(feed: &FeedRow, now: jiff::Timestamp) -> Vec<String> {
    let state = match (&feed.held, is_silent(feed, now)) {
        (_, true) => "SILENT: call the facility".to_owned(),
        (Some(why), false) if why == NOT_READABLE => {
            "SOURCE NOT READABLE: call the facility".to_owned()
        }
        (Some(held), false) => format!("held: {held}"),
        (None, false) => "good".to_owned(),
    };
    vec![
        feed.facility.to_string(),
        feed.feed.clone(),
        format!("{:.0}", feed.heard_at),
        feed.as_of
            .map_or_else(|| "never".to_owned(), |at| format!("{at:.0}")),
        feed.listed.to_string(),
        state,
    ]
}

fn is_silent(feed: &FeedRow, now: jiff::Timestamp) -> bool {
    matches!(hearing(Some(feed.heard_at), now), Hearing::Silent(_))
}
