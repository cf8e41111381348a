//! Whom a registry does not know that was put back, and how each is found again.

use savin_shared::event::EventCode;
use savin_shared::ids::{AgencyId, RecordKey, RecordNumber};
use savin_shared::record::RecordKind;

use super::{ask, claim, each, fact, person, plan, register, told, whom};
use crate::ids::{EventPosition, PersonId};
use crate::notification::fact::Disclosure;
use crate::vault::Vault;
use crate::vault::command::{
    PlannerAnswer, PlannerCommand, StaffAnswer, StaffCommand, TaskCommand, Traced, VaultTask,
};
use crate::vault::parted::SAME;
use crate::work::task::TaskKind;

const AVERY: &str = "avery@example.test";
const BLAKE: &str = "blake@example.test";

fn persons(bytes: &[u8]) -> Vec<PersonId> {
    bytes.iter().map(|byte| person(*byte)).collect()
}

/// Says by which records somebody, with everybody who was joined to them, is known.
fn trace(vault: &Vault, who: &[u8], records: &[&str]) -> bool {
    let records = records.iter().map(|number| {
        let key = RecordKey {
            kind: RecordKind::Custody,
            number: RecordNumber::new(number).unwrap(),
        };
        (AgencyId::new("MS0250000").unwrap(), key)
    });
    let traced = Traced {
        persons: persons(who),
        records: records.collect(),
    };
    sought(ask(
        vault,
        PlannerCommand::Trace {
            known: vec![traced],
        },
    ))
}

fn call(vault: &Vault, who: &[u8]) -> bool {
    let persons = persons(who);
    sought(ask(vault, PlannerCommand::RollCall { persons }))
}

fn sought(answer: PlannerAnswer) -> bool {
    let PlannerAnswer::Sought(is_sought) = answer else {
        panic!("whether somebody is looked for")
    };
    is_sought
}

fn tasks(vault: &Vault, kind: TaskKind) -> Vec<VaultTask> {
    let kind = Some(kind);
    let list = StaffCommand::Tasks(TaskCommand::List { kind, limit: 10 });
    let StaffAnswer::Tasks(tasks) = ask(vault, list) else {
        panic!("tasks")
    };
    tasks
}

fn answer_same(vault: &Vault) {
    for asked in tasks(vault, TaskKind::IdentityDoubt) {
        if asked.subject.starts_with("parted/") {
            let done = TaskCommand::Done {
                task: asked.task,
                choice: SAME.to_owned(),
                decision: 1,
            };
            ask(vault, StaffCommand::Tasks(done));
        }
    }
}

#[test]
fn tells_of_somebody_whose_record_came_again_under_another_number() {
    each("lost_found", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        assert!(!trace(vault, &[1], &["B1"]), "nobody is looked for");
        assert!(call(vault, &[]), "the registry knows nobody");
        let waiting = tasks(vault, TaskKind::Other);
        assert_eq!(waiting.len(), 1, "she is called");
        assert_eq!(waiting[0].urgency, 1);
        assert!(call(vault, &[8]), "nobody of those whom she asked about");
        assert_eq!(tasks(vault, TaskKind::Other).len(), 1, "once");

        assert!(trace(vault, &[8], &["B7"]), "somebody else's record");
        assert!(!trace(vault, &[9], &["B1"]), "the record came again");
        assert_eq!(tasks(vault, TaskKind::Other).len(), 0);
        plan(vault, 0, 2, vec![fact(1, 8), fact(2, 9)]);
        assert_eq!(told(vault), [EventCode::Released], "of her person alone");
        // The next booking of the same person is theirs as well.
        trace(vault, &[9], &["B1", "B2"]);
        plan(vault, 2, 3, vec![fact(3, 9)]);
        assert_eq!(told(vault), [EventCode::Released]);
        assert!(!call(vault, &[8, 9]), "nobody is lost any more");
    });
}

#[test]
fn has_whoever_asked_called_though_no_record_is_known() {
    each("lost_untraced", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        register(vault, BLAKE, 2, Disclosure::Full);
        call(vault, &[2]);
        assert_eq!(tasks(vault, TaskKind::Other).len(), 1);
        // The whole registry is put back after all.
        assert!(!call(vault, &[1, 2]));
        assert_eq!(tasks(vault, TaskKind::Other).len(), 0, "she is known again");
    });
}

#[test]
fn tells_of_two_who_were_found_to_be_one_since_the_backup() {
    each("lost_merged", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        trace(vault, &[1, 2], &["B1", "B2"]);
        plan(vault, 0, 5, Vec::new());
        let last = EventPosition(3);
        ask(vault, PlannerCommand::Rewind { last });
        assert!(call(vault, &[1, 2]), "they are two again");
        trace(vault, &[1], &["B1"]);
        trace(vault, &[2], &["B2"]);
        plan(vault, 3, 4, vec![fact(4, 2)]);
        assert_eq!(told(vault), [EventCode::Released], "she asked about both");
    });
}

#[test]
fn tells_of_two_who_were_new_and_one_and_come_again_as_two() {
    each("lost_merged_new", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        trace(vault, &[1, 2], &["B1", "B2"]);
        call(vault, &[]);
        trace(vault, &[8], &["B2"]);
        trace(vault, &[9], &["B1"]);
        plan(vault, 0, 2, vec![fact(1, 8), fact(2, 9)]);
        assert_eq!(told(vault), [EventCode::Released; 2]);
        assert_eq!(tasks(vault, TaskKind::IdentityDoubt).len(), 0);
    });
}

#[test]
fn asks_whom_she_meant_where_two_were_parted_since_the_backup() {
    each("lost_parted", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        register(vault, BLAKE, 3, Disclosure::Full);
        trace(vault, &[1], &["B1"]);
        trace(vault, &[3], &["B2"]);
        // The registry has both records with the one, as before they were parted.
        assert!(call(vault, &[1]));
        assert!(!trace(vault, &[1], &["B1", "B2"]));
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(claim(vault).len(), 0, "it may be about the other");
        let asked = tasks(vault, TaskKind::IdentityDoubt);
        assert_eq!(asked.len(), 4, "each is asked, and told that news waits");
        answer_same(vault);
        let came = claim(vault);
        let mut came: Vec<_> = came.iter().map(whom).collect();
        came.sort();
        assert_eq!(came, [AVERY, BLAKE], "what waited is told");
    });
}

#[test]
fn holds_nothing_back_from_whoever_asked_about_the_person_herself() {
    each("lost_besides", |vault, _| {
        register(vault, AVERY, 1, Disclosure::Full);
        register(vault, BLAKE, 3, Disclosure::Full);
        trace(vault, &[3], &["B2"]);
        call(vault, &[1]);
        // Nobody knows by which records the one was known when she asked.
        trace(vault, &[1], &["B1", "B2"]);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let came = claim(vault);
        let came: Vec<_> = came.iter().map(whom).collect();
        assert_eq!(came, [AVERY], "what the other is told waits for her answer");
    });
}
