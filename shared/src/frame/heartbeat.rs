//! `Heartbeat`: that the agent lives, and how old what it knows is.

use serde::{Deserialize, Serialize};

use crate::chain::Position;
use crate::hash::Hash;
use crate::ids::{FacilityCode, FeedName, Seq};

/// What a feed's heartbeat says in `held` while its source cannot be read: the share or database is
/// away. It is not a guard's hold, and ends by itself.
pub const NOT_READABLE: &str = "not-readable";

/// How things are at the agent. Times are microseconds since 1970 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The agent's wall clock.
    pub clock_us: i64,
    /// The end of the journal's chain.
    pub end: Position,
    /// Up to where the agent holds a receipt.
    pub acked: Seq,
    /// The digest's root at the end of the chain.
    pub state_digest: Hash,
    /// Deltas that wait for an acknowledgement.
    pub spool_deltas: u64,
    /// When the oldest of them was sealed.
    pub oldest_unacked_us: Option<i64>,
    /// Free bytes where the journal lies, where the system says.
    pub disk_free_bytes: Option<u64>,
    /// Days until the agent's certificate ends.
    pub certificate_days: Option<i32>,
    /// Each feed, at most [`crate::limits::FEEDS_MAX`].
    pub feeds: Vec<FeedBeat>,
}

/// How one feed is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedBeat {
    /// Which feed.
    pub feed: FeedName,
    /// Whose it is.
    pub facility: FacilityCode,
    /// Up to when what the feed lists is known to be so: the date of the last export, or the last
    /// look at a database.
    pub as_of_us: Option<i64>,
    /// When what the source holds last changed: the age of the source, not of the agent.
    pub source_changed_us: Option<i64>,
    /// Rows that the feed lists now.
    pub rows: u64,
    /// Why nothing or not everything of the feed is taken now, if so: the code of a hold such as
    /// `mass-absence`, or [`NOT_READABLE`].
    pub held: Option<String>,
}
