//! `[feed.database]`: which engine, and the settings that belong to it and no others.

use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};
use crate::sources::database::access::{Access, Server};
use crate::sources::database::odbc::OdbcSettings;
use crate::sources::database::odbc::copy::CopySettings;
use crate::sources::database::query::objection;
use crate::sources::database::{DatabaseSettings, Place};

/// How long a look at a server may take unless it is said.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// Between two looks at a server that is asked everything each time.
const POLL_WHOLE: SignedDuration = SignedDuration::from_secs(15);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseDocument {
    #[serde(default)]
    engine: Option<Spanned<EngineName>>,
    query: Spanned<String>,
    #[serde(default)]
    cursor: Option<Spanned<String>>,
    #[serde(default)]
    full_read: Option<Spanned<String>>,
    #[serde(default)]
    timeout: Option<Spanned<String>>,
    #[serde(default)]
    path: Option<Spanned<PathBuf>>,
    #[serde(default)]
    server: Option<Spanned<String>>,
    #[serde(default)]
    port: Option<Spanned<u16>>,
    #[serde(default)]
    database: Option<Spanned<String>>,
    #[serde(default)]
    user: Option<Spanned<String>>,
    #[serde(default)]
    password_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    ca_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    connection_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    copy: Option<Spanned<PathBuf>>,
    #[serde(default)]
    helper: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EngineName {
    Sqlite,
    #[serde(alias = "postgres")]
    PostgreSql,
    MySql,
    MariaDb,
    Odbc,
}

/// The settings, how often they are looked at by default, and how often all is read.
pub(super) struct Checked {
    pub(super) settings: DatabaseSettings,
    pub(super) poll: SignedDuration,
    pub(super) full_read: SignedDuration,
}

impl DatabaseDocument {
    /// Checks the settings of a feed that is named there.
    pub(super) fn check(
        self,
        checker: &Checker<'_>,
        state: &Path,
        feed: &Spanned<String>,
    ) -> Result<Checked, ConfigError> {
        let full_read = checker.duration(self.full_read.as_ref(), SignedDuration::from_hours(1))?;
        let timeout = checker.duration(self.timeout.as_ref(), TIMEOUT)?;
        for asked in [Some(&self.query), self.cursor.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Some(why) = objection(asked.get_ref()) {
                return Err(checker.wrong(asked.span(), &why));
            }
        }
        let engine = self
            .engine
            .as_ref()
            .map_or(EngineName::Sqlite, |engine| *engine.get_ref());
        let named = self
            .engine
            .as_ref()
            .map_or_else(|| feed.span(), Spanned::span);
        self.check_keys(engine, checker)?;
        let place = match engine {
            EngineName::Sqlite => Place::Sqlite(file(self.path.as_ref(), "path", &named, checker)?),
            EngineName::PostgreSql => Place::Postgres(self.access(true, &named, checker)?),
            EngineName::MySql | EngineName::MariaDb => {
                Place::Mysql(self.access(false, &named, checker)?)
            }
            EngineName::Odbc => Place::Odbc(self.odbc(state, feed, &named, checker)?),
        };
        let is_cheap = engine == EngineName::Sqlite || self.cursor.is_some() || self.copy.is_some();
        Ok(Checked {
            settings: DatabaseSettings {
                place,
                query: self.query.into_inner(),
                cursor: self.cursor.map(Spanned::into_inner),
                full_read: full_read.unsigned_abs(),
                timeout: timeout.unsigned_abs(),
            },
            poll: if is_cheap {
                SignedDuration::from_secs(1)
            } else {
                POLL_WHOLE
            },
            full_read,
        })
    }

    /// Refuses keys that belong to another engine: they would be passed over without a word.
    fn check_keys(&self, engine: EngineName, checker: &Checker<'_>) -> Result<(), ConfigError> {
        use EngineName::{MariaDb, MySql, Odbc, PostgreSql, Sqlite};
        const SERVERS: &[EngineName] = &[PostgreSql, MySql, MariaDb];
        type Key<'a> = (&'a str, Option<Range<usize>>, &'a [EngineName]);
        let keys: [Key<'_>; 12] = [
            ("path", self.path.as_ref().map(Spanned::span), &[Sqlite]),
            (
                "cursor",
                self.cursor.as_ref().map(Spanned::span),
                &[PostgreSql, MySql, MariaDb, Odbc],
            ),
            (
                "timeout",
                self.timeout.as_ref().map(Spanned::span),
                &[PostgreSql, MySql, MariaDb, Odbc],
            ),
            ("server", self.server.as_ref().map(Spanned::span), SERVERS),
            ("port", self.port.as_ref().map(Spanned::span), SERVERS),
            (
                "database",
                self.database.as_ref().map(Spanned::span),
                SERVERS,
            ),
            ("user", self.user.as_ref().map(Spanned::span), SERVERS),
            (
                "password_file",
                self.password_file.as_ref().map(Spanned::span),
                SERVERS,
            ),
            (
                "ca_file",
                self.ca_file.as_ref().map(Spanned::span),
                &[PostgreSql],
            ),
            (
                "connection_file",
                self.connection_file.as_ref().map(Spanned::span),
                &[Odbc],
            ),
            ("copy", self.copy.as_ref().map(Spanned::span), &[Odbc]),
            ("helper", self.helper.as_ref().map(Spanned::span), &[Odbc]),
        ];
        for (key, span, engines) in keys {
            if let Some(span) = span
                && !engines.contains(&engine)
            {
                let message = format!("{key:?} is no setting of this engine");
                return Err(checker.wrong(span, &message));
            }
        }
        Ok(())
    }

    fn access(
        &self,
        is_encrypting: bool,
        named: &Range<usize>,
        checker: &Checker<'_>,
    ) -> Result<Access, ConfigError> {
        let server = needed(self.server.as_ref(), "server", named, checker)?;
        let port = self.port.as_ref().map(|port| *port.get_ref());
        let access = Access {
            server: Server::new(server.get_ref(), port),
            database: needed(self.database.as_ref(), "database", named, checker)?
                .get_ref()
                .clone(),
            user: needed(self.user.as_ref(), "user", named, checker)?
                .get_ref()
                .clone(),
            password_file: self
                .password_file
                .as_ref()
                .map(|path| checker.secret(path.get_ref())),
            ca_file: checker.path(self.ca_file.as_ref()),
        };
        if !access.server.is_local() && access.ca_file.is_none() {
            let cure = if is_encrypting {
                "set \"ca_file\" to the certificate authority that signed the server's certificate"
            } else {
                "let the agent run on the server's machine, forward a local port through TLS or SSH, \
                 or ask through ODBC with a driver that encrypts"
            };
            let message = format!(
                "the server is not on this machine, and names and passwords do not travel in the \
                 clear: {cure}"
            );
            return Err(checker.wrong(server.span(), &message));
        }
        Ok(access)
    }

    fn odbc(
        &self,
        state: &Path,
        feed: &Spanned<String>,
        named: &Range<usize>,
        checker: &Checker<'_>,
    ) -> Result<OdbcSettings, ConfigError> {
        let connection_file = needed(
            self.connection_file.as_ref(),
            "connection_file",
            named,
            checker,
        )?;
        let copy = checker.path(self.copy.as_ref()).map(|file| {
            // A preview has a copy of its own beside the running agent's.
            let mut name = format!("{}.{}", feed.get_ref(), std::process::id());
            if let Some(ending) = file.extension() {
                name.push('.');
                name.push_str(&ending.to_string_lossy());
            }
            CopySettings {
                copy: state.join("copy").join(name),
                file,
            }
        });
        let helper = checker.path(self.helper.as_ref()).unwrap_or_else(|| {
            let own = std::env::current_exe().unwrap_or_default();
            usual_helper(&own)
        });
        Ok(OdbcSettings {
            connection_file: checker.secret(connection_file.get_ref()),
            helper,
            copy,
        })
    }
}

/// Returns where the helper is for a program that lies there: where a package puts it, or beside it.
fn usual_helper(own: &Path) -> PathBuf {
    let name = format!("savin-odbc{}", std::env::consts::EXE_SUFFIX);
    let beside = own.with_file_name(&name);
    let packaged = own
        .parent()
        .and_then(Path::parent)
        .map(|top| top.join("libexec/savin-agent").join(name));
    packaged
        .filter(|packaged| packaged.is_file() && !beside.is_file())
        .unwrap_or(beside)
}

fn file(
    file: Option<&Spanned<PathBuf>>,
    key: &str,
    named: &Range<usize>,
    checker: &Checker<'_>,
) -> Result<PathBuf, ConfigError> {
    let file = needed(file, key, named, checker)?;
    Ok(checker.base.join(file.get_ref()))
}

fn needed<'a, T>(
    value: Option<&'a Spanned<T>>,
    key: &str,
    named: &Range<usize>,
    checker: &Checker<'_>,
) -> Result<&'a Spanned<T>, ConfigError> {
    value.ok_or_else(|| checker.wrong(named.clone(), &format!("the engine needs {key:?}")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::config::{Checker, Config, FeedConfig, SourceConfig};
    use crate::sources::database::access::SecretFile;

    const PROFILE: &str = "name = 'p'\nkind = 'custody'\nmode = 'roster'\n\
                           zone = 'America/Chicago'\n[columns]\nrecord_number = 'no'\n";
    const FEED: &str = "state = 'state'\n[[feed]]\nname = 'roster'\nfacility = 'MS-TEST-JAIL'\n\
                        profile = 'p.toml'\n[feed.database]\n";

    fn load(database: &str) -> Result<FeedConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("p.toml"), PROFILE).unwrap();
        let path = folder.path().join("agent.toml");
        fs::write(&path, format!("{FEED}{database}")).unwrap();
        let loaded = Config::load(&path).map_err(|error| error.to_string());
        loaded.map(|mut config| config.feeds.remove(0))
    }

    const SERVER: &str = "engine = 'postgresql'\nserver = '127.0.0.1'\nport = 5433\n\
                          database = 'jail'\nuser = 'reader'\nquery = 'SELECT 1'\n";

    #[test]
    fn looks_at_a_server_seldom_where_it_is_asked_everything() {
        let feed = load(SERVER).unwrap();
        assert_eq!(feed.poll, Duration::from_secs(15));
        let feed = load(&format!("{SERVER}cursor = 'SELECT 2'\n")).unwrap();
        assert_eq!(feed.poll, Duration::from_secs(1));
        let SourceConfig::Database(settings) = &feed.source else {
            panic!("a database")
        };
        assert_eq!(settings.timeout, Duration::from_secs(10));
        let Place::Postgres(access) = &settings.place else {
            panic!("PostgreSQL")
        };
        assert_eq!(access.server.label(), "127.0.0.1:5433");
    }

    #[test]
    fn names_what_an_engine_lacks_and_what_is_not_its_own() {
        let lacks = load("engine = 'mariadb'\nserver = '::1'\nquery = 'SELECT 1'\n").unwrap_err();
        assert!(
            lacks.contains("line 7") && lacks.contains("\"database\""),
            "{lacks}"
        );
        let other = load(&format!("{SERVER}path = 'b.sqlite'\n")).unwrap_err();
        assert!(
            other.contains("line 13, column 8") && other.contains("\"path\""),
            "{other}"
        );
        let unknown = load("engine = 'paradox'\nquery = 'SELECT 1'\n").unwrap_err();
        assert!(
            unknown.contains("line 7") && unknown.contains("paradox"),
            "{unknown}"
        );
        let none = load("query = 'SELECT 1'\n").unwrap_err();
        assert!(none.contains("\"path\""), "{none}");
    }

    #[test]
    fn sends_nothing_in_the_clear_to_another_machine() {
        let far = SERVER.replace("127.0.0.1", "10.0.0.7");
        let refused = load(&far).unwrap_err();
        assert!(
            refused.contains("line 8") && refused.contains("ca_file"),
            "{refused}"
        );
        assert!(load(&format!("{far}ca_file = 'ca.pem'\n")).is_ok());
        let far = far.replace("postgresql", "mysql");
        let refused = load(&far).unwrap_err();
        assert!(
            refused.contains("ODBC") && !refused.contains("ca_file"),
            "{refused}"
        );
        assert!(load(&format!("{far}ca_file = 'ca.pem'\n")).is_err());
    }

    #[test]
    fn refuses_a_read_that_skips_rows_with_its_place() {
        let dirty = SERVER.replace("SELECT 1", "SELECT no FROM roster WITH (NOLOCK)");
        let refused = load(&dirty).unwrap_err();
        assert!(
            refused.contains("line 12") && refused.contains("NOLOCK"),
            "{refused}"
        );
    }

    #[test]
    fn copies_an_access_file_into_the_state_folder() {
        let odbc = "engine = 'odbc'\nconnection_file = 'jail.odbc'\ncopy = 'jail.mdb'\n\
                    query = 'SELECT 1'\n";
        let feed = load(odbc).unwrap();
        assert_eq!(feed.poll, Duration::from_secs(1));
        let SourceConfig::Database(settings) = &feed.source else {
            panic!("a database")
        };
        let Place::Odbc(odbc) = &settings.place else {
            panic!("ODBC")
        };
        let copy = odbc.copy.as_ref().unwrap();
        let name = format!("state/copy/roster.{}.mdb", std::process::id());
        assert!(copy.copy.ends_with(name));
        assert!(
            odbc.helper
                .ends_with(format!("savin-odbc{}", std::env::consts::EXE_SUFFIX))
        );
    }

    #[test]
    fn finds_the_helper_of_a_package_unless_one_lies_beside() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("savin-odbc{}", std::env::consts::EXE_SUFFIX);
        let [own, beside, packaged] =
            ["bin/savin-agent", "bin", "libexec/savin-agent"].map(|path| folder.path().join(path));
        fs::create_dir_all(&beside).unwrap();
        fs::create_dir_all(&packaged).unwrap();
        assert_eq!(usual_helper(&own), beside.join(&name));
        fs::write(packaged.join(&name), "").unwrap();
        assert_eq!(usual_helper(&own), packaged.join(&name));
        fs::write(beside.join(&name), "").unwrap();
        assert_eq!(usual_helper(&own), beside.join(&name));
    }

    #[test]
    fn knows_what_the_service_manager_hands_over() {
        let checker = Checker {
            path: Path::new("agent.toml"),
            text: "",
            base: "/etc/savin-agent".into(),
            credentials: "/run/credentials/savin-agent.service".into(),
        };
        let given = checker.secret(Path::new("$CREDENTIALS_DIRECTORY/secrets_a"));
        let wanted = "/run/credentials/savin-agent.service/secrets_a";
        assert_eq!(given, SecretFile::Credential(wanted.into()));
        assert_eq!(checker.secret(Path::new(wanted)), given);
        let own = checker.secret(Path::new("secrets/a"));
        assert_eq!(own, SecretFile::Own("/etc/savin-agent/secrets/a".into()));
        let astray = checker.secret(Path::new("$CREDENTIALS_DIRECTORY/../a"));
        assert_eq!(
            astray,
            SecretFile::Own("/run/credentials/savin-agent.service/../a".into())
        );
    }
}
