//! `clocks`: the statutory deadlines that run, come near, or were missed, and how far registrants were
//! reached: how many, and never who.

use anyhow::Context as _;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::FacilityCode;
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::clocks::ClockState;
use crate::clocks::table::{Recipient, Table};
use crate::config::Config;
use crate::ids::EventId;
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::rules::{self, Versions};
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, Reach, StaffAnswer, StaffCommand};

/// Show statutory deadlines.
#[derive(Debug, Args)]
pub(super) struct Clocks {
    /// Only those that are `running`, `due` (they came to a person), `met`, `missed`, `late` (they had
    /// passed when the agency's word came), `passed` or `void`. Without it: running, missed, late and
    /// passed.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only those of this facility.
    #[arg(long, value_name = "CODE")]
    facility: Option<String>,
    /// Only those whose deadline is at most so many days away, before or after now.
    #[arg(long, default_value_t = 60, value_name = "DAYS")]
    days: u32,
    /// How many of each state to show.
    #[arg(long, default_value_t = 200, value_name = "NUMBER")]
    limit: u32,
}

impl Clocks {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let now = (app::world().wall)();
        let (states, only_due) = self.states()?;
        let facility = self.facility.as_deref().map(FacilityCode::new).transpose();
        let facility = facility.context("--facility is the code of a facility")?;
        let range = around(now, self.days);
        let limit = self.limit;
        let shipped = Table::shipped()?;
        let (mut rows, versions) = app::open_registry(config)?.read_now("clocks", move |tx| {
            let mut rows = Vec::new();
            for state in &states {
                rows.extend(clock::due_between(tx, *state, range, limit)?);
            }
            Ok((rows, rules::clocks(tx, &shipped)?))
        })?;
        rows.retain(|row| facility.as_ref().is_none_or(|code| *code == row.facility));
        rows.retain(|row| !only_due || row.warns_at <= now);
        rows.sort_by_key(|row| (row.due_at, row.position));
        let events: Vec<_> = rows.iter().map(|row| row.event).collect();
        let reach = reach(&app::open_vault(config)?, events)?;
        print((&rows, &reach), &versions, now, output)
    }

    fn states(&self) -> anyhow::Result<(Vec<ClockState>, bool)> {
        Ok(match self.state.as_deref() {
            None => {
                use ClockState::{Late, Missed, Passed, Running};
                (vec![Running, Missed, Late, Passed], false)
            }
            Some("due") => (vec![ClockState::Running], true),
            Some(word) => {
                let state = ClockState::parse(word).with_context(|| {
                    let words = ClockState::ALL.map(ClockState::as_str);
                    format!("--state is \"due\" or one of {}", words.join(", "))
                })?;
                (vec![state], false)
            }
        })
    }
}

/// Returns so many days before and after a time.
fn around(now: Timestamp, days: u32) -> (Timestamp, Timestamp) {
    let days = SignedDuration::from_hours(24 * i64::from(days));
    (
        now.checked_sub(days).unwrap_or(Timestamp::MIN),
        now.checked_add(days).unwrap_or(Timestamp::MAX),
    )
}

/// Asks the vault how far the registrants of events were reached.
pub(super) fn reach(vault: &Vault, events: Vec<EventId>) -> anyhow::Result<Vec<Reach>> {
    match vault.handle(Command::Staff(StaffCommand::Reach { events }))? {
        Answer::Staff(StaffAnswer::Reach(reach)) => Ok(reach),
        Answer::Staff(_) | Answer::Portal(_) | Answer::Planner(_) | Answer::Courier(_) => {
            anyhow::bail!("the vault gave another answer")
        }
    }
}

fn print(
    (clocks, reach): (&[ClockRow], &[Reach]),
    versions: &Versions<Table>,
    now: Timestamp,
    output: &Output,
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (row, reach) in clocks.iter().zip(reach) {
        let rule = versions.at(row.position).rule(&row.clock);
        let is_due = row.state == ClockState::Running && row.warns_at <= now;
        let state = if is_due { "due" } else { row.state.as_str() };
        let for_victim = rule.is_none_or(|rule| rule.recipient == Recipient::Victim);
        if output.is_json() {
            output.object(&json!({
                "clock": row.clock,
                "statute": rule.map(|rule| &rule.statute),
                "what": rule.map(|rule| &rule.what),
                "recipient": rule.map(|rule| rule.recipient.as_str()),
                "state": state,
                "event": row.code.as_str(),
                "event_position": row.position.0,
                "facility": row.facility,
                "person": row.person.to_string(),
                "version": row.version,
                "started_at": row.started_at,
                "opens_at": row.opens_at,
                "warns_at": row.warns_at,
                "due_at": row.due_at,
                "ended_at": row.ended_at,
                "registrants": for_victim.then(|| json!({
                    "confirmed": reach.confirmed,
                    "accepted": reach.accepted,
                    "waiting": reach.waiting,
                    "failed": reach.failed,
                })),
            }))?;
        }
        rows.push(vec![
            state.to_owned(),
            format!("{:.0}", row.due_at),
            row.clock.clone(),
            rule.map_or_else(String::new, |rule| rule.statute.clone()),
            format!("{} {}", row.code, row.position.0),
            row.facility.to_string(),
            if for_victim {
                let told = reach.confirmed + reach.accepted;
                format!("{told} of {}", reach.registrants())
            } else {
                String::new()
            },
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("No such deadline.");
    }
    let header = [
        "state", "due", "clock", "statute", "event", "facility", "told",
    ];
    output.table(&header, rows)
}
