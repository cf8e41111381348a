//! From a sample that nobody has seen to a profile, and what one file would change: with the real
//! program.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use serde_json::Value;

use crate::programs;

/// A profile of another feed.
const OTHER: &str = "name = 'o'\nkind = 'custody'\nmode = 'roster'\nzone = 'America/Chicago'\n\
                     [columns]\nrecord_number = 'no'\n";

const PATIENCE: Duration = Duration::from_secs(60);

/// A roster of an invented system: `|`, one row a charge, a time apart, and columns that nobody may
/// take.
fn sample() -> String {
    let header =
        "Booking #|Inmate|DOB|Book Date|Book Time|Cust Status|Charge Desc|SSN|Victim Phone\n";
    let row = |number: u32, charge: &str| {
        let status = if number == 9 {
            "RELEASED"
        } else {
            "IN CUSTODY"
        };
        let day = number % 28 + 1;
        format!(
            "26-{number}|SAMPLE, {name}|02/03/1990|06/{day:02}/2026|1330|{status}|{charge}|\
             000-00-{number:04}|601-555-0100\n",
            name = "A".repeat(usize::try_from(number).unwrap_or(1)),
        )
    };
    let rows = (1..=40).flat_map(|number| ["BURGLARY", "THEFT"].map(|charge| row(number, charge)));
    std::iter::once(header.to_owned()).chain(rows).collect()
}

fn agent(config: &Path, arguments: &[&str]) -> Command {
    let mut command = programs().agent();
    command.arg("--config").arg(config).args(arguments);
    command
}

#[test]
fn a_profile_is_guessed_from_a_sample_and_works() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let exports = folder.path().join("exports");
    std::fs::create_dir(&exports)?;
    let file = exports.join("roster_20260630.txt");
    std::fs::write(&file, sample())?;
    let out = folder.path().join("made");
    let init = |more: &[&str]| -> anyhow::Result<std::process::Output> {
        let mut command = programs().agent();
        command
            .arg("init")
            .arg(&file)
            .arg("--out")
            .arg(&out)
            .args(more);
        Ok(command.output()?)
    };
    let tried = init(&["--dry-run"])?;
    let printed = String::from_utf8(tried.stdout)?;
    ensure!(
        tried.status.success() && printed.contains("[columns]"),
        "{printed}"
    );
    ensure!(!out.exists(), "a dry run wrote something");

    let made = init(&[])?;
    let printed = String::from_utf8(made.stdout)?;
    ensure!(
        made.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&made.stderr)
    );
    ensure!(
        printed.contains("Nobody was asked") && printed.contains("80 rows become records"),
        "{printed}"
    );
    ensure!(
        !printed.contains("SAMPLE, A") && !printed.contains("000-00"),
        "{printed}"
    );
    let path = out.join("bookings.toml");
    let profile = std::fs::read_to_string(&path)?;
    for line in [
        "one_row_per = \"charge\"",
        "export_date = \"%Y%m%d\"",
        "booked_at = { date = \"Book Date\", time = \"Book Time\" }",
        "# ? \"RELEASED\" = \"OutOfCustody\"",
        "\"SSN\",    # social security number",
        "\"Victim Phone\",    # about a victim",
    ] {
        ensure!(profile.contains(line), "no {line} in\n{profile}");
    }
    let config = out.join("agent.toml");
    ensure!(agent(&config, &["check"]).status()?.success(), "check");
    ensure!(
        !init(&[])?.status.success(),
        "a second init wrote over the first"
    );
    ensure!(
        std::fs::read_to_string(&path)? == profile,
        "the profile was written over"
    );

    fails_with_its_example(&config, &path, &profile)
}

