//! `agent.toml`: raw to checked, once. Nothing else sees the file.

mod canary;
mod database;
mod facilities;
mod hub;

use std::fs;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use savin_shared::ids::{FacilityCode, FeedName};
use savin_shared::limits::FEEDS_MAX;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::capture::Feed;
use crate::identity::StateFolder;
use crate::mapping::profile::Profile;
use crate::sources::database::DatabaseSettings;
use crate::sources::database::access::SecretFile;
use crate::sources::folder::FolderSettings;
use crate::uplink::dial::Ways;
use canary::CanaryDocument;
pub use canary::CanaryTime;
use database::DatabaseDocument;
pub use facilities::NamedFacility;
pub use hub::proxy;

/// The checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Where keys, certificate and journal lie.
    pub state: StateFolder,
    /// How the hub may be reached.
    pub ways: Ways,
    /// What is read.
    pub feeds: Vec<FeedConfig>,
    /// When the line is tested each day.
    pub canary: CanaryTime,
}

/// One feed.
#[derive(Debug, Clone)]
pub struct FeedConfig {
    /// Its name, facility and profile.
    pub feed: Feed,
    /// What it reads.
    pub source: SourceConfig,
    /// How often it looks.
    pub poll: Duration,
    /// The facilities that it names, itself and in its profile.
    pub facilities: Vec<NamedFacility>,
    /// The file of its profile.
    pub profile_path: PathBuf,
}

impl FeedConfig {
    /// Refuses its profile.
    #[must_use]
    pub fn refused(&self, message: String) -> ConfigError {
        ConfigError::Syntax {
            file: self.profile_path.clone(),
            message,
        }
    }
}

/// What a feed reads.
#[derive(Debug, Clone)]
pub enum SourceConfig {
    /// An export folder.
    Folder(FolderSettings),
    /// A booking database.
    Database(DatabaseSettings),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    state: PathBuf,
    #[serde(default)]
    hub: hub::HubDocument,
    #[serde(default)]
    canary: CanaryDocument,
    #[serde(default)]
    feed: Vec<FeedDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedDocument {
    name: Spanned<String>,
    facility: Spanned<String>,
    profile: Spanned<PathBuf>,
    #[serde(default)]
    cadence: Option<Spanned<String>>,
    #[serde(default)]
    poll: Option<Spanned<String>>,
    #[serde(default)]
    folder: Option<FolderDocument>,
    #[serde(default)]
    database: Option<DatabaseDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FolderDocument {
    path: PathBuf,
    #[serde(default)]
    files: Option<String>,
    #[serde(default)]
    settle: Option<Spanned<String>>,
}

impl Config {
    /// Reads and checks a configuration; paths in it are relative to it.
    ///
    /// # Errors
    /// Returns [`ConfigError`] with file, line and column for anything that is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let document: Document = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
            file: path.to_owned(),
            message: error.to_string(),
        })?;
        let base = path.parent().unwrap_or(Path::new(".")).to_owned();
        let checker = Checker {
            path,
            text: &text,
            base,
            credentials: credentials_folder(),
        };
        checker.check(document)
    }

    /// Looks whether every facility that it names is one that the agent was enrolled for.
    ///
    /// # Errors
    /// Returns [`ConfigError`] with file, line and column of the first that is not.
    pub fn check_facilities(&self, enrolled: &[FacilityCode]) -> Result<(), ConfigError> {
        let mut named = self.feeds.iter().flat_map(|feed| &feed.facilities);
        named.try_for_each(|facility| facility.check(enrolled))
    }
}

/// Reads and checks a profile.
///
/// # Errors
/// Returns [`ConfigError`] with file, line and column for anything that is wrong.
pub fn load_profile(path: &Path) -> Result<Profile, ConfigError> {
    parse_profile(path, &read(path)?)
}

fn parse_profile(path: &Path, text: &str) -> Result<Profile, ConfigError> {
    Profile::parse(text).map_err(|error| ConfigError::Syntax {
        file: path.to_owned(),
        message: error.to_string(),
    })
}

/// Why a configuration was refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read {file}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not TOML, or has a key or value that does not belong there.
    #[error("{file}: {message}", file = file.display())]
    Syntax {
        /// Which.
        file: PathBuf,
        /// Line, column and what is wrong.
        message: String,
    },
}

/// Names under which the agent sends what it says itself.
const RESERVED: [&str; 2] = ["canary", "emergency"];

/// How a path begins that lies where systemd hands over credentials.
const CREDENTIALS: &str = "$CREDENTIALS_DIRECTORY";

/// Where those of the packages' unit lie while it runs, for commands beside it.
const UNIT_CREDENTIALS: &str = "/run/credentials/savin-agent.service";

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
    base: PathBuf,
    credentials: PathBuf,
}

