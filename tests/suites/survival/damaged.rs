//! A backup in the place of what is damaged: what can be read of it is taken over, what cannot be is as it was backed up,
//! and what nobody can know is said.

use std::path::Path;

use anyhow::{Context as _, ensure};
use savin_hub::store::conn::Tx;
use savin_tests::engine::Engine;
use savin_tests::stage::Stage;
use serde_json::Value;

use super::restore::{address, backup, letters_to, list, person, released, set, told};

#[test]
fn a_damaged_hub_is_restored_as_its_backup_was_and_says_what_nobody_can_know_on_sqlite()
-> anyhow::Result<()> {
    is_damaged(&Engine::Files)
}

#[test]
fn a_damaged_hub_is_restored_as_its_backup_was_and_says_what_nobody_can_know_on_postgresql()
-> anyhow::Result<()> {
    is_damaged(&Engine::server()?)
}

fn is_damaged(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut stage, backup) = begin(folder.path(), engine)?;
    stage.serving.stop()?;
    let restore = ["--json", "backup", "restore", backup.as_str()];
    let as_it_was = [&restore[..], &["--only", "vault", "--as-backed-up"]].concat();
    let said: Value = serde_json::from_str(&stage.hub.cli(&as_it_was)?)?;
    ensure!(
        said.get("registrants_taken_over") == Some(&Value::Null),
        "{said}"
    );
    ensure!(
        said.get("to_decide_again") == Some(&Value::from(0)),
        "{said}"
    );

    let data = folder.path().join("hub/data");
    for name in ["vault", "registry"] {
        engine.wreck(&data, name)?;
    }
    std::fs::remove_file(data.join("decisions.journal"))?;
    let said: Value = serde_json::from_str(&stage.hub.cli(&restore)?)?;
    for unknown in ["registrants_taken_over", "to_decide_again", "agents_kept"] {
        ensure!(said.get(unknown) == Some(&Value::Null), "{unknown}: {said}");
    }
    stage.serving = stage.hub.serve()?;
    list(&stage, 2, 2)?;
    told(&stage, "ada", 0)?;
    released(&stage, 2)?;
    ensure!(
        letters_to(&stage, "bea").is_empty(),
        "the backup knows nothing of her"
    );
    let tasks = stage.hub.cli(&["--json", "tasks"])?;
    for note in [
        "What staff decided from",
        "have them register again",
        "whom it takes at their word",
    ] {
        ensure!(tasks.contains(note), "{note}: {tasks}");
    }
    stage.strike()
}

#[test]
fn whoever_the_backup_knows_is_not_lost_with_a_vault_that_lost_its_rows_on_sqlite()
-> anyhow::Result<()> {
    each_loss(|| Ok(Engine::Files))
}

#[test]
fn whoever_the_backup_knows_is_not_lost_with_a_vault_that_lost_its_rows_on_postgresql()
-> anyhow::Result<()> {
    each_loss(Engine::server)
}

/// What is lost of a vault, and what is said of it.
const LOSSES: [(&str, &str); 4] = [
    ("DROP TABLE subscription", "lacks the table subscription"),
    (
        "DELETE FROM subscription",
        "its table subscription has no rows",
    ),
    (
        "UPDATE contact SET sealed_address = blind_index",
        "The rows of 2 more are damaged there and do not open",
    ),
    (
        "UPDATE registrant SET wrapped_key = sealed_choices",
        "The rows of 2 more are damaged there and do not open",
    ),
];

fn each_loss(engine: impl Fn() -> anyhow::Result<Engine>) -> anyhow::Result<()> {
    for (sql, why) in LOSSES {
        let folder = tempfile::tempdir()?;
        let engine = engine()?;
        let (mut stage, backup) = begin(folder.path(), &engine)?;
        let lose = move |tx: &mut Tx<'_>| tx.execute(sql, &[]);
        stage.serving.stop()?;
        stage.hub.vault_store()?.write_now("lose", lose)?;
        let restore = ["backup", "restore", backup.as_str(), "--only", "vault"];
        let said = stage.hub.cli(&restore)?;
        ensure!(said.contains(why), "{sql}: {said}");
        stage.serving = stage.hub.serve()?;
        list(&stage, 2, 2)?;
        told(&stage, "ada", 0).with_context(|| format!("{sql}: {said}"))?;
        stage.strike()?;
    }
    Ok(())
}

/// Registers one before a backup and one after it.
fn begin(folder: &Path, engine: &Engine) -> anyhow::Result<(Stage, String)> {
    let stage = set(folder, engine)?;
    list(&stage, 1, 0)?;
    stage.register(&address("ada"), person(&stage, 0)?)?;
    let backup = backup(&stage, folder)?;
    stage.register(&address("bea"), person(&stage, 1)?)?;
    Ok((stage, backup))
}
