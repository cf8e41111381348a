//! The SAVIN agent: watches a jail's booking database or export folder and streams signed custody
//! deltas to the hub. It never writes to its agency's data.
//!
//! Layers, each naming only those below it: rules (`format`, `mapping`, `diff`, `guard`, `signer`),
//! `journal`, `capture`, doors (`sources`, `uplink`, `enrol`, `identity`), wiring (`config`, `app`,
//! `cli`).
#![cfg_attr(test, allow(clippy::unwrap_in_result, reason = "helpers of tests"))]

pub mod app;
pub mod capture;
pub mod census;
pub mod cli;
pub mod config;
pub mod diff;
pub mod enrol;
pub mod format;
pub mod guard;
pub mod identity;
pub mod journal;
pub mod mapping;
pub mod memory;
pub mod pulse;
pub mod reserve;
pub mod signer;
pub mod sources;
pub mod uplink;
