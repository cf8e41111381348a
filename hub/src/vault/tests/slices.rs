//! News that many asked for, planned slice by slice.

use std::collections::BTreeMap;

use savin_shared::event::EventCode;

use super::{
    accepted, ask, beside, claim, correction, each, fact, finish, plan, register, told, told_code,
    whom,
};
use crate::ids::{EventPosition, OrderId};
use crate::notification::fact::{Disclosure, Fact};
use crate::store::Place;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::unplanned;
use crate::vault::Vault;
use crate::vault::command::{Content, OrderCommand, PlannerCommand, StaffCommand};

/// Opens the vault anew, as after a stop, with slices of two.
fn anew(vault: &Vault, place: &Place) -> Vault {
    Vault {
        slice: 2,
        ..beside(vault, place, None)
    }
}

/// Has seven register about one person, and one about another.
fn seven(vault: &Vault) {
    for number in 0..7 {
        register(
            vault,
            &format!("r{number}@example.test"),
            1,
            Disclosure::Full,
        );
    }
    register(vault, "other@example.test", 2, Disclosure::Full);
}

/// Plans until nothing is left over; returns in how many slices.
fn plan_on(vault: &Vault) -> u32 {
    let mut slices = 0;
    while vault.plan_on().unwrap() {
        slices += 1;
    }
    slices
}

/// Claims all that waits and hands it over; returns how often each address is told which event.
fn carry(vault: &Vault) -> BTreeMap<(String, EventCode), u32> {
    let mut told = BTreeMap::new();
    loop {
        let messages = claim(vault);
        if messages.is_empty() {
            return told;
        }
        for message in messages {
            finish(vault, &message, accepted());
            *told
                .entry((whom(&message), told_code(&message)))
                .or_default() += 1;
        }
    }
}

fn of(event: u8, byte: u8, code: EventCode, urgency: u8) -> Fact {
    Fact {
        code: code.code(),
        urgency,
        ..fact(event, byte)
    }
}

#[test]
fn tells_each_of_many_once_however_often_it_is_stopped() {
    each("slices_stopped", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        assert_eq!(plan(&small, 0, 1, vec![fact(1, 1)]), 1);
        let mut all = carry(&small);
        assert_eq!(all.len(), 2, "a slice");
        let mut slices = 0;
        loop {
            // Stopped after each slice, and in the middle of another.
            let small = anew(vault, place);
            let cut_off = small.store.write_now("cut off", |tx: &mut Tx<'_>| {
                let news = unplanned::next(tx, 1)?;
                for news in news {
                    unplanned::remove(tx, &news.which)?;
                }
                Err::<(), _>(StoreError::Refused("stopped".to_owned()))
            });
            assert!(cut_off.is_err());
            if !small.plan_on().unwrap() {
                break;
            }
            slices += 1;
            all.extend(carry(&small));
        }
        assert_eq!(slices, 3, "two each, and the last");
        assert_eq!(all.len(), 7);
        assert!(all.values().all(|times| *times == 1), "{all:?}");
        // The registry was restored, and the same comes again; then it is told to whoever asked since.
        let small = anew(vault, place);
        let last = EventPosition(0);
        ask(&small, PlannerCommand::Rewind { last });
        plan(&small, 0, 1, vec![fact(1, 1)]);
        plan_on(&small);
        assert_eq!(carry(&small), BTreeMap::new(), "everybody was told");
        register(vault, "late@example.test", 1, Disclosure::Full);
        let (clock, fact) = (None, Box::new(fact(1, 1)));
        ask(&small, PlannerCommand::Retell { clock, fact });
        plan_on(&small);
        let late = ("late@example.test".to_owned(), EventCode::Released);
        assert_eq!(carry(&small), BTreeMap::from([(late, 1)]));
    });
}

#[test]
fn lets_an_escape_pass_between_two_slices() {
    each("slices_escape", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 1, vec![fact(1, 1)]);
        plan(&small, 1, 2, vec![of(2, 2, EventCode::Escaped, 0)]);
        assert_eq!(
            told(&small),
            [EventCode::Escaped, EventCode::Released, EventCode::Released]
        );
        // One that many asked for is planned before what many asked for and is less urgent, also of the same person.
        plan(&small, 2, 3, vec![of(3, 1, EventCode::Escaped, 0)]);
        small.plan_on().unwrap();
        small.plan_on().unwrap();
        assert_eq!(told(&small), [EventCode::Escaped; 6]);
        plan_on(&small);
        let rest = carry(&small);
        let many = |code| rest.keys().filter(|(_, told)| *told == code).count();
        assert_eq!(
            (many(EventCode::Escaped), many(EventCode::Released)),
            (1, 5)
        );
    });
}

#[test]
fn plans_what_follows_of_a_person_behind_what_is_left_over_of_them() {
    each("slices_order", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 1, vec![of(1, 1, EventCode::TransferInState, 3)]);
        plan(&small, 1, 2, vec![of(2, 1, EventCode::Released, 3)]);
        let mut order: BTreeMap<String, Vec<EventCode>> = BTreeMap::new();
        loop {
            let messages = claim(&small);
            for message in &messages {
                finish(&small, message, accepted());
                order
                    .entry(whom(message))
                    .or_default()
                    .push(told_code(message));
            }
            if !small.plan_on().unwrap() && messages.is_empty() {
                break;
            }
        }
        assert_eq!(order.len(), 7);
        let expected = [EventCode::TransferInState, EventCode::Released];
        assert!(order.values().all(|told| *told == expected), "{order:?}");
    });
}

