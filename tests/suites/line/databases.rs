//! Booking databases on the county's own servers and behind ODBC drivers: changes are seen, a lock or
//! an outage is survived, and a deleted row is no release.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use savin_shared::event::EventCode;
use savin_tests::clock::{monotonic, pause};
use savin_tests::county_server::{CountyServer, Kind, PASSWORD, write_private};
use savin_tests::home::{AgentHome, FeedHome, HubOptions, SourceHome};
use savin_tests::program::run;
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);
const DARK: &str = "Source not readable, trying again";
const QUERY: &str = "query = \"SELECT bookingnumber, inmatenumber, inmatename, housing, bookedon, \
                     photo FROM bookings\"\n";
const CURSOR: &str = "cursor = \"SELECT max(changed_at), count(*) FROM bookings\"\n";

fn feed(settings: String) -> FeedHome {
    FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: include_str!("../../demo/catalpa-roster.toml").to_owned(),
        source: SourceHome::Settings(settings),
    }
}

fn table(moment: &str, bytes: &str) -> String {
    format!(
        "CREATE TABLE bookings (bookingnumber VARCHAR(20) PRIMARY KEY, inmatenumber INTEGER, \
         inmatename VARCHAR(80), housing VARCHAR(20), bookedon {moment}, photo {bytes}, \
         changed_at INTEGER)"
    )
}

fn rows(offset: &str) -> String {
    let rows: Vec<String> = (1..=40)
        .map(|number| {
            format!(
                "('B{number}', {number}, 'MUÑOZ{number}, AVERY', 'A-1', '2026-06-01 08:00:00{offset}', \
                 NULL, 1)"
            )
        })
        .collect();
    format!("INSERT INTO bookings VALUES {}", rows.join(", "))
}

/// Waits until the journal has so many deltas.
fn reaches(agent: &AgentHome, seq: u64) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let standing = Standing::look(agent, "roster")?;
        if standing
            .as_ref()
            .is_some_and(|standing| standing.end.seq.0 == seq)
        {
            return Ok(());
        }
        ensure!(monotonic() < deadline, "not at {seq}: {standing:?}");
        pause(Duration::from_millis(20));
    }
}

/// Fails unless one is not listed any more, nobody was released, and the first roster told nobody.
fn nobody_was_released(stage: &Stage) -> anyhow::Result<()> {
    let mut tail = stage.tail()?;
    tail.wait_for(PATIENCE, |known| known.code == EventCode::NoLongerListed)?;
    let counts = tail.count()?;
    let count = |wanted| {
        counts
            .iter()
            .find(|(code, _)| *code == wanted)
            .map_or(0, |(_, n)| *n)
    };
    let told = [
        EventCode::Booked,
        EventCode::NoLongerListed,
        EventCode::Released,
    ]
    .map(count);
    ensure!(told == [0, 1, 0], "{counts:?}");
    Ok(())
}

#[test]
fn a_county_server_is_followed_through_locks_and_outages() -> anyhow::Result<()> {
    let moment = "TIMESTAMP WITH TIME ZONE";
    follow(Kind::Postgres, &[&table(moment, "BYTEA"), &rows("-05")]).context("PostgreSQL")?;
    follow(Kind::MariaDb, &[&table("DATETIME", "BLOB"), &rows("")]).context("MariaDB")
}

