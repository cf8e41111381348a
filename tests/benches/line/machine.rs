//! What the machine itself can do: the limits that no program beats.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::Connection;
use savin_shared::hash::Hash;
use savin_tests::clock::monotonic;

use crate::table::share;

const SYNCS: usize = 100;
const TRIPS: usize = 2_000;
const HASHED: usize = 64 * 1024 * 1024;

/// The machine's figures.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Writing 4 KiB and `fdatasync`, the median.
    pub(crate) sync: Duration,
    /// The same, the 99th percentile.
    pub(crate) sync_p99: Duration,
    /// A datagram there and back on loopback, the median.
    pub(crate) trip: Duration,
    /// Megabytes a second through SHA-256.
    pub(crate) hash_mb_s: f64,
}

impl Machine {
    /// Measures.
    pub(crate) fn measure(folder: &Path) -> anyhow::Result<Self> {
        let syncs = syncs(folder)?;
        let trips = trips()?;
        let bytes = vec![7; HASHED];
        let began = monotonic();
        let hash = Hash::of(&bytes);
        let took = began.elapsed().as_secs_f64();
        std::hint::black_box(hash);
        Ok(Self {
            sync: share(&syncs, 500),
            sync_p99: share(&syncs, 990),
            trip: share(&trips, 500),
            hash_mb_s: 64.0 * 1.048_576 / took,
        })
    }
}

fn syncs(folder: &Path) -> anyhow::Result<Vec<Duration>> {
    let mut disk = Disk::open(folder)?;
    (0..SYNCS).map(|_| disk.sync()).collect()
}

/// A file whose beginning is written again and again, as a log in its place is.
#[derive(Debug)]
pub(crate) struct Disk(File);

impl Disk {
    /// Makes the file.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = File::create(folder.join("sync")).context("failed to make a file")?;
        Ok(Self(file))
    }

    /// Writes 4 KiB until they are on the disk, and returns how long that took. A disk has moods that
    /// last for minutes: what is compared with it is measured in turn with it.
    pub(crate) fn sync(&mut self) -> anyhow::Result<Duration> {
        let began = monotonic();
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&[1; 4096])?;
        self.0.sync_data()?;
        Ok(began.elapsed())
    }
}

/// Two bare SQLite files, one for the agent's commit and one for the hub's: what no program on SQLite
/// beats between a change and the hub's durable word on it.
#[derive(Debug)]
pub(crate) struct Commits([Connection; 2]);

impl Commits {
    /// Makes the files.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let open = |name: &str| -> anyhow::Result<Connection> {
            let connection = Connection::open(folder.join(name))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection
                .execute_batch("CREATE TABLE row (number INTEGER PRIMARY KEY, bytes BLOB)")?;
            Ok(connection)
        };
        Ok(Self([open("agent.sqlite")?, open("hub.sqlite")?]))
    }

    /// Writes so many rows to one file and then to the other, each durable, and returns how long that
    /// took.
    pub(crate) fn commit(&mut self, rows: usize) -> anyhow::Result<Duration> {
        let began = monotonic();
        for connection in &mut self.0 {
            let tx = connection.transaction()?;
            for number in 0..rows {
                let number = i64::try_from(number)?;
                let sql = "INSERT OR REPLACE INTO row VALUES (?1, randomblob(250))";
                tx.prepare_cached(sql)?.execute([number])?;
            }
            tx.commit()?;
        }
        Ok(began.elapsed())
    }
}

fn trips() -> anyhow::Result<Vec<Duration>> {
    let there = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let here = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    here.connect(there.local_addr()?)?;
    let echo = std::thread::spawn(move || -> std::io::Result<()> {
        let mut bytes = [0; 1200];
        for _ in 0..TRIPS {
            let (length, from) = there.recv_from(&mut bytes)?;
            there.send_to(bytes.get(..length).unwrap_or_default(), from)?;
        }
        Ok(())
    });
    let mut bytes = [0; 1200];
    let mut took = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        let began = monotonic();
        here.send(&bytes)?;
        here.recv(&mut bytes)?;
        took.push(began.elapsed());
    }
    echo.join()
        .map_err(|_panic| anyhow::anyhow!("the echo panicked"))??;
    Ok(took)
}
