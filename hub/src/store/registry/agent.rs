//! Enrolled agents.

use jiff::Timestamp;
use savin_shared::ids::{AgencyId, AgentId, FacilityCode};
use savin_shared::sign::VerifyingKey;

use super::{agency, facility};
use crate::evidence::leaf;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, time};
use crate::store::{StoreError, evidence};
use crate::values;

/// Whether an agent's word is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentState {
    /// It is.
    Active,
    /// It is not, until a person has looked: why.
    Quarantined(String),
    /// It is not any more.
    Revoked,
}

/// An enrolled agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub agent: AgentId,
    /// The agency that it speaks for.
    pub agency: AgencyId,
    /// The facilities that it may speak for.
    pub facilities: Vec<FacilityCode>,
    /// The key that signs its batches.
    pub batch_key: VerifyingKey,
    /// Whether its word is taken.
    pub state: AgentState,
    /// When its certificate ends.
    pub certificate_ends: Timestamp,
    /// Its program's version.
    pub build: String,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When it was last heard.
    pub heard_at: Option<Timestamp>,
    /// Deltas that waited on it when it was last heard.
    pub spool_deltas: u64,
}

/// Adds an agent, with a leaf in the evidence that says whose its key is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn insert(tx: &mut Tx<'_>, agent: &Agent) -> Result<(), StoreError> {
    tx.execute_one(
        "agent",
        "INSERT INTO agent (agent_id, agency_id, facilities, batch_key, state, certificate_ends,
             build, enrolled_at, spool_deltas)
         VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, 0)",
        &[
            agent.agent.as_bytes().into(),
            agent.agency.as_str().into(),
            facility::lines(&agent.facilities).into(),
            (&agent.batch_key.0).into(),
            time(agent.certificate_ends),
            agent.build.as_str().into(),
            time(agent.enrolled_at),
        ],
    )?;
    let (agency, facilities) = (&agent.agency, &agent.facilities);
    let key = &agent.batch_key;
    let leaf = leaf::agent(agent.agent, agency, facilities, key, agent.enrolled_at);
    evidence::append(tx, &[leaf])
}

/// Loads an agent.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn load(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Agent>, StoreError> {
    let row = tx.query_optional(
        "SELECT agent_id, agency_id, facilities, batch_key, state, state_reason, certificate_ends,
             build, enrolled_at, heard_at, spool_deltas
         FROM agent WHERE agent_id = $1",
        values![agent.as_bytes()],
    )?;
    row.as_ref().map(read).transpose()
}

/// Loads every agent, by agency.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Agent>, StoreError> {
    tx.query(
        "SELECT agent_id, agency_id, facilities, batch_key, state, state_reason, certificate_ends,
             build, enrolled_at, heard_at, spool_deltas
         FROM agent ORDER BY agency_id, enrolled_at, agent_id",
        values![],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Lists the agents whose word is not taken.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn barred(tx: &mut Tx<'_>) -> Result<Vec<AgentId>, StoreError> {
    tx.query(
        "SELECT agent_id FROM agent WHERE state <> 'active' ORDER BY agent_id",
        values![],
    )?
    .iter()
    .map(|row| Ok(AgentId::from_bytes(row.array(0)?)))
    .collect()
}

/// Says of each of these agents whether its word is taken.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn are_active(tx: &mut Tx<'_>, agents: &[AgentId]) -> Result<Vec<bool>, StoreError> {
    let lists: Vec<_> = agents
        .iter()
        .map(|agent| vec![agent.as_bytes().into()])
        .collect();
    let answers = tx.query_many(
        "SELECT 1 FROM agent WHERE agent_id = $1 AND state = 'active'",
        &lists,
    )?;
    Ok(answers.iter().map(|rows| !rows.is_empty()).collect())
}

