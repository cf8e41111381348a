//! No question of every day looks through a whole table that grows with the state or with the years:
//! each statement of the repositories is explained by SQLite.

use std::path::{Path, PathBuf};

use crate::store::migrate::Schema;
use crate::store::value::{Row, Value};
use crate::store::{Place, Store, registry, vault};

/// Tables that grow with the people, the registrants or the years.
const GROWING: [&str; 26] = [
    "attempt",
    "batch_log",
    "clock",
    "contact",
    "event",
    "evidence_leaf",
    "evidence_node",
    "instruction",
    "listing",
    "name_word",
    "notice",
    "notice_event",
    "person",
    "person_doubt",
    "person_face",
    "person_identifier",
    "person_key",
    "person_merge",
    "record",
    "record_version",
    "registrant",
    "session",
    "subscription",
    "task",
    "vault_task",
    "verification",
];

/// What looks through a whole table on purpose: reports and commands that staff asks for.
const MEANT: [&str; 20] = [
    // An expunction, which looks through everything that people wrote.
    "SELECT note FROM task ORDER BY task_id",
    "UPDATE task SET note = 'expunged' WHERE note = $1",
    "SELECT why FROM person_merge WHERE why <> ''",
    "UPDATE person_merge SET why = '' WHERE why = $1",
    "SELECT merge_id FROM person_merge WHERE why = ''",
    // A report of a period.
    "FROM event WHERE origin = $1 AND received_at >= $2",
    // An expunction, after which the whole database is written anew.
    "FROM task WHERE person_id = $1 OR other_id = $1",
    "FROM verification WHERE purpose = 'registration' AND registrant_id IS NOT NULL",
    "UPDATE clock SET facility_code = $2 WHERE event_position = $1",
    "SELECT clock, facility_code, state, count(*) FROM clock",
    "SELECT person_id FROM record GROUP BY person_id HAVING",
    "FROM event WHERE facility_code = ",
    "SELECT code, count(*) FROM event",
    "SELECT code, origin, is_doubtful, count(*)",
    "FROM task WHERE state <> 'open'",
    "SELECT state, count(*) FROM notice",
    // Once, when a backup is put back.
    "UPDATE vault_task SET decision_id = NULL WHERE ended_at >= $1",
    // At a start and once an hour, whom the registry that stands does not know.
    "SELECT DISTINCT person_link FROM subscription",
    // In the order of an index, to the limit.
    "FROM person ORDER BY person_id DESC LIMIT",
    "ORDER BY n.planned_at DESC, n.notice_id LIMIT",
];

#[test]
fn looks_through_no_table_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    let mut looked = 0;
    let mut found = Vec::new();
    let parts: [(&str, &'static Schema); 2] =
        [("registry", &registry::SCHEMA), ("vault", &vault::SCHEMA)];
    for (name, schema) in parts {
        let place = Place::File(folder.path().join(name));
        let store = Store::open(&place, schema).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        for file in files(&source.join(name)) {
            for statement in statements(&std::fs::read_to_string(&file).unwrap()) {
                looked += 1;
                let is_meant = MEANT.iter().any(|meant| statement.contains(meant));
                if !is_meant && let Some(table) = scanned(&store, &statement) {
                    found.push(format!("{}: {table}: {statement}", file.display()));
                }
            }
        }
    }
    assert!(looked > 150, "only {looked} statements were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn asks_for_the_words_of_a_name_where_persons_lie_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("registry"));
    let store = Store::open(&place, &registry::SCHEMA).unwrap();
    let source = include_str!("../registry/lookup.rs");
    let walks = |statement: &String| statement.starts_with("SELECT n.person_id FROM name_word n");
    let walk = statements(source).into_iter().find(walks).unwrap();
    let plan = plan(&store, &walk);
    let reads = |row: &&Row| row.text(3).unwrap().starts_with("SEARCH ");
    let reads: Vec<&str> = plan
        .iter()
        .filter(reads)
        .map(|row| row.text(3).unwrap())
        .collect();
    assert_eq!(reads.len(), crate::names::WORDS_MAX);
    for read in reads {
        assert!(read.contains("USING PRIMARY KEY (word=?"), "{read}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Finds the statements of a file that ask for something, each in one line.
fn statements(text: &str) -> Vec<String> {
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let quoted = program.split('"').skip(1).step_by(2);
    let mut stem = "";
    let whole = quoted.map(|text| {
        // A statement that ends in a space goes on in those that begin with its conditions.
        let goes_on = ["WHERE ", "ORDER BY "]
            .iter()
            .any(|word| text.starts_with(word));
        if text.starts_with("SELECT ") && text.ends_with(' ') {
            stem = text;
            return String::new();
        }
        if goes_on {
            format!("{stem}{text}")
        } else {
            text.to_owned()
        }
    });
    whole
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| {
            let asks = ["SELECT ", "UPDATE ", "DELETE FROM "];
            let begins = asks.iter().any(|word| text.starts_with(word));
            (begins || text.starts_with("INSERT INTO ") && text.contains(" SELECT "))
                && !text.contains(" SKIP LOCKED")
        })
        .collect()
}

/// Has SQLite explain a statement.
fn plan(store: &Store, statement: &str) -> Vec<Row> {
    let sql: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {statement}").into_boxed_str());
    let values = (1..20).filter(|number| sql.contains(&format!("${number}")));
    let values = vec![Value::Null; values.count()];
    store
        .read_now("explain", move |tx| tx.query(sql, &values))
        .unwrap_or_else(|failure| panic!("{sql}: {failure:?}"))
}

/// Returns the growing table that a statement looks through, if it does.
fn scanned(store: &Store, statement: &str) -> Option<String> {
    let plan = plan(store, statement);
    // Nearly everybody is active: by their state alone all of them are found. The monitored lines are few.
    let everybody = "USING INDEX registrant_state (state=?)";
    let is_everybody = |row: &Row| row.text(3).unwrap().ends_with(everybody);
    if plan.iter().any(is_everybody) && !statement.contains("state = 'monitor'") {
        return Some("registrant by state".to_owned());
    }
    plan.iter().find_map(|row| {
        let table = row.text(3).unwrap().strip_prefix("SCAN ")?;
        let name = table.split(' ').next().unwrap();
        // A short name stands for the table of which it is the first letter.
        let is_growing = GROWING
            .iter()
            .any(|table| *table == name || statement.contains(&format!(" {table} {name} ")));
        is_growing.then(|| name.to_owned())
    })
}
