//! How much callers of the toll-free number may ask for: whoever calls, and all together. Beyond, a person helps, so
//! that nobody who needs something is turned away by what others do.

use jiff::Timestamp;
use savin_shared::pii::Pii;

use super::super::command::Shown;
use super::super::{Vault, VaultError};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::line::{self, Use, ago};

/// Wrong PINs of one number that are looked at within an hour and a day, whoever tries. It is never locked: an hour
/// later the right one counts again. They are counted apart from those of calls that we make, so that nobody who
/// knows her number keeps her from hearing a notice.
const PINS_PER_HOUR: u64 = 9;
const PINS_PER_DAY: u64 = 30;

/// Codes of one number that are looked at within a day, whoever tries.
pub(super) const CODES_PER_DAY: u64 = 20;

/// Call-backs to one number within an hour.
pub(super) const CALL_BACKS_TO: u64 = 2;

/// What is allowed of a use.
struct Bound {
    caller_per_hour: u64,
    caller_per_day: u64,
    /// Of all together, those whose telephones show no number among them.
    all_per_hour: u64,
}

const fn bound(of: Use) -> Bound {
    match of {
        Use::Ring => Bound {
            caller_per_hour: 5,
            caller_per_day: 10,
            all_per_hour: 60,
        },
        Use::Try => Bound {
            caller_per_hour: 12,
            caller_per_day: 40,
            all_per_hour: 300,
        },
        Use::CallBack | Use::CallBackTo | Use::Pin | Use::Code | Use::Change => Bound {
            caller_per_hour: 4,
            caller_per_day: 8,
            all_per_hour: 60,
        },
    }
}

impl Vault {
    /// Counts a use; returns whether it is within the bounds. A telephone that shows no number is bounded with all
    /// others only.
    pub(super) fn may_use(&self, of: Use, shown: &Shown) -> Result<bool, VaultError> {
        let now = (self.world.wall)();
        let caller = shown
            .as_ref()
            .map(|shown| self.keys.blind_index("caller", shown));
        let nobody = self.keys.blind_index("caller", &Pii::new(String::new()));
        Ok(self.store.write_now("use of the line", move |tx| {
            let bound = bound(of);
            if line::of_all(tx, of, ago(now, 1))? >= bound.all_per_hour {
                return Ok(false);
            }
            if let Some(caller) = &caller
                && (line::of_one(tx, of, caller, ago(now, 1))? >= bound.caller_per_hour
                    || line::of_one(tx, of, caller, ago(now, 24))? >= bound.caller_per_day)
            {
                return Ok(false);
            }
            line::note(
                tx,
                of,
                caller.as_ref().unwrap_or(&nobody),
                (now, ago(now, 24)),
            )?;
            Ok(true)
        })?)
    }
}

/// Says whether one more PIN is looked at, of a number that was pressed or on the page of a registration.
pub(in crate::vault) fn is_pin_open(
    tx: &mut Tx<'_>,
    whose: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(
        line::of_one(tx, Use::Pin, whose, ago(now, 1))? < PINS_PER_HOUR
            && line::of_one(tx, Use::Pin, whose, ago(now, 24))? < PINS_PER_DAY,
    )
}