/// Loads the agents of an agency, in the order in which they were enrolled.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_agency(tx: &mut Tx<'_>, agency: &AgencyId) -> Result<Vec<Agent>, StoreError> {
    tx.query(
        "SELECT agent_id, agency_id, facilities, batch_key, state, state_reason, certificate_ends,
             build, enrolled_at, heard_at, spool_deltas
         FROM agent WHERE agency_id = $1 ORDER BY enrolled_at, agent_id",
        values![agency.as_str()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Notes that an agent was heard.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn heard(
    tx: &mut Tx<'_>,
    agent: AgentId,
    build: Option<&str>,
    spool_deltas: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "agent",
        "UPDATE agent SET heard_at = $2, spool_deltas = $3, build = coalesce($4, build)
         WHERE agent_id = $1",
        &[
            agent.as_bytes().into(),
            time(at),
            count(spool_deltas),
            build.into(),
        ],
    )
}

/// Notes when an agent's new certificate ends; returns whether the agent may have one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn renewed(tx: &mut Tx<'_>, agent: AgentId, ends: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE agent SET certificate_ends = $2 WHERE agent_id = $1 AND state <> 'revoked'",
        &[agent.as_bytes().into(), time(ends)],
    )?;
    Ok(changed == 1)
}

/// Stops taking an agent's word until a person has looked.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn quarantine(tx: &mut Tx<'_>, agent: AgentId, reason: &str) -> Result<(), StoreError> {
    tx.execute_one(
        "agent",
        "UPDATE agent SET state = 'quarantined', state_reason = $2 WHERE agent_id = $1",
        values![agent.as_bytes(), reason],
    )
}

/// Takes an agent's word again, after a person has looked.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn reinstate(tx: &mut Tx<'_>, agent: AgentId) -> Result<(), StoreError> {
    tx.execute_one(
        "agent",
        "UPDATE agent SET state = 'active', state_reason = NULL
         WHERE agent_id = $1 AND state = 'quarantined'",
        values![agent.as_bytes()],
    )
}

/// Never takes an agent's word again.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn revoke(tx: &mut Tx<'_>, agent: AgentId) -> Result<(), StoreError> {
    tx.execute_one(
        "agent",
        "UPDATE agent SET state = 'revoked' WHERE agent_id = $1",
        values![agent.as_bytes()],
    )
}

/// Lets an agent stand as another registry knew it: whether its word is taken, and how long its certificate lasts.
///
/// # Errors
/// Returns [`StoreError`] when it is not known or the database refuses.
pub fn stand(tx: &mut Tx<'_>, agent: &Agent) -> Result<(), StoreError> {
    let (state, reason) = match &agent.state {
        AgentState::Active => ("active", None),
        AgentState::Quarantined(reason) => ("quarantined", Some(reason.as_str())),
        AgentState::Revoked => ("revoked", None),
    };
    tx.execute_one(
        "agent",
        "UPDATE agent SET state = $2, state_reason = $3, certificate_ends = $4 WHERE agent_id = $1",
        &[
            agent.agent.as_bytes().into(),
            state.into(),
            reason.into(),
            time(agent.certificate_ends),
        ],
    )
}

fn read(row: &Row) -> Result<Agent, StoreError> {
    let state = match row.text(4)? {
        "active" => AgentState::Active,
        "quarantined" => {
            AgentState::Quarantined(row.optional_text(5)?.unwrap_or_default().to_owned())
        }
        "revoked" => AgentState::Revoked,
        _ => return Err(StoreError::Damaged("an agent's state")),
    };
    Ok(Agent {
        agent: AgentId::from_bytes(row.array(0)?),
        agency: agency::id(row.text(1)?)?,
        facilities: facility::codes(row.text(2)?)?,
        batch_key: VerifyingKey(row.array(3)?),
        state,
        certificate_ends: row.time(6)?,
        build: row.text(7)?.to_owned(),
        enrolled_at: row.time(8)?,
        heard_at: row.optional_time(9)?,
        spool_deltas: row.count(10)?,
    })
}
