//! What staff and courts decided since a backup, when it is put back: who is one and who is two is decided again at
//! once, nobody who was sealed is shown, and a task has a person do the rest.

use std::path::Path;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_tests::engine::Engine;
use savin_tests::stage::Stage;
use savin_tests::visitor::Visitor;
use serde_json::Value;

use super::restore::{ONLY, address, backup, list, person, set};

#[test]
fn what_staff_decided_since_a_backup_is_decided_again_or_asked_of_them_on_sqlite()
-> anyhow::Result<()> {
    ONLY.into_iter()
        .try_for_each(|only| decides_again(&Engine::Files, only, Registry::Readable))
}

#[test]
fn what_staff_decided_since_a_backup_is_decided_again_or_asked_of_them_on_postgresql()
-> anyhow::Result<()> {
    ONLY.into_iter()
        .try_for_each(|only| decides_again(&Engine::server()?, only, Registry::Readable))
}

#[test]
fn what_staff_decided_outlives_a_registry_that_cannot_be_read_on_sqlite() -> anyhow::Result<()> {
    [None, Some("registry")]
        .into_iter()
        .try_for_each(|only| decides_again(&Engine::Files, only, Registry::Wrecked))
}

#[test]
fn what_staff_decided_outlives_a_registry_that_cannot_be_read_on_postgresql() -> anyhow::Result<()>
{
    [None, Some("registry")]
        .into_iter()
        .try_for_each(|only| decides_again(&Engine::server()?, only, Registry::Wrecked))
}

/// How the registry is that a backup takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registry {
    Readable,
    Wrecked,
}

fn decides_again(engine: &Engine, only: Option<&str>, before: Registry) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(folder.path(), engine)?;
    let staff = Staff::begin(&stage, folder.path())?;
    list(&stage, 1, 0)?;
    let persons = [0, 1, 2, 3].map(|number| person(&stage, number));
    let [first, second, third, fourth] = persons;
    let (first, second, third, fourth) = (first?, second?, third?, fourth?);
    staff.decides(&stage, &["persons", "merge"], &[first, second])?;
    stage.register(&address("ada"), first)?;

    let backup = backup(&stage, folder.path())?;
    staff.decides(&stage, &["persons", "split"], &[first, second])?;
    staff.decides(&stage, &["persons", "merge"], &[third, fourth])?;
    let order = ["--order", "26-1", "--court", "Hinds"];
    let seal = [&["seal"][..], &order].concat();
    staff.decides(&stage, &seal, &[second])?;
    staff.adds(&stage, "blake", folder.path())?;
    let blake = Staff::of(folder.path(), "blake")?;
    let office = [
        "--office",
        "sheriff",
        "--county",
        "Hinds",
        "--email",
        "s@county.example",
    ];
    staff.decides(&stage, &[&["recipients", "add"], &office[..]].concat(), &[])?;

    stage.serving.stop()?;
    if before == Registry::Wrecked {
        engine.wreck(&folder.path().join("hub/data"), "registry")?;
    } else if only != Some("vault") {
        // With the journal lost, the registry that is moved aside is the last that knows of the order.
        std::fs::remove_file(folder.path().join("hub/data/orders.journal"))?;
    }
    let mut restore = vec!["--json", "backup", "restore", backup.as_str()];
    restore.extend(only.into_iter().flat_map(|only| ["--only", only]));
    let said: Value = serde_json::from_str(&stage.hub.cli(&restore)?)?;
    let counted = |name: &str| said.get(name).and_then(Value::as_u64);
    let (again, to_decide) = match only {
        // Whoever was asked is asked as she was: the vault that was moved aside knows.
        Some("vault") => (0, 0),
        Some(_) | None => (3, 1),
    };
    assert_eq!(counted("decided_again"), Some(again), "{only:?}: {said}");
    assert_eq!(
        counted("to_decide_again"),
        Some(to_decide),
        "{only:?}: {said}"
    );

    let is_from_journal = said.get("decisions_from_journal").and_then(Value::as_bool);
    assert_eq!(is_from_journal, Some(before == Registry::Wrecked), "{said}");

    stage.serving = stage.hub.serve()?;
    is_sealed(&stage, second)?;
    ensure!(person(&stage, 0)? == first);
    let joined = [person(&stage, 2)?, person(&stage, 3)?];
    ensure!(joined == [third.min(fourth); 2], "they are one person");
    let tasks = stage.hub.cli(&["tasks", "--kind", "identity-doubt"])?;
    ensure!(tasks.contains("She asked about"), "{only:?}: {tasks}");
    let tasks = stage.hub.cli(&["--json", "tasks"])?;
    ensure!(
        tasks.contains("recipient-add") == (to_decide == 1),
        "{tasks}"
    );
    let task = open_task(&tasks)?;
    blake.decides(&stage, &["tasks", "claim", &task], &[])?;
    let replayed = stage.hub.cli(&["--json", "replay", "--verify"])?;
    ensure!(replayed.contains("\"equal\":true"), "{replayed}");
    stage.hub.cli(&["evidence", "check"])?;
    stage.strike()
}

/// Looks whether whoever was sealed is shown nowhere.
fn is_sealed(stage: &Stage, second: PersonId) -> anyhow::Result<()> {
    let visitor = Visitor::new(stage.hub.site());
    ensure!(
        visitor.look_up("SAMPLE1")?.is_empty(),
        "the sealed one is shown"
    );
    let page = visitor.open(&format!("/person/{second}"))?;
    ensure!(
        !page.text.to_uppercase().contains("SAMPLE1"),
        "{}",
        page.text
    );
    Ok(())
}

/// Returns a task of the registry.
fn open_task(tasks: &str) -> anyhow::Result<String> {
    let tasks = tasks.lines().map(serde_json::from_str::<Value>);
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    let names = tasks.iter().filter_map(|task| task.get("task")?.as_str());
    let mut names = names.filter(|name| !name.starts_with('v'));
    Ok(names
        .next()
        .with_context(|| format!("{tasks:?}"))?
        .to_owned())
}

/// A member of staff who may decide everything.
struct Staff {
    key: String,
}

impl Staff {
    /// Names whoever was added.
    fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let key = folder.join(format!("{name}.key"));
        let key = key.to_str().context("a folder's name")?.to_owned();
        Ok(Self { key })
    }

    fn begin(stage: &Stage, folder: &Path) -> anyhow::Result<Self> {
        let key = folder.join("chief.key");
        let key = key.to_str().context("a folder's name")?.to_owned();
        let add = ["staff", "add", "chief", "--role", "admin", "--output", &key];
        stage.hub.cli(&add)?;
        Ok(Self { key })
    }

    fn decides(&self, stage: &Stage, what: &[&str], about: &[PersonId]) -> anyhow::Result<()> {
        let about: Vec<String> = about.iter().map(ToString::to_string).collect();
        let about = about.iter().map(String::as_str);
        let mut command = what.to_vec();
        command.extend(about);
        command.extend(["--as", self.key.as_str()]);
        stage.hub.cli(&command)?;
        Ok(())
    }

    fn adds(&self, stage: &Stage, name: &str, folder: &Path) -> anyhow::Result<()> {
        let key = folder.join(format!("{name}.key"));
        let key = key.to_str().context("a folder's name")?;
        let add = ["staff", "add", name, "--role", "operator", "--output", key];
        stage.hub.cli(&[&add[..], &["--as", &self.key]].concat())?;
        Ok(())
    }
}
