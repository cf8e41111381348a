//! The guard: which changes are believed at once, and which a person has to look at first.
//!
//! Evidence classes as in `faults.md`: an explicit word (E1, E2) passes up to a limit, since a
//! wrong code table must not free hundreds; absence (E3) passes as "no longer listed" up to a limit
//! fitted to this feed's own history; beyond, it is held with its reason until a named person
//! releases it, or until the source stops saying it. Nothing here ever turns absence into a release.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use savin_shared::ids::RecordKey;

use crate::diff::{Class, Diff, Difference};
use crate::mapping::standing::Standing;

/// Absences that no history can make suspicious: in a jail of 35, five may leave in a day.
const ABSENCE_FLOOR: u64 = 5;

/// How many times the usual daily loss is still believed.
const ABSENCE_FACTOR: u64 = 3;

/// Days of history that the median is taken from.
pub const HISTORY_DAYS: usize = 90;

/// Days of history below which the median is not yet trusted.
const HISTORY_DAYS_MIN: usize = 7;

/// Daily loss assumed until there is history, in thousandths of the roster: the 95th percentile of
/// ten years of one large jail.
const LOSS_PER_MILLE: u64 = 21;

/// Explicit ends of custody that are always believed within [`WINDOW_MINUTES`].
const RELEASE_FLOOR: u64 = 20;

/// How many times the busiest usual window is still believed.
const RELEASE_FACTOR: u64 = 10;

/// The window over which explicit ends of custody are counted, in minutes.
pub const WINDOW_MINUTES: i64 = 10;

/// Rows or records of one export that may be wrong by accident.
const ACCIDENTS: u64 = 2;

/// The share of an export that may be wrong by accident, as one of so many.
const ACCIDENTS_ONE_OF: u64 = 100;

/// What a feed usually does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// How many left its roster on each past day, at most [`HISTORY_DAYS`].
    pub daily_losses: Vec<u64>,
    /// How many have left it today, before this export.
    pub lost_today: u64,
    /// How many it listed before this export.
    pub listed: u64,
    /// Whole days since what it holds last changed, at least one.
    pub days_since_change: u64,
    /// Explicit ends of custody within the window, before this export.
    pub ended_in_window: u64,
    /// The 99.9th percentile of explicit ends of custody in a window.
    pub ended_usual: u64,
    /// Whether this is the first full roster that was ever taken: there is nothing to compare it to.
    pub is_first_roster: bool,
    /// What makes the whole export doubtful, if anything does.
    pub doubt: Option<HoldReason>,
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

/// Why changes are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// More people are missing or without a known status than is usual.
    MassAbsence {
        /// How many today.
        lost: u64,
        /// How many would have been believed.
        limit: u64,
        /// How many were listed before.
        listed: u64,
    },
    /// Many rows do not say whom they are about, and people are missing.
    UnkeyedRows {
        /// How many rows.
        rows: u64,
        /// How many people are missing.
        lost: u64,
    },
    /// Nearly everybody is missing and nearly everybody is new: another jail's file.
    ForeignExport {
        /// How many are missing.
        lost: u64,
        /// How many are new.
        new: u64,
    },
    /// The export is older than the one that was taken last.
    Older {
        /// Its date.
        exported_at: Timestamp,
        /// The date of the one before.
        last: Timestamp,
    },
    /// The export is byte for byte one from before the last.
    ServedAgain {
        /// When it was taken.
        taken_at: Timestamp,
    },
    /// More people are let go by explicit word than is usual.
    MassRelease {
        /// How many within the window.
        ended: u64,
        /// How many would have been believed.
        limit: u64,
    },
}

impl HoldReason {
    /// Says whether a doubt about an export counts for so many changes. A small jail comes to say the
    /// very same again after one booking and one departure.
    const fn counts_for(&self, changes: u64) -> bool {
        match self {
            Self::ServedAgain { .. } => changes > ABSENCE_FLOOR,
            Self::MassAbsence { .. }
            | Self::UnkeyedRows { .. }
            | Self::ForeignExport { .. }
            | Self::Older { .. }
            | Self::MassRelease { .. } => true,
        }
    }

