//! Two people who were parted, and what waits until it is known whom each registrant meant.

use super::court_order::{expunction, held};
use super::{ask, claim, correction, each, fact, person, plan, register, told};
use crate::ids::OrderId;
use crate::notification::fact::{Disclosure, Elsewhere, Fact};
use crate::store::vault::{parted as waiting, registrant};
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

/// Returns what is kept back, as it stands in the vault.
fn kept_back(vault: &Vault) -> Vec<Fact> {
    let read = |tx: &mut crate::store::conn::Tx<'_>| {
        let held = waiting::all(tx)?.into_iter();
        let rows = held.map(|held| Ok((registrant::load(tx, held.registrant)?, held)));
        rows.collect::<Result<Vec<_>, crate::store::StoreError>>()
    };
    let rows = vault.store.read_now("kept back", read).unwrap().into_iter();
    let open = |(row, held): (Option<registrant::RegistrantRow>, waiting::HeldFact)| {
        let key = vault.keys.unwrap(&row.unwrap().wrapped_key).unwrap();
        key.open("held", held.registrant, &held.sealed_fact)
            .unwrap()
    };
    let mut facts: Vec<Fact> = rows.map(open).collect();
    facts.sort_by_key(|fact| fact.position);
    facts
}

#[test]
fn keeps_nothing_of_an_expunged_booking_in_what_waits() {
    each("parted_expunged", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        parted(vault, 3);
        // An older program did not note by which booking the person was held.
        let before = Fact {
            elsewhere: Elsewhere::default(),
            ..held(2, [7, 8])
        };
        let event = before.event;
        plan(vault, 0, 2, vec![held(1, [7, 8]), before]);
        let said = |fact: &Fact| fact.still_held_at.clone();
        let both: Vec<_> = kept_back(vault).iter().map(said).collect();
        assert_eq!(both, [Some("Jail 7".to_owned()), Some("Jail 7".to_owned())]);
        ask(vault, StaffCommand::Order(expunction(&[7], vec![event])));
        let left: Vec<_> = kept_back(vault).iter().map(said).collect();
        assert_eq!(left, [Some("Jail 8".to_owned()), None]);
        for kept in kept_back(vault) {
            assert!(
                kept.bookings().all(|booking| booking != [7; 32]),
                "{kept:?}"
            );
        }
        answers(vault, SAME);
        assert_eq!(told(vault), [EventCode::Released; 2], "it is told without");
    });
}
