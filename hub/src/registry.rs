//! The registry's rules: what is true after something arrived, and what follows from the difference.
//!
//! Plain functions from what was known, what arrived and now, to what is known and which events
//! follow. Absence never ends custody, and an older or weaker word never undoes a stronger one.

pub mod charges;
pub mod derive;
pub mod details;
pub mod fold;
pub mod known;
pub mod overlay;
pub mod traces;