    /// Returns the reason's code, as heartbeats and `--json` give it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MassAbsence { .. } => "mass-absence",
            Self::UnkeyedRows { .. } => "unkeyed-rows",
            Self::ForeignExport { .. } => "foreign-export",
            Self::Older { .. } => "older",
            Self::ServedAgain { .. } => "served-again",
            Self::MassRelease { .. } => "mass-release",
        }
    }
}

/// Says whether a hold of this code is about the whole export, and so ends with the next good one;
/// any other is about single changes.
#[must_use]
pub fn doubts_export(code: &str) -> bool {
    matches!(code, "foreign-export" | "older" | "served-again")
}

impl fmt::Display for HoldReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MassAbsence {
                lost,
                limit,
                listed,
            } => write!(
                formatter,
                "{lost} of {listed} people are missing or without a known status today, and up \
                 to {limit} would be usual: their status stays as it was until a person has looked"
            ),
            Self::UnkeyedRows { rows, lost } => write!(
                formatter,
                "{rows} rows do not say whom they are about, and {lost} people are missing: their \
                 status stays as it was until a person has looked"
            ),
            Self::ForeignExport { lost, new } => write!(
                formatter,
                "{lost} people are missing and {new} are new at once: this looks like another \
                 facility's export, and nothing of it was taken"
            ),
            Self::Older { exported_at, last } => write!(
                formatter,
                "the export of {exported_at} is older than the one of {last}, which was taken \
                 before: nothing of it was taken"
            ),
            Self::ServedAgain { taken_at } => write!(
                formatter,
                "an old export was served again: it was taken at {taken_at}, and others since; \
                 nothing of it was taken"
            ),
            Self::MassRelease { ended, limit } => write!(
                formatter,
                "{ended} people are let go within {WINDOW_MINUTES} minutes, and up to {limit} \
                 would be usual: those beyond wait until a person has looked"
            ),
        }
    }
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
    if let Some(doubt) = history.doubt
        && doubt.counts_for(diff.differences.len() as u64)
    {
        return doubtful(diff.differences, doubt);
    }
    let count = |wanted: Class| {
        diff.differences
            .iter()
            .filter(|difference| difference.class == wanted && !difference.is_history)
            .filter(|difference| !history.waits(difference))
            .filter(|difference| is_loss(difference) || difference.class != Class::Absent)
            .count() as u64
    };
    let (new, ended, absent) = (count(Class::New), count(Class::Ended), count(Class::Absent));
    let lost = absent + count(Class::TurnedUnknown);
    let lost_today = history.lost_today.saturating_add(lost);
    let (absence_limit, release_limit) = (absence_limit(history), release_limit(history));
    let rows = diff.unkeyed;
    let mut holds = Holds {
        losses: lost > 0 && lost_today > absence_limit,
        absences: absent > 0 && is_beyond_accident(rows, rows.saturating_add(diff.listed)),
        releases_left: release_limit.saturating_sub(history.ended_in_window),
    };
    if holds.losses && new.saturating_mul(2) > diff.listed && lost * 2 > history.listed {
        return doubtful(diff.differences, HoldReason::ForeignExport { lost, new });
    }
    let mut reasons = Vec::new();
    if holds.losses {
        reasons.push(HoldReason::MassAbsence {
            lost: lost_today,
            limit: absence_limit,
            listed: history.listed,
        });
    }
    if holds.absences {
        reasons.push(HoldReason::UnkeyedRows { rows, lost: absent });
    }
    let (passed, held) = divide(diff.differences, history, &mut holds);
    let is_new_end = |difference: &&Difference| ends(difference) && !history.waits(difference);
    let ended_held = held.iter().filter(is_new_end).count() as u64;
    if ended_held > 0 {
        reasons.push(HoldReason::MassRelease {
            ended: history.ended_in_window.saturating_add(ended),
            limit: release_limit,
        });
    }
    Verdict {
        passed,
        held,
        reasons,
        ended_held,
        is_doubted: false,
    }
}

