//! Cases and orders: who is told besides, and who alone.

use super::{about, accepted, by_email, claim, each, fact, finish, plan};
use crate::ids::RegistrantId;
use crate::notification::fact::Fact;
use crate::notification::follow::{FollowKind, Followed};
use crate::vault::Vault;
use crate::vault::command::{
    Choices, FollowCommand, StaffAnswer, StaffCommand, TaskCommand, VaultTask,
};
use crate::work::task::TaskKind;

fn register(vault: &Vault, email: &str, byte: u8) -> RegistrantId {
    let register = StaffCommand::Register {
        contacts: by_email(email),
        to: None,
        about: about(byte),
        choices: Choices::default(),
    };
    let StaffAnswer::Registered(registrant) = super::ask(vault, register) else {
        panic!("registered")
    };
    registrant
}

fn followed(kind: FollowKind) -> Followed {
    Followed {
        kind,
        number: "25-CV-12".to_owned(),
        court: "Hinds County Circuit Court".to_owned(),
    }
}

fn attach(vault: &Vault, registrant: RegistrantId, kind: FollowKind) {
    let command = FollowCommand::Attach {
        registrant,
        followed: Followed {
            number: "25CV12".to_owned(),
            court: "CIRCUIT COURT OF HINDS COUNTY".to_owned(),
            ..followed(kind)
        },
    };
    let answer = super::ask(vault, StaffCommand::Follow(command));
    assert!(matches!(answer, StaffAnswer::Changed(true)));
}

fn about_one(event: u8, byte: u8, kind: FollowKind) -> Fact {
    Fact {
        followed: Some(followed(kind)),
        ..fact(event, byte)
    }
}

/// Carries what waits and returns to whom it went.
fn told(vault: &Vault) -> Vec<String> {
    let messages = claim(vault);
    let mut told: Vec<_> = messages
        .iter()
        .map(|message| format!("{:?}", message.to == by_email("ada@example.test")[0]))
        .collect();
    for message in &messages {
        finish(vault, message, accepted());
    }
    told.sort();
    told
}

fn tasks(vault: &Vault) -> Vec<VaultTask> {
    let list = TaskCommand::List {
        kind: Some(TaskKind::ProtectiveOrder),
        limit: 9,
    };
    let StaffAnswer::Tasks(tasks) = super::ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    tasks
}

#[test]
fn tells_of_an_order_only_whoever_asked_for_it() {
    each("vault_order", |vault, _| {
        let ada = register(vault, "ada@example.test", 7);
        let bea = register(vault, "bea@example.test", 1);
        // Nobody is known to have asked: staff asks those who registered about the respondent.
        plan(vault, 0, 1, vec![about_one(1, 1, FollowKind::Order)]);
        assert!(told(vault).is_empty());
        let asked = tasks(vault);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].registrant, bea);
        attach(vault, ada, FollowKind::Order);
        plan(vault, 1, 2, vec![about_one(2, 1, FollowKind::Order)]);
        assert_eq!(told(vault), ["true"], "she asked about nobody else");
        assert_eq!(tasks(vault).len(), 1);
        // What she follows no more is told no more, though it was planned.
        plan(vault, 2, 3, vec![about_one(3, 1, FollowKind::Order)]);
        let detach = FollowCommand::Detach {
            registrant: ada,
            followed: followed(FollowKind::Order),
        };
        super::ask(vault, StaffCommand::Follow(detach));
        assert!(told(vault).is_empty());
    });
}

#[test]
fn tells_of_a_case_whoever_follows_it_and_whoever_asked_about_the_person() {
    each("vault_case", |vault, _| {
        let ada = register(vault, "ada@example.test", 7);
        register(vault, "bea@example.test", 1);
        attach(vault, ada, FollowKind::Case);
        attach(vault, ada, FollowKind::Case);
        plan(vault, 0, 1, vec![about_one(1, 1, FollowKind::Case)]);
        assert_eq!(told(vault), ["false", "true"]);
        plan(vault, 1, 2, vec![about_one(2, 7, FollowKind::Case)]);
        assert_eq!(told(vault), ["true"], "once, for both reasons");
        let list = FollowCommand::List { registrant: ada };
        let StaffAnswer::Followed(list) = super::ask(vault, StaffCommand::Follow(list)) else {
            panic!("what she follows")
        };
        assert_eq!(list.len(), 1);
    });
}
