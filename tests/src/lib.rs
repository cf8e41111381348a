//! What the suites, the benches and the demo share: the real programs as processes, sources that are
//! written to as a county's software would, a mail server, and somebody at the public site.

pub mod burst;
pub mod calendar;
pub mod called;
pub mod carrier;
pub mod clock;
pub mod corpus;
#[cfg(unix)]
pub mod county_server;
pub mod cups;
pub mod demo;
pub mod dice;
pub mod drain;
pub mod engine;
pub mod home;
pub mod ledger;
pub mod mailbox;
pub mod network;
pub mod population;
pub mod ports;
pub mod postfix;
pub mod program;
pub mod puppet;
pub mod roster;
pub mod sink;
pub mod sipp;
pub mod source;
pub mod stage;
pub mod standing;
pub mod tail;
pub mod toll_free;
pub mod visitor;
