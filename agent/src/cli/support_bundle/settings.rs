//! Configuration and profiles without passwords, comments and example rows.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Part;
use super::personal::REPLACED;

/// Parts of a key's name behind which a secret stands.
const SECRET: [&str; 5] = ["password", "passwd", "secret", "token", "credential"];

/// The same in the connection strings of ODBC.
const SECRET_WORDS: [&str; 3] = ["pwd", "password", "uid"];

/// Tables of example rows, which may be real ones.
const EXAMPLES: [&str; 5] = ["test", "tests", "example", "examples", "sample"];

/// Reads a settings file without what nobody else should see. Comments go, since anything may stand in
/// them; a file that is no TOML is left out.
pub(super) fn scrubbed(file: &Path, name: &str) -> Part {
    let text = std::fs::read_to_string(file).ok();
    let table = text.and_then(|text| text.parse::<Table>().ok());
    let (what, text) = match table {
        Some(mut table) => {
            scrub(&mut table);
            let text = toml::to_string_pretty(&table).unwrap_or_default();
            (
                "settings without comments, passwords and example rows",
                text,
            )
        }
        None => (
            "left out: it is not there, or not readable as TOML",
            String::new(),
        ),
    };
    Part {
        name: name.to_owned(),
        what: what.to_owned(),
        text,
    }
}

/// Returns the profiles that a configuration names, even one that is not valid as a whole.
pub(super) fn profiles(config: &Path) -> Vec<(String, PathBuf)> {
    let text = std::fs::read_to_string(config).unwrap_or_default();
    let table = text.parse::<Table>().unwrap_or_default();
    let base = config.parent().unwrap_or(Path::new("."));
    let feeds = table.get("feed").and_then(Value::as_array);
    let mut profiles: Vec<(String, PathBuf)> = feeds
        .into_iter()
        .flatten()
        .filter_map(|feed| feed.get("profile")?.as_str())
        .map(|profile| {
            let file = base.join(profile);
            let name = file.file_name().unwrap_or_default();
            (name.to_string_lossy().into_owned(), file)
        })
        .collect();
    profiles.sort();
    profiles.dedup();
    profiles
}

fn scrub(table: &mut Table) {
    table.retain(|key, _| !EXAMPLES.contains(&key));
    for (key, value) in table.iter_mut() {
        let key = key.to_lowercase();
        if SECRET.iter().any(|secret| key.contains(secret)) {
            *value = Value::String(REPLACED.to_owned());
        } else {
            scrub_value(value);
        }
    }
}

fn scrub_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_secrets(text),
        Value::Array(values) => values.iter_mut().for_each(scrub_value),
        Value::Table(table) => scrub(table),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

/// Removes who logs in from an address, and the password from a connection string.
fn without_secrets(text: &str) -> String {
    let mut clean = text.to_owned();
    if let Some((scheme, rest)) = text.split_once("://")
        && let Some((_, place)) = rest.rsplit_once('@')
    {
        clean = format!("{scheme}://{REPLACED}@{place}");
    }
    let parts = clean.split(';').map(|part| {
        let name = part.split_once('=').map(|(name, _)| name.trim());
        let is_secret =
            name.is_some_and(|name| SECRET_WORDS.iter().any(|w| name.eq_ignore_ascii_case(w)));
        match name {
            Some(name) if is_secret => format!("{name}={REPLACED}"),
            Some(_) | None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::{scrubbed, without_secrets};

    #[test]
    fn removes_passwords_wherever_they_stand() {
        assert_eq!(
            without_secrets("postgres://jail:s3cret@db.example/jail"),
            "postgres://[removed]@db.example/jail"
        );
        assert_eq!(
            without_secrets("Driver=FreeTDS;Server=db;UID=jail;PWD=s3cret"),
            "Driver=FreeTDS;Server=db;UID=[removed];PWD=[removed]"
        );
        let query = "SELECT * FROM booking WHERE facility = 'A'; ";
        assert_eq!(without_secrets(query), query);
    }

    #[test]
    fn keeps_settings_and_drops_comments_secrets_and_example_rows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        let text = "# Canary asked\nname = 'p'\nkey = ['record_number']\n[db]\npassword = 's3cret'\n\
                    [[test]]\nname = 'CANARY'\n";
        std::fs::write(&file, text).unwrap();
        let part = scrubbed(&file, "p.toml");
        for gone in ["Canary", "CANARY", "s3cret"] {
            assert!(!part.text.contains(gone), "{}", part.text);
        }
        for kept in ["name = \"p\"", "record_number", "[removed]"] {
            assert!(part.text.contains(kept), "{}", part.text);
        }
        assert_eq!(scrubbed(&folder.path().join("none"), "x").text, "");
    }
}
