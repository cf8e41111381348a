//! The journal of courts' orders: a file beside the databases, so that an order outlives them.
//!
//! What a database lacks of it, since an older copy was put back or a program ended in between, is carried out
//! anew.

pub mod entry;

use self::entry::Entry;
pub use crate::journal::JournalError;

/// The journal of a hub, or a copy of one.
pub type Journal = crate::journal::Journal<Entry>;

/// What it holds, its chain checked.
pub type Chain = crate::journal::Chain<Entry>;

#[cfg(test)]
mod tests;
