//! The house rules that no lint knows: layers, where SQL and bincode may stand, where personal data
//! may be revealed, how long a file may be.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Lines of a file before its tests.
const LINES_MAX: usize = 500;

/// The modules of the agent, the lowest layer first; a module names only those of layers below it.
const AGENT: &[&[&str]] = &[
    &["format", "memory", "pulse", "reserve"],
    &["mapping"],
    &["diff"],
    &["guard", "signer"],
    &["journal"],
    &["capture", "census", "identity"],
    &["sources", "uplink"],
    &["enrol"],
    &["config"],
    &["app"],
    &["cli"],
    &["bin", "main", "lib"],
];

/// The modules of the hub, likewise.
const HUB: &[&[&str]] = &[
    &["ids"],
    &["freshness", "names", "places", "private_file", "registry"],
    &["clocks", "matching", "notification", "work"],
    &["linkage"],
    &["evidence"],
    &["store"],
    &["authority", "intake", "journal", "vault"],
    &["channels", "import", "ingest", "planner", "watch", "web"],
    &["decided", "notary", "orders"],
    &["config"],
    &["app"],
    &["cli"],
    &["main", "lib"],
];

/// The modules of what carries a call.
const TELEPHONE: &[&[&str]] = &[
    &["audio", "script", "turnstile"],
    &["media", "voice"],
    &["carrier", "sip"],
    &["lib"],
];

/// The modules of what makes a letter.
const LETTER: &[&[&str]] = &[
    &["address", "barcode", "together"],
    &["page"],
    &["spool"],
    &["lib"],
];

/// Where each part's modules lie.
const PARTS: [(&str, &[&[&str]]); 4] = [
    ("agent/src/", AGENT),
    ("hub/src/", HUB),
    ("hub/telephone/src/", TELEPHONE),
    ("hub/letter/src/", LETTER),
];

/// A Rust file: its path from the top of the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Returns the text before the tests in the same file; none of a file of tests.
    fn program(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.ends_with("/testing.rs") {
            return "";
        }
        let tests = self.text.find("#[cfg(test)]\nmod tests {");
        tests
            .and_then(|start| self.text.get(..start))
            .unwrap_or(&self.text)
    }

    /// Returns the lines that are no comment, each with its number.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.program().lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(number, line)| (number + 1, line))
    }

    /// Returns where in the program a text stands.
    fn places_of(&self, text: &str) -> Vec<String> {
        self.lines()
            .filter(|(_, line)| line.contains(text))
            .map(|(number, _)| format!("{}:{number}", self.path))
            .collect()
    }

    fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

fn top() -> anyhow::Result<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(top.context("the crate lies in the repository")?.to_owned())
}

/// Reads every Rust file of the repository.
fn sources() -> anyhow::Result<Vec<Source>> {
    let top = top()?;
    let mut sources = Vec::new();
    let mut folders: Vec<PathBuf> = ["agent", "hub", "packaging", "shared", "tests"]
        .map(|folder| top.join(folder))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push(Source {
                    text: std::fs::read_to_string(&path)?,
                    path: path.strip_prefix(&top)?.to_string_lossy().into_owned(),
                });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    ensure!(
        sources.len() > 100,
        "only {} files were found",
        sources.len()
    );
    Ok(sources)
}

/// Fails with everything that was found wrong.
fn nothing(what: &str, found: &[String]) -> anyhow::Result<()> {
    ensure!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_file_begins_with_its_purpose_and_is_short() -> anyhow::Result<()> {
    let sources = sources()?;
    let nameless = ["utils", "helpers", "common", "types", "manager", "mod"];
    let mut wrong = Vec::new();
    for source in &sources {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("{}: no purpose line", source.path));
        }
        let lines = source.program().lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{}: {lines} lines", source.path));
        }
        let stem = Path::new(&source.path).file_stem().unwrap_or_default();
        if nameless.iter().any(|name| stem == *name) {
            wrong.push(format!("{}: says nothing", source.path));
        }
    }
    nothing("Files", &wrong)
}

#[test]
fn a_layer_names_only_the_layers_below_it() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for source in sources()? {
        for (root, layers) in PARTS {
            let Some(inside) = source.path.strip_prefix(root) else {
                continue;
            };
            let module = inside.split(['/', '.']).next().unwrap_or_default();
            let layer_of = |name: &str| layers.iter().position(|layer| layer.contains(&name));
            let own = layer_of(module).with_context(|| format!("{module} is in no layer"))?;
            for (number, line) in source.lines() {
                for named in line.split("crate::").skip(1) {
                    let end = named.find(|c: char| !c.is_ascii_lowercase() && c != '_');
                    let named = end.and_then(|end| named.get(..end)).unwrap_or(named);
                    // A macro or a re-export of the crate's own root is no module.
                    let Some(other) = layer_of(named) else {
                        continue;
                    };
                    if named != module && other >= own {
                        wrong.push(format!("{}:{number}: {module} names {named}", source.path));
                    }
                }
            }
        }
    }
    nothing("Layers", &wrong)
}

