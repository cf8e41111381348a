//! The SAVIN hub: keeps the statewide registry, does all the matching, and tells registered victims
//! by the channel that each chose.
//!
//! Layers, each naming only those below it: rules (`registry`, `matching`, `linkage`, `names`, `notification`,
//! `clocks`, `work`, `evidence`, `freshness`, `places`, `ids`), `store` (the only SQL), `intake` and `vault`
//! (the transactions), `import` (files that are given to the hub itself), doors (`ingest`, `authority`,
//! `planner`, `watch`, `channels`, `web`), `notary` (signs the evidence of both), `orders` (carries out courts' orders in both) and `decided` (keeps what
//! staff decided beside them), each by a `journal`, wiring (`config`, `app`, `cli`).
#![cfg_attr(test, allow(clippy::unwrap_in_result, reason = "helpers of tests"))]

pub mod app;
pub mod authority;
pub mod channels;
pub mod cli;
pub mod clocks;
pub mod config;
pub mod decided;
pub mod evidence;
pub mod freshness;
pub mod ids;
pub mod import;
pub mod ingest;
pub mod intake;
pub mod journal;
pub mod linkage;
pub mod matching;
pub mod names;
pub mod notary;
pub mod notification;
pub mod orders;
pub mod places;
pub mod planner;
mod private_file;
pub mod registry;
pub mod store;
pub mod vault;
pub mod watch;
pub mod web;
pub mod work;

/// Where memory comes from, SQLite's too: a hub takes and gives back many small pieces, and that alone was a
/// quarter of what a delta cost with the C library's allocator.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;
