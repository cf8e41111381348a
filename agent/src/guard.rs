//! The guard: which changes are believed at once, and which a person has to look at first.
//!
//! Evidence classes as in `faults.md`: an explicit word (E1, E2) passes up to a limit, since a
//! wrong code table must not free hundreds; absence (E3) passes as "no longer listed" up to a limit
//! fitted to this feed's own history; beyond, it is held with its reason until a named person
//! releases it, or until the source stops saying it. Nothing here ever turns absence into a release.

mod drift;
mod limits;
mod mode;
mod reason;
mod release;

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::delta::Change;
use savin_shared::ids::RecordKey;
use savin_shared::record::custody::CustodyState;

use crate::diff::{Class, Diff, Difference};
use crate::mapping::standing::Standing;
pub use drift::{DAYS_MAX, Day, Drift, drift};
pub use limits::{HISTORY_DAYS, WINDOW_MINUTES, absence_limit, is_beyond_accident, release_limit};
pub use mode::Mode;
pub use reason::{HoldReason, doubts_export};
use release::Releases;
pub use release::{Given, is_release};

/// What a feed usually does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// What its roster did on each past day, the latest first, at most [`DAYS_MAX`].
    pub days: Vec<Day>,
    /// How many have left it today, before this export, with no person's word that it is so.
    pub lost_today: u64,
    /// How many have come today, before this export.
    pub admitted_today: u64,
    /// Whole days since the last on which its roster was counted, at least one.
    pub span_today: u64,
    /// How many it listed before this export.
    pub listed: u64,
    /// Whole days since what it holds last changed, at least one.
    pub days_since_change: u64,
    /// Explicit ends of custody within the window, before this export.
    pub ended_in_window: u64,
    /// Those of the window that were held.
    pub held_in_window: u64,
    /// How many ended in the busiest window of each past day, with those that a person let pass; days
    /// on which nobody did are not given.
    pub ended_busiest: Vec<u64>,
    /// How many releases it told of late, and how many of them with their time.
    pub given: Given,
    /// Whether this is the first full roster that was ever taken: there is nothing to compare it to.
    pub is_first_roster: bool,
    /// Whether each export holds everybody.
    pub is_roster: bool,
    /// How many of the past days, the latest first, came after a person last let held changes pass:
    /// what that person has seen is no slow drift.
    pub days_since_decision: usize,
    /// How this export looks beside the one that was accepted last.
    pub looks: Looks,
    /// Records that name somebody else than they did before.
    pub strangers: BTreeSet<RecordKey>,
    /// What the jail has said about these days.
    pub mode: Mode,
    /// What makes the whole export doubtful, if anything does.
    pub doubt: Option<HoldReason>,
    /// The code of what something waits for, if anything does.
    pub hold: Option<String>,
    /// Changes that wait for a person already: neither time nor another export lets them pass.
    pub waiting: BTreeMap<RecordKey, Class>,
}

impl History {
    /// Says whether a change waits for a person already.
    fn waits(&self, difference: &Difference) -> bool {
        self.waiting.get(&difference.key).is_some_and(|class| {
            let still_ends = *class == Class::Ended && difference.standing == Standing::Ended;
            *class == difference.class || (still_ends && is_upsert(difference))
        })
    }
}

/// How an export looks beside the one that was accepted last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Looks {
    /// The same.
    #[default]
    Alike,
    /// It has other columns, or other kinds of values in them.
    Other,
}

/// What the guard decided.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Changes that are believed.
    pub passed: Vec<Difference>,
    /// Changes that wait for a person.
    pub held: Vec<Difference>,
    /// Why those are held that did not wait before.
    pub reasons: Vec<HoldReason>,
    /// Explicit ends of custody that are held and did not wait before.
    pub ended_held: u64,
    /// Whether the whole export was doubted, and nothing of it taken.
    pub is_doubted: bool,
}