/// An example that no longer holds is said, and the agent does not start with it.
fn fails_with_its_example(config: &Path, path: &Path, profile: &str) -> anyhow::Result<()> {
    std::fs::write(
        path,
        profile.replace(
            "\"IN CUSTODY\" = \"InCustody\"",
            "\"IN CUSTODY\" = \"OnLeave\"",
        ),
    )?;
    let checked = agent(config, &["check", "--offline", "--json"]).output()?;
    let said = String::from_utf8(checked.stdout)?;
    ensure!(checked.status.code() == Some(1), "{said}");
    ensure!(
        said.contains("state is \\\"OnLeave\\\", expected \\\"InCustody\\\""),
        "{said}"
    );
    let started = agent(config, &["run"]).output()?;
    ensure!(started.status.code() == Some(78), "{:?}", started.status);
    Ok(())
}

/// The same roster as an array, under keys, as elements and as a table.
fn in_other_formats() -> [(&'static str, String); 4] {
    let people: Vec<_> = (1..=40)
        .map(|number| {
            let name = "A".repeat(number);
            (format!("26-{number}"), format!("SAMPLE, {name}"))
        })
        .collect();
    let objects: Vec<Value> = people
        .iter()
        .map(|(number, name)| serde_json::json!({ "booking_no": number, "inmate_name": name }))
        .collect();
    let rows: Vec<String> = people
        .iter()
        .map(|(number, name)| format!("<tr><td>{number}</td><td>{name}</td></tr>"))
        .collect();
    let table = format!(
        "<html><h1>Roster</h1><table><tr><th>Booking No</th><th>Inmate Name</th></tr>{}</table></html>",
        rows.concat()
    );
    let elements: Vec<String> = people
        .iter()
        .map(|(number, name)| {
            format!(
                "<j:Inmate><j:BookingNumber>{number}</j:BookingNumber><j:Person><j:FullName>{name}</j:FullName>\
                 </j:Person><j:Charge><j:Text>A</j:Text></j:Charge><j:Charge><j:Text>B</j:Text></j:Charge>\
                 </j:Inmate>"
            )
        })
        .collect();
    let document = format!(
        "<?xml version=\"1.0\"?><j:Export xmlns:j=\"urn:jail\"><j:Agency><j:Name>S</j:Name></j:Agency>\
         <j:Inmates>{}</j:Inmates></j:Export>",
        elements.concat()
    );
    let under = serde_json::json!({ "ok": true, "data": { "inmates": objects } });
    [
        ("json", Value::Array(objects).to_string()),
        ("json", under.to_string()),
        ("xml", document),
        ("html", table),
    ]
}

#[test]
fn a_sample_that_is_no_csv_is_known_for_what_it_is() -> anyhow::Result<()> {
    for (format, content) in in_other_formats() {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(format!("roster.{format}"));
        std::fs::write(&file, content)?;
        let mut command = programs().agent();
        command
            .arg("init")
            .arg(&file)
            .arg("--out")
            .arg(folder.path());
        let made = command.output()?;
        let printed = String::from_utf8(made.stdout)?;
        ensure!(made.status.success(), "{format}: {printed}");
        let config = folder.path().join("agent.toml");
        let previewed = agent(&config, &["preview", "--json"]).output()?;
        let printed = String::from_utf8(previewed.stdout)?;
        ensure!(
            previewed.status.success() && printed.contains("\"mapped\":40"),
            "{format}: {printed}"
        );
    }
    Ok(())
}

#[test]
fn a_feed_is_added_to_what_a_package_installs_and_shown_where_there_are_feeds() -> anyhow::Result<()>
{
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("roster.txt");
    std::fs::write(&file, sample())?;
    let out = folder.path().join("etc");
    std::fs::create_dir(&out)?;
    let config = out.join("agent.toml");
    std::fs::write(&config, savin_packaging::INSTALLED_AGENT_CONFIG)?;
    let init = || -> anyhow::Result<(bool, String)> {
        let mut command = programs().agent();
        command.arg("init").arg(&file).arg("--out").arg(&out);
        let made = command.output()?;
        Ok((made.status.success(), String::from_utf8(made.stdout)?))
    };
    let (is_made, printed) = init()?;
    ensure!(is_made && printed.contains("Added a feed to"), "{printed}");
    let text = std::fs::read_to_string(&config)?;
    ensure!(
        text.starts_with(savin_packaging::INSTALLED_AGENT_CONFIG),
        "{text}"
    );
    let previewed = agent(&config, &["preview", "--json"]).output()?;
    let printed = String::from_utf8(previewed.stdout)?;
    ensure!(printed.contains("\"mapped\":80"), "{printed}");

    // Now it has a feed, which is somebody's work.
    let (is_made, _) = init()?;
    ensure!(!is_made, "a profile was written over");
    std::fs::remove_file(out.join("bookings.toml"))?;
    let with_feed = text.replace("\"bookings.toml\"", "\"other.toml\"");
    std::fs::write(out.join("other.toml"), OTHER)?;
    std::fs::write(&config, &with_feed)?;
    let (is_made, printed) = init()?;
    ensure!(
        is_made && printed.contains("has feeds already"),
        "{printed}"
    );
    ensure!(std::fs::read_to_string(&config)? == with_feed);
    ensure!(out.join("bookings.toml").exists(), "no profile was written");
    Ok(())
}

#[test]
fn nothing_is_written_where_nothing_names_a_record() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("2018-06-21.csv");
    std::fs::write(
        &file,
        "SEX,RACE,BOOKING DATE,CHARGE\nM,W,06202018,DUI\nM,W,06202018,DUI\n",
    )?;
    let mut command = programs().agent();
    let made = command
        .arg("init")
        .arg(&file)
        .arg("--out")
        .arg(folder.path().join("made"))
        .output()?;
    let said = String::from_utf8(made.stderr)?;
    ensure!(
        made.status.code() == Some(1) && said.contains("stable key"),
        "{said}"
    );
    ensure!(
        !folder.path().join("made").exists(),
        "something was written"
    );
    Ok(())
}

