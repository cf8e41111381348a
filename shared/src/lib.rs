//! What agent and hub agree on: the words, the records, the signed batches, the frames and the
//! conversation.
//!
//! Nothing here reads a clock, a file, a socket, the environment or a source of randomness: the
//! programs hand those in. `PROTOCOL.md` beside this crate is the contract in prose.

extern crate self as savin_shared;

#[doc(hidden)]
pub use {serde, uuid};

pub mod chain;
pub mod clock;
mod code;
pub mod codec;
pub mod delta;
pub mod digest;
pub mod envelope;
pub mod event;
pub mod fault;
pub mod frame;
pub mod hash;
pub mod ids;
pub mod limits;
mod own_id;
pub mod pii;
pub mod receipt;
pub mod record;
pub mod session;
pub mod sign;
pub mod token;
pub mod world;
