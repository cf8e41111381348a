//! What a court's order does to what was planned, is planned, and to whoever asked.

use savin_shared::event::EventCode;

use super::{Disclosure, about, ask, claim, counts, each, fact, plan, register, told};
use crate::ids::{EventId, OrderId};
use crate::vault::Vault;
use crate::vault::command::{
    OrderCommand, PortalAnswer, StaffAnswer, StaffCommand, TaskCommand, VaultTask,
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
                events: events.to_vec(),
            },
        );
        plan(vault, 4, 5, vec![fact(5, 1)]);
        assert_eq!(claim(vault).len(), 1, "what comes afterwards is told again");
    });
}