fn follow(kind: Kind, tables: &[&str]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut server = CountyServer::make(kind, tables)?;
    let password = folder.path().join("password");
    write_private(&password, &format!("{PASSWORD}\n"))?;
    let settings = server.settings(password.to_str().context("not UTF-8")?);
    let feeds = [feed(format!("{settings}{QUERY}{CURSOR}"))];
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;

    let shown = stage.agent.cli(&["preview", "--json", "--reveal"])?;
    ensure!(shown.contains("\"mapped\":40"), "{shown}");
    ensure!(shown.contains("MUÑOZ1, AVERY"), "{shown}");
    ensure!(shown.contains("booked 2026-06-01T13:00:00Z"), "{shown}");
    ensure!(shown.contains("\"dropped_columns\":[\"photo\"]"), "{shown}");
    reaches(&stage.agent, 40)?;

    // A changed row, and one that is gone.
    let mut county = server.county()?;
    county.execute("UPDATE bookings SET housing = 'B-2', changed_at = 2 WHERE inmatenumber = 3")?;
    reaches(&stage.agent, 41)?;
    county.execute("DELETE FROM bookings WHERE inmatenumber = 5")?;
    reaches(&stage.agent, 42)?;

    // A table that somebody locks keeps nothing else waiting, and is read when it is free.
    let lock = server.county()?.lock()?;
    stage.watching.wait_for("no answer within", PATIENCE)?;
    stage.agent.cli(&["status"])?;
    drop(lock);
    county.execute("UPDATE bookings SET housing = 'C-3', changed_at = 3 WHERE inmatenumber = 7")?;
    reaches(&stage.agent, 43)?;

    // The server goes away and comes back.
    let before = stage.watching.count(DARK);
    server.stop()?;
    ensure!(
        stage.watching.has_said(DARK, before + 1, PATIENCE),
        "the outage is not said"
    );
    server.start()?;
    let mut county = server.county()?;
    county.execute("UPDATE bookings SET housing = 'D-4', changed_at = 4 WHERE inmatenumber = 9")?;
    reaches(&stage.agent, 44)?;

    // A login that could write is said, and only then.
    let log = stage.watching.log();
    ensure!(!log.contains("The login could write"), "{log}");
    ensure!(!log.contains("heron"), "{log}");
    county.execute(match kind {
        Kind::Postgres => "GRANT DELETE ON bookings TO reader",
        Kind::MariaDb => "GRANT DELETE ON bookings TO reader@'127.0.0.1'",
    })?;
    server.stop()?;
    server.start()?;
    stage.watching.wait_for("The login could write", PATIENCE)?;

    nobody_was_released(&stage)?;
    stage.strike()
}

#[test]
fn a_query_without_a_cursor_is_compared_and_may_not_write() -> anyhow::Result<()> {
    for (kind, moment, bytes) in [
        (Kind::Postgres, "TIMESTAMP", "BYTEA"),
        (Kind::MariaDb, "TIMESTAMP", "BLOB"),
    ] {
        let folder = tempfile::tempdir()?;
        let server = CountyServer::make(kind, &[&table(moment, bytes), &rows("")])?;
        let password = folder.path().join("password");
        write_private(&password, PASSWORD)?;
        let settings = server.settings(password.to_str().context("not UTF-8")?);
        let feeds = [feed(format!("{settings}{QUERY}"))];
        let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;
        reaches(&stage.agent, 40)?;
        let mut county = server.county()?;
        county.execute("UPDATE bookings SET housing = 'B-2' WHERE inmatenumber = 3")?;
        reaches(&stage.agent, 41)?;
        stage.strike()?;

        // Two statements in one, of which one writes.
        let sly = "query = \"SELECT 1; DELETE FROM bookings\"\n";
        let sly = AgentHome::make(
            &folder.path().join("sly"),
            &programs(),
            &[feed(format!("{settings}{sly}"))],
        )?;
        ensure!(sly.cli(&["preview"]).is_err(), "two statements were taken");
        // A password that is wrong, and one that others can read.
        for (text, mode, word) in [
            ("red fox", 0o600, "refused"),
            (PASSWORD, 0o644, "chmod 600"),
        ] {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::write(&password, text)?;
            std::fs::set_permissions(&password, std::fs::Permissions::from_mode(mode))?;
            let refused = sly.cli(&["preview"]).err().context("it was let in")?;
            let refused = format!("{refused:#}");
            ensure!(
                refused.contains(word) && !refused.contains("fox"),
                "{refused}"
            );
        }
    }
    Ok(())
}

