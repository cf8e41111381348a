//! What passes and what is held, by class and by history.

use savin_shared::delta::{Change, Coverage, Evidence, Row};
use savin_shared::ids::{FacilityCode, RecordKey, RecordNumber};
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody, RecordKind};

use super::limits::{HISTORY_DAYS, absence_limit};
use super::{Day, History, HoldReason, Mode, judge};
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

fn days(losses: &[u64]) -> Vec<Day> {
    let day = |lost: &u64| Day {
        lost: *lost,
        span: 1,
        ..Day::default()
    };
    losses.iter().map(day).collect()
}

fn history(listed: u64, usual: u64) -> History {
    History {
        days: days(&[usual; HISTORY_DAYS]),
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
        days: days(&[0; 2]),
        ..history(6700, 0)
    };
    assert_eq!(absence_limit(&young), 423);
    let small = History {
        days: Vec::new(),
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
    // Who comes back while somebody else is missing is an old file's.
    let mut old = diff(&[(Class::Absent, 1), (Class::New, 1)], 35);
    for difference in &mut old.differences {
        difference.added = difference.class == Class::New;
    }
    assert!(judge(old, &again).is_doubted);
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
fn holds_what_a_feed_loses_day_by_day_until_a_person_has_looked() {
    let losing = |recent: &[u64]| History {
        days_since_decision: usize::MAX,
        days: days(&[recent, &[0, 1, 2, 1, 0, 1, 1].repeat(12)].concat()),
        ..history(35, 1)
    };
    let verdict = judge(diff(&[(Class::Absent, 3)], 32), &losing(&[1]));
    assert_eq!(verdict.held.len(), 0);
    let found = losing(&[2, 3, 2, 3]);
    let changes = [(Class::Absent, 3), (Class::Ended, 1)];
    let verdict = judge(diff(&changes, 32), &found);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (1, 3));
    assert_eq!(verdict.reasons.len(), 1);
    assert_eq!(verdict.reasons[0].code(), "slow-drift");
    // Days later it goes on, without another reason, and ends with those who are missing.
    let waiting = verdict.held.iter().map(|d| (d.key.clone(), d.class));
    let mut later = History {
        waiting: waiting.collect(),
        hold: Some("slow-drift".to_owned()),
        ..losing(&[0; 14])
    };
    let verdict = judge(diff(&[(Class::Absent, 4)], 31), &later);
    assert_eq!((verdict.held.len(), verdict.reasons.len()), (4, 0));
    later.waiting.clear();
    let verdict = judge(diff(&[(Class::Absent, 1)], 34), &later);
    assert_eq!(verdict.held.len(), 0);
}

#[test]
fn fits_the_limit_of_a_day_to_large_jails() {
    // Where a few leave unsaid on a usual day, and where one of five hundred does.
    for (listed, usual, limit) in [(35, 1, 5), (200, 3, 11), (200, 9, 27), (7000, 2, 14)] {
        assert_eq!(absence_limit(&history(listed, usual)), limit, "{listed}");
    }
}

#[test]
fn holds_half_a_jail_however_long_it_was_dark() {
    let dark = History {
        days_since_change: 22,
        ..history(35, 1)
    };
    assert_eq!(absence_limit(&dark), 17);
    assert_eq!(
        judge(diff(&[(Class::Absent, 18)], 17), &dark).held.len(),
        18
    );
    assert_eq!(judge(diff(&[(Class::Absent, 17)], 18), &dark).held.len(), 0);
}

#[test]
fn asks_the_smallest_jail_about_more_than_three() {
    let small = history(10, 0);
    assert_eq!(judge(diff(&[(Class::Absent, 3)], 7), &small).held.len(), 0);
    assert_eq!(judge(diff(&[(Class::Absent, 4)], 6), &small).held.len(), 4);
}

#[test]
fn lets_nobody_go_by_an_export_that_lets_most_of_a_roster_go() {
    let roster = History {
        is_roster: true,
        ..history(35, 1)
    };
    let verdict = judge(diff(&[(Class::Ended, 18)], 35), &roster);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (0, 18));
    let shift = HoldReason::StatusShift {
        ended: 18,
        listed: 35,
    };
    assert_eq!(verdict.reasons, [shift]);
    let roster = History {
        ended_busiest: vec![1],
        ..roster
    };
    assert_eq!(
        judge(diff(&[(Class::Ended, 17)], 35), &roster).held.len(),
        0
    );
    // A roster that has let go nobody by a word for weeks is asked about more than leave on a day.
    let silent = History {
        ended_busiest: Vec::new(),
        ..roster.clone()
    };
    let held = |ended| {
        judge(diff(&[(Class::Ended, ended)], 35), &silent)
            .held
            .len()
    };
    assert_eq!((held(5), held(6)), (0, 6));
    let movements = History {
        is_roster: false,
        ..roster
    };
    assert_eq!(
        judge(diff(&[(Class::Ended, 18)], 18), &movements)
            .held
            .len(),
        0
    );
}

