//! `agents`: who is enrolled, and how each agent stands.

use anyhow::bail;
use clap::Args;
use savin_shared::ids::{AgentId, FacilityCode};
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::position;

/// Show the enrolled agents.
#[derive(Debug, Args)]
pub(super) struct Agents {
    /// Take the word of a quarantined agent again, after somebody has looked.
    #[arg(long, value_name = "AGENT", conflicts_with = "revoke")]
    reinstate: Option<String>,
    /// Never take an agent's word again.
    #[arg(long, value_name = "AGENT")]
    revoke: Option<String>,
}

impl Agents {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        if let Some(text) = self.reinstate.as_ref().or(self.revoke.as_ref()) {
            let Ok(name) = text.parse::<AgentId>() else {
                bail!("{text:?} is not an agent")
            };
            let reinstates = self.reinstate.is_some();
            store.write_now("agents", move |tx| {
                if reinstates {
                    agent::reinstate(tx, name)
                } else {
                    agent::revoke(tx, name)
                }
            })?;
            return output.line(if reinstates {
                "Reinstated."
            } else {
                "Revoked."
            });
        }
        let agents = store.read_now("agents", |tx| {
            let agents = agent::all(tx)?;
            let names: Vec<AgentId> = agents.iter().map(|agent| agent.agent).collect();
            let positions = position::load_many(tx, &names)?;
            Ok(agents.into_iter().zip(positions).collect::<Vec<_>>())
        })?;
        let mut rows = Vec::new();
        for (agent, durable) in &agents {
            let deltas = durable.as_ref().map(|durable| durable.position.seq.0);
            let listed = durable.as_ref().map_or(0, |durable| durable.digest.rows());
            if output.is_json() {
                output.object(&json!({
                    "agent": agent.agent.to_string(),
                    "agency": agent.agency,
                    "facilities": agent.facilities,
                    "state": word(&agent.state),
                    "state_reason": reason(&agent.state),
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
            rows.push(row(agent, deltas.unwrap_or(0), listed));
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

fn row(agent: &Agent, deltas: u64, listed: u64) -> Vec<String> {
    let facilities: Vec<&str> = agent.facilities.iter().map(FacilityCode::as_str).collect();
    let state = match reason(&agent.state) {
        Some(reason) => format!("{}: {reason}", word(&agent.state)),
        None => word(&agent.state).to_owned(),
    };
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