#[test]
fn the_hub_takes_only_the_rules_of_the_agent() -> anyhow::Result<()> {
    // Files that are given to the hub itself are read as an agent reads them, and nothing else of the
    // agent is the hub's.
    let rules = [
        "savin_agent::diff",
        "savin_agent::format",
        "savin_agent::mapping",
    ];
    let mut wrong = Vec::new();
    let mut uses = 0;
    for source in sources()? {
        if !source.is_under(&["hub/src/"]) {
            continue;
        }
        let all = source.places_of("savin_agent::");
        let allowed: usize = rules.iter().map(|rule| source.places_of(rule).len()).sum();
        uses += allowed;
        if all.len() != allowed || !(all.is_empty() || source.is_under(&["hub/src/import"])) {
            wrong.extend(all);
        }
    }
    ensure!(uses > 0, "the search finds nothing");
    nothing("The agent in the hub", &wrong)
}

#[test]
fn sql_stands_only_in_store_and_journal() -> anyhow::Result<()> {
    // The county's own database is a source: opened read-only, asked the county's own question.
    let allowed = [
        "hub/src/store",
        "agent/src/journal",
        "agent/src/sources/database",
    ];
    let words = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "rusqlite::",
        "tokio_postgres::",
    ];
    let mut wrong = Vec::new();
    let mut allowed_uses = 0;
    for source in sources()? {
        let uses = words.iter().flat_map(|word| source.places_of(word));
        if source.is_under(&allowed) {
            allowed_uses += uses.count();
        } else if source.is_under(&["agent/", "hub/", "shared/", "packaging/"]) {
            wrong.extend(uses);
        }
    }
    ensure!(
        allowed_uses > 50,
        "the search finds too little: {allowed_uses}"
    );
    nothing("SQL", &wrong)
}

#[test]
fn bincode_stands_only_in_the_codec() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for source in sources()? {
        let uses = source.places_of("bincode::");
        if source.path == "shared/src/codec.rs" {
            ensure!(!uses.is_empty(), "the search finds nothing");
        } else if source.path != "tests/suites/tidy.rs" {
            wrong.extend(uses);
        }
    }
    nothing("bincode", &wrong)
}

#[test]
fn shared_and_the_rules_touch_nothing_outside() -> anyhow::Result<()> {
    let inside = [
        "shared/src/",
        "agent/src/format",
        "agent/src/mapping",
        "agent/src/diff",
        "agent/src/guard",
        "agent/src/signer",
        "hub/src/clocks",
        "hub/src/evidence",
        "hub/src/freshness",
        "hub/src/ids",
        "hub/src/names",
        "hub/src/places",
        "hub/src/registry",
        "hub/src/linkage",
        "hub/src/matching",
        "hub/src/notification",
        "hub/src/work",
        "hub/telephone/src/script",
    ];
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "tokio::",
        "quinn::",
        "async fn",
        "Timestamp::now",
        "Instant::now",
        "rand::",
    ];
    let mut wrong = Vec::new();
    for source in sources()? {
        if source.is_under(&inside) && source.path != "shared/src/session/simulation.rs" {
            wrong.extend(outside.iter().flat_map(|text| source.places_of(text)));
        }
    }
    nothing("Outside", &wrong)
}

#[test]
fn transactions_do_not_wait() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for source in sources()? {
        if source.is_under(&[
            "agent/src/journal",
            "agent/src/capture",
            "hub/src/intake",
            "hub/src/store/",
        ]) {
            // The pool hands work to its threads and tells of their end; the driver hides an
            // asynchronous library.
            if !source.is_under(&[
                "hub/src/store/worker.rs",
                "hub/src/store/doom.rs",
                "hub/src/store/postgres.rs",
            ]) {
                wrong.extend(source.places_of(".await"));
            }
        }
    }
    nothing("Waiting", &wrong)
}

#[test]
fn the_readme_lists_every_file_that_reveals_personal_data() -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(top()?.join("README.md"))?;
    let listed: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once(".rs`"))
        .map(|(path, _)| path)
        .collect();
    let mut revealing = Vec::new();
    for source in sources()? {
        let is_program = source.path.starts_with("shared/src/")
            || PARTS.iter().any(|(root, _)| source.path.starts_with(root));
        if is_program && !source.places_of(".reveal()").is_empty() {
            revealing.push(source.path.trim_end_matches(".rs").to_owned());
        }
    }
    ensure!(
        listed == revealing,
        "README.md lists {listed:#?}\nand there are {revealing:#?}"
    );
    Ok(())
}

#[test]
fn nothing_is_left_for_later_or_carries_a_machines_path() -> anyhow::Result<()> {
    // Written in two parts, so that this list does not find itself.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["#[ign", "ore"],
        ["/ro", "ot/"],
        ["/wo", "rk/"],
        ["/ho", "me/"],
    ];
    let words = words.map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for source in sources()? {
        for (number, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {line}", source.path, number + 1));
            }
        }
    }
    nothing("Left", &wrong)
}
