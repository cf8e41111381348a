//! Changes of rules as somebody types them, and the events that they decide.

use crate::app;
use crate::cli::testing::{configured, run};
use crate::ids::EventPosition;
use crate::notification::rules::{Rules, SHIPPED};
use crate::store::registry::rules::{self, TableName, Versions};
use crate::store::{Store, StoreError};
use savin_shared::event::EventCode;

fn versions(store: &Store) -> Result<Versions<Rules>, StoreError> {
    let shipped = Rules::shipped().unwrap();
    store.read_now("versions", move |tx| rules::notification(tx, &shipped))
}

fn is_told(store: &Store, position: i64) -> bool {
    let versions = versions(store).unwrap();
    let rules = versions.at(EventPosition(position));
    rules.decided(EventCode::Booked).is_some()
}

#[test]
fn lets_a_change_count_only_after_an_admin_said_so_and_only_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert!(run("staff add chief --role admin --output chief.key"));
    assert!(run(
        "staff add lead --role supervisor --output lead.key --as chief.key"
    ));
    assert!(run(
        "staff add desk --role operator --output desk.key --as chief.key"
    ));
    let quiet = SHIPPED.replace("Booked,yes", "Booked,no");
    // `run` puts files that end so into the folder.
    std::fs::write(folder.path().join("quiet.key"), &quiet).unwrap();
    std::fs::write(folder.path().join("wrong.key"), "code,told\n").unwrap();
    let store = app::open_registry(&config).unwrap();
    let before = [
        (
            false,
            "rules propose notification quiet.key --reason tested",
        ),
        (
            false,
            "rules propose notification quiet.key --reason t --as desk.key",
        ),
        (
            true,
            "rules propose notification quiet.key --reason t --as lead.key",
        ),
        (
            false,
            "rules propose notification wrong.key --reason t --as lead.key",
        ),
        (true, "rules list --json"),
        (true, "rules show notification 1 --json"),
        (true, "rules show clocks"),
        (true, "rules replay notification 1"),
        (true, "rules replay notification 1 --json"),
        (false, "rules replay notification 2"),
        (false, "rules activate notification 1 --as lead.key"),
        (false, "rules activate notification 2 --as chief.key"),
    ];
    for (succeeds, line) in before {
        assert_eq!(run(line), succeeds, "{line}");
    }
    assert!(is_told(&store, 1), "a proposal counts for nothing");
    assert!(run("rules activate notification 1 --as chief.key"));
    assert!(
        !run("rules activate notification 1 --as chief.key"),
        "twice"
    );
    assert!(!is_told(&store, 1), "from the next event on");
    assert!(is_told(&store, 0), "what came before is not decided again");
    let adopted = store.read_now("adopted", |tx| rules::adopted(tx, TableName::Notification));
    let adopted = adopted.unwrap();
    assert_eq!(adopted.len(), 1);
    assert_eq!(adopted[0].changes, "Booked: told yes -> no");
    assert!(run("rules list"));
}

#[test]
fn decides_nothing_by_a_table_that_nobody_signed() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert!(run("staff add chief --role admin --output chief.key"));
    std::fs::write(folder.path().join("same.key"), SHIPPED).unwrap();
    assert!(
        !run("rules propose notification same.key --reason tested --as chief.key"),
        "it changes nothing"
    );
    let quiet = SHIPPED.replace("Booked,yes", "Booked,no");
    std::fs::write(folder.path().join("quiet.key"), quiet).unwrap();
    assert!(run(
        "rules propose notification quiet.key --reason tested --as chief.key"
    ));
    assert!(run("rules activate notification 1 --as chief.key"));
    let store = app::open_registry(&config).unwrap();
    assert!(versions(&store).is_ok());
    let stolen = SHIPPED.replace("Escaped,yes", "Escaped,no");
    store
        .write_now("steal", move |tx| {
            let mut version = rules::adopted(tx, TableName::Notification)?.remove(0);
            (version.number, version.body) = (2, stolen.clone());
            rules::adopt(tx, TableName::Notification, &version)
        })
        .unwrap();
    assert!(matches!(
        versions(&store).unwrap_err(),
        StoreError::Damaged(_)
    ));
}
