//! What a court's order does to what was planned, is planned, and to whoever asked.

use jiff::SignedDuration;
use savin_shared::event::EventCode;

use super::{
    Disclosure, about, accepted, ask, beside, claim, correction, counts, each, fact, finish, pass,
    plan, register, told, told_code,
};
use crate::ids::{EventId, OrderId};
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
        let what = Expunction {
            order: OrderId(1),
            events: vec![event],
            // Other records of this person are left.
            persons: Vec::new(),
            followed: Vec::new(),
            follows: Vec::new(),
            traces: Traces::of(std::iter::empty()),
        };
        let expunge = OrderCommand::Expunge {
            what: Box::new(what),
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
