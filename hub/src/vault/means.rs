//! By what means this hub tells: what the vault must know of its doors.

use crate::notification::channel::Doors;

/// The means of this hub. Without any it has e-mail, and a person carries the rest.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// For which channels there are doors.
    pub doors: Doors,
}
