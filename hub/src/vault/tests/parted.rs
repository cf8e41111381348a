//! Two people who were parted, and what waits until it is known whom each registrant meant.

use super::{ask, claim, correction, each, fact, person, plan, register, told};
use crate::ids::OrderId;
use crate::notification::fact::Disclosure;
use crate::vault::Vault;
use crate::vault::command::{OrderCommand, StaffAnswer, StaffCommand, TaskCommand, VaultTask};
use crate::vault::parted::{OTHER, SAME};
use crate::work::task::TaskKind;
use savin_shared::event::EventCode;

fn tasks(vault: &Vault) -> Vec<VaultTask> {
    let kind = Some(TaskKind::IdentityDoubt);
    let list = StaffCommand::Tasks(TaskCommand::List { kind, limit: 10 });
    let StaffAnswer::Tasks(tasks) = ask(vault, list) else {
        panic!("tasks")
    };
    tasks
}

fn parted(vault: &Vault, to: u8) {
    let (from, to) = (person(1), person(to));
    ask(vault, StaffCommand::Parted { from, to });
}

/// Ends the tasks that ask whom she meant.
fn answers(vault: &Vault, choice: &str) {
    for asked in tasks(vault) {
        if asked.subject.starts_with("parted/") {
            let done = TaskCommand::Done {
                task: asked.task,
                choice: choice.to_owned(),
                decision: 1,
            };
            ask(vault, StaffCommand::Tasks(done));
        }
    }
}

#[test]
fn tells_nobody_of_whom_it_is_in_doubt_whom_she_meant_and_has_her_asked_at_once() {
    each("parted_holds", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        register(vault, "blake@example.test", 2, Disclosure::Full);
        parted(vault, 3);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        let came = claim(vault);
        assert_eq!(came.len(), 1, "only of the other person");
        assert_eq!(tasks(vault).len(), 2, "whom she meant, and that news waits");
        assert!(tasks(vault).iter().all(|task| task.urgency == 1));

        answers(vault, SAME);
        let came = claim(vault);
        assert_eq!(came.len(), 1, "what waited is told");
        assert_eq!(tasks(vault).len(), 0);
        plan(vault, 2, 3, vec![fact(3, 1)]);
        assert_eq!(claim(vault).len(), 1, "nothing is in doubt any more");
        parted(vault, 3);
        plan(vault, 3, 4, vec![fact(4, 1)]);
        assert_eq!(claim(vault).len(), 1, "she was asked once");
    });
}

#[test]
fn drops_what_waited_of_somebody_whom_she_did_not_mean() {
    each("parted_drops", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        parted(vault, 3);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        answers(vault, OTHER);
        assert_eq!(claim(vault).len(), 0);
        assert_eq!(tasks(vault).len(), 0);
    });
}

#[test]
fn tells_nothing_that_was_taken_back_or_sealed_while_it_waited() {
    each("parted_over", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        parted(vault, 3);
        // Two doubts of one registrant end one by one.
        parted(vault, 4);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 1)]);
        plan(vault, 2, 3, vec![correction(3, 1, 1)]);
        let order = OrderCommand::Withhold {
            order: OrderId(1),
            events: vec![fact(2, 1).event],
            bookings: Vec::new(),
            hidden: Vec::new(),
            silenced: Vec::new(),
        };
        ask(vault, StaffCommand::Order(order));
        plan(vault, 3, 4, vec![fact(4, 1)]);
        assert_eq!(told(vault), [] as [EventCode; 0]);
        answers(vault, SAME);
        assert_eq!(told(vault), [EventCode::Released], "only what stands");
    });
}
