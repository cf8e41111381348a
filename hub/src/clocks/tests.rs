//! Deadlines across the change of clocks, leap days and whatever else a calendar has.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;

use super::table::{MetBy, SHIPPED, Table};
use super::{Cause, ClockState, Started, Step, ended_by, passed, started};
use crate::registry::details::Details;

fn zone() -> TimeZone {
    TimeZone::get("America/Chicago").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn scheduled(at: Timestamp, kind: Option<&str>) -> Details {
    Details {
        scheduled_at: Some(at),
        kind: kind.map(str::to_owned),
        ..Details::default()
    }
}

fn cause<'d>(code: EventCode, received: &str, details: &'d Details) -> Cause<'d> {
    Cause {
        code,
        origin: Origin::Live,
        effective_at: None,
        received_at: at(received),
        details,
        is_state: true,
    }
}

fn of(cause: &Cause<'_>, clock: &str) -> Option<Started> {
    let table = Table::shipped().unwrap();
    let found = started(&table, cause, &zone());
    found
        .into_iter()
        .find(|(rule, _)| rule.clock == clock)
        .map(|(_, started)| started)
}

/// When a hearing has to be told of that begins then, in the state's own time.
fn told_by(hearing: &str) -> String {
    let hearing = hearing.parse::<jiff::civil::DateTime>().unwrap();
    let hearing = hearing.to_zoned(zone()).unwrap().timestamp();
    let details = scheduled(hearing, None);
    let cause = cause(EventCode::HearingSet, "2026-01-01T00:00:00Z", &details);
    let due = of(&cause, "hearing-victim").unwrap().due_at;
    due.to_zoned(zone()).datetime().to_string()
}

#[test]
fn counts_days_by_the_calendar_whatever_the_clocks_do() {
    // Both changes of 2027 lie within these thirty days.
    assert_eq!(told_by("2027-03-20T09:00"), "2027-02-18T09:00:00");
    assert_eq!(told_by("2027-11-20T09:00"), "2027-10-21T09:00:00");
    // The hour that there is not, and the hour that there is twice.
    assert_eq!(told_by("2027-04-13T02:30"), "2027-03-14T03:30:00");
    assert_eq!(told_by("2027-12-07T01:30"), "2027-11-07T01:30:00");
    // A leap day between, on it, and none.
    assert_eq!(told_by("2028-03-15T09:00"), "2028-02-14T09:00:00");
    assert_eq!(told_by("2028-03-30T09:00"), "2028-02-29T09:00:00");
    assert_eq!(told_by("2027-03-30T09:00"), "2027-02-28T09:00:00");
    assert_eq!(told_by("2027-01-10T09:00"), "2026-12-11T09:00:00");
    assert_eq!(told_by("2038-02-01T09:00"), "2038-01-02T09:00:00");
}

#[test]
fn counts_hours_as_they_pass() {
    let details = Details::default();
    // The night in which clocks go forward has 23 hours, and the order still has 24.
    let order = Cause {
        effective_at: Some(at("2027-03-13T20:00:00Z")),
        ..cause(
            EventCode::ProtectiveOrderServed,
            "2027-03-14T20:00:00Z",
            &details,
        )
    };
    let clock = of(&order, "order-registry").unwrap();
    assert_eq!(clock.due_at, at("2027-03-14T20:00:00Z"));
    assert_eq!(clock.state, ClockState::Met);
    let late = Cause {
        received_at: at("2027-03-14T20:00:01Z"),
        ..order
    };
    assert_eq!(of(&late, "order-registry").unwrap().state, ClockState::Late);
}

#[test]
fn counts_business_days_by_the_states_calendar() {
    let details = Details::default();
    // Eight in the evening before Thanksgiving, when in UTC it is Thanksgiving already.
    let updated = Cause {
        effective_at: Some(at("2026-11-26T02:00:00Z")),
        ..cause(
            EventCode::SexOffenderProfileUpdated,
            "2026-12-01T01:00:00Z",
            &details,
        )
    };
    let clock = of(&updated, "offender-change-registry").unwrap();
    // Friday, Monday, Tuesday at eight.
    assert_eq!(clock.due_at, at("2026-12-02T02:00:00Z"));
    assert_eq!(clock.state, ClockState::Met);
    let late = Cause {
        received_at: at("2026-12-02T02:00:01Z"),
        ..updated
    };
    let clock = of(&late, "offender-change-registry").unwrap();
    assert_eq!(clock.state, ClockState::Late);
}

