//! Cases and orders: who is told besides, and who alone.

use super::{
    about, accepted, by_email, carry_all, claim, code, each, fact, finish, plan, portal, session,
    ticket, view, wait_out,
};
use crate::ids::RegistrantId;
use crate::notification::care::{Care, Quiet, Voicemail};
use crate::notification::fact::Fact;
use crate::notification::follow::{FollowKind, Followed};
use crate::vault::Vault;
use crate::vault::command::{
    Choices, FollowCommand, PortalAnswer, PortalCommand, StaffAnswer, StaffCommand, Stops,
    TaskCommand, VaultTask, Wishes,
};
use crate::vault::follow::FOLLOWED_MAX;
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
            court: "Hinds Co. Cir. Ct.".to_owned(),
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

/// Registers on the web, with the code that comes.
fn sign_up(vault: &Vault, email: &str, wishes: Wishes) -> PortalAnswer {
    let begin = PortalCommand::BeginRegistration {
        contacts: by_email(email),
        wishes,
        choices: Choices::default(),
    };
    let ticket = ticket(portal(vault, begin));
    let code = code(vault);
    portal(vault, PortalCommand::ConfirmRegistration { ticket, code })
}

#[test]
fn signs_up_by_the_number_of_an_order_alone() {
    each("vault_by_number", |vault, _| {
        let care = |from, until| Care {
            quiet: Some(Quiet::new(from, until).unwrap()),
            voicemail: Voicemail::Neutral,
            ..Care::default()
        };
        let wishes = Wishes {
            about: None,
            followed: vec![followed(FollowKind::Order)],
            care: Some(care("1", "2")),
        };
        // Before the address is proved nobody follows anything.
        let begin = PortalCommand::BeginRegistration {
            contacts: by_email("ada@example.test"),
            wishes: wishes.clone(),
            choices: Choices::default(),
        };
        portal(vault, begin);
        code(vault);
        plan(vault, 0, 1, vec![about_one(1, 1, FollowKind::Order)]);
        assert!(told(vault).is_empty());
        assert_eq!(
            sign_up(vault, "ada@example.test", wishes),
            PortalAnswer::Done
        );
        plan(vault, 1, 2, vec![about_one(2, 1, FollowKind::Order)]);
        assert_eq!(told(vault), ["true"]);
        // She signs up once more: what she said before of being reached stays.
        let again = Wishes {
            followed: vec![followed(FollowKind::Case), followed(FollowKind::Order)],
            care: Some(care("3", "4")),
            ..Wishes::default()
        };
        assert_eq!(
            sign_up(vault, "ada@example.test", again),
            PortalAnswer::Done
        );
        let open = session(vault, "ada@example.test");
        let view = view(vault, &open);
        assert_eq!(view.care, care("1", "2"));
        assert!(view.about.is_empty());
        let shown: Vec<_> = view
            .followed
            .iter()
            .map(|one| (one.kind, one.number.as_str()))
            .collect();
        assert_eq!(
            shown,
            [(FollowKind::Case, "•••V12"), (FollowKind::Order, "•••V12")]
        );
    });
}

#[test]
fn follows_and_stops_following_in_her_session() {
    each("vault_follow_session", |vault, _| {
        register(vault, "ada@example.test", 7);
        let open = session(vault, "ada@example.test");
        let follow = |number: usize| PortalCommand::Follow {
            session: open.clone(),
            followed: Followed {
                number: format!("26-CV-{number}"),
                ..followed(FollowKind::Case)
            },
        };
        let start = PortalCommand::Follow {
            session: open.clone(),
            followed: followed(FollowKind::Order),
        };
        assert_eq!(portal(vault, start.clone()), PortalAnswer::Done);
        for number in 1..FOLLOWED_MAX {
            assert_eq!(portal(vault, follow(number)), PortalAnswer::Done);
        }
        assert_eq!(portal(vault, follow(FOLLOWED_MAX)), PortalAnswer::Wrong);
        assert_eq!(
            portal(vault, start),
            PortalAnswer::Done,
            "she has it already"
        );
        plan(vault, 0, 1, vec![about_one(1, 1, FollowKind::Order)]);
        assert_eq!(told(vault), ["true"]);
        let order = view(vault, &open)
            .followed
            .into_iter()
            .find(|one| one.kind == FollowKind::Order)
            .unwrap();
        let stop = PortalCommand::Stop {
            session: open,
            what: Stops::Followed(order.entry),
            pin: None,
        };
        assert_eq!(portal(vault, stop), PortalAnswer::Done);
        wait_out(vault);
        carry_all(vault);
        let open = session(vault, "ada@example.test");
        assert_eq!(view(vault, &open).followed.len(), FOLLOWED_MAX - 1);
        let one_more = PortalCommand::Follow {
            session: open,
            followed: Followed {
                number: format!("26-CV-{FOLLOWED_MAX}"),
                ..followed(FollowKind::Case)
            },
        };
        assert_eq!(portal(vault, one_more), PortalAnswer::Done);
        plan(vault, 1, 2, vec![about_one(2, 1, FollowKind::Order)]);
        assert!(told(vault).is_empty());
    });
}
