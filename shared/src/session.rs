//! The conversation of agent and hub as two state machines without I/O.
//!
//! The driver of each end feeds frames and the time in (`handle_frame`, `handle_timeout`), drains
//! frames and events out (`poll_frame`, `poll_event`) and wakes up at `poll_timeout`. Neither end
//! knows of sockets, so a simulation runs both in one thread over a link of its own.

pub mod agent;
pub mod hub;
#[cfg(test)]
mod simulation;

use std::time::Duration;

use crate::frame::{Frame, FrameType};

/// Which stream of the connection carries a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Greetings, heartbeats, commands, comparison of digests.
    Control,
    /// Batches and their answers.
    Live,
    /// Full states, at low priority.
    Bulk,
}

impl Channel {
    /// Returns the stream on which frames of a type travel.
    #[must_use]
    pub const fn of(frame_type: FrameType) -> Self {
        match frame_type {
            FrameType::Hello
            | FrameType::Welcome
            | FrameType::Heartbeat
            | FrameType::Reconcile
            | FrameType::Command
            | FrameType::Result
            | FrameType::EnrolRequest
            | FrameType::EnrolAnswer
            | FrameType::RenewRequest
            | FrameType::RenewAnswer
            | FrameType::Line => Self::Control,
            FrameType::Batch | FrameType::Ack | FrameType::Nack => Self::Live,
            FrameType::SnapshotBegin | FrameType::SnapshotChunk | FrameType::SnapshotEnd => {
                Self::Bulk
            }
        }
    }
}

/// A frame on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// On which stream.
    pub channel: Channel,
    /// The frame.
    pub frame: Frame,
}

impl From<Frame> for Outgoing {
    fn from(frame: Frame) -> Self {
        Self {
            channel: Channel::of(frame.frame_type()),
            frame,
        }
    }
}

/// How long each end waits. Shorter finds a dead peer sooner and costs traffic or false alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For the first frame of the other end; 10 s.
    pub greeting: Duration,
    /// Between an agent's heartbeats; 20 s.
    pub heartbeat: Duration,
    /// Of quiet after the last change is durable, before a heartbeat says how things are now; 1 s.
    pub settle: Duration,
    /// For the answer to a batch before the agent dials anew; 30 s.
    pub answer: Duration,
    /// More for the answer to a full state, for each of its chunks: 2 s, a line of half a megabit.
    /// Too short begins the same state again and again on a slow line.
    pub chunk: Duration,
    /// Without any frame before the hub hangs up; 65 s, three heartbeats and a little.
    pub silence: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(10),
            heartbeat: Duration::from_secs(20),
            settle: Duration::from_secs(1),
            answer: Duration::from_secs(30),
            chunk: Duration::from_secs(2),
            silence: Duration::from_secs(65),
        }
    }
}
