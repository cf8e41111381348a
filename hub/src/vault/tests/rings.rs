//! One call to a number at a time, on both engines: what waits meanwhile, and for how long at most.

use jiff::SignedDuration;
use savin_shared::event::EventCode;

use super::carrying::{call, calls, doors, escape, row};
use super::contacts::{phone, register_by};
use super::{ask, beside, each_with, fact, finish, pass, plan, told_code};
use crate::ids::WorkerId;
use crate::notification::bounds::Waits;
use crate::vault::Vault;
use crate::vault::command::{CallOutcome, CourierCommand, Message, StaffAnswer, StaffCommand};

const HERS: &str = "601-555-0123";
const OTHER: &str = "601-555-0199";

fn told(messages: &[Message]) -> Vec<EventCode> {
    messages.iter().map(told_code).collect()
}

/// Returns for what each notice waits that does.
fn waiting(vault: &Vault) -> Vec<Waits> {
    let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
        panic!("notices")
    };
    rows.into_iter().filter_map(|row| row.waits).collect()
}

fn no_answer(vault: &Vault, message: &Message) {
    finish(vault, message, call(CallOutcome::NoAnswer));
}

#[test]
fn calls_a_number_with_one_notice_at_a_time_and_then_at_once_with_the_most_pressing() {
    each_with("rings_once", doors, |vault, place| {
        // Two have the number: it is one telephone.
        register_by(vault, vec![phone(HERS)], None);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 1)]);
        let first = calls(vault, 9);
        assert_eq!(first.len(), 1, "one of two that are due at once");
        assert!(calls(&beside(vault, place, None), 9).is_empty());
        register_by(vault, vec![phone("(601) 555 0123")], None);
        plan(vault, 2, 3, vec![escape(3, 1)]);
        assert!(calls(vault, 9).is_empty(), "it would find her number busy");
        for _ in 0..2 {
            pass(SignedDuration::from_mins(2));
            let (notice, claim) = (first[0].notice, first[0].claim);
            ask(vault, CourierCommand::Hold { notice, claim });
            assert!(calls(vault, 9).is_empty());
        }
        plan(vault, 3, 4, vec![fact(4, 1)]);
        no_answer(vault, &first[0]);
        for _ in 0..2 {
            let next = calls(vault, 9);
            assert_eq!(told(&next), [EventCode::Escaped], "of each of the two");
            let other = calls(vault, 9);
            assert!(other.is_empty());
            assert_eq!(row(vault, next[0].notice).waits, None);
            no_answer(vault, &next[0]);
        }
        let last = calls(vault, 9);
        assert_eq!(told(&last), [EventCode::Released]);
        let waited = row(vault, last[0].notice);
        assert_eq!((waited.attempts, waited.tries), (1, 1), "to wait is no try");
    });
}

#[test]
fn an_escape_goes_to_her_other_number_while_the_first_is_at_a_call() {
    each_with("rings_other", doors, |vault, _| {
        register_by(vault, [HERS, OTHER].map(phone).to_vec(), None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9);
        assert_eq!((first.len(), &first[0].to), (1, &phone(HERS)));
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert!(calls(vault, 9).is_empty(), "that can wait for her first");
        plan(vault, 2, 3, vec![escape(3, 1)]);
        let urgent = calls(vault, 9);
        assert_eq!(told(&urgent), [EventCode::Escaped]);
        assert_eq!(urgent[0].to, phone(OTHER));
        plan(vault, 3, 4, vec![escape(4, 1)]);
        assert!(calls(vault, 9).is_empty(), "both are at a call");
        no_answer(vault, &urgent[0]);
        let next = calls(vault, 9);
        assert_eq!(told(&next), [EventCode::Escaped]);
        assert_eq!(next[0].to, phone(OTHER));
        // By its ladder the one that was tried at the other goes to the first after a minute; and it does so as soon
        // as that is free, before the news that waited longer.
        pass(SignedDuration::from_mins(1));
        assert!(calls(vault, 9).is_empty());
        assert_eq!(row(vault, urgent[0].notice).waits, Some(Waits::Rings));
        no_answer(vault, &first[0]);
        let back = calls(vault, 9);
        assert_eq!(told(&back), [EventCode::Escaped]);
        assert_eq!(
            (back[0].notice, &back[0].to),
            (urgent[0].notice, &phone(HERS))
        );
    });
}

#[test]
fn a_call_of_a_hub_that_died_holds_a_number_until_its_lease_ends_and_no_longer() {
    each_with("rings_died", doors, |vault, place| {
        register_by(vault, vec![phone(HERS)], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let worker = Some(WorkerId::from_bytes([7; 16]));
        let died = beside(vault, place, worker);
        assert_eq!(calls(&died, 9).len(), 1);
        pass(SignedDuration::from_mins(1));
        plan(vault, 1, 2, vec![escape(2, 1)]);
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_secs(4 * 60 - 1));
        assert!(calls(vault, 9).is_empty());
        pass(SignedDuration::from_secs(1));
        let urgent = calls(vault, 9);
        assert_eq!(told(&urgent), [EventCode::Escaped]);
        no_answer(vault, &urgent[0]);
        // One that begins anew knows that its calls are over.
        let lesser = calls(&died, 9);
        assert_eq!(told(&lesser), [EventCode::Released]);
        plan(vault, 2, 3, vec![escape(3, 1)]);
        assert!(calls(vault, 9).is_empty());
        assert_eq!(waiting(vault), [Waits::Rings]);
        ask(&beside(vault, place, worker), CourierCommand::Begin);
        assert_eq!(told(&calls(vault, 9)), [EventCode::Escaped]);
    });
}
