//! What a court's order does to what was planned, is planned, and to whoever asked.

use jiff::SignedDuration;
use savin_shared::event::EventCode;

use super::{
    Disclosure, about, accepted, ask, beside, claim, correction, counts, each, fact, finish, pass,
    plan, register, told, told_code,
};
use crate::ids::{EventId, OrderId};
use crate::notification::fact::{Elsewhere, Fact, HeldBy, OwnWord};
use crate::registry::traces::Traces;
use crate::store::conn::Tx;
use crate::store::vault::notice_event;
use crate::vault::Vault;
use crate::vault::command::{
    Content, Expunction, OrderCommand, PlannerCommand, PortalAnswer, StaffAnswer, StaffCommand,
    TaskCommand, TryOutcome, VaultTask,
};
use crate::work::task::TaskKind;

fn order(vault: &Vault, command: OrderCommand) {
    ask(vault, StaffCommand::Order(command));
}

fn calls(vault: &Vault) -> Vec<VaultTask> {
    let kind = Some(TaskKind::CourtOrder);
    let list = StaffCommand::Tasks(TaskCommand::List { kind, limit: 9 });
    let StaffAnswer::Tasks(tasks) = ask(vault, list) else {
        panic!("tasks")
    };
    tasks
}

#[test]
fn withdraws_what_waits_and_plans_nothing_that_was_in_hand() {
    each("vault_withheld", |vault, _| {
        let done = register(vault, "avery@example.test", 1, Disclosure::Full);
        assert_eq!(done, PortalAnswer::Done);
        register(vault, "blake@example.test", 2, Disclosure::Full);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        let events = [1, 3].map(|event| EventId::from_bytes([event; 16]));
        let withhold = OrderCommand::Withhold {
            order: OrderId(1),
            events: events.to_vec(),
            bookings: Vec::new(),
            hidden: Vec::new(),
            silenced: vec![about(1).person],
        };
        order(vault, withhold.clone());
        // A planner had read the third event before the order.
        plan(vault, 2, 4, vec![fact(3, 1), fact(4, 2)]);
        assert_eq!(told(vault), [EventCode::Released; 2]);
        let withdrawn = ("withdrawn".to_owned(), 1);
        assert!(counts(vault).notices.contains(&withdrawn));
        // A person calls whoever asked, once.
        order(vault, withhold);
        assert_eq!(calls(vault).len(), 1);

        order(
            vault,
            OrderCommand::Allow {
                order: OrderId(1),
                events: events.to_vec(),
                bookings: Vec::new(),
            },
        );
        assert_eq!(
            calls(vault).len(),
            0,
            "nobody is told that she hears nothing"
        );
        plan(vault, 4, 5, vec![fact(5, 1)]);
        assert_eq!(claim(vault).len(), 1, "what comes afterwards is told again");
    });
}

/// Returns what the vault still has of the notices that took an event back: how many say something, and how many
/// nothing.
fn kept(vault: &Vault, event: EventId) -> (usize, usize) {
    let link = vault.keys.correction_link(event);
    let read = move |tx: &mut Tx<'_>| notice_event::of_events(tx, &[link]);
    let notices = vault.store.read_now("kept", read).unwrap().concat();
    let empty = notices.iter().filter(|kept| kept.sealed_fact.is_empty());
    let empty = empty.count();
    (notices.len() - empty, empty)
}

