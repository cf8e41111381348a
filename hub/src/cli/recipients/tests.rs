//! The list of offices as a person keeps it.

use crate::app;
use crate::cli::testing::{configured, run};
use crate::store::registry::recipient;

#[test]
fn keeps_the_list_by_signed_decisions_only() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let run = |line: &str| run(folder.path(), line);
    assert!(run("staff add chief --role admin --output chief.key"));
    assert!(run(
        "staff add desk --role operator --output desk.key --as chief.key"
    ));
    let sheriff = "recipients add --office sheriff --county hinds --email so@hinds.example";
    assert!(!run(sheriff), "nobody signed");
    assert!(
        !run(&format!("{sheriff} --as desk.key")),
        "not an operator's"
    );
    assert!(run(&format!("{sheriff} --as chief.key")));
    assert!(
        !run(&format!("{sheriff} --as chief.key")),
        "it is on the list"
    );
    for wrong in [
        "recipients add --office sheriff --county Nowhere --email so@x.example",
        "recipients add --office mayor --county Rankin --email so@x.example",
        "recipients add --office sheriff --county Rankin --email nobody",
        "recipients add --office sheriff --county Rankin --city Brandon --email so@x.example",
        "recipients add --office sheriff --county Rankin",
    ] {
        assert!(!run(&format!("{wrong} --as chief.key")), "{wrong}");
    }
    let chief =
        "recipients add --office police-chief --county Hinds --city Jackson --letter Capitol";
    assert!(run(&format!("{chief} --as chief.key")));
    assert!(run("recipients list --county Hinds"));
    assert!(run("--json recipients notices --open"));
    assert!(
        !run("recipients confirm 12345678 --as desk.key"),
        "there is none"
    );
    assert!(run("recipients remove 1 --as chief.key"));
    assert!(!run("recipients remove 1 --as chief.key"), "it is gone");
    let left = app::open_registry(&config)
        .unwrap()
        .read_now("left", recipient::active)
        .unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].place.county, "Hinds");
    assert_eq!(left[0].address, "Capitol");
}
