//! `agents`: who is enrolled, and how each agent stands.

use anyhow::bail;
use clap::Args;
use savin_shared::ids::{AgentId, FacilityCode};
use serde_json::json;

use super::output::Output;
use super::signing::Notes;
use crate::app;
use crate::config::Config;
use crate::decided::entry::Act;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::clone::{self, CloneRow};
use crate::store::registry::position;
use crate::store::{Store, StoreError};

/// Show the enrolled agents.
#[derive(Debug, Args)]
pub(super) struct Agents {
    /// Take the word of a quarantined agent again, after somebody has looked.
    #[arg(long, value_name = "AGENT", conflicts_with = "revoke")]
    reinstate: Option<String>,
    /// Never take an agent's word again.
    #[arg(long, value_name = "AGENT")]
    revoke: Option<String>,
    /// End the clone alarm of an agent, after somebody has found the copy.
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["reinstate", "revoke"])]
    clear_clone: Option<String>,
}

impl Agents {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        if self.change(config, &store, output)? {
            return Ok(());
        }
        let (agents, clones) = store.read_now("agents", |tx| {
            let agents = agent::all(tx)?;
            let names: Vec<AgentId> = agents.iter().map(|agent| agent.agent).collect();
            let positions = position::load_many(tx, &names)?;
            let agents = agents.into_iter().zip(positions).collect::<Vec<_>>();
            Ok((agents, clone::all(tx)?))
        })?;
        let mut rows = Vec::new();
        for (agent, durable) in &agents {
            let deltas = durable.as_ref().map(|durable| durable.position.seq.0);
            let clone = clones.iter().find(|clone| clone.agent == agent.agent);
            let listed = durable.as_ref().map_or(0, |durable| durable.digest.rows());
            if output.is_json() {
                output.object(&json!({
                    "agent": agent.agent.to_string(),
                    "agency": agent.agency,
                    "facilities": agent.facilities,
                    "state": word(&agent.state),
                    "state_reason": reason(&agent.state),
                    "clone_alarm_at": clone.and_then(|clone| clone.alarm_at),
                    "clone_returns": clone.map_or(0, |clone| clone.returns),
                    "key_fingerprint": agent.batch_key.fingerprint().to_string(),
                    "build": agent.build,
                    "enrolled_at": agent.enrolled_at,
                    "certificate_ends": agent.certificate_ends,
                    "heard_at": agent.heard_at,
                    "waiting": agent.spool_deltas,
                    "deltas": deltas,
                    "listed": listed,
                }))?;
            }
            rows.push(row(agent, clone, deltas.unwrap_or(0), listed));
        }
        if output.is_json() {
            return Ok(());
        }
        if rows.is_empty() {
            return output.line("No agent is enrolled yet.");
        }
        let header = [
            "agent",
            "agency",
            "facilities",
            "state",
            "last heard",
            "deltas",
            "waiting",
            "listed",
        ];
        output.table(&header, rows)
    }
}

impl Agents {
    /// Does what was asked for beside showing; returns whether anything was.
    fn change(&self, config: &Config, store: &Store, output: &Output) -> anyhow::Result<bool> {
        type Change = fn(&mut Tx<'_>, AgentId) -> Result<(), StoreError>;
        let changes: [(&Option<String>, Change, &str); 3] = [
            (&self.reinstate, agent::reinstate, "Reinstated."),
            (&self.revoke, agent::revoke, "Revoked."),
            (
                &self.clear_clone,
                clone::clear,
                "The clone alarm has ended.",
            ),
        ];
        for (text, change, done) in changes {
            let Some(text) = text else { continue };
            let Ok(name) = text.parse::<AgentId>() else {
                bail!("{text:?} is not an agent")
            };
            if self.revoke.is_some() {
                // A registry that is put back would believe it again.
                Notes::open(config, store)?.note(Act::Revoked(name), (app::world().wall)())?;
            }
            store.write_now("agents", move |tx| change(tx, name))?;
            output.line(done)?;
            return Ok(true);
        }
        Ok(false)
    }
}

fn row(agent: &Agent, clone: Option<&CloneRow>, deltas: u64, listed: u64) -> Vec<String> {
    let facilities: Vec<&str> = agent.facilities.iter().map(FacilityCode::as_str).collect();
    let mut state = match reason(&agent.state) {
        Some(reason) => format!("{}: {reason}", word(&agent.state)),
        None => word(&agent.state).to_owned(),
    };
    if let Some(since) = clone.and_then(|clone| clone.alarm_at) {
        state = format!("{state}; CLONE ALARM since {since:.0}");
    }
    vec![
        agent.agent.to_string(),
        agent.agency.to_string(),
        facilities.join(", "),
        state,
        agent
            .heard_at
            .map_or_else(|| "never".to_owned(), |at| format!("{at:.0}")),
        deltas.to_string(),
        agent.spool_deltas.to_string(),
        listed.to_string(),
    ]
}

const fn word(state: &AgentState) -> &'static str {
    match state {
        AgentState::Active => "active",
        AgentState::Quarantined(_) => "quarantined",
        AgentState::Revoked => "revoked",
    }
}

fn reason(state: &AgentState) -> Option<&str> {
    match state {
        AgentState::Quarantined(reason) => Some(reason),
        AgentState::Active | AgentState::Revoked => None,
    }
}
