//! Calls over a carrier's web interface (Twilio's, which `SignalWire` and Telnyx speak too): the same
//! scripts, as documents that the carrier fetches and performs.
//!
//! Nothing here waits or listens: a door hands in what the carrier asks, with the time, and sends on what
//! is answered.

pub mod call;
pub mod request;
pub mod signature;
mod twiml;
