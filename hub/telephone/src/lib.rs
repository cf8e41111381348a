//! Calls: what is said and asked in them, and how they are carried.
//!
//! Nothing here knows a registrant: the hub hands in what a call may say and hears how it ended.

pub mod audio;
pub mod carrier;
pub mod media;
pub mod script;
pub mod sip;
pub mod turnstile;
pub mod voice;
