//! Lives of an invented booking, folded arrival by arrival.

use std::collections::BTreeMap;

use savin_shared::clock::{Certainty, EffectiveAt, Moment};
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::event::EventCode as Code;
use savin_shared::ids::{FacilityCode, FeedName, RecordNumber};
use savin_shared::record::court_event::{CourtEvent, Schedule};
use savin_shared::record::custody::{Custody, CustodyState, DispositionKind, ReleaseReason};
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::subject::Subject;
use savin_shared::record::supervision::Supervision;
use savin_shared::record::{Record, RecordBody};

use super::{Arrival, ArrivalChange, fold};
use crate::ids::OrderId;
use crate::intake::testing::charged;
use crate::registry::derive::Derived;
use crate::registry::known::{Known, Sealer, Word};

const BOND: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);
const IN: CustodyState = CustodyState::InCustody;

struct Life {
    known: Option<Known>,
    words: BTreeMap<&'static str, Word>,
}

impl Life {
    fn new() -> Self {
        Self {
            known: None,
            words: BTreeMap::new(),
        }
    }

    fn arrive(
        &mut self,
        feed: &'static str,
        origin: Origin,
        change: ArrivalChange<'_>,
    ) -> Vec<Code> {
        let derived = self.derives(feed, origin, change);
        derived.iter().map(|derived| derived.code).collect()
    }

    fn derives(
        &mut self,
        feed: &'static str,
        origin: Origin,
        change: ArrivalChange<'_>,
    ) -> Vec<Derived> {
        let name = FeedName::new(feed).unwrap();
        let arrival = Arrival {
            feed: &name,
            origin,
            before: self.words.remove(feed),
            change,
        };
        let Some(folded) = fold(self.known.as_ref(), arrival) else {
            return Vec::new();
        };
        self.words.extend(folded.word.map(|word| (feed, word)));
        self.known = Some(folded.after);
        folded.derived
    }

    /// A roster lists the booking.
    fn lists(&mut self, record: &Record) -> Vec<Code> {
        self.arrive(
            "roster",
            Origin::Live,
            row(record, Coverage::Full, Evidence::Listing),
        )
    }

    /// A booking database gives a status word.
    fn states(&mut self, record: &Record) -> Vec<Code> {
        self.arrive(
            "roster",
            Origin::Live,
            row(record, Coverage::Full, Evidence::Status),
        )
    }

    /// A transaction file tells something.
    fn tells(&mut self, record: &Record) -> Vec<Code> {
        let row = row(record, Coverage::Partial, Evidence::Transaction);
        self.arrive("moves", Origin::Live, row)
    }

    /// Somebody at the jail says something by name.
    fn says(&mut self, record: &Record, evidence: Evidence) -> Vec<Code> {
        let row = row(record, Coverage::Partial, evidence);
        self.arrive("emergency", Origin::Live, row)
    }

    /// The roster lists the booking no longer.
    fn vanishes(&mut self) -> Vec<Code> {
        self.arrive("roster", Origin::Live, ArrivalChange::NoLongerListed)
    }

    fn state(&self) -> CustodyState {
        self.known.as_ref().unwrap().record.custody().unwrap().state
    }
}

fn row(record: &Record, coverage: Coverage, evidence: Evidence) -> ArrivalChange<'_> {
    ArrivalChange::Row {
        record,
        coverage,
        evidence,
    }
}

fn record(state: CustodyState) -> Record {
    with(state, |_| {})
}

