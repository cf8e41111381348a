//! The table of clauses, `tests/clauses.toml`: that each names tests that exist, and the guide that an auditor
//! reads, `hub/LAW.md`. It reads files of the repository and starts nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use savin_hub::notification::rules::Rules;
use savin_shared::event::EventCode;
use serde::Deserialize;

/// The table, from the top of the repository.
const TABLE: &str = "tests/clauses.toml";

/// What an auditor reads.
const GUIDE: &str = "hub/LAW.md";

/// Where this suite's own tests stand.
const SUITE: &str = "tests/suites/clauses/";

/// How the guide begins.
const OPENING: &str = "\
# The statute, clause by clause: for an auditor

Which clause is kept by what, and which test proves it. Written from [tests/clauses.toml](../tests/clauses.toml)
by `cargo test -p savin-tests --test clauses -- --write-guide`; the suite fails while they differ, or while a
test that is named here does not exist. `tests/run` passes all of them; one alone is passed by the words under
*to pass it*. Those that are *end to end* run the real agent and hub, from a row in an agency's own database or
file to what is told; *rule* stands for a test of one rule beside them. Statutes are those of the Mississippi
Code; 99-45-1 is House Bill 733 of 2006.
";

/// The whole table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    snapshot: Vec<Snapshot>,
    clause: Vec<Clause>,
}

/// The reviewed words of a channel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    channel: String,
    language: String,
    file: String,
    mark: String,
}

/// A clause, or a duty beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clause {
    law: String,
    says: String,
    #[serde(default)]
    events: Vec<String>,
    /// Events of which no registrant is told.
    #[serde(default)]
    staff: Vec<String>,
    #[serde(default)]
    kept: String,
    tests: Vec<String>,
}

impl Clause {
    /// Returns its tests: the file and the function of each.
    fn tests(&self) -> anyhow::Result<Vec<(&str, &str)>> {
        let tests = self.tests.iter().map(|test| {
            let parts = test.split_once(": ");
            parts.with_context(|| format!("{test:?} is no FILE: FUNCTION"))
        });
        tests.collect()
    }
}

fn top() -> anyhow::Result<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(top.context("the crate lies in the repository")?.to_owned())
}

fn read(path: &str) -> anyhow::Result<String> {
    let file = top()?.join(path);
    std::fs::read_to_string(file).with_context(|| format!("failed to read {path}"))
}

fn table() -> anyhow::Result<Table> {
    toml::from_str(&read(TABLE)?).with_context(|| format!("failed to read {TABLE}"))
}

