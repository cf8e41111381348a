//! How much of a change is usual for a feed: fitted to its own history, since no bare percentage fits
//! both a jail of 10 and one of 7,000.

use super::History;

/// Absences that no history can make suspicious: in a jail of 35, five may leave in a day.
pub(super) const ABSENCE_FLOOR: u64 = 5;

/// The same in a jail so small that five would be a quarter of it and more.
const ABSENCE_FLOOR_SMALL: u64 = 3;

/// Up to how many people a jail is so small.
const SMALL: u64 = 19;

/// In a large jail, one of so many is no more than five are in a small one.
const ABSENCE_FLOOR_ONE_OF: u64 = 500;

/// How many times the usual daily loss is still believed.
const ABSENCE_FACTOR: u64 = 3;

/// Days of history that the median is taken from.
pub const HISTORY_DAYS: usize = 90;

/// Days of history below which the median is not yet trusted.
const HISTORY_DAYS_MIN: usize = 7;

/// Daily loss assumed until there is history, in thousandths of the roster: the 95th percentile of
/// ten years of one large jail.
const LOSS_PER_MILLE: u64 = 21;

/// Explicit ends of custody that are always believed within [`WINDOW_MINUTES`], and all that are where
/// more come than is usual.
pub(super) const RELEASE_FLOOR: u64 = 20;

/// How many times the busiest window of the middle day is still believed.
const RELEASE_DAY_FACTOR: u64 = 3;

/// Days of history below which a middle day is not yet trusted.
const RELEASE_DAYS_MIN: usize = 7;

/// Days without any such word after which a roster is one that never says it.
const SILENT_DAYS: usize = 27;

/// The window over which explicit ends of custody are counted, in minutes.
pub const WINDOW_MINUTES: i64 = 10;

/// Rows or records of one export that may be wrong by accident.
const ACCIDENTS: u64 = 2;

/// The share of an export that may be wrong by accident, as one of so many.
const ACCIDENTS_ONE_OF: u64 = 100;

/// Says whether so many of so many are wrong that it is no accident of single rows.
#[must_use]
pub const fn is_beyond_accident(wrong: u64, of: u64) -> bool {
    wrong > ACCIDENTS && wrong.saturating_mul(ACCIDENTS_ONE_OF) > of
}

/// Returns how many may go missing in a day before a person is asked. After days without a new export
/// more may be gone; but where half of a jail is, a person looks, however long it was dark.
#[must_use]
pub fn absence_limit(history: &History) -> u64 {
    let days = history.days_since_change.max(1);
    let past = history.days.get(..HISTORY_DAYS).unwrap_or(&history.days);
    let losses: Vec<u64> = past.iter().map(|day| day.lost).collect();
    let mut usual = median(&losses);
    if losses.len() < HISTORY_DAYS_MIN {
        let assumed = (history.listed * LOSS_PER_MILLE).div_ceil(1000);
        usual = usual.max(assumed);
    }
    // Where a few leave on a usual day, chance alone brings more than three times as many.
    let by_chance = match usual {
        0 | 1 => 0,
        _ => usual.saturating_add(usual.saturating_mul(25).isqrt()),
    };
    let mut believed = ABSENCE_FACTOR.saturating_mul(usual).max(by_chance);
    believed = believed.saturating_mul(days);
    if days > 1 {
        believed = believed.min(history.listed / 2);
    }
    floor(history).max(believed)
}

fn floor(history: &History) -> u64 {
    if history.listed > SMALL {
        ABSENCE_FLOOR.max(history.listed / ABSENCE_FLOOR_ONE_OF)
    } else {
        ABSENCE_FLOOR_SMALL
    }
}

/// Says whether one export lets go so many of those listed that its words must have changed: more than
/// half, or more than leave on a day, of a roster that has let go nobody by a word for weeks.
pub(super) fn is_shift(ended: u64, history: &History) -> bool {
    let never_said =
        history.days.len() >= SILENT_DAYS && history.ended_busiest.iter().all(|n| *n == 0);
    let is_most = ended > ABSENCE_FLOOR && ended.saturating_mul(2) > history.listed;
    is_most || (never_said && ended > floor(history))
}

/// Returns how many may be let go by explicit word in a window before a person is asked.
///
/// Where one export a day tells all releases of a large jail, what it told on many days is usual, with
/// what persons let pass.
#[must_use]
pub fn release_limit(history: &History) -> u64 {
    // Quiet days count: a jail that lets few go at once on most days is asked about many.
    let days = history.days.len().min(HISTORY_DAYS);
    let days = days.max(history.ended_busiest.len());
    let mut busiest = history.ended_busiest.clone();
    busiest.resize(days, 0);
    if days < RELEASE_DAYS_MIN {
        return RELEASE_FLOOR;
    }
    RELEASE_FLOOR.max(RELEASE_DAY_FACTOR.saturating_mul(median(&busiest)))
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}
