//! A county's database server of a test's own, by the real programs: started, stopped, and written to
//! as the county's software would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use mysql::prelude::Queryable as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::clock::{monotonic, pause};
use crate::ports;
use crate::program::{Program, run};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);

/// Who MariaDB runs as where the tests run as root: every system has that user.
const NOBODY: &str = "nobody";

/// The password of the login that can only read.
pub const PASSWORD: &str = "blue jay; 'heron'";

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
}

/// A server with one database, `jail`, and a login `reader`.
#[derive(Debug)]
pub struct CountyServer {
    kind: Kind,
    folder: TempDir,
    port: u16,
    running: Option<Program>,
}

impl CountyServer {
    /// Makes and starts a server, and makes its tables; the login may read `bookings`.
    ///
    /// # Errors
    /// Returns what does not start, with its words.
    pub fn make(kind: Kind, tables: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = ports::free()?.port();
        let mut server = Self {
            kind,
            folder,
            port,
            running: None,
        };
        server.set_up()?;
        server.start()?;
        let password = PASSWORD.replace('\'', "''");
        match kind {
            Kind::Postgres => {
                server.open("postgres")?.execute("CREATE DATABASE jail")?;
                server
                    .county()?
                    .execute(&format!("CREATE ROLE reader LOGIN PASSWORD '{password}'"))?;
            }
            Kind::MariaDb => {
                server.open("mysql")?.execute("CREATE DATABASE jail")?;
                server.county()?.execute(&format!(
                    "CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{password}'"
                ))?;
            }
        }
        let mut county = server.county()?;
        for table in tables {
            county.execute(table)?;
        }
        let reader = match kind {
            Kind::Postgres => "reader",
            Kind::MariaDb => "reader@'127.0.0.1'",
        };
        county.execute(&format!("GRANT SELECT ON bookings TO {reader}"))?;
        Ok(server)
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// Returns its log when it does not.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let data = self.data();
        let command = match self.kind {
            Kind::Postgres => {
                let mut command = self.postgres("postgres")?;
                command.arg("-D").arg(&data);
                command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-p"]);
                command
                    .arg(self.port.to_string())
                    .arg("-k")
                    .arg(self.folder.path());
                command
            }
            Kind::MariaDb => {
                // Not on everybody's path.
                let mut command = Command::new("/usr/sbin/mariadbd");
                command.args(["--no-defaults", "--bind-address=127.0.0.1"]);
                command.arg(format!("--user={NOBODY}"));
                command.arg(format!("--datadir={}", data.display()));
                command.arg(self.scratch());
                command.arg(format!("--socket={}", self.socket().display()));
                command.arg(format!("--port={}", self.port));
                command
            }
        };
        let mut program = Program::start(command, None)?;
        let deadline = monotonic() + START;
        let known = match self.kind {
            Kind::Postgres => "postgres",
            Kind::MariaDb => "mysql",
        };
        while let Err(error) = self.open(known) {
            if monotonic() > deadline || program.ended()?.is_some() {
                return Err(error.context(program.log()));
            }
            pause(Duration::from_millis(50));
        }
        self.running = Some(program);
        Ok(())
    }

