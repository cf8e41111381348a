//! Calls over a carrier's web interface (Twilio's, which `SignalWire` and Telnyx speak too): the same
//! scripts, as documents that the carrier fetches and performs.
//!
//! The call itself, the documents, the requests and the signature wait for nothing: they are handed what
//! the carrier asks, with the time, and answer. The client asks the carrier, and the exchange carries calls
//! between both; whoever listens for the carrier is not here.

pub mod call;
pub mod client;
pub mod exchange;
mod gate;
pub mod left;
pub mod live;
pub mod request;
pub mod signature;
pub mod trial;
mod twiml;
