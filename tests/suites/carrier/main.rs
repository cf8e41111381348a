//! Calls by a carrier's web interface: to a simulator of the carrier, which fetches documents, presses keys
//! and signs what it asks.

mod calls;
mod told;