/// What is held of an export.
struct Holds {
    losses: bool,
    absences: bool,
    releases_left: u64,
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
                Class::Ended => {
                    let believed = holds.releases_left > 0;
                    holds.releases_left = holds.releases_left.saturating_sub(1);
                    !believed
                }
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

fn ends(difference: &Difference) -> bool {
    difference.class == Class::Ended
}

fn is_upsert(difference: &Difference) -> bool {
    matches!(difference.class, Class::New | Class::Changed | Class::Ended)
}

/// Says whether so many of so many are wrong that it is no accident of single rows.
#[must_use]
pub const fn is_beyond_accident(wrong: u64, of: u64) -> bool {
    wrong > ACCIDENTS && wrong.saturating_mul(ACCIDENTS_ONE_OF) > of
}

/// Returns how many may go missing in a day before a person is asked.
#[must_use]
pub fn absence_limit(history: &History) -> u64 {
    let days = history.days_since_change.max(1);
    let mut usual = median(&history.daily_losses);
    if history.daily_losses.len() < HISTORY_DAYS_MIN {
        let assumed = (history.listed * LOSS_PER_MILLE).div_ceil(1000);
        usual = usual.max(assumed);
    }
    ABSENCE_FLOOR.max(ABSENCE_FACTOR.saturating_mul(usual).saturating_mul(days))
}

/// Returns how many may be let go by explicit word in a window before a person is asked.
#[must_use]
pub fn release_limit(history: &History) -> u64 {
    RELEASE_FLOOR.max(RELEASE_FACTOR.saturating_mul(history.ended_usual))
}

/// Returns the value that 99.9% of windows do not exceed; windows that are not given counted none.
#[must_use]
pub fn usual_maximum(busy_windows: &[u64], windows: u64) -> u64 {
    let mut counts = busy_windows.to_vec();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let skipped = usize::try_from(windows / 1000).unwrap_or(usize::MAX);
    counts.get(skipped).copied().unwrap_or(0)
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use savin_shared::delta::Change;
    use savin_shared::ids::{RecordKey, RecordNumber};
    use savin_shared::record::RecordKind;

    use super::{HISTORY_DAYS, History, HoldReason, absence_limit, judge, usual_maximum};
    use crate::diff::{Class, Diff, Difference};
    use crate::mapping::standing::Standing;

    fn diff(classes: &[(Class, u64)], listed: u64) -> Diff {
        let mut differences = Vec::new();
        for (class, count) in classes {
            for number in 0..*count {
                let number = RecordNumber::new(&format!("{class:?}{number}")).unwrap();
                let key = RecordKey {
                    kind: RecordKind::Custody,
                    number,
                };
                differences.push(Difference {
                    change: Change::NoLongerListed(key.clone()),
                    key,
                    class: *class,
                    standing: if *class == Class::Ended {
                        Standing::Ended
                    } else {
                        Standing::Open
                    },
                    added: false,
                    is_history: false,
                });
            }
        }
        Diff {
            differences,
            listed,
            ..Diff::default()
        }
    }

    fn history(listed: u64, usual: u64) -> History {
        History {
            daily_losses: vec![usual; HISTORY_DAYS],
            listed,
            days_since_change: 1,
            ..History::default()
        }
    }

    #[test]
    fn believes_the_usual_loss_and_holds_a_mass() {
        let verdict = judge(diff(&[(Class::Absent, 20)], 6600), &history(6600, 90));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (20, 0));
        let verdict = judge(diff(&[(Class::Absent, 271)], 6300), &history(6600, 90));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (0, 271));
        let mass = HoldReason::MassAbsence {
            lost: 271,
            limit: 270,
            listed: 6600,
        };
        assert_eq!(verdict.reasons, [mass]);
    }

    #[test]
    fn counts_what_was_lost_earlier_the_same_day() {
        let history = History {
            lost_today: 265,
            ..history(6600, 90)
        };
        assert_eq!(
            judge(diff(&[(Class::Absent, 6)], 6300), &history)
                .held
                .len(),
            6
        );
    }

    #[test]
    fn allows_a_small_jail_its_five() {
        assert_eq!(
            judge(diff(&[(Class::Absent, 5)], 30), &history(35, 0))
                .held
                .len(),
            0
        );
        assert_eq!(
            judge(diff(&[(Class::Absent, 6)], 29), &history(35, 0))
                .held
                .len(),
            6
        );
    }

    #[test]
    fn allows_more_after_days_without_a_new_export() {
        let history = History {
            days_since_change: 3,
            ..history(6600, 90)
        };
        assert_eq!(absence_limit(&history), 810);
    }

    #[test]
    fn assumes_a_large_jail_until_there_is_history() {
        let young = History {
            daily_losses: vec![0; 2],
            ..history(6700, 0)
        };
        assert_eq!(absence_limit(&young), 423);
        let small = History {
            daily_losses: Vec::new(),
            ..history(35, 0)
        };
        assert_eq!(absence_limit(&small), 5);
    }

    #[test]
    fn lets_explicit_words_pass_while_absences_are_held() {
        let changes = [(Class::Ended, 3), (Class::Absent, 30), (Class::Changed, 2)];
        let verdict = judge(diff(&changes, 5), &history(35, 1));
        let passed: Vec<Class> = verdict.passed.iter().map(|d| d.class).collect();
        assert_eq!(
            passed
                .iter()
                .filter(|class| **class == Class::Ended)
                .count(),
            3
        );
        assert_eq!(passed.len(), 5);
        assert_eq!(verdict.held.len(), 30);
    }

    #[test]
    fn lets_at_most_the_limit_of_explicit_releases_pass() {
        let verdict = judge(diff(&[(Class::Ended, 300)], 300), &history(300, 5));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (20, 280));
        assert_eq!(
            verdict.reasons,
            [HoldReason::MassRelease {
                ended: 300,
                limit: 20
            }]
        );
        let busy = History {
            ended_in_window: 15,
            ..history(300, 5)
        };
        assert_eq!(
            judge(diff(&[(Class::Ended, 300)], 300), &busy).passed.len(),
            5
        );
    }

    #[test]
    fn takes_nothing_of_what_looks_like_another_jails_file() {
        let changes = [(Class::Absent, 33), (Class::New, 40), (Class::Changed, 1)];
        let verdict = judge(diff(&changes, 41), &history(35, 1));
        assert_eq!(verdict.held.len(), 74);
        assert!(matches!(
            verdict.reasons[..],
            [HoldReason::ForeignExport { .. }]
        ));
    }

    #[test]
    fn holds_a_code_table_that_changed() {
        let verdict = judge(diff(&[(Class::TurnedUnknown, 30)], 35), &history(35, 1));
        assert_eq!(verdict.held.len(), 30);
    }

    #[test]
    fn holds_absences_while_many_rows_name_nobody() {
        let unkeyed = |rows, listed| Diff {
            unkeyed: rows,
            ..diff(&[(Class::Absent, 3), (Class::Changed, 1)], listed)
        };
        let verdict = judge(unkeyed(3, 200), &history(203, 90));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (1, 3));
        assert_eq!(
            verdict.reasons,
            [HoldReason::UnkeyedRows { rows: 3, lost: 3 }]
        );
        for few in [unkeyed(2, 20), unkeyed(3, 300)] {
            assert_eq!(judge(few, &history(303, 90)).held.len(), 0);
        }
    }

    #[test]
    fn lets_what_is_sealed_pass_whatever_else_is_held() {
        let changes = [(Class::Withheld, 9), (Class::Absent, 30)];
        let verdict = judge(diff(&changes, 5), &history(35, 1));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (9, 30));
        let older = History {
            doubt: Some(HoldReason::ServedAgain {
                taken_at: jiff::Timestamp::UNIX_EPOCH,
            }),
            ..history(35, 1)
        };
        let verdict = judge(diff(&changes, 5), &older);
        assert_eq!((verdict.passed.len(), verdict.held.len()), (9, 30));
    }

    #[test]
    fn keeps_what_waits_waiting_whatever_time_has_passed() {
        let changes = [(Class::Ended, 40), (Class::Absent, 9)];
        let first = judge(diff(&changes, 300), &history(300, 0));
        assert_eq!((first.passed.len(), first.held.len()), (20, 29));
        assert_eq!(first.ended_held, 20);
        let waiting = first.held.iter().map(|d| (d.key.clone(), d.class));
        let later = History {
            waiting: waiting.collect(),
            ..history(300, 0)
        };
        let again = Diff {
            differences: first.held,
            listed: 300,
            ..Diff::default()
        };
        let second = judge(again, &later);
        assert_eq!((second.passed.len(), second.held.len()), (0, 29));
        assert_eq!((second.reasons.len(), second.ended_held), (0, 0));
        // What the export says otherwise now is another change, and passes.
        let other = judge(diff(&[(Class::Changed, 3)], 300), &later);
        assert_eq!(other.held.len(), 0);
    }

    #[test]
    fn holds_no_release_that_the_same_export_takes_back() {
        let mut back = diff(&[(Class::Ended, 21)], 21);
        let mut last = back.differences.last().unwrap().clone();
        (last.class, last.standing) = (Class::Changed, Standing::Ended);
        back.differences.push(last.clone());
        assert_eq!(judge(back, &history(300, 0)).held.len(), 2);
        let mut back = diff(&[(Class::Ended, 21)], 21);
        last.standing = Standing::Open;
        back.differences.push(last);
        let verdict = judge(back, &history(300, 0));
        assert_eq!((verdict.passed.len(), verdict.held.len()), (21, 0));
        assert!(verdict.reasons.is_empty());
    }

    #[test]
    fn loses_nobody_whose_custody_had_ended() {
        let mut purged = diff(&[(Class::Absent, 200)], 100);
        for difference in &mut purged.differences {
            difference.standing = Standing::Ended;
        }
        assert_eq!(judge(purged, &history(300, 0)).passed.len(), 200);
    }

    #[test]
    fn lets_a_small_jail_say_the_same_again() {
        let again = History {
            doubt: Some(HoldReason::ServedAgain {
                taken_at: jiff::Timestamp::UNIX_EPOCH,
            }),
            ..history(35, 0)
        };
        assert_eq!(judge(diff(&[(Class::Absent, 5)], 30), &again).held.len(), 0);
        let verdict = judge(diff(&[(Class::Changed, 6)], 35), &again);
        assert!(verdict.is_doubted);
        assert_eq!(verdict.held.len(), 6);
    }

    #[test]
    fn takes_the_first_full_roster_as_it_is() {
        let first = History {
            is_first_roster: true,
            ..History::default()
        };
        assert_eq!(
            judge(diff(&[(Class::New, 700)], 700), &first).passed.len(),
            700
        );
        // A first file of transactions is not a roster: its releases are bounded.
        let transactions = diff(&[(Class::Ended, 25)], 25);
        assert_eq!(judge(transactions, &History::default()).held.len(), 5);
    }

    #[test]
    fn finds_the_usual_maximum_among_quiet_windows() {
        assert_eq!(usual_maximum(&[4, 9, 2], 12_960), 0);
        assert_eq!(usual_maximum(&[4, 9, 2], 500), 9);
        assert_eq!(usual_maximum(&[1; 40], 12_960), 1);
    }
}