/// Decides about an export's changes. What becomes sealed always passes: it publishes less.
#[must_use]
pub fn judge(diff: Diff, history: &History) -> Verdict {
    if history.is_first_roster {
        return Verdict {
            passed: diff.differences,
            ..Verdict::default()
        };
    }
    let tally = Tally::new(&diff, history);
    let changes = diff.differences.len() as u64;
    let back = diff.differences.iter().filter(|d| d.added).count() as u64;
    let counts = |doubt: &HoldReason| doubt.counts_for(changes, back, tally.lost);
    let doubt = history.doubt.filter(counts);
    if let Some(doubt) = doubt.or_else(|| tally.foreign(history)) {
        return doubtful(diff.differences, doubt);
    }
    if history.mode == Mode::Maintenance {
        return maintained(diff.differences, history);
    }
    let mut holds = tally.holds(history);
    let mut reasons = std::mem::take(&mut holds.reasons);
    let (passed, held) = divide(diff.differences, history, &mut holds);
    let is_new_end = |difference: &&Difference| ends(difference) && !history.waits(difference);
    let ended_held = held.iter().filter(is_new_end).count() as u64;
    reasons.extend(holds.releases.reasons(ended_held, history));
    Verdict {
        passed,
        held,
        reasons,
        ended_held,
        is_doubted: false,
    }
}

/// How many changes of each kind an export holds that do not wait for a person already.
struct Tally {
    new: u64,
    ended: u64,
    bare: BTreeSet<RecordKey>,
    absent: u64,
    lost: u64,
    /// Losses that do.
    waiting: u64,
    unkeyed: u64,
    listed: u64,
}

impl Tally {
    fn new(diff: &Diff, history: &History) -> Self {
        let count = |wanted: Class| {
            diff.differences
                .iter()
                .filter(|difference| difference.class == wanted && !difference.is_history)
                .filter(|difference| !history.waits(difference))
                .filter(|difference| is_loss(difference) || difference.class != Class::Absent)
                .filter(|difference| !is_moved_away(difference, history))
                .count() as u64
        };
        let absent = count(Class::Absent);
        let waits = |d: &&Difference| is_loss(d) && history.waits(d);
        Self {
            bare: release::bare(&diff.differences, history),
            waiting: diff.differences.iter().filter(waits).count() as u64,
            new: count(Class::New),
            ended: count(Class::Ended),
            absent,
            lost: absent + count(Class::TurnedUnknown),
            unkeyed: diff.unkeyed,
            listed: diff.listed,
        }
    }

    fn lost_today(&self, history: &History) -> u64 {
        history.lost_today.saturating_add(self.lost)
    }

    fn is_mass_absence(&self, history: &History) -> bool {
        let is_beyond = self.lost > 0 && self.lost_today(history) > absence_limit(history);
        is_beyond && history.mode != Mode::Evacuation
    }

    /// Says why the export looks like another jail's, if it does.
    fn foreign(&self, history: &History) -> Option<HoldReason> {
        let strangers = history.strangers.len() as u64;
        if history.is_roster && is_beyond_accident(strangers, self.listed) {
            return Some(HoldReason::OtherPeople {
                rows: strangers,
                listed: self.listed,
            });
        }
        let (lost, new) = (self.lost, self.new);
        let is_exchanged =
            new.saturating_mul(2) > self.listed && lost.saturating_mul(2) > history.listed;
        (is_exchanged && self.is_mass_absence(history))
            .then_some(HoldReason::ForeignExport { lost, new })
    }

    fn holds(&self, history: &History) -> Holds {
        let mut reasons = Vec::new();
        if self.is_mass_absence(history) {
            reasons.push(HoldReason::MassAbsence {
                lost: self.lost_today(history),
                limit: absence_limit(history),
                listed: history.listed,
            });
        }
        if let Some(drift) = self.drift(history) {
            reasons.push(HoldReason::SlowDrift(drift));
        }
        // A drift goes on until a person has looked, or whoever is missing is back.
        let is_drift = history.hold.as_deref().is_some_and(reason::is_drift);
        let goes_on = is_drift && self.waiting > 0 && history.mode != Mode::Evacuation;
        let losses = goes_on || !reasons.is_empty();
        let absences = self.absent > 0
            && is_beyond_accident(self.unkeyed, self.unkeyed.saturating_add(self.listed));
        if absences {
            reasons.push(HoldReason::UnkeyedRows {
                rows: self.unkeyed,
                lost: self.absent,
            });
        }
        Holds {
            losses,
            absences,
            releases: Releases::new(self.ended, &self.bare, history),
            reasons,
        }
    }

