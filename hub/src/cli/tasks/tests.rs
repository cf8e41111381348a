//! Staff and tasks as somebody types them.

use crate::app;
use crate::cli::testing::{configured, run};
use crate::ids::{EventPosition, RecordId};
use crate::store::registry::instruction::{self, InstructionKind};
use crate::store::registry::task::{self, NewTask, TaskKind};

fn review(subject: &str) -> NewTask {
    NewTask {
        kind: TaskKind::EventReview,
        subject: subject.to_owned(),
        facility: None,
        person: None,
        other: None,
        record: Some(RecordId(1)),
        event: Some(EventPosition(4)),
        urgency: 2,
        due_at: None,
        note: "look".to_owned(),
    }
}

#[test]
fn adds_the_first_admin_and_lets_admins_add_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path());
    let run = |line: &str| run(folder.path(), line);
    let is_there = |name: &str| folder.path().join(name).exists();
    assert!(!run("staff add desk --role operator --output desk.key"));
    assert!(!is_there("desk.key"), "a key that nobody knows is left");
    assert!(run("staff add chief --role admin --output chief.key"));
    assert!(!run("staff add other --role admin --output other.key"));
    assert!(run(
        "staff add desk --role operator --output desk.key --as chief.key"
    ));
    assert!(!run(
        "staff add more --role operator --output more.key --as desk.key"
    ));
    assert!(!run(
        "staff add desk --role operator --output twice.key --as chief.key"
    ));
    assert!(!run("staff remove chief --as chief.key"), "the last admin");
    assert!(run("staff remove desk --as chief.key"));
    assert!(!run("staff remove desk --as chief.key"));
    assert!(run("staff list"));
}

#[test]
fn settles_a_review_by_a_signed_decision_only() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let store = app::open_registry(&config).unwrap();
    let now = (app::world().wall)();
    store
        .write_now("open", move |tx| {
            task::open(tx, &[review("event/4"), review("event/5")], now)
        })
        .unwrap();
    let run = |line: &str| run(folder.path(), line);
    assert!(run("staff add chief --role admin --output chief.key"));
    assert!(run(
        "staff add desk --role operator --output desk.key --as chief.key"
    ));
    assert!(run(
        "staff add reader --role auditor --output reader.key --as chief.key"
    ));
    assert!(run("tasks"));
    assert!(!run("tasks done 1 --choice tell"), "nobody signed");
    assert!(!run("tasks done 1 --choice tell --as reader.key"));
    assert!(!run("tasks done 1 --choice maybe --as desk.key"));
    assert!(run("tasks claim 1 --as desk.key"));
    assert!(!run("tasks claim 1 --as chief.key"), "desk works on it");
    assert!(!run("tasks reassign 1 --to chief --as desk.key"));
    assert!(run("tasks reassign 1 --to chief --as chief.key"));
    assert!(run("tasks done 1 --choice tell --note asked --as desk.key"));
    assert!(
        !run("tasks done 1 --choice leave --as desk.key"),
        "it is done"
    );
    assert!(run("tasks show 1 --json"));
    let told = store.read_now("told", |tx| {
        instruction::load(tx, InstructionKind::Tell, EventPosition(4))
    });
    assert!(told.unwrap().is_some());
    let open = store.read_now("open", |tx| task::open_ones(tx, None, 10));
    assert_eq!(open.unwrap().len(), 1);
}