fn with(state: CustodyState, change: impl FnOnce(&mut Custody)) -> Record {
    let mut custody = Custody::new(RecordNumber::new("26-1").unwrap(), state);
    change(&mut custody);
    Record {
        facility: FacilityCode::new("MS-A").unwrap(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: false,
        body: RecordBody::Custody(Box::new(custody)),
    }
}

fn at(time: &str) -> Option<EffectiveAt> {
    Some(EffectiveAt(Moment::exact(time.parse().unwrap())))
}

#[test]
fn never_makes_a_release_of_absence() {
    let mut life = Life::new();
    assert_eq!(life.lists(&record(IN)), [Code::Booked]);
    assert_eq!(life.vanishes(), [Code::NoLongerListed]);
    assert_eq!(life.state(), CustodyState::NoLongerListed);
    // Back with the same booking: nothing had happened.
    assert_eq!(life.lists(&record(IN)), []);
    assert_eq!(life.state(), IN);
}

/// What became of the charges of what is known.
fn dispositions(life: &Life) -> Vec<Option<DispositionKind>> {
    let known = life.known.as_ref().unwrap();
    let charges = known.record.custody().unwrap().charges.iter();
    charges
        .map(|charge| charge.disposition.map(|disposition| disposition.kind))
        .collect()
}

#[test]
fn takes_dispositions_in_without_news_and_keeps_them_where_nothing_is_said_of_charges() {
    use DispositionKind::{Convicted, Open};
    let mut life = Life::new();
    let booked = |kinds: &[Option<DispositionKind>]| charged(record(IN), kinds);
    assert_eq!(life.lists(&booked(&[Some(Open), None])), [Code::Booked]);
    assert_eq!(dispositions(&life), [Some(Open), None]);
    assert_eq!(life.lists(&booked(&[Some(Convicted), Some(Open)])), []);
    assert_eq!(dispositions(&life), [Some(Convicted), Some(Open)]);
    // A movement says nothing of charges.
    assert_eq!(life.tells(&record(BOND)), [Code::Released]);
    assert_eq!(dispositions(&life), [Some(Convicted), Some(Open)]);
}

#[test]
fn hears_once_of_what_the_jail_said_before_its_system_did() {
    let (held, escaped) = (record(IN), record(CustodyState::Escaped));
    let mut life = Life::new();
    life.states(&held);
    assert_eq!(life.says(&escaped, Evidence::Emergency), [Code::Escaped]);
    // The system follows later: first not at all, then in another column, then in its own word.
    let moved = with(IN, |custody| custody.location = Some("B-2".to_owned()));
    assert_eq!((life.states(&held), life.states(&moved)), (vec![], vec![]));
    assert_eq!(life.state(), CustodyState::Escaped);
    assert_eq!(life.states(&escaped), []);
    assert_eq!(life.says(&held, Evidence::Emergency), [Code::Recaptured]);
    assert_eq!(
        (life.states(&escaped), life.states(&held)),
        (vec![], vec![])
    );
    assert_eq!(life.state(), IN);
    // A release whose reason the system adds.
    let out = record(CustodyState::OutOfCustody(ReleaseReason::Unknown));
    assert_eq!(life.says(&out, Evidence::Emergency), [Code::Released]);
    assert_eq!(life.states(&record(BOND)), []);
}

#[test]
fn takes_a_late_word_of_an_escape_that_has_ended_for_no_second_one() {
    let at_hour = |state, hour| {
        with(state, |custody| {
            custody.status_at = at(&format!("2026-06-01T{hour:02}:00:00Z"));
        })
    };
    let mut life = Life::new();
    life.states(&at_hour(IN, 1));
    let escape = at_hour(CustodyState::Escaped, 8);
    assert_eq!(life.says(&escape, Evidence::Emergency), [Code::Escaped]);
    assert_eq!(
        life.says(&at_hour(IN, 9), Evidence::Emergency),
        [Code::Recaptured]
    );
    assert_eq!(life.states(&escape), []);
    assert_eq!(life.state(), IN);
    assert_eq!(life.states(&at_hour(IN, 9)), []);
    let again = at_hour(CustodyState::Escaped, 10);
    assert_eq!(life.states(&again), [Code::Escaped]);
}

#[test]
fn tells_a_suspicion_as_one_and_the_escape_that_it_was_whenever_that_happened() {
    let at_hour = |state, hour| {
        with(state, |custody| {
            custody.status_at = at(&format!("2026-06-01T{hour:02}:00:00Z"));
        })
    };
    let suspected = at_hour(CustodyState::EscapeSuspected, 9);
    for evidence in [Evidence::Status, Evidence::Transaction] {
        let mut life = Life::new();
        life.states(&at_hour(IN, 1));
        let told = life.says(&suspected, Evidence::Emergency);
        assert_eq!(told, [Code::EscapeSuspected]);
        // The list has simply not followed yet, and who is missing in the jail's own word stays so.
        assert_eq!(life.states(&at_hour(IN, 1)), []);
        assert_eq!(life.state(), CustodyState::EscapeSuspected);
        // The system says that it was an escape, an hour before the count.
        let escaped = at_hour(CustodyState::Escaped, 8);
        let row_ = row(&escaped, Coverage::Full, evidence);
        assert_eq!(life.arrive("roster", Origin::Live, row_), [Code::Escaped]);
        assert_eq!(life.state(), CustodyState::Escaped);
        // Who still suspects what is known says less.
        assert_eq!(life.says(&suspected, Evidence::Emergency), []);
        assert_eq!(life.state(), CustodyState::Escaped);
    }
}

#[test]
fn says_of_whoever_is_found_that_it_was_a_suspicion() {
    let mut life = Life::new();
    life.states(&record(IN));
    life.says(&record(CustodyState::EscapeSuspected), Evidence::Emergency);
    let held = record(IN);
    let row_ = row(&held, Coverage::Partial, Evidence::Emergency);
    let derived = life.derives("emergency", Origin::Live, row_);
    assert_eq!(derived.len(), 1);
    assert_eq!(derived[0].code, Code::Recaptured);
    assert_eq!(derived[0].details.from.as_deref(), Some("EscapeSuspected"));
    // Where the count was wrong, nobody was found.
    life.says(&record(CustodyState::EscapeSuspected), Evidence::Emergency);
    assert_eq!(life.says(&held, Evidence::Withdrawal), [Code::Correction]);
}

#[test]
fn calls_a_move_to_where_nobody_has_said_neither_in_the_state_nor_out_of_it() {
    let mut life = Life::new();
    life.states(&record(IN));
    let moved = record(CustodyState::TransferredOut);
    let row_ = row(&moved, Coverage::Full, Evidence::Status);
    let derived = life.derives("roster", Origin::Live, row_);
    assert_eq!(derived.len(), 1);
    assert_eq!(derived[0].code, Code::TransferInState);
    assert!(derived[0].details.is_moved_away());
    assert_eq!(derived[0].details.to_facility, None);
    // That it was out of the state is said later, and is not taken back by who says less.
    let out = record(CustodyState::TransferredOutOfState);
    assert_eq!(life.states(&out), [Code::TransferOutOfState]);
    assert_eq!(life.states(&moved), []);
    assert_eq!(life.state(), CustodyState::TransferredOutOfState);
    assert_eq!(life.states(&record(IN)), [Code::Correction]);
}

#[test]
fn corrects_an_escape_that_the_jail_takes_back() {
    let mut life = Life::new();
    life.states(&record(IN));
    let escaped = record(CustodyState::Escaped);
    assert_eq!(life.says(&escaped, Evidence::Emergency), [Code::Escaped]);
    let held = record(IN);
    let row = row(&held, Coverage::Partial, Evidence::Withdrawal);
    let derived = life.derives("emergency", Origin::Live, row);
    assert_eq!(derived.len(), 1);
    assert_eq!(
        (derived[0].code, derived[0].corrects),
        (Code::Correction, true)
    );
    assert_eq!(derived[0].details.state.as_deref(), Some("InCustody"));
    let out = record(CustodyState::OutOfCustody(ReleaseReason::Bond));
    assert_eq!(life.says(&out, Evidence::Emergency), [Code::Released]);
    assert_eq!(life.says(&held, Evidence::Withdrawal), [Code::Correction]);
}

#[test]
fn keeps_when_somebody_was_booked_who_was_let_go_before_anybody_looked() {
    let mut life = Life::new();
    let at = EffectiveAt(Moment::exact("2026-06-15T06:00:00Z".parse().unwrap()));
    let gone = with(BOND, |custody| custody.booked_at = Some(at));
    assert_eq!(
        life.states(&gone),
        [Code::Released],
        "whoever asked hears it"
    );
    let custody = life.known.as_ref().unwrap().record.custody().unwrap();
    assert_eq!(custody.booked_at, Some(at));
}

#[test]
fn takes_a_first_roster_for_the_state_of_things() {
    let mut life = Life::new();
    let held = record(IN);
    let listing = row(&held, Coverage::Full, Evidence::Listing);
    assert_eq!(life.arrive("roster", Origin::Baseline, listing), []);
    assert_eq!(life.state(), IN);
}

#[test]
fn keeps_an_event_of_a_first_roster_that_contradicts_what_is_known() {
    let mut life = Life::new();
    life.lists(&record(IN));
    let released = with(BOND, |custody| {
        custody.classification = Some("close".to_owned());
    });
    let row = row(&released, Coverage::Full, Evidence::Status);
    assert_eq!(life.arrive("jms", Origin::Baseline, row), [Code::Released]);
    assert_eq!(life.state(), BOND);
}

#[test]
fn lets_an_explicit_release_stand_though_the_roster_still_lists() {
    let mut life = Life::new();
    life.lists(&record(IN));
    assert_eq!(life.tells(&record(BOND)), [Code::Released]);
    let moved = with(IN, |custody| custody.location = Some("B2".to_owned()));
    assert_eq!(life.lists(&moved), []);
    assert_eq!(life.state(), BOND);
    assert_eq!(
        life.known
            .as_ref()
            .unwrap()
            .record
            .custody()
            .unwrap()
            .location
            .as_deref(),
        Some("B2")
    );
    assert_eq!(life.vanishes(), []);
    assert_eq!(life.state(), BOND);
}

#[test]
fn takes_a_new_listing_after_a_release_for_custody_again() {
    let mut life = Life::new();
    life.lists(&record(IN));
    life.tells(&record(BOND));
    life.vanishes();
    assert_eq!(life.lists(&record(IN)), [Code::Correction]);
    assert_eq!(life.state(), IN);
}

#[test]
fn lets_no_repeated_word_undo_what_another_feed_has_said_since() {
    let changed = |location: &str| with(IN, |custody| custody.location = Some(location.to_owned()));
    // A movement says that the person is on leave, and the roster changes the cell.
    let mut life = Life::new();
    life.lists(&record(IN));
    assert_eq!(
        life.tells(&record(CustodyState::OnLeave)),
        [Code::LeaveStart]
    );
    assert_eq!(life.lists(&changed("B2")), []);
    assert_eq!(life.state(), CustodyState::OnLeave);
    // Nor need somebody on leave be on the list; being on it again is being back.
    assert_eq!(life.vanishes(), []);
    assert_eq!(life.lists(&changed("B2")), [Code::LeaveEnd]);
    // A booking system says that the person was released, and another roster still lists.
    let mut life = Life::new();
    life.lists(&record(IN));
    let released = record(BOND);
    let row = row(&released, Coverage::Full, Evidence::Status);
    assert_eq!(life.arrive("jms", Origin::Live, row), [Code::Released]);
    assert_eq!(life.lists(&changed("B3")), []);
    assert_eq!(life.state(), BOND);
}

#[test]
fn takes_no_earlier_time_for_that_of_a_change() {
    let row_of = |state, change: fn(&mut Custody)| {
        with(state, |custody| {
            custody.status_at = at("2026-05-11T15:00:00Z");
            change(custody);
        })
    };
    let mut life = Life::new();
    life.states(&row_of(IN, |custody| {
        custody.classification = Some("close".to_owned());
    }));
    let medium = row_of(IN, |custody| {
        custody.classification = Some("medium".to_owned());
    });
    let times = |events: Vec<Derived>| -> Vec<_> {
        events
            .into_iter()
            .map(|event| (event.code, event.effective_at))
            .collect()
    };
    let row_ = row(&medium, Coverage::Full, Evidence::Status);
    let derived = life.derives("roster", Origin::Live, row_);
    assert_eq!(times(derived), [(Code::ClassificationChange, None)]);
    // A movement that gives no time has none, and the time of the state before goes with it.
    let left = record(CustodyState::OnLeave);
    let row_ = row(&left, Coverage::Partial, Evidence::Transaction);
    let derived = life.derives("moves", Origin::Live, row_);
    assert_eq!(times(derived), [(Code::LeaveStart, None)]);
    let known = life.known.as_ref().unwrap().record.custody().unwrap();
    assert_eq!(known.status_at, None);
}

#[test]
fn takes_a_new_word_of_a_weaker_feed() {
    let mut life = Life::new();
    life.states(&record(IN));
    life.tells(&record(CustodyState::OnLeave));
    assert_eq!(life.states(&record(BOND)), [Code::Released]);
}

#[test]
fn lets_an_empty_column_clear_only_what_its_own_feed_said() {
    let scheduled = with(IN, |custody| {
        custody.scheduled_release_at = at("2026-09-01T05:00:00Z");
    });
    let close = with(IN, |custody| {
        custody.classification = Some("close".to_owned());
    });
    let mut life = Life::new();
    life.lists(&close);
    assert_eq!(life.tells(&scheduled), [Code::ReleaseScheduled]);
    assert_eq!(life.lists(&close), []);
    let custody = |life: &Life| {
        life.known
            .as_ref()
            .unwrap()
            .record
            .custody()
            .unwrap()
            .clone()
    };
    assert_eq!(
        custody(&life).scheduled_release_at,
        at("2026-09-01T05:00:00Z")
    );
    life.lists(&record(IN));
    assert_eq!(custody(&life).classification, None);
    assert_eq!(
        custody(&life).scheduled_release_at,
        at("2026-09-01T05:00:00Z")
    );
}

#[test]
fn does_not_count_a_transaction_as_a_listing() {
    let mut life = Life::new();
    life.lists(&record(IN));
    assert_eq!(
        life.tells(&record(CustodyState::OnLeave)),
        [Code::LeaveStart]
    );
    assert_eq!(life.tells(&record(IN)), [Code::LeaveEnd]);
    assert_eq!(life.vanishes(), [Code::NoLongerListed]);
    assert_eq!(life.state(), CustodyState::NoLongerListed);
}

#[test]
fn keeps_what_a_transaction_does_not_speak_of() {
    let mut life = Life::new();
    life.lists(&with(IN, |custody| {
        custody.classification = Some("close".to_owned());
    }));
    let release = with(BOND, |custody| {
        custody.released_at = at("2026-06-01T15:00:00Z");
    });
    life.tells(&release);
    let known = life.known.unwrap();
    let custody = known.record.custody().unwrap();
    assert_eq!(custody.classification.as_deref(), Some("close"));
    assert_eq!(custody.released_at, at("2026-06-01T15:00:00Z"));
}

#[test]
fn tells_each_end_of_custody_in_its_own_code() {
    let ends = [
        (BOND, Code::Released),
        (
            CustodyState::OutOfCustody(ReleaseReason::SentenceExpired),
            Code::Discharged,
        ),
        (
            CustodyState::OutOfCustody(ReleaseReason::Mistaken),
            Code::MistakenRelease,
        ),
        (CustodyState::Escaped, Code::Escaped),
        (CustodyState::Deceased, Code::Died),
        (CustodyState::EscapeSuspected, Code::EscapeSuspected),
        (CustodyState::TransferredOut, Code::TransferInState),
        (
            CustodyState::TransferredOutOfState,
            Code::TransferOutOfState,
        ),
        (CustodyState::OnLeave, Code::LeaveStart),
    ];
    for (state, code) in ends {
        let mut life = Life::new();
        life.states(&record(IN));
        assert_eq!(life.states(&record(state)), [code]);
        assert_eq!(life.states(&record(state)), []);
    }
}

#[test]
fn tells_a_return_by_where_the_person_was() {
    let returns = [
        (CustodyState::OnLeave, vec![Code::LeaveEnd]),
        (CustodyState::Escaped, vec![Code::Recaptured]),
        (CustodyState::EscapeSuspected, vec![Code::Recaptured]),
        (BOND, vec![Code::Correction]),
        (CustodyState::Unknown, vec![]),
    ];
    for (state, codes) in returns {
        let mut life = Life::new();
        life.states(&record(IN));
        life.states(&record(state));
        assert_eq!(life.states(&record(IN)), codes);
    }
}

#[test]
fn does_not_tell_a_release_twice_when_its_reason_becomes_known() {
    let mut life = Life::new();
    life.states(&record(IN));
    life.states(&record(CustodyState::OutOfCustody(ReleaseReason::Unknown)));
    assert_eq!(life.states(&record(BOND)), []);
    let parole = CustodyState::OutOfCustody(ReleaseReason::Parole);
    assert_eq!(life.states(&record(parole)), [Code::Correction]);
    // Nor is the last reason taken back by a word that gives none.
    let unsaid = CustodyState::OutOfCustody(ReleaseReason::Unknown);
    assert_eq!(life.states(&record(unsaid)), []);
    assert_eq!(life.state(), parole);
}

#[test]
fn calls_a_death_or_a_transfer_no_release_when_the_booking_is_closed() {
    let closed = CustodyState::OutOfCustody(ReleaseReason::Unknown);
    for end in [
        CustodyState::Deceased,
        CustodyState::TransferredOut,
        CustodyState::TransferredOutOfState,
    ] {
        let mut life = Life::new();
        life.states(&record(IN));
        life.states(&record(end));
        assert_eq!(life.states(&record(closed)), []);
        assert_eq!(life.state(), end);
    }
}

#[test]
fn warns_of_a_release_that_turns_out_to_be_a_mistake() {
    let mistaken = CustodyState::OutOfCustody(ReleaseReason::Mistaken);
    for before in [
        BOND,
        CustodyState::TransferredOut,
        CustodyState::TransferredOutOfState,
    ] {
        let mut life = Life::new();
        life.states(&record(IN));
        life.states(&record(before));
        assert_eq!(life.states(&record(mistaken)), [Code::MistakenRelease]);
        assert_eq!(life.states(&record(mistaken)), []);
    }
}

#[test]
fn sees_moves_classifications_and_release_dates_of_whoever_is_held() {
    let mut life = Life::new();
    life.states(&with(IN, |custody| {
        custody.classification = Some("close".to_owned());
    }));
    let mut moved = with(IN, |custody| {
        custody.classification = Some("medium".to_owned());
        custody.scheduled_release_at = at("2026-09-01T05:00:00Z");
    });
    moved.facility = FacilityCode::new("MS-B").unwrap();
    let codes = [
        Code::TransferInState,
        Code::ClassificationChange,
        Code::ReleaseScheduled,
    ];
    assert_eq!(life.states(&moved.clone()), codes);
    if let RecordBody::Custody(custody) = &mut moved.body {
        custody.scheduled_release_at = None;
    }
    assert_eq!(life.states(&moved), [Code::ReleaseDateChanged]);
}

#[test]
fn shows_nobody_a_sealed_record_and_calls_it_no_release() {
    let mut life = Life::new();
    life.lists(&record(IN));
    assert_eq!(
        life.arrive("roster", Origin::Live, ArrivalChange::Withheld),
        []
    );
    let is_public = |life: &Life| life.known.as_ref().unwrap().is_public();
    assert!(!is_public(&life));
    assert_eq!(life.state(), IN);
    // Another feed does not know that the record is sealed; the one that sealed it does.
    life.tells(&record(IN));
    assert!(!is_public(&life));
    life.lists(&record(IN));
    assert!(is_public(&life));
}

#[test]
fn knows_nothing_of_an_absence_of_nobody() {
    let mut life = Life::new();
    assert_eq!(life.vanishes(), []);
    assert!(life.known.is_none());
}

/// A booking in a state since an hour of one day.
fn since(state: CustodyState, hour: u8) -> Record {
    with(state, |custody| {
        custody.status_at = at(&format!("2026-06-01T{hour:02}:00:00Z"));
    })
}

#[test]
fn tells_what_came_late_and_lets_the_newer_word_stand() {
    let mut life = Life::new();
    life.tells(&since(IN, 1));
    life.tells(&since(CustodyState::OnLeave, 8));
    assert_eq!(life.tells(&since(IN, 10)), [Code::LeaveEnd]);
    // A release of nine o'clock, delivered after the return of ten: told, and with what is newer.
    let late = since(BOND, 9);
    let row_ = row(&late, Coverage::Partial, Evidence::Transaction);
    let derived = life.derives("moves", Origin::Live, row_);
    assert_eq!(derived.len(), 1);
    assert_eq!(derived[0].code, Code::Released);
    assert!(derived[0].is_overtaken);
    assert_eq!(derived[0].details.still_held_at.as_deref(), Some("MS-A"));
    assert_eq!(life.state(), IN);
    // A leave that was over before a release that is known is not told any more.
    assert_eq!(life.tells(&since(BOND, 12)), [Code::Released]);
    assert_eq!(life.tells(&since(CustodyState::OnLeave, 11)), []);
    assert_eq!(life.state(), BOND);
    // A booking that is older than the release does not undo it either.
    assert_eq!(life.tells(&since(IN, 7)), []);
    assert_eq!(life.state(), BOND);
}

#[test]
fn takes_no_day_for_an_hour_before_another() {
    let mut life = Life::new();
    life.tells(&since(IN, 10));
    let day = |state| {
        with(state, |custody| {
            let midnight = "2026-06-01T05:00:00Z".parse().unwrap();
            custody.released_at = Some(EffectiveAt(Moment {
                at: midnight,
                certainty: Certainty::DateOnly,
            }));
        })
    };
    assert_eq!(life.tells(&day(BOND)), [Code::Released]);
    assert_eq!(life.state(), BOND);
}

#[test]
fn takes_back_a_date_without_calling_it_off() {
    let dated = |schedule| {
        let event = CourtEvent {
            court_event_number: RecordNumber::new("C-1").unwrap(),
            case_number: None,
            court: None,
            event_type: None,
            location: None,
            starts_at: at("2026-07-01T14:00:00Z"),
            schedule,
        };
        Record {
            body: RecordBody::CourtEvent(event),
            ..record(IN)
        }
    };
    let mut life = Life::new();
    assert_eq!(life.states(&dated(Schedule::Set)), [Code::CourtEventSet]);
    let called_off = dated(Schedule::Cancelled);
    let withdrawal = row(&called_off, Coverage::Full, Evidence::Withdrawal);
    let derived = life.derives("roster", Origin::Live, withdrawal);
    assert_eq!(derived.len(), 1);
    assert_eq!(
        (derived[0].code, derived[0].corrects),
        (Code::Correction, true)
    );
    assert_eq!(derived[0].details.state, None);
}

#[test]
fn no_feed_lifts_what_a_court_ordered() {
    let mut life = Life::new();
    life.lists(&record(IN));
    let known = life.known.as_mut().unwrap();
    known.sealed_by.insert(Sealer::Order(OrderId(1)));
    life.arrive("roster", Origin::Live, ArrivalChange::Withheld);
    life.lists(&record(IN));
    life.tells(&record(BOND));
    life.vanishes();
    let known = life.known.unwrap();
    assert_eq!(
        known.sealed_by.into_iter().collect::<Vec<_>>(),
        [Sealer::Order(OrderId(1))]
    );
}

/// What a first list says of days to come starts deadlines, and of nothing else anything.
#[test]
fn takes_from_a_first_roster_the_days_that_are_to_come() {
    let first = |record: &Record| {
        let row = row(record, Coverage::Full, Evidence::Status);
        Life::new().arrive("roster", Origin::Baseline, row)
    };
    let day = at("2027-06-01T05:00:00Z");
    let dated = with(IN, |custody| custody.scheduled_release_at = day);
    assert_eq!(first(&dated), [Code::ReleaseScheduled]);
    assert_eq!(
        first(&with(BOND, |custody| custody.scheduled_release_at = day)),
        []
    );
    assert_eq!(first(&supervised(|_| {})), []);
    assert_eq!(first(&registered(|it| it.compliant = Some(false))), []);
    // The same feed once more, as of an agent that enrolled anew.
    let mut life = Life::new();
    assert_eq!(life.lists(&dated), [Code::Booked, Code::ReleaseScheduled]);
    let again = row(&dated, Coverage::Full, Evidence::Status);
    assert_eq!(life.arrive("roster", Origin::Baseline, again), []);
    let moved = with(IN, |custody| {
        custody.scheduled_release_at = at("2027-07-01T05:00:00Z");
    });
    let again = row(&moved, Coverage::Full, Evidence::Status);
    assert_eq!(
        life.arrive("roster", Origin::Baseline, again),
        [Code::ReleaseDateChanged]
    );
}

/// What follows live from a record of another kind than custody.
fn follows(before: Option<&Record>, after: &Record) -> Vec<Derived> {
    crate::registry::derive::derive(before, after)
}

fn other(body: RecordBody) -> Record {
    Record { body, ..record(IN) }
}

fn supervised(change: impl FnOnce(&mut Supervision)) -> Record {
    let mut supervision = Supervision {
        supervision_number: RecordNumber::new("S-1").unwrap(),
        supervision_type: Some("probation".to_owned()),
        status: Some("active".to_owned()),
        absconded: false,
        status_at: None,
        address: None,
        address_at: None,
    };
    change(&mut supervision);
    other(RecordBody::Supervision(supervision))
}

/// The words before and after of the one change of a supervision that follows.
fn restated(before: Option<&Record>, after: &Record) -> (Option<String>, Option<String>) {
    let [event] = follows(before, after).try_into().unwrap();
    assert_eq!(event.code, Code::SupervisionChange);
    (event.details.from, event.details.to)
}

#[test]
fn tells_a_supervision_that_begins_or_becomes_one_of_another_kind() {
    let text = |text: &str| Some(text.to_owned());
    let begun = supervised(|_| {});
    assert_eq!(restated(None, &begun), (None, text("probation, active")));
    let moved = supervised(|it| it.supervision_type = text("house arrest"));
    assert_eq!(
        restated(Some(&begun), &moved),
        (text("probation, active"), text("house arrest, active"))
    );
    let revoked = supervised(|it| it.status = text("revoked"));
    assert_eq!(
        restated(Some(&begun), &revoked),
        (text("active"), text("revoked"))
    );
    // Whoever is found again did not go from active to active.
    let gone = supervised(|it| it.absconded = true);
    assert_eq!(follows(Some(&begun), &gone)[0].code, Code::Absconded);
    assert_eq!(follows(None, &gone)[0].code, Code::Absconded);
    assert_eq!(
        restated(Some(&gone), &begun),
        (text("Absconded"), text("active"))
    );
    // A word that is said no more is no change, and neither is one that is said at last of the kind.
    let silent = supervised(|it| it.status = None);
    assert_eq!(follows(Some(&begun), &silent), []);
    let unnamed = supervised(|it| it.supervision_type = None);
    assert_eq!(follows(Some(&unnamed), &begun), []);
    assert_eq!(restated(Some(&silent), &begun), (None, text("active")));
}

#[test]
fn tells_in_which_community_status_somebody_is() {
    let leave = |status: &str, location: &str| {
        with(CustodyState::OnLeave, |custody| {
            custody.status_text = Some(status.to_owned());
            custody.location = Some(location.to_owned());
        })
    };
    let held = record(IN);
    let of = |before: &Record, after: &Record| {
        let events = follows(Some(before), after).into_iter();
        let events = events.filter(|event| event.code == Code::LeaveStart);
        let reasons = events.map(|event| event.details.reason);
        reasons.collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    let work = leave("Work Release", "B-2");
    let home = leave("IN", "IN-HOUSE ARREST");
    let pass = leave("WEEKENDER OUT", "B-2");
    assert_eq!(of(&held, &work), [text("WorkRelease")]);
    assert_eq!(of(&held, &home), [text("HouseArrest")]);
    assert_eq!(of(&held, &pass), [None]);
    assert_eq!(of(&work, &home), [text("HouseArrest")]);
    assert_eq!(
        of(&pass, &leave("Intensive Supervision", "")),
        [text("HouseArrest")]
    );
    assert_eq!(of(&work, &leave("WORK RELEASE", "C-1")), []);
    assert_eq!(of(&home, &pass), [], "that it ended nobody said");
}

fn registered(change: impl FnOnce(&mut SexOffenderRegistration)) -> Record {
    let mut registration = SexOffenderRegistration {
        registration_number: RecordNumber::new("R-1").unwrap(),
        compliant: Some(true),
        status: None,
        profile_updated_at: at("2026-06-01T12:00:00Z"),
        address: None,
        moves_at: None,
    };
    change(&mut registration);
    other(RecordBody::SexOffender(registration))
}

#[test]
fn tells_a_move_that_the_registry_was_told_of_once_and_with_its_own_day() {
    let still = registered(|_| {});
    let day = at("2026-08-01T05:00:00Z");
    let moving = registered(|it| it.moves_at = day);
    let [event] = follows(Some(&still), &moving).try_into().unwrap();
    assert_eq!(event.code, Code::SexOffenderProfileUpdated);
    assert_eq!(event.details.scheduled_at, day.map(EffectiveAt::timestamp));
    assert_eq!(
        event.effective_at, None,
        "the time is that of something earlier"
    );
    assert_eq!(follows(Some(&moving), &moving), []);
    // It took place: that is an update, and no other move.
    let moved = registered(|it| {
        it.moves_at = day;
        it.profile_updated_at = at("2026-08-03T12:00:00Z");
    });
    let [event] = follows(Some(&moving), &moved).try_into().unwrap();
    assert_eq!(event.details.scheduled_at, None);
    assert_eq!(event.effective_at, at("2026-08-03T12:00:00Z"));
    assert_eq!(
        follows(Some(&moving), &still),
        [],
        "the day was only taken out"
    );
}
