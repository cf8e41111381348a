//! Deadlines by which registrants are to be told.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::{accepted, ask, claim, each, fact, finish, pass, plan, register, wall};
use crate::ids::EventId;
use crate::notification::fact::Disclosure;
use crate::vault::Vault;
use crate::vault::command::{
    DueClock, PlannerAnswer, PlannerCommand, Reach, StaffAnswer, StaffCommand, TaskCommand,
    VaultTask,
};
use crate::work::task::TaskKind;

fn due(vault: &Vault, since: Option<Timestamp>) {
    let clock = DueClock {
        clock: "hearing-victim".to_owned(),
        event: EventId::from_bytes([1; 16]),
        since,
        due_at: wall() + SignedDuration::from_hours(48),
        what: "1-1-1: tell her".to_owned(),
    };
    let answer = ask(
        vault,
        PlannerCommand::Due {
            clocks: vec![clock],
        },
    );
    assert_eq!(answer, PlannerAnswer::Done);
}

fn tasks(vault: &Vault) -> Vec<VaultTask> {
    let (kind, limit) = (Some(TaskKind::Clock), 10);
    let StaffAnswer::Tasks(tasks) = ask(
        vault,
        StaffCommand::Tasks(TaskCommand::List { kind, limit }),
    ) else {
        panic!("tasks")
    };
    tasks
}

fn reach(vault: &Vault) -> Reach {
    let events = vec![EventId::from_bytes([1; 16])];
    let StaffAnswer::Reach(reach) = ask(vault, StaffCommand::Reach { events }) else {
        panic!("reach")
    };
    reach[0]
}

#[test]
fn brings_whoever_was_not_reached_to_a_person_and_ends_that_when_she_is() {
    each("vault_clock", |vault, _| {
        register(vault, "one@example.test", 1, Disclosure::Full);
        register(vault, "two@example.test", 1, Disclosure::Full);
        register(vault, "other@example.test", 2, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let messages = claim(vault);
        finish(vault, &messages[0], accepted());
        due(vault, None);
        due(vault, None);
        let open = tasks(vault);
        assert_eq!(open.len(), 1, "only she who was not reached");
        assert!(
            !open[0]
                .subject
                .contains(&EventId::from_bytes([1; 16]).to_string())
        );
        let reached = reach(vault);
        assert_eq!((reached.accepted, reached.waiting), (1, 1));
        assert_eq!((reached.registrants(), reached.untold()), (2, 1));
        finish(vault, &messages[1], accepted());
        due(vault, None);
        assert_eq!(tasks(vault).len(), 0);
        assert_eq!(reach(vault).accepted, 2);
    });
}

#[test]
fn tells_again_when_a_window_opens_and_counts_only_what_was_told_in_it() {
    each("vault_window", |vault, _| {
        register(vault, "one@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        finish(vault, &claim(vault)[0], accepted());
        // She registers when it has been planned already.
        register(vault, "two@example.test", 1, Disclosure::Full);
        pass(SignedDuration::from_hours(24));
        let opened = Some(wall());
        let retell = |clock: Option<&str>| {
            let (clock, fact) = (clock.map(str::to_owned), Box::new(fact(1, 1)));
            ask(vault, PlannerCommand::Retell { clock, fact })
        };
        retell(None);
        retell(None);
        assert_eq!(claim(vault).len(), 1, "she who registered since");
        retell(Some("sentence-end"));
        retell(Some("sentence-end"));
        due(vault, opened);
        assert_eq!(tasks(vault).len(), 2, "nobody was told in the window yet");
        let messages = claim(vault);
        assert_eq!(messages.len(), 2);
        for message in &messages {
            finish(vault, message, accepted());
        }
        due(vault, opened);
        assert_eq!(tasks(vault).len(), 0);
    });
}