#[test]
fn opens_the_window_of_a_sentence_that_ends_and_then_warns() {
    let end = at("2026-09-01T05:00:00Z");
    let details = scheduled(end, None);
    let set = cause(
        EventCode::ReleaseScheduled,
        "2026-06-01T00:00:00Z",
        &details,
    );
    let clock = of(&set, "sentence-end-victim").unwrap();
    assert_eq!(clock.opens_at, Some(at("2026-08-17T05:00:00Z")));
    assert_eq!(clock.due_at, end);
    assert_eq!(clock.warns_at, at("2026-08-25T05:00:00Z"));
    assert_eq!(
        clock.first_step(),
        (Step::Remind, at("2026-08-17T05:00:00Z"))
    );
    let before = of(&set, "parole-release-victim").unwrap();
    assert_eq!(before.due_at, at("2026-08-17T05:00:00Z"));
    assert_eq!(
        before.first_step(),
        (Step::Warn, at("2026-08-10T05:00:00Z"))
    );
}

/// Whoever is told of a day within the window is told once; whoever was told before it opened, again.
#[test]
fn tells_no_day_twice_that_became_known_within_its_window() {
    let details = scheduled(at("2026-09-01T05:00:00Z"), None);
    let inside = cause(
        EventCode::ReleaseScheduled,
        "2026-08-20T00:00:00Z",
        &details,
    );
    let clock = of(&inside, "sentence-end-victim").unwrap();
    assert!(!clock.is_told_again);
    assert_eq!(clock.first_step(), (Step::Warn, at("2026-08-25T05:00:00Z")));
    // That an order was served says nothing of its end, and offices are told by nothing before.
    let served = cause(
        EventCode::ProtectiveOrderServed,
        "2026-08-20T00:00:00Z",
        &details,
    );
    assert!(of(&served, "order-end-victim").unwrap().is_told_again);
    let early = Cause {
        received_at: at("2026-08-05T00:00:00Z"),
        ..inside
    };
    assert!(of(&early, "release-agencies").unwrap().is_told_again);
}

#[test]
fn wants_the_notice_of_a_move_ten_days_before_it() {
    let details = scheduled(at("2026-09-01T05:00:00Z"), None);
    let known = |at: &str| {
        let told = cause(EventCode::SexOffenderProfileUpdated, at, &details);
        of(&told, "offender-move-registry").unwrap().state
    };
    assert_eq!(known("2026-08-22T05:00:00Z"), ClockState::Met);
    assert_eq!(known("2026-08-22T05:00:01Z"), ClockState::Late);
    let other = Details::default();
    let other = cause(
        EventCode::SexOffenderProfileUpdated,
        "2026-08-22T05:00:00Z",
        &other,
    );
    assert_eq!(of(&other, "offender-move-registry"), None, "no move");
}

#[test]
fn says_that_an_agency_left_too_little_time() {
    let details = scheduled(at("2026-06-20T14:00:00Z"), Some("Presumptive Parole"));
    let set = cause(EventCode::HearingSet, "2026-06-01T00:00:00Z", &details);
    let clock = of(&set, "presumptive-parole-victim").unwrap();
    assert_eq!(clock.state, ClockState::Late);
    assert_eq!(of(&set, "hearing-victim"), None, "it is the other kind");
    let baseline = Cause {
        origin: Origin::Baseline,
        ..set
    };
    // A first list is nobody's omission: she is told at once, and it passes with the day itself.
    let clock = of(&baseline, "presumptive-parole-victim").unwrap();
    assert_eq!(clock.state, ClockState::Running);
    assert_eq!(clock.due_at, at("2026-06-20T14:00:00Z"));
    assert_eq!(clock.first_step(), (Step::Warn, at("2026-06-01T00:00:00Z")));
    let found_again = Cause {
        origin: Origin::Rebaseline,
        ..set
    };
    assert_eq!(
        of(&found_again, "presumptive-parole-victim"),
        None,
        "a person looks at it first"
    );
    let over = Cause {
        received_at: at("2026-06-21T00:00:00Z"),
        ..baseline
    };
    assert_eq!(of(&over, "presumptive-parole-victim"), None);
    // One that is still to come counts, however it was learned.
    let far = scheduled(at("2026-09-20T14:00:00Z"), Some("presumptive parole"));
    let far = Cause {
        details: &far,
        ..baseline
    };
    let clock = of(&far, "presumptive-parole-victim").unwrap();
    assert_eq!(clock.state, ClockState::Running);
}

