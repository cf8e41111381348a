//! By what means this hub tells: what the vault must know of its doors.

use jiff::tz::TimeZone;

use crate::notification::bounds::Bounds;
use crate::notification::channel::Doors;
use crate::notification::ladder::Ladders;

/// The means of this hub. Without any it has e-mail, and a person carries the rest.
#[derive(Debug, Clone)]
pub struct Means {
    /// For which channels there are doors.
    pub doors: Doors,
    /// In whose hours registrants say when they may be disturbed.
    pub zone: TimeZone,
    /// How a notice goes on until she has confirmed it.
    pub ladders: Ladders,
    /// What telling may cost and do.
    pub bounds: Bounds,
}

impl Default for Means {
    fn default() -> Self {
        Self {
            doors: Doors::default(),
            zone: TimeZone::UTC,
            ladders: Ladders::shipped().unwrap_or_default(),
            bounds: Bounds::default(),
        }
    }
}