#[test]
fn names_nobody_in_a_correction_that_waits_and_keeps_none_that_was_told() {
    each("vault_unnamed", |vault, place| {
        let small = Vault {
            slice: 2,
            ..beside(vault, place, None)
        };
        for who in ["avery", "blake", "casey"] {
            let address = format!("{who}@example.test");
            register(vault, &address, 1, Disclosure::Full);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        for message in claim(vault) {
            finish(vault, &message, accepted());
        }
        let facts = vec![correction(1, 1, 1)];
        let event = facts[0].event;
        ask(&small, PlannerCommand::Correct { facts });
        // One of them is told, another one waits, and the third is not planned yet.
        let [told, under_way] = claim(vault).try_into().unwrap();
        finish(vault, &told, accepted());
        let later = TryOutcome::Deferred {
            detail: "busy".to_owned(),
        };
        finish(vault, &under_way, later);
        let OrderCommand::Expunge { mut what, .. } = expunction(&[], Vec::new()) else {
            panic!("an expunction")
        };
        what.events = vec![event];
        let expunge = OrderCommand::Expunge {
            what,
            is_rehearsal: false,
        };
        order(vault, expunge);
        assert_eq!(kept(vault, event), (1, 1));
        // Whoever heard what was not so hears that it was not, of nobody by name.
        while small.plan_on().unwrap() {}
        pass(SignedDuration::from_hours(1));
        let said = claim(vault);
        assert_eq!(said.len(), 2);
        for message in said {
            assert_eq!(told_code(&message), EventCode::Correction);
            let Content::Fact(fact) = &message.content else {
                panic!("a fact")
            };
            assert_eq!((&fact.name, fact.facility.as_str()), (&None, ""));
        }
    });
}

/// Destroys what is said of bookings, of whose persons other records are left.
pub(super) fn expunction(bookings: &[u8], asides: Vec<EventId>) -> OrderCommand {
    let what = Expunction {
        order: OrderId(1),
        events: Vec::new(),
        bookings: bookings.iter().map(|booking| [*booking; 32]).collect(),
        asides,
        hidden: Vec::new(),
        persons: Vec::new(),
        followed: Vec::new(),
        follows: Vec::new(),
        traces: Traces::of(std::iter::empty()),
    };
    OrderCommand::Expunge {
        what: Box::new(what),
        is_rehearsal: false,
    }
}

/// A release of somebody whom two other bookings hold.
pub(super) fn held(event: u8, bookings: [u8; 2]) -> Fact {
    let held_by = bookings.map(|booking| HeldBy {
        booking: [booking; 32],
        place: format!("Jail {booking}"),
    });
    let mut held = fact(event, 1);
    held.still_held_at = Some(held_by[0].place.clone());
    held.details.still_held_at = Some("JAIL-1".to_owned());
    held.elsewhere.own = Some(Box::new(OwnWord {
        booking: [bookings[0]; 32],
        code: held.code,
        facility: held.facility.clone(),
        from_facility: None,
        details: fact(event, 1).details,
    }));
    held.elsewhere.held_by = held_by.into();
    held
}

fn said(vault: &Vault) -> Fact {
    let [message] = claim(vault).try_into().unwrap();
    let Content::Fact(fact) = message.content else {
        panic!("a fact")
    };
    *fact
}

fn withhold(bookings: &[u8]) -> OrderCommand {
    OrderCommand::Withhold {
        order: OrderId(1),
        events: Vec::new(),
        bookings: bookings.iter().map(|booking| [*booking; 32]).collect(),
        silenced: Vec::new(),
        hidden: vec![about(1).person],
    }
}

#[test]
fn says_of_a_release_nothing_of_a_booking_that_is_told_to_nobody() {
    each("vault_withheld_booking", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![held(1, [7, 8])]);
        order(vault, withhold(&[7]));
        // What waited says where another one holds the person, and nothing of the first.
        let waited = said(vault);
        assert_eq!(waited.still_held_at.as_deref(), Some("Jail 8"));
        assert_eq!(waited.details.still_held_at, None);
        // So does what a planner had in hand; and without another one it is a release as the jail told it.
        plan(vault, 1, 2, vec![held(2, [7, 8])]);
        assert_eq!(said(vault).still_held_at.as_deref(), Some("Jail 8"));
        order(vault, withhold(&[8]));
        plan(vault, 2, 3, vec![held(3, [7, 8])]);
        let told = said(vault);
        assert_eq!(told.still_held_at, None);
        assert_eq!(told.elsewhere, Elsewhere::default());
        // She may take the person to be held, and is called, once.
        assert_eq!(calls(vault).len(), 1);

        order(
            vault,
            OrderCommand::Allow {
                order: OrderId(1),
                events: Vec::new(),
                bookings: vec![[7; 32], [8; 32]],
            },
        );
        plan(vault, 3, 4, vec![held(4, [7, 8])]);
        assert_eq!(said(vault).still_held_at.as_deref(), Some("Jail 7"));
    });
}

#[test]
fn tells_a_transfer_to_a_booking_that_is_told_to_nobody_as_its_own_jail_told_it() {
    each("vault_withheld_transfer", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        let mut transfer = fact(1, 1);
        transfer.elsewhere.own = Some(Box::new(OwnWord {
            booking: [7; 32],
            code: transfer.code,
            facility: transfer.facility.clone(),
            from_facility: None,
            details: transfer.details.clone(),
        }));
        transfer.code = EventCode::TransferInState.code();
        transfer.from_facility = Some(transfer.facility.clone());
        transfer.facility = "Jail 7".to_owned();
        transfer.details.to_facility = Some("JAIL-7".to_owned());
        plan(vault, 0, 1, vec![transfer]);
        order(vault, withhold(&[7]));
        let told = said(vault);
        assert_eq!(told.event_code(), Some(EventCode::Released));
        assert_eq!(told.facility, "Test Jail");
        assert_eq!(
            (told.from_facility, told.details),
            (None, fact(1, 1).details)
        );
    });
}