#[test]
fn tells_agencies_of_the_states_own_prisoners_only() {
    let details = scheduled(at("2026-09-01T05:00:00Z"), None);
    let set = cause(
        EventCode::ReleaseScheduled,
        "2026-06-01T00:00:00Z",
        &details,
    );
    assert!(of(&set, "release-agencies").is_some());
    let first_list = Cause {
        origin: Origin::Baseline,
        received_at: at("2026-08-25T00:00:00Z"),
        ..set
    };
    let clock = of(&first_list, "release-agencies").unwrap();
    assert_eq!(clock.first_step().0, Step::Remind, "they are told at once");
    assert_eq!(clock.due_at, at("2026-09-01T05:00:00Z"));
    let county = Cause {
        is_state: false,
        ..set
    };
    assert_eq!(of(&county, "release-agencies"), None);
    let none = Details::default();
    let called_off = Cause {
        details: &none,
        ..set
    };
    assert_eq!(
        of(&called_off, "release-agencies"),
        None,
        "no day, no clock"
    );
}

#[test]
fn ends_by_what_makes_it_needless_or_meets_it() {
    let table = Table::shipped().unwrap();
    let hearing = table.rule("hearing-victim").unwrap();
    assert_eq!(
        ended_by(hearing, EventCode::HearingCancelled),
        Some(ClockState::Void)
    );
    assert_eq!(ended_by(hearing, EventCode::Booked), None);
    let offender = table.rule("offender-90-days").unwrap();
    assert_eq!(
        ended_by(offender, EventCode::SexOffenderProfileUpdated),
        Some(ClockState::Met)
    );
    assert_eq!(passed(MetBy::Notice, false), ClockState::Passed);
    assert_eq!(passed(MetBy::AgencyNotice, true), ClockState::Met);
    assert_eq!(passed(MetBy::Event, false), ClockState::Missed);
}

#[test]
fn refuses_a_table_whose_rows_do_not_hold() {
    let header = SHIPPED.lines().next().unwrap();
    let refused = |row: &str| {
        let table = Table::parse("test", &format!("{header}\n{row}\n"));
        table.unwrap_err().to_string()
    };
    let with = |of: &str, recipient: &str, direction: &str| {
        refused(&format!(
            "x,1-1-1,HearingSet,any,any,{direction},3,days,{of},{recipient},notice,,1h,tell"
        ))
    };
    assert!(with("scheduled", "sheriff", "before").contains("go with the victim"));
    assert!(with("received", "victim", "before").contains("scheduled with before"));
    assert!(with("scheduled", "nobody", "before").contains("\"nobody\" is not one of"));
    assert!(
        refused("x,1,Hearing,any,any,before,3,days,scheduled,victim,notice,,1h,t")
            .contains("Hearing")
    );
    let warned = "x,1,HearingSet,any,any,before,3,days,scheduled,victim,notice,,soon,t";
    assert!(refused(warned).contains("no length of time"));
    let far = "x,1,Booked,any,any,after,367,business-days,received,sheriff,person,,1h,t";
    assert!(refused(far).contains("366 business days"));
    let row = SHIPPED.lines().nth(1).unwrap();
    assert!(refused(&format!("{row}\n{row}")).contains("twice"));
    for state in ClockState::ALL {
        assert_eq!(ClockState::parse(state.as_str()), Some(state));
    }
}
