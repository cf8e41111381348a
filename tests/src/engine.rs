//! Where a test's hub keeps its data: files, or a database of its own on the tests' server.

use std::path::Path;

use anyhow::{Context as _, bail};
use savin_hub::store::testing::SERVER;
use tokio_postgres::NoTls;

use crate::clock::wall;

/// One of the two engines, fresh.
#[derive(Debug)]
pub enum Engine {
    /// SQLite files beside the hub's configuration.
    Files,
    /// A database on a PostgreSQL server, which is dropped with this value.
    Server(Database),
}

impl Engine {
    /// Returns both, fresh.
    ///
    /// # Errors
    /// Returns why there is no PostgreSQL server: a test that is left out would look like one that
    /// passed.
    pub fn both() -> anyhow::Result<[Self; 2]> {
        Ok([Self::Files, Self::server()?])
    }

    /// Does the same with both, fresh, beside each other: for what waits most of the time.
    ///
    /// # Errors
    /// Returns what failed, and with which.
    pub fn each(does: impl Fn(&Self) -> anyhow::Result<()> + Sync) -> anyhow::Result<()> {
        let [one, other] = Self::both()?;
        let done = |engine: &Self| does(engine).with_context(|| engine.name());
        std::thread::scope(|scope| {
            let beside = scope.spawn(|| done(&other));
            let first = done(&one);
            let second = beside.join();
            first.and(second.unwrap_or_else(|_panicked| bail!("{} panicked", other.name())))
        })
    }

    /// Returns a fresh database on the tests' PostgreSQL server.
    ///
    /// # Errors
    /// Returns why there is no server.
    pub fn server() -> anyhow::Result<Self> {
        Ok(Self::Server(Database::make()?))
    }

    /// Returns what a hub's configuration says of it.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Files => None,
            Self::Server(database) => Some(database.url.clone()),
        }
    }

    /// Wrecks a hub's database, `registry` or `vault`, so that it cannot be read: the file is noise, the schema lacks a
    /// table.
    ///
    /// # Errors
    /// Returns the system's or the server's error.
    pub fn wreck(&self, data: &Path, database: &str) -> anyhow::Result<()> {
        match self {
            Self::Files => {
                for ending in ["-wal", "-shm"] {
                    // There is none where the hub ended well.
                    let _gone =
                        std::fs::remove_file(data.join(format!("{database}.sqlite{ending}")));
                }
                std::fs::write(data.join(format!("{database}.sqlite")), [0x5A; 8192])
                    .context("failed to wreck a file")
            }
            Self::Server(_) => {
                let table = if database == "vault" {
                    "contact"
                } else {
                    "decision"
                };
                self.change(&format!("DROP TABLE savin_{database}.{table} CASCADE"))
            }
        }
    }

    /// Has a server do something in this database.
    ///
    /// # Errors
    /// Returns the server's error, or that there is none.
    pub fn change(&self, sql: &str) -> anyhow::Result<()> {
        let Self::Server(database) = self else {
            bail!("there is no server")
        };
        administer(&database.url, sql)
    }

    /// Returns what to call it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Files => "SQLite",
            Self::Server(_) => "PostgreSQL",
        }
    }
}

/// A database of one test's own.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    fn make() -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the tests' server comes from their environment"
        )]
        let server = std::env::var(SERVER).with_context(|| {
            format!("{SERVER} names no server: run tests/run, which starts one")
        })?;
        let name = format!(
            "savin_{}_{}",
            std::process::id(),
            wall().as_nanosecond().unsigned_abs()
        );
        administer(&server, &format!("CREATE DATABASE {name}"))?;
        let (address, _database) = server
            .rsplit_once('/')
            .context("the server's URL ends with /DATABASE")?;
        Ok(Self {
            url: format!("{address}/{name}"),
            server,
            name,
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The server ends with the tests, and everything in it.
        let _left = administer(&self.server, &sql);
    }
}

fn administer(server: &str, sql: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start a runtime")?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(server, NoTls)
            .await
            .context("failed to connect to the tests' server")?;
        tokio::select! {
            done = client.batch_execute(sql) => done.with_context(|| format!("failed: {sql}")),
            lost = connection => lost.context("the tests' server hung up"),
        }
    })
}