#[test]
fn lets_nobody_go_under_the_number_of_another_person() {
    let changes = diff(&[(Class::Ended, 2), (Class::Changed, 3)], 300);
    let strange = |count| History {
        is_roster: true,
        strangers: changes
            .differences
            .iter()
            .take(count)
            .map(|d| d.key.clone())
            .collect(),
        ..history(300, 1)
    };
    let verdict = judge(changes.clone(), &strange(1));
    assert_eq!((verdict.passed.len(), verdict.held.len()), (4, 1));
    assert_eq!(verdict.reasons, [HoldReason::WrongPerson { rows: 1 }]);
    // So many are another jail's file.
    let verdict = judge(changes.clone(), &strange(4));
    assert!(verdict.is_doubted);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (0, 5));
}

#[test]
fn tells_an_evacuation_as_what_it_is_and_bounds_its_releases() {
    let evacuated = History {
        mode: Mode::Evacuation,
        is_roster: true,
        ended_busiest: vec![1],
        ..history(300, 1)
    };
    let changes = diff(&[(Class::Absent, 250), (Class::Ended, 30)], 50);
    let verdict = judge(changes, &evacuated);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (270, 10));
    let release = |reason: &HoldReason| matches!(reason, HoldReason::MassRelease { .. });
    assert!(verdict.reasons.iter().all(release), "{:?}", verdict.reasons);
    let mut away = diff(&[(Class::Ended, 300)], 300);
    let states = [
        CustodyState::TransferredOut,
        CustodyState::TransferredOutOfState,
    ];
    for (difference, state) in away.differences.iter_mut().zip(states.iter().cycle()) {
        let number = difference.key.number.clone();
        let mut record = record(number);
        if let RecordBody::Custody(custody) = &mut record.body {
            custody.state = *state;
        }
        difference.change = Change::Upsert {
            row: Row::of(&record).unwrap(),
            coverage: Coverage::Full,
            evidence: Evidence::Status,
        };
    }
    assert_eq!(judge(away.clone(), &evacuated).held.len(), 0);
    let ordinary = History {
        mode: Mode::Normal,
        ..evacuated
    };
    assert_eq!(judge(away, &ordinary).held.len(), 300);
}

#[test]
fn lets_nothing_pass_while_a_system_is_worked_on_but_what_it_seals() {
    let mut history = History {
        mode: Mode::Maintenance,
        is_roster: true,
        ..history(300, 5)
    };
    let changes = [
        (Class::Ended, 1),
        (Class::New, 2),
        (Class::Absent, 1),
        (Class::Withheld, 1),
    ];
    let verdict = judge(diff(&changes, 300), &history);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (1, 4));
    assert_eq!(verdict.reasons, [HoldReason::Maintenance]);
    // When it is over, what waits goes on waiting for a person.
    history.waiting = verdict
        .held
        .iter()
        .map(|d| (d.key.clone(), d.class))
        .collect();
    history.mode = Mode::Normal;
    let verdict = judge(diff(&changes, 300), &history);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (1, 4));
    assert!(verdict.reasons.is_empty());
}

fn record(number: RecordNumber) -> Record {
    Record {
        facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: false,
        body: RecordBody::Custody(Box::new(Custody::new(number, CustodyState::InCustody))),
    }
}

#[test]
fn learns_how_many_one_export_a_day_lets_go_from_many_days_and_not_from_one() {
    let ended = diff(&[(Class::Ended, 70)], 7000);
    let mut history = History {
        is_roster: true,
        ended_busiest: vec![60; 6],
        days: Vec::new(),
        ..history(7000, 0)
    };
    assert_eq!(judge(ended.clone(), &history).held.len(), 50);
    history.ended_busiest = vec![60; 30];
    assert_eq!(judge(ended.clone(), &history).held.len(), 0);
    // Beyond what is usual no more pass than of a jail that lets nobody go.
    let many = diff(&[(Class::Ended, 181)], 7000);
    let verdict = judge(many, &history);
    assert_eq!((verdict.passed.len(), verdict.held.len()), (20, 161));
    let words = verdict.reasons[0].to_string();
    assert!(
        words.contains("up to 180") && words.contains("first 20"),
        "{words}"
    );
    // What was held of the window counts for it.
    history.held_in_window = 120;
    history.ended_in_window = 20;
    assert_eq!(judge(ended.clone(), &history).held.len(), 70);
    (history.held_in_window, history.ended_in_window) = (0, 0);
    // A jail that seldom lets many go is asked, however many it was once.
    history.days = days(&[0; HISTORY_DAYS]);
    assert_eq!(judge(ended, &history).held.len(), 50);
}
