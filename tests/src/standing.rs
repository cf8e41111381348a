//! How an agent's journal stands, looked at from beside the running agent.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use savin_agent::journal::{Journal, feed, hold, position};
use savin_shared::chain::Position;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, FeedName, Seq};

use crate::clock::{monotonic, pause};
use crate::home::AgentHome;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// How a journal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub agent: AgentId,
    /// The end of its chain.
    pub end: Position,
    /// Up to where there is a receipt.
    pub acked: Seq,
    /// The digest of what it lists.
    pub digest: Hash,
    /// The feed that was asked for: when it was last looked at.
    pub seen_at: Option<Timestamp>,
    /// Why its last export was refused, if it was.
    pub refusal: Option<String>,
    /// What the guard holds of it, and why.
    pub hold: Option<String>,
}

impl Standing {
    /// Looks at a journal, and at one of its feeds; `None` where there is no journal yet.
    ///
    /// # Errors
    /// Returns why it cannot be read.
    pub fn look(agent: &AgentHome, feed: &str) -> anyhow::Result<Option<Self>> {
        if !agent.journal().exists() {
            return Ok(None);
        }
        let name = FeedName::new(feed).context("not a feed's name")?;
        let mut journal = Journal::look(&agent.journal())?;
        let (standpoint, state, hold) = journal.read(|tx| {
            Ok((
                position::load(tx)?,
                feed::load(tx, &name)?,
                hold::load(tx, &name)?,
            ))
        })?;
        let Some(standpoint) = standpoint else {
            return Ok(None);
        };
        Ok(Some(Self {
            agent: standpoint.agent,
            end: standpoint.end,
            acked: standpoint.acked,
            digest: standpoint.digest.root(),
            seen_at: state.as_ref().map(|state| state.seen_at),
            refusal: state.and_then(|state| state.refusal),
            hold: hold.map(|hold| hold.message),
        }))
    }

    /// Waits until a feed was looked at after a moment and everything is acknowledged by the hub.
    ///
    /// # Errors
    /// Returns how the journal stands when that takes too long.
    pub fn settled(
        agent: &AgentHome,
        feed: &str,
        since: Timestamp,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let deadline = monotonic() + patience;
        loop {
            let standing = Self::look(agent, feed)?;
            if let Some(standing) = &standing
                && standing.seen_at.is_some_and(|seen_at| seen_at >= since)
                && standing.acked == standing.end.seq
            {
                return Ok(standing.clone());
            }
            if monotonic() > deadline {
                bail!("{feed} was not taken and acknowledged in time: {standing:?}");
            }
            pause(LOOK);
        }
    }
}