/// Returns the helper for ODBC.
fn helper() -> anyhow::Result<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the helper comes from the tests' environment"
    )]
    std::env::var("SAVIN_TEST_ODBC")
        .context("SAVIN_TEST_ODBC names no helper: run tests/run, which builds it")
}

/// Writes a connection string, and returns the settings of a feed that uses it.
fn through(folder: &Path, connection: &str, more: &str) -> anyhow::Result<String> {
    let file = folder.join("connection");
    write_private(&file, connection)?;
    Ok(format!(
        "engine = \"odbc\"\nconnection_file = \"{}\"\nhelper = \"{}\"\n{more}",
        file.display(),
        helper()?
    ))
}

/// Returns the processes that a process started.
fn children(of: u32) -> anyhow::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let path: PathBuf = entry?.path();
        // One that has ended meanwhile is no child.
        let Ok(status) = std::fs::read_to_string(path.join("status")) else {
            continue;
        };
        let is_child = status.lines().any(|line| line == format!("PPid:\t{of}"));
        let name = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        if is_child && !status.contains("State:\tZ") {
            found.extend(name.and_then(Pid::from_raw));
        }
    }
    Ok(found)
}

fn kill_helper(stage: &Stage) -> anyhow::Result<()> {
    let helpers = children(stage.watching.id())?;
    let [helper] = helpers.as_slice() else {
        bail!("not one helper: {helpers:?}");
    };
    kill_process(*helper, Signal::SEGV).context("failed to kill the helper")
}

#[test]
fn an_odbc_database_is_followed_though_its_helper_dies() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("jail.sqlite");
    let county = rusqlite::Connection::open(&path)?;
    county.execute_batch(&table("TEXT", "BLOB"))?;
    county.execute_batch(&rows(""))?;
    let connection = format!(
        "Driver=SQLite3;Database={};NoCreat=1;Timeout=500;PWD=blue jay",
        path.display()
    );
    let settings = through(folder.path(), &connection, "timeout = \"3s\"\n")?;
    let feeds = [feed(format!("{settings}{QUERY}{CURSOR}"))];
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;

    let shown = stage.agent.cli(&["preview", "--json", "--reveal"])?;
    ensure!(shown.contains("\"mapped\":40"), "{shown}");
    ensure!(shown.contains("MUÑOZ1, AVERY"), "{shown}");
    reaches(&stage.agent, 40)?;

    let change = "UPDATE bookings SET housing = ?1, changed_at = ?2 WHERE inmatenumber = ?3";
    county.execute(change, ("B-2", 2, 3))?;
    reaches(&stage.agent, 41)?;
    county.execute("DELETE FROM bookings WHERE inmatenumber = 5", [])?;
    reaches(&stage.agent, 42)?;

    // A lock of the jail's own software.
    county.execute_batch("BEGIN EXCLUSIVE")?;
    stage.watching.wait_for(DARK, PATIENCE)?;
    county.execute_batch("COMMIT")?;
    county.execute(change, ("C-3", 3, 7))?;
    reaches(&stage.agent, 43)?;

    // The helper dies as from a driver's bug: another takes its place.
    kill_helper(&stage)?;
    county.execute(change, ("D-4", 4, 9))?;
    reaches(&stage.agent, 44)?;

    // And the file is away when the other one begins.
    let away = folder.path().join("away.sqlite");
    let before = stage.watching.count(DARK);
    std::fs::rename(&path, &away)?;
    kill_helper(&stage)?;
    let is_said = stage.watching.has_said(DARK, before + 1, PATIENCE);
    ensure!(is_said, "the outage is not said:\n{}", stage.watching.log());
    std::fs::rename(&away, &path)?;
    county.execute(change, ("E-5", 5, 11))?;
    reaches(&stage.agent, 45)?;

    let log = stage.watching.log();
    ensure!(!log.contains("blue jay"), "{log}");
    nobody_was_released(&stage)?;
    let agent = stage.watching.id();
    stage.strike()?;
    ensure!(children(agent)?.is_empty(), "a helper outlives the agent");
    Ok(())
}