#[test]
fn tells_nobody_else_what_was_not_so_and_the_others_that_it_was_not() {
    each("slices_correction", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 1, vec![fact(1, 1)]);
        small.plan_on().unwrap();
        let heard = carry(&small);
        assert_eq!(heard.len(), 4);
        plan(&small, 1, 2, vec![correction(2, 1, 1)]);
        plan_on(&small);
        let corrected = carry(&small);
        let whom = |told: &BTreeMap<(String, EventCode), u32>| -> Vec<String> {
            told.keys().map(|(address, _)| address.clone()).collect()
        };
        assert_eq!(whom(&corrected), whom(&heard), "exactly those who heard");
        assert!(
            corrected
                .keys()
                .all(|(_, code)| *code == EventCode::Correction)
        );
    });
}

/// The fact by which staff takes back an event.
fn decided(event: u8, byte: u8) -> Fact {
    correction(event, byte, event)
}

#[test]
fn takes_back_what_many_heard_slice_by_slice_and_an_escape_passes() {
    each("slices_taken_back", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 1, vec![fact(1, 1)]);
        plan_on(&small);
        let mut heard = Vec::new();
        for message in claim(&small).into_iter().take(5) {
            finish(&small, &message, accepted());
            heard.push(whom(&message));
        }
        heard.sort();
        // Two were claimed and may have heard it as well, whatever becomes of their tries.
        let mut at = 1;
        for by in ["staff", "the agency"] {
            if by == "staff" {
                let facts = vec![decided(1, 1)];
                ask(&small, PlannerCommand::Correct { facts });
            } else {
                at = plan(&small, at, at + 1, vec![correction(2, 1, 1)]);
            }
            let first = claim(&small);
            assert_eq!(first.len(), 2, "a slice, {by}");
            let mut all: Vec<_> = first.iter().map(whom).collect();
            let event = u8::try_from(10 + at).unwrap();
            let escape = of(event, 2, EventCode::Escaped, 0);
            at = plan(&small, at, at + 1, vec![escape]);
            assert_eq!(told(&small), [EventCode::Escaped], "{by}");
            // Stopped, and gone on with.
            let small = anew(vault, place);
            plan_on(&small);
            let rest = claim(&small);
            assert!(
                rest.iter()
                    .all(|said| told_code(said) == EventCode::Correction),
                "{by}"
            );
            all.extend(rest.iter().map(whom));
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 7, "{by}");
            assert!(heard.iter().all(|who| all.contains(who)), "{by}");
        }
    });
}

#[test]
fn takes_back_many_events_a_slice_at_a_time_and_withdraws_all_at_once() {
    each("slices_mass", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 3, vec![fact(1, 1), fact(2, 1), fact(3, 2)]);
        plan_on(&small);
        assert_eq!(carry(&small).values().sum::<u32>(), 15);
        plan(&small, 3, 4, vec![fact(4, 1)]);
        let facts = [1, 2, 3, 4].map(|event| decided(event, 1)).to_vec();
        ask(
            &small,
            PlannerCommand::Correct {
                facts: facts.clone(),
            },
        );
        let mut all = carry(&small);
        assert_eq!(all.values().sum::<u32>(), 2, "of the last nobody had heard");
        // The answer was lost, and the same comes again.
        ask(&small, PlannerCommand::Correct { facts });
        plan_on(&small);
        for (who, times) in carry(&small) {
            *all.entry(who).or_default() += times;
        }
        assert_eq!(all.values().sum::<u32>(), 15);
    });
}

#[test]
fn tells_those_who_are_planned_later_that_the_person_was_booked_again() {
    each("slices_booked", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        let booking = Fact {
            facility: "Other Jail".to_owned(),
            ..of(2, 1, EventCode::Booked, 3)
        };
        plan(&small, 0, 1, vec![fact(1, 1)]);
        plan(&small, 1, 2, vec![booking]);
        plan_on(&small);
        let (mut amended, mut released) = (0, 0);
        loop {
            let messages = claim(&small);
            if messages.is_empty() {
                break;
            }
            for message in messages {
                finish(&small, &message, accepted());
                let Content::Fact(fact) = &message.content else {
                    panic!("a fact")
                };
                if fact.event_code() == Some(EventCode::Released) {
                    released += 1;
                    amended += u32::from(fact.still_held_at.as_deref() == Some("Other Jail"));
                }
            }
        }
        assert_eq!((released, amended), (7, 7));
    });
}

#[test]
fn plans_nothing_more_of_what_a_court_withheld() {
    each("slices_withheld", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 1, vec![fact(1, 1)]);
        let order = OrderCommand::Withhold {
            order: OrderId(1),
            events: vec![fact(1, 1).event],
            bookings: Vec::new(),
            hidden: Vec::new(),
            silenced: Vec::new(),
        };
        ask(&small, StaffCommand::Order(order));
        assert_eq!(plan_on(&small), 0);
        assert_eq!(carry(&small), BTreeMap::new());
        let left = small.store.read_now("left", |tx| unplanned::next(tx, 9));
        assert_eq!(left.unwrap(), [], "nothing of it is kept");
    });
}

#[test]
fn leaves_over_what_a_plan_of_many_facts_has_no_room_for() {
    each("slices_many", |vault, place| {
        seven(vault);
        let small = anew(vault, place);
        plan(&small, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        plan_on(&small);
        let all = carry(&small);
        assert_eq!(all.len(), 8);
        assert!(all.values().all(|times| *times == 1), "{all:?}");
    });
}