#[test]
fn a_file_is_explained_against_the_journal_and_leaves_no_trace() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let feed = FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: include_str!("../../demo/catalpa-roster.toml").to_owned(),
        source: SourceHome::Folder("exports"),
    };
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &[feed])?;
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Housing",
        "BookedOn",
    ];
    let roster = |numbers: &[u32]| {
        let row = |number: &u32| {
            let name = format!("SAMPLE{number}, AVERY");
            let texts = [format!("B{number}"), number.to_string(), name];
            let [key, person, name] = texts;
            [
                key,
                person,
                name,
                "A-1".to_owned(),
                "2026-06-01 08:00:00".to_owned(),
            ]
        };
        csv(&header, numbers.iter().map(row))
    };
    let exports = ExportFolder::new(stage.agent.folder().join("exports"));
    let at = exports.put("001.csv", &roster(&[1, 2, 3, 4])?)?;
    let before = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;

    let outside = folder.path().join("002.csv");
    std::fs::write(&outside, roster(&[1, 2, 3, 5])?)?;
    let outside = outside.to_str().context("the folder's name is not UTF-8")?;
    let explained = stage.agent.cli(&["capture", outside, "--json"])?;
    let last: Value = serde_json::from_str(explained.lines().last().context("no line")?)?;
    assert_eq!(last["compared_with_journal"], true, "{explained}");
    assert_eq!(
        last["changes"],
        serde_json::json!({ "Absent": 1, "New": 1 }),
        "{explained}"
    );
    let explained = stage.agent.cli(&["capture", outside])?;
    ensure!(
        explained.contains("no longer listed") && !explained.contains("SAMPLE5"),
        "{explained}"
    );

    let same = stage.agent.cli(&["preview", "--diff", "--json"])?;
    let same: Value = serde_json::from_str(same.trim())?;
    assert_eq!(
        (&same["deltas"], &same["held"]),
        (&0.into(), &0.into()),
        "{same}"
    );
    let after = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    assert_eq!((after.end, after.digest), (before.end, before.digest));
    stage.strike()
}