    /// Stops it, whoever is connected.
    ///
    /// # Errors
    /// Returns its words.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let program = self.running.take().context("it does not run")?;
        match self.kind {
            Kind::Postgres => {
                let mut command = self.postgres("pg_ctl")?;
                command
                    .arg("-D")
                    .arg(self.data())
                    .args(["-m", "fast", "-w", "stop"]);
                run(command)?;
                program.wait()?;
            }
            Kind::MariaDb => {
                program.stop()?;
            }
        }
        Ok(())
    }

    /// Connects as the county's own software.
    ///
    /// # Errors
    /// Returns why it cannot.
    pub fn county(&self) -> anyhow::Result<Session> {
        self.open("jail")
    }

    /// Returns the agent's settings, apart from what is asked, and the password's file to be made.
    #[must_use]
    pub fn settings(&self, password_file: &str) -> String {
        let engine = match self.kind {
            Kind::Postgres => "postgresql",
            Kind::MariaDb => "mariadb",
        };
        format!(
            "engine = \"{engine}\"\nserver = \"127.0.0.1\"\nport = {}\ndatabase = \"jail\"\n\
             user = \"reader\"\npassword_file = \"{password_file}\"\ntimeout = \"3s\"\n",
            self.port
        )
    }

    fn open(&self, database: &str) -> anyhow::Result<Session> {
        match self.kind {
            Kind::Postgres => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let address = format!(
                    "host={} port={} user=savin dbname={database}",
                    self.folder.path().display(),
                    self.port
                );
                let (client, connection) =
                    runtime.block_on(tokio_postgres::connect(&address, NoTls))?;
                let _driven = runtime.spawn(async { connection.await.is_ok() });
                Ok(Session::Postgres(Box::new((client, runtime))))
            }
            Kind::MariaDb => {
                let options = mysql::OptsBuilder::new()
                    .socket(Some(self.socket().to_string_lossy()))
                    .user(Some("root"))
                    .db_name(Some(database));
                Ok(Session::MariaDb(Box::new(mysql::Conn::new(options)?)))
            }
        }
    }

    fn set_up(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.folder.path(), open)?;
        let owner = match self.kind {
            Kind::Postgres => "postgres",
            Kind::MariaDb => NOBODY,
        };
        if is_root() {
            let mut command = Command::new("chown");
            command.arg(owner).arg(self.folder.path());
            run(command)?;
        }
        match self.kind {
            Kind::Postgres => {
                let mut command = self.postgres("initdb")?;
                command.arg("-D").arg(self.data());
                command.args(["-U", "savin", "--auth-local=trust", "--no-sync"]);
                command.args(["--auth-host=scram-sha-256", "--encoding=UTF8"]);
                run(command)?;
            }
            Kind::MariaDb => {
                let mut command = Command::new("mariadb-install-db");
                command.args(["--no-defaults", "--skip-test-db"]);
                command.arg(format!("--user={NOBODY}"));
                command.arg("--auth-root-authentication-method=normal");
                command.arg(format!("--datadir={}", self.data().display()));
                command.arg(self.scratch());
                run(command)?;
            }
        }
        Ok(())
    }

    /// Returns a call of one of PostgreSQL's programs, by its own user: they refuse to run as root.
    fn postgres(&self, program: &str) -> anyhow::Result<Command> {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .context("PostgreSQL is not installed: run tests/run")?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(program)))
            .filter(|path| path.exists())
            .collect();
        versions.sort();
        let Some(path) = versions.pop() else {
            bail!("{program} is not installed: run tests/run");
        };
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
            command.arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path());
        Ok(command)
    }

    /// Tells MariaDB to keep its temporary files to itself: where it starts, it clears away all that
    /// it finds, those of other servers too.
    fn scratch(&self) -> String {
        format!("--tmpdir={}", self.folder.path().display())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

/// A connection of the county's own software.
pub enum Session {
    /// To PostgreSQL; the client first, so that it says goodbye.
    Postgres(Box<(tokio_postgres::Client, Runtime)>),
    /// To MariaDB.
    MariaDb(Box<mysql::Conn>),
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Session")
    }
}

impl Session {
    /// Says something to the server.
    ///
    /// # Errors
    /// Returns the server's words.
    pub fn execute(&mut self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Postgres(open) => {
                let (client, runtime) = &**open;
                runtime.block_on(client.batch_execute(sql))?;
            }
            Self::MariaDb(connection) => connection.query_drop(sql)?,
        }
        Ok(())
    }

    /// Locks `bookings` against everybody, until this connection ends.
    ///
    /// # Errors
    /// Returns the server's words.
    pub fn lock(mut self) -> anyhow::Result<Self> {
        let sql = match self {
            Self::Postgres(_) => "BEGIN; LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE",
            Self::MariaDb(_) => "LOCK TABLES bookings WRITE",
        };
        self.execute(sql)?;
        Ok(self)
    }
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// Returns the system's error.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(())
}