/// A driver that does what it is told when it is loaded: `*(int *)0 = 1` or nothing ever.
const DRIVER: &str = "#include <stdio.h>\n#include <unistd.h>\n\
    short SQLAllocHandle(short kind, void *from, void **to) {\n\
        fprintf(stderr, \"driver of PWD=blue jay\\n\");\n\
        DEED;\n\
        return -1;\n\
    }\n";

fn bad_driver(folder: &Path, deed: &str) -> anyhow::Result<PathBuf> {
    let source = folder.join("driver.c");
    std::fs::write(&source, DRIVER.replace("DEED", deed))?;
    let library = folder.join("driver.so");
    let mut command = Command::new("cc");
    command
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    run(command)?;
    Ok(library)
}

#[test]
fn a_driver_that_crashes_or_hangs_takes_nothing_along() -> anyhow::Result<()> {
    for (deed, said) in [
        ("*(volatile int *)0 = 1", "signal 11"),
        ("for (;;) pause()", "no answer within 6 s"),
    ] {
        let folder = tempfile::tempdir()?;
        let driver = bad_driver(folder.path(), deed)?;
        let connection = format!("Driver={};PWD=blue jay", driver.display());
        let settings = through(folder.path(), &connection, "timeout = \"1s\"\n")?;
        let feeds = [feed(format!("{settings}{QUERY}"))];
        let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &feeds)?;
        let line = stage.watching.wait_for(DARK, PATIENCE)?;
        ensure!(line.contains(said), "{line}");
        ensure!(!line.contains("blue jay"), "{line}");
        stage.agent.cli(&["status"])?;
        stage.strike()?;
    }
    Ok(())
}

/// An Access file of Jet 4 with 37 kinds of fruit, as Access wrote it; no free program writes one.
const ACCESS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/site/node_modules/mdb/test/fruit.mdb"
);

#[test]
fn an_access_file_is_copied_and_read() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("jail.mdb");
    let mut bytes = std::fs::read(ACCESS).context("run tests/run, which gets the Access file")?;
    std::fs::write(&path, &bytes)?;
    let more = format!(
        "copy = \"{}\"\nquery = \"SELECT Fruit, Sugar FROM Fruit\"\n",
        path.display()
    );
    let settings = through(folder.path(), "Driver=MDBTools;DBQ=$FILE;", &more)?;
    let feed = FeedHome {
        profile: "name = \"fruit\"\nkind = \"custody\"\nmode = \"roster\"\n\
                  zone = \"America/Chicago\"\n[columns]\nrecord_number = \"Fruit\"\n\
                  location = \"Sugar\"\n"
            .to_owned(),
        ..feed(settings)
    };
    let stage = Stage::set(folder.path(), &programs(), HubOptions::default(), &[feed])?;
    let shown = stage.agent.cli(&["preview", "--json", "--limit", "1"])?;
    ensure!(shown.contains("\"mapped\":37"), "{shown}");
    reaches(&stage.agent, 37)?;

    // One row becomes another: the one is gone, the other is new.
    let places: Vec<usize> = (0..bytes.len())
        .filter(|place| {
            bytes
                .get(*place..)
                .is_some_and(|rest| rest.starts_with(b"Guava"))
        })
        .collect();
    ensure!(!places.is_empty(), "the row is not in the file");
    for place in places {
        bytes[place] = b'J';
    }
    std::fs::write(&path, &bytes)?;
    reaches(&stage.agent, 39)?;
    let mut tail = stage.tail()?;
    tail.wait_for(PATIENCE, |known| known.code == EventCode::NoLongerListed)?;
    let left = stage.agent.folder().join("state").join("copy");
    let left = std::fs::read_dir(left)?.count();
    ensure!(left == 0, "a copy was left");
    stage.strike()
}
