//! True days on which many are moved or let go at once.

use crate::corpus::jail::{Jail, Status};

/// A true day that looks like a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bulk {
    /// A court orders many to be let go.
    CourtOrder,
    /// A storm comes, and everybody is handed to another state.
    Evacuation,
    /// The weekenders are out, and back the day after.
    Weekenders,
    /// A tenth to a half are handed to another agency.
    MassTransfer,
}

/// Every such day.
pub const ALL: [Bulk; 4] = [
    Bulk::CourtOrder,
    Bulk::Evacuation,
    Bulk::Weekenders,
    Bulk::MassTransfer,
];

/// Lets it happen today.
pub fn happen(bulk: Bulk, jail: &mut Jail) {
    let day = jail.day;
    let share = 1 + jail.dice.below(9);
    for inmate in &mut jail.listed {
        if inmate.status.has_ended() {
            continue;
        }
        let is_chosen = jail.dice.below(10) < share;
        let (status, released) = match bulk {
            Bulk::CourtOrder if is_chosen => (Status::Released, Some(day)),
            Bulk::MassTransfer if is_chosen => (Status::Transferred, Some(day)),
            Bulk::Evacuation => (Status::Transferred, Some(day)),
            Bulk::Weekenders if is_chosen => (Status::Weekend, None),
            Bulk::CourtOrder | Bulk::MassTransfer | Bulk::Weekenders => continue,
        };
        (inmate.status, inmate.released) = (status, released);
    }
}

/// Ends what the day before began: weekenders come back.
pub fn end(bulk: Bulk, jail: &mut Jail) {
    if bulk == Bulk::Weekenders {
        for inmate in &mut jail.listed {
            if inmate.status == Status::Weekend {
                inmate.status = Status::In;
            }
        }
    }
}