/// Checks that every clause has tests, that there are such tests, and that each test of this suite proves one.
pub(crate) fn every_clause_names_tests_that_exist(suite: &[&str]) -> anyhow::Result<()> {
    let table = table()?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut proved = BTreeSet::new();
    let mut wrong = Vec::new();
    for clause in &table.clause {
        if clause.tests.is_empty() {
            wrong.push(format!("{} names no test", clause.law));
        }
        for (file, name) in clause.tests()? {
            if !texts.contains_key(file) {
                texts.insert(file.to_owned(), read(file)?);
            }
            let text = texts.get(file).map_or("", String::as_str);
            let is_there = if file.starts_with(SUITE) {
                proved.insert(name);
                suite.contains(&name) && text.contains(&format!("fn {name}("))
            } else {
                is_test(text, name)
            };
            if !is_there {
                wrong.push(format!("{}: no test {name} in {file}", clause.law));
            }
        }
    }
    let idle = suite.iter().filter(|name| !proved.contains(**name));
    wrong.extend(idle.map(|name| format!("{name} proves no clause of {TABLE}")));
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Says whether a text has a function of this name that is a test.
fn is_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let begins = |line: &str| {
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        function
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines.iter().position(|line| begins(line)) else {
        return false;
    };
    let above = lines.iter().take(at).rev();
    let mut attributes = above.take_while(|line| line.starts_with('#') || line.starts_with("//"));
    attributes.any(|line| line.starts_with('#') && line.contains("test"))
}

/// Checks that everything that is told is some clause's, and that each channel has reviewed words for it.
pub(crate) fn every_event_that_is_told_has_a_clause_and_words() -> anyhow::Result<()> {
    let table = table()?;
    let rules = Rules::shipped()?;
    let events: BTreeSet<&str> = table
        .clause
        .iter()
        .flat_map(|clause| clause.events.iter().map(String::as_str))
        .collect();
    let staff = table.clause.iter().flat_map(|clause| &clause.staff);
    let staff: BTreeSet<&str> = staff.map(String::as_str).collect();
    let mut wrong = Vec::new();
    for code in EventCode::ALL {
        let is_told = rules.decided(*code).is_some();
        let named = if is_told { &events } else { &staff };
        if !named.contains(code.as_str()) {
            wrong.push(format!("{code} (told: {is_told}) stands so in no clause"));
        }
    }
    for event in staff.iter().filter(|event| events.contains(**event)) {
        wrong.push(format!("{event} is told, and is for staff alone"));
    }
    for snapshot in &table.snapshot {
        let text = read(&snapshot.file)?;
        for event in &events {
            if EventCode::parse(event).is_none() {
                wrong.push(format!("there is no event {event}"));
            }
            let mark = snapshot.mark.replace("{event}", event);
            if !text.lines().any(|line| line.starts_with(&mark)) {
                wrong.push(format!(
                    "{} ({}) has no words for {event}",
                    snapshot.channel, snapshot.language
                ));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Checks that the guide is what the table says.
pub(crate) fn the_auditors_guide_is_the_table() -> anyhow::Result<()> {
    ensure!(
        read(GUIDE)? == guide(&table()?)?,
        "{GUIDE} differs from {TABLE}: cargo test -p savin-tests --test clauses -- --write-guide"
    );
    Ok(())
}

/// Writes the guide anew.
pub(crate) fn write_guide() -> anyhow::Result<()> {
    std::fs::write(top()?.join(GUIDE), guide(&table()?)?).context("failed to write the guide")
}

/// Writes the table for whoever reads it.
fn guide(table: &Table) -> anyhow::Result<String> {
    let mut text = OPENING.to_owned();
    for clause in &table.clause {
        write!(text, "\n## {}\n\n> {}\n\n", clause.law, clause.says)?;
        if !clause.kept.is_empty() {
            write!(text, "{}\n\n", clause.kept)?;
        }
        if !clause.events.is_empty() {
            write!(text, "Told as `{}`.\n\n", clause.events.join("`, `"))?;
        }
        if !clause.staff.is_empty() {
            let staff = clause.staff.join("`, `");
            write!(text, "Told to no registrant: `{staff}`.\n\n")?;
        }
        text.push_str("| test | what it is | to pass it |\n|---|---|---|\n");
        for (file, name) in clause.tests()? {
            let (what, call) = called(file, name);
            writeln!(text, "| [`{name}`](../{file}) | {what} | `{call}` |")?;
        }
    }
    text.push_str(&words(table)?);
    Ok(text)
}

/// Writes which clause is told in which reviewed words.
fn words(table: &Table) -> anyhow::Result<String> {
    let mut channels: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for snapshot in &table.snapshot {
        let words = channels.entry((&snapshot.channel, &snapshot.file));
        words.or_default().push(&snapshot.language);
    }
    let named = channels
        .keys()
        .map(|(channel, file)| format!(" [{channel}](../{file}) |"));
    let mut text = format!(
        "\n## The words of each channel\n\nEvery event has reviewed words in these files and languages; what \
         a message shows outside is looked through for words that tell.\n\n| clause | told as |{}\n|---|---|{}\n",
        named.collect::<String>(),
        "---|".repeat(channels.len())
    );
    for clause in table
        .clause
        .iter()
        .filter(|clause| !clause.events.is_empty())
    {
        write!(text, "| {} | {} |", clause.law, clause.events.join(", "))?;
        for languages in channels.values() {
            write!(text, " {} |", languages.join(", "))?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// Returns what a test is, and how it is passed alone.
fn called(file: &str, name: &str) -> (&'static str, String) {
    if let Some(inside) = file.strip_prefix("tests/suites/") {
        let suite = inside.split(['/', '.']).next().unwrap_or(inside);
        return ("end to end", format!("tests/run {suite} {name}"));
    }
    let package = [
        ("hub/telephone/", "savin-telephone"),
        ("hub/letter/", "savin-letter"),
        ("agent/", "savin-agent"),
        ("shared/", "savin-shared"),
    ];
    let package = package.iter().find(|(folder, _)| file.starts_with(folder));
    let package = package.map_or("savin-hub", |(_, package)| package);
    ("rule", format!("cargo test -p {package} --lib {name}"))
}
