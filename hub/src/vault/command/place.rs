//! Where a notice stands on its ladder, as staff sees it.

use jiff::Timestamp;

use super::NoticeRow;
use crate::notification::bounds::Waits;
use crate::notification::ladder::Pressing;

/// Where a notice stands on its ladder.
#[derive(Debug, Clone)]
pub struct NoticePlace {
    /// Which ladder.
    pub ladder: Pressing,
    /// After how many tries of each contact point a person is asked.
    pub asks_after: Option<u32>,
    /// Until when a courier holds it that tries it now.
    pub held_until: Option<Timestamp>,
    /// The notice.
    pub row: NoticeRow,
    /// What was tried, in its order.
    pub tried: Vec<TryShown>,
    /// What is tried next by itself.
    pub next: Option<NextTry>,
}

/// A try, as staff sees it.
#[derive(Debug, Clone)]
pub struct TryShown {
    /// The how-manieth.
    pub number: i64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// Where it went, masked.
    pub to: Option<String>,
    /// Whether a person carried it, or a program that noted no contact.
    pub is_by_hand: bool,
    /// When it was known what became of it, and what.
    pub finished: Option<(Timestamp, String)>,
}

/// The next try.
#[derive(Debug, Clone)]
pub struct NextTry {
    /// Not before.
    pub at: Timestamp,
    /// Why not before.
    pub why: Why,
    /// Where it goes then, masked.
    pub to: Option<String>,
}

/// Why a notice is not tried yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing keeps it back but room: a line, a place at the mail server, the next batch.
    Room,
    /// The line to its channel was down.
    Line,
    /// It waits for this.
    Waits(Waits),
}