impl Checker<'_> {
    fn check(&self, document: Document) -> Result<Config, ConfigError> {
        if document.feed.len() > FEEDS_MAX {
            return Err(self.wrong(0..0, &format!("more than {FEEDS_MAX} feeds")));
        }
        let state = StateFolder::new(self.base.join(&document.state));
        let ways = self.ways(document.hub)?;
        let canary = self.canary(&document.canary)?;
        let mut feeds: Vec<FeedConfig> = Vec::new();
        for feed in document.feed {
            let span = feed.name.span();
            let feed = self.feed(feed, state.path())?;
            if RESERVED.contains(&feed.feed.name.as_str()) {
                return Err(self.wrong(span, "the agent's own words are sent under this name"));
            }
            if feeds.iter().any(|other| other.feed.name == feed.feed.name) {
                return Err(self.wrong(span, "two feeds have this name"));
            }
            feeds.push(feed);
        }
        Ok(Config {
            state,
            ways,
            feeds,
            canary,
        })
    }

    fn feed(&self, document: FeedDocument, state: &Path) -> Result<FeedConfig, ConfigError> {
        let span = document.name.span();
        let profile_path = self.base.join(document.profile.get_ref());
        let profile_text = read(&profile_path)?;
        let profile = parse_profile(&profile_path, &profile_text)?;
        let mut facilities = NamedFacility::of_profile(&profile_path, &profile_text);
        facilities.insert(
            0,
            NamedFacility::new(&document.facility, self.path, self.text),
        );
        let mut poll = SignedDuration::from_secs(1);
        let (source, usual) = match (document.folder, document.database) {
            (Some(folder), None) => {
                let settle = self.duration(folder.settle.as_ref(), SignedDuration::from_secs(2))?;
                let settings = FolderSettings {
                    path: self.base.join(folder.path),
                    files: folder.files.unwrap_or_else(|| "*".to_owned()),
                    settle: settle.unsigned_abs(),
                };
                (
                    SourceConfig::Folder(settings),
                    SignedDuration::from_hours(24),
                )
            }
            (None, Some(database)) => {
                let checked = database.check(self, state, &document.name)?;
                poll = checked.poll;
                (SourceConfig::Database(checked.settings), checked.full_read)
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "a feed has either [feed.folder] or [feed.database]";
                return Err(self.wrong(span, message));
            }
        };
        let name = FeedName::new(document.name.get_ref())
            .map_err(|cause| self.wrong(document.name.span(), &cause.to_string()))?;
        let facility = FacilityCode::new(document.facility.get_ref())
            .map_err(|cause| self.wrong(document.facility.span(), &cause.to_string()))?;
        let cadence = self.duration(document.cadence.as_ref(), usual)?;
        let poll = self.duration(document.poll.as_ref(), poll)?;
        Ok(FeedConfig {
            feed: Feed {
                name,
                facility,
                profile,
                cadence,
            },
            source,
            poll: poll.unsigned_abs(),
            facilities,
            profile_path,
        })
    }

    fn duration(
        &self,
        text: Option<&Spanned<String>>,
        default: SignedDuration,
    ) -> Result<SignedDuration, ConfigError> {
        let Some(text) = text else { return Ok(default) };
        match text.get_ref().parse::<SignedDuration>() {
            Ok(duration) if duration.is_positive() => Ok(duration),
            Ok(_) | Err(_) => Err(self.wrong(
                text.span(),
                "not a length of time: write \"2s\", \"5m\" or \"24h\"",
            )),
        }
    }

    /// Returns a path, which is relative to the configuration.
    fn path(&self, path: Option<&Spanned<PathBuf>>) -> Option<PathBuf> {
        path.map(|path| self.base.join(path.get_ref()))
    }

    /// Returns a file that holds a secret, and whether the service manager hands it over.
    fn secret(&self, path: &Path) -> SecretFile {
        let file = match path.strip_prefix(CREDENTIALS) {
            Ok(name) => self.credentials.join(name),
            Err(_) => self.base.join(path),
        };
        // Nothing that leads out of the folder again.
        let is_inside = file
            .strip_prefix(&self.credentials)
            .is_ok_and(|name| name.components().all(|c| matches!(c, Component::Normal(_))));
        if is_inside {
            SecretFile::Credential(file)
        } else {
            SecretFile::Own(file)
        }
    }

    fn wrong(&self, span: Range<usize>, message: &str) -> ConfigError {
        ConfigError::Syntax {
            file: self.path.to_owned(),
            message: format!("{}: {message}", place(self.text, span.start)),
        }
    }
}

/// Returns where systemd hands over credentials: to this process, or else to the running service.
#[expect(
    clippy::disallowed_methods,
    reason = "systemd names the folder in the environment, and nowhere else"
)]
fn credentials_folder() -> PathBuf {
    std::env::var(CREDENTIALS.trim_start_matches('$'))
        .ok()
        .filter(|folder| !folder.is_empty())
        .map_or_else(|| UNIT_CREDENTIALS.into(), PathBuf::from)
}