    /// Finds a drift that ends with this export.
    fn drift(&self, history: &History) -> Option<Drift> {
        let today = Day {
            lost: self.lost_today(history),
            admitted: history.admitted_today.saturating_add(self.new),
            listed: history.listed,
            span: history.span_today.max(1),
        };
        drift(history, today).filter(|_| self.lost > 0)
    }
}

/// What is held of an export.
struct Holds {
    losses: bool,
    absences: bool,
    releases: Releases,
    reasons: Vec<HoldReason>,
}

/// Divides changes into those that pass and those that are held, each in their order. Whatever a
/// later change of the same record takes back is not held either.
fn divide(
    differences: Vec<Difference>,
    history: &History,
    holds: &mut Holds,
) -> (Vec<Difference>, Vec<Difference>) {
    let (mut passed, mut held) = (Vec::new(), Vec::<Difference>::new());
    let mut held_ends = BTreeSet::new();
    for difference in differences {
        let is_held = history.waits(&difference)
            || match difference.class {
                _ if difference.is_history => false,
                Class::Absent => is_loss(&difference) && (holds.losses || holds.absences),
                Class::TurnedUnknown => holds.losses,
                Class::Ended => holds.releases.holds(&difference, history),
                // The rows of a held release go on saying it.
                Class::New | Class::Changed => {
                    difference.standing == Standing::Ended && held_ends.contains(&difference.key)
                }
                Class::Withheld => false,
            };
        if is_held {
            if ends(&difference) {
                held_ends.insert(difference.key.clone());
            }
            held.push(difference);
        } else {
            if held_ends.remove(&difference.key) {
                held.retain(|earlier| earlier.key != difference.key);
            }
            passed.push(difference);
        }
    }
    (passed, held)
}

/// Holds everything of an export but what it seals, since the jail has said that its system is being
/// worked on.
fn maintained(differences: Vec<Difference>, history: &History) -> Verdict {
    let (passed, held): (Vec<_>, Vec<_>) = differences
        .into_iter()
        .partition(|difference| difference.class == Class::Withheld || difference.is_history);
    let mut fresh = held.iter().filter(|held| !history.waits(held)).peekable();
    let reasons = fresh.peek().map(|_| HoldReason::Maintenance);
    let ended_held = fresh.filter(|difference| ends(difference)).count() as u64;
    Verdict {
        passed,
        reasons: reasons.into_iter().collect(),
        held,
        ended_held,
        is_doubted: false,
    }
}

/// Takes nothing of an export but what it seals; one that says what is known anyway does no harm.
fn doubtful(differences: Vec<Difference>, doubt: HoldReason) -> Verdict {
    let (passed, held): (Vec<_>, Vec<_>) = differences
        .into_iter()
        .partition(|difference| difference.class == Class::Withheld);
    if held.is_empty() {
        return Verdict {
            passed,
            ..Verdict::default()
        };
    }
    Verdict {
        passed,
        held,
        reasons: vec![doubt],
        ended_held: 0,
        is_doubted: true,
    }
}

/// Says whether a change takes somebody out of sight. Whose custody had ended before is not lost when
/// the roster drops the record at last.
#[must_use]
pub fn is_loss(difference: &Difference) -> bool {
    match difference.class {
        Class::Absent => difference.standing != Standing::Ended,
        Class::TurnedUnknown => true,
        Class::New | Class::Changed | Class::Ended | Class::Withheld => false,
    }
}

/// Says whether an evacuation took somebody along: a transfer is no release, and is told as it is.
fn is_moved_away(difference: &Difference, history: &History) -> bool {
    if history.mode != Mode::Evacuation || difference.class != Class::Ended {
        return false;
    }
    let Change::Upsert { row, .. } = &difference.change else {
        return false;
    };
    let state = |record: savin_shared::record::Record| record.custody().map(|c| c.state);
    matches!(
        row.record().ok().and_then(state),
        Some(CustodyState::TransferredOut | CustodyState::TransferredOutOfState)
    )
}

fn ends(difference: &Difference) -> bool {
    difference.class == Class::Ended
}

fn is_upsert(difference: &Difference) -> bool {
    matches!(difference.class, Class::New | Class::Changed | Class::Ended)
}

#[cfg(test)]
mod tests;
