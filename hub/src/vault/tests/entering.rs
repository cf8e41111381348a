//! Whom an office enters on its own word.

use super::contacts::{phone, register_by};
use super::{about, address, ask, claim, each, fact, plan, portal};
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::vault::Vault;
use crate::vault::command::{
    Choices, Entry, NoticeRow, PortalAnswer, PortalCommand, StaffAnswer, StaffCommand, TaskCommand,
    VaultTask,
};
use crate::work::task::TaskKind;

fn email() -> Contact {
    Contact::Email(address("avery@example.test"))
}

fn enter(vault: &Vault, contacts: Vec<Contact>, byte: u8) {
    let enter = PortalCommand::Enter(Entry {
        contacts,
        about: about(byte),
        choices: Choices::default(),
        office: "Sheriff of Hinds County".to_owned(),
    });
    assert_eq!(portal(vault, enter), PortalAnswer::Done);
}

fn tasks(vault: &Vault) -> Vec<VaultTask> {
    let list = TaskCommand::List {
        kind: Some(TaskKind::Other),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    tasks
}

fn calls(vault: &Vault) -> usize {
    let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
        panic!("notices")
    };
    let is_call = |row: &&NoticeRow| row.channel == Channel::Telephone;
    rows.iter().filter(is_call).count()
}

#[test]
fn enters_whom_an_office_names_and_adds_no_way_to_who_is_registered() {
    each("vault_entering", |vault, _| {
        // Nobody knew her: she is told at once in each way, and a person is to call her.
        enter(vault, vec![email(), phone("601-555-0123")], 1);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!((claim(vault).len(), calls(vault)), (1, 1));
        assert_eq!(tasks(vault).len(), 1);
    });
    each("vault_entering_known", |vault, _| {
        // Whoever knows an address must not come to hear what its owner is told.
        let known = register_by(vault, vec![email()], None);
        enter(vault, vec![email(), phone("601-555-0199")], 2);
        plan(vault, 0, 2, vec![fact(1, 1), fact(2, 2)]);
        assert_eq!(claim(vault).len(), 2, "she is told of both");
        assert_eq!(calls(vault), 0, "and nobody by the office's number");
        let asked = tasks(vault);
        assert_eq!(asked[0].registrant, known);
    });
}
