//! The clock and the randomness that wiring hands to everything else.
//!
//! Nothing here reads either: each program's wiring builds one `World` of its own functions, and a
//! test builds another.

use std::time::Instant;

use jiff::Timestamp;

/// Functions that wiring provides.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Reads the wall clock: for facts.
    pub wall: fn() -> Timestamp,
    /// Reads the monotonic clock: for deadlines.
    pub monotonic: fn() -> Instant,
    /// Draws 128 bits that nobody can guess.
    pub random: fn() -> [u8; 16],
}