/// Names the place of a byte of a file.
fn place(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}")
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|cause| ConfigError::File {
        file: path.to_owned(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use jiff::SignedDuration;
    use savin_shared::ids::{AgentId, FacilityCode};

    use super::{Config, SourceConfig};

    const PROFILE: &str = "name = 'p'\nkind = 'custody'\nmode = 'roster'\n\
                           zone = 'America/Chicago'\n[columns]\nrecord_number = 'no'\n";

    fn load(text: &str) -> Result<Config, String> {
        load_with(PROFILE, text)
    }

    fn load_with(profile: &str, text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("p.toml"), profile).unwrap();
        let path = folder.path().join("agent.toml");
        fs::write(&path, text).unwrap();
        Config::load(&path).map_err(|error| error.to_string())
    }

    const GOOD: &str = "state = 'state'\n[[feed]]\nname = 'roster'\nfacility = 'MS-TEST-JAIL'\n\
                        profile = 'p.toml'\n[feed.folder]\npath = 'in'\nsettle = '500ms'\n";

    #[test]
    fn reads_a_folder_feed_with_defaults() {
        let config = load(GOOD).unwrap();
        let feed = &config.feeds[0];
        assert_eq!(feed.poll, Duration::from_secs(1));
        let SourceConfig::Folder(folder) = &feed.source else {
            panic!("a folder")
        };
        assert_eq!(folder.settle, Duration::from_millis(500));
        assert!(folder.path.is_absolute());
    }

    #[test]
    fn expects_a_database_to_be_read_as_often_as_it_says() {
        let cadence = |source: &str| {
            let config =
                load(&GOOD.replace("[feed.folder]\npath = 'in'\nsettle = '500ms'\n", source));
            config.unwrap().feeds[0].feed.cadence
        };
        let database = "[feed.database]\npath = 'b'\nquery = 'SELECT 1'\n";
        assert_eq!(cadence(database), SignedDuration::from_hours(1));
        let often = format!("{database}full_read = '10m'\n");
        assert_eq!(cadence(&often), SignedDuration::from_mins(10));
        assert_eq!(
            cadence("[feed.folder]\npath = 'in'\n"),
            SignedDuration::from_hours(24)
        );
    }

    #[test]
    fn names_line_and_column_of_what_is_wrong() {
        let unknown = load(&GOOD.replace("settle", "setle")).unwrap_err();
        assert!(
            unknown.contains("line 8, column 1") && unknown.contains("setle"),
            "{unknown}"
        );
        let wrong = load(&GOOD.replace("500ms", "soon")).unwrap_err();
        assert!(wrong.contains("agent.toml: line 8, column 10"), "{wrong}");
        let twice = load(&format!(
            "{GOOD}{}",
            GOOD.trim_start_matches("state = 'state'\n")
        ))
        .unwrap_err();
        assert!(twice.contains("line 10, column 8: two feeds"), "{twice}");
    }

    #[test]
    fn names_a_facility_that_the_agent_was_not_enrolled_for() {
        let enrolled =
            ["MS-TEST-JAIL", "MS-TEST-ANNEX"].map(|code| FacilityCode::new(code).unwrap());
        let check = |profile: &str, text: &str| {
            let config = load_with(profile, text).unwrap();
            let checked = config.check_facilities(&enrolled);
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(check(PROFILE, GOOD), Ok(()));
        let typo = check(PROFILE, &GOOD.replace("JAIL", "JIAL")).unwrap_err();
        assert!(typo.contains("agent.toml: line 4, column 12: "), "{typo}");
        assert!(typo.contains("MS-TEST-JAIL, MS-TEST-ANNEX"), "{typo}");
        let values =
            format!("{PROFILE}[values.facility]\nA = 'MS-TEST-ANNEX'\nB = 'MS-TEST-ANEX'\n");
        let typo = check(&values, GOOD).unwrap_err();
        assert!(typo.contains("p.toml: line 9, column 5: "), "{typo}");
        assert!(typo.contains("\"MS-TEST-ANEX\""), "{typo}");
    }

    #[test]
    fn tests_the_line_each_day_unless_told_otherwise() {
        let agent = AgentId::from_bytes([1; 16]);
        let daily = |lines: &str| {
            let config = load(&format!(
                "state = 'state'\n{lines}{}",
                GOOD.trim_start_matches("state = 'state'\n")
            ));
            config.map(|config| config.daily(agent).map(|daily| daily.at.to_string()))
        };
        // 0x0101 is 257 minutes after eight.
        assert_eq!(daily("").unwrap().as_deref(), Some("12:17:00"));
        assert_eq!(daily("[canary]\nat = 'off'\n").unwrap(), None);
        let at = daily("[canary]\nat = '22:05'\n").unwrap();
        assert_eq!(at.as_deref(), Some("22:05:00"));
        let wrong = daily("[canary]\nat = 'noon'\n").unwrap_err();
        assert!(wrong.contains("line 3, column 6: at is a time"), "{wrong}");
    }

    #[test]
    fn wants_exactly_one_source() {
        let none = load(GOOD.split("[feed.folder]").next().unwrap()).unwrap_err();
        assert!(
            none.contains("either [feed.folder] or [feed.database]"),
            "{none}"
        );
    }
}
