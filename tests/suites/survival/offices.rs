//! Offices that the law has told before a release, when the registry that knew what they were told is put back: what
//! they are told again says so.

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_hub::notification::office::MAY_REPEAT;
use savin_tests::clock::wall;
use savin_tests::engine::Engine;
use savin_tests::mailbox::letter::Letter;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{AGENCY, FACILITY, Stage};

use super::restore::{PATIENCE, backup, person, set};

const SHERIFF: &str = "sheriff@hinds.example";

#[test]
fn an_office_that_is_told_again_after_a_registry_is_put_back_hears_so_on_sqlite()
-> anyhow::Result<()> {
    tells_again(&Engine::Files, &[])
}

#[test]
fn an_office_that_is_told_again_after_a_registry_is_put_back_hears_so_on_postgresql()
-> anyhow::Result<()> {
    tells_again(&Engine::server()?, &["--only", "registry"])
}

fn tells_again(engine: &Engine, only: &[&str]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut stage = set(folder.path(), engine)?;
    let kind = format!("{FACILITY}=Test State Prison");
    let kind = ["--new-facility", &kind, "--kind", "state-prison"];
    let name = ["agency", "add", AGENCY, "--name", "Test County Sheriff"];
    stage.hub.cli(&[&name[..], &kind].concat())?;
    let key = folder.path().join("chief.key");
    let key = key.to_str().context("a folder's name")?;
    stage
        .hub
        .cli(&["staff", "add", "chief", "--role", "admin", "--output", key])?;
    list(&stage, 1, 0)?;
    let county = ["--county", "Hinds", "--as", key];
    let add = [
        "recipients",
        "add",
        "--office",
        "sheriff",
        "--email",
        SHERIFF,
    ];
    stage.hub.cli(&[&add[..], &county].concat())?;
    for number in [0, 1] {
        let person = person(&stage, number)?.to_string();
        let convicted = ["recipients", "convicted", &person];
        stage.hub.cli(&[&convicted[..], &county].concat())?;
    }

    let backup = backup(&stage, folder.path())?;
    list(&stage, 2, 1)?;
    let [first] = told(&stage, 1)?.try_into().ok().context("one notice")?;
    ensure!(
        first.text.contains("to be released from Test State Prison"),
        "{}",
        first.text
    );
    ensure!(!says_again(&first), "{}", first.text);

    stage.serving.stop()?;
    let restore = ["backup", "restore", backup.as_str()];
    stage.hub.cli(&[&restore[..], only].concat())?;
    stage.serving = stage.hub.serve()?;
    let again = told(&stage, 2)?.pop().context("no notice")?;
    ensure!(says_again(&again), "{}", again.text);
    list(&stage, 3, 2)?;
    let later = told(&stage, 3)?.pop().context("no notice")?;
    ensure!(!says_again(&later), "{}", later.text);
    stage.strike()
}

fn says_again(letter: &Letter) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    words(&letter.text).contains(&words(MAY_REPEAT))
}

/// Waits until the sheriff was told so often.
fn told(stage: &Stage, many: usize) -> anyhow::Result<Vec<Letter>> {
    let came = stage.mailbox.wait_for(SHERIFF, many - 1, PATIENCE);
    came.with_context(|| format!("the sheriff was not told:\n{}", stage.serving.log()))?;
    let letters = stage.mailbox.letters().into_iter();
    Ok(letters.filter(|letter| letter.to == SHERIFF).collect())
}

/// Lists two, the first few of whom are to be released.
fn list(stage: &Stage, file: usize, released: usize) -> anyhow::Result<()> {
    let header = ["BookingNumber", "InmateName", "Born", "Status", "Out"];
    let out = wall() + SignedDuration::from_hours(24 * 20);
    let rows = (0..2).map(|number| {
        let out = (number < released).then(|| out.strftime("%Y-%m-%d").to_string());
        [
            format!("B{number}"),
            format!("SAMPLE{number}, AVERY"),
            format!("199{number}-02-03"),
            "IN".to_owned(),
            out.unwrap_or_default(),
        ]
    });
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    lists.put(&format!("{file}.csv"), &csv(&header, rows)?)?;
    Ok(())
}
