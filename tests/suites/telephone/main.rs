//! Calls over SIP to telephones, trunks and operators that others wrote: sipp, baresip and PJSIP,
//! which record what they hear. Sound is compared with what was played, sample by sample.
//!
//! Wants root: sipp sends recorded keys through raw sockets.

mod agreed;
mod asked;
mod baresip;
mod bounds;
mod burst;
mod callers;
mod changed;
mod handset;
mod hub;
mod inbound;
mod killed;
mod line;
mod moments;
mod outbound;
mod peer;
mod place;
mod registrar;
mod sound;
mod told;

use savin_tests::sipp;
