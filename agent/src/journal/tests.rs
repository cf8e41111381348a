//! The journal on a real file.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::envelope::open;
use savin_shared::fault::Fault;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName, RecordNumber, Seq};
use savin_shared::receipt::Receipt;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::SigningKey;

use super::feed::{Ended, FeedState, Passage};
use super::hold::HoldUpdate;
use super::{Capture, Journal, JournalError, Step, Steps, feed, position, receipt, shadow, spool};
use crate::guard::Day;
use crate::mapping::standing::Standing;
use crate::signer::Signer;

fn agent() -> AgentId {
    AgentId::from_bytes([1; 16])
}

fn epoch() -> Epoch {
    Epoch::from_bytes([2; 16])
}

fn signer() -> Signer {
    Signer::new(agent(), SigningKey::from_seed(&[3; 32]).unwrap())
}

fn roster() -> FeedName {
    FeedName::new("roster").unwrap()
}

fn record(number: u32, cell: &str) -> Record {
    let number = RecordNumber::new(&format!("B{number}")).unwrap();
    let mut custody = Custody::new(number, CustodyState::InCustody);
    custody.location = Some(cell.to_owned());
    Record {
        facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
        subject: Subject::default(),
        entered_at: None,
        synthetic: false,
        body: RecordBody::Custody(Box::new(custody)),
    }
}

fn step(record: &Record) -> Step {
    let row = Row::of(record).unwrap();
    let change = Change::Upsert {
        row,
        coverage: Coverage::Full,
        evidence: Evidence::Listing,
    };
    wrapped(record, change)
}

fn wrapped(record: &Record, change: Change) -> Step {
    let observed_at = ObservedAt(Timestamp::UNIX_EPOCH);
    Step {
        key: Some(record.key()),
        standing: Standing::Open,
        delta: Delta {
            observed_at,
            feed: roster(),
            origin: Origin::Live,
            change,
        },
    }
}

fn state() -> FeedState {
    FeedState::begin(Timestamp::UNIX_EPOCH)
}

fn capture(feed: &FeedName, steps: Vec<Step>) -> Capture<'_> {
    Capture {
        feed,
        follows: None,
        steps: Steps::made(steps.into_iter()),
        state: state(),
        export: None,
        told: Vec::new(),
        passage: None,
        ended: Ended::default(),
        hold: HoldUpdate::Keep,
        shape: None,
        secret: [4; 16],
        at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn stores_a_capture_whole_and_finds_it_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let feed = roster();
    let steps: Vec<Step> = (0..700).map(|number| step(&record(number, "A"))).collect();
    {
        let mut journal = Journal::open(&path, agent(), epoch()).unwrap();
        assert_eq!(
            journal
                .commit(&signer(), capture(&feed, steps))
                .unwrap()
                .len(),
            2
        );
    }
    let mut journal = Journal::open(&path, agent(), Epoch::from_bytes([9; 16])).unwrap();
    let standpoint = journal.read(|tx| Ok(position::load(tx)?.unwrap())).unwrap();
    assert_eq!(
        (standpoint.end.epoch, standpoint.end.seq),
        (epoch(), Seq(700))
    );
    assert_eq!(standpoint.digest.rows(), 700);
    let batches = journal
        .read(|tx| spool::after(tx, epoch(), Seq::ZERO, 9))
        .unwrap();
    for batch in &batches {
        assert!(open(batch, &signer().key().verifying_key()).is_ok());
    }
    assert_eq!(batches[1].header.after(), standpoint.end);
    assert_eq!(
        batches[1].header.state_digest,
        Some(standpoint.digest.root())
    );
    assert_eq!(
        journal.read(|tx| shadow::load(tx, &feed)).unwrap().len(),
        700
    );
}

#[cfg(unix)]
#[test]
fn is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let feed = roster();
    let mut journal = Journal::open(&path, agent(), epoch()).unwrap();
    let steps = vec![step(&record(1, "A"))];
    journal.commit(&signer(), capture(&feed, steps)).unwrap();
    let mut modes = BTreeMap::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        modes.insert(entry.file_name().into_string().unwrap(), mode);
    }
    let files = ["journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal"];
    let expected: BTreeMap<_, _> = files.map(|file| (file.to_owned(), 0o600)).into();
    assert_eq!(modes, expected);
}

#[test]
fn trusts_nothing_that_lies_in_the_log_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let feed = roster();
    let mut before = Journal::open(&path, agent(), epoch()).unwrap();
    let steps = vec![step(&record(1, "A"))];
    before.commit(&signer(), capture(&feed, steps)).unwrap();
    let log = || {
        std::fs::metadata(path.with_extension("sqlite-wal"))
            .unwrap()
            .len()
    };
    assert!(log() > 0);
    let mut journal = Journal::open(&path, agent(), epoch()).unwrap();
    journal.set_busy(Duration::ZERO);
    // Another process reads what the log holds.
    let busy = before.read(|tx| {
        position::load(tx)?;
        Ok(journal.settle())
    });
    assert!(matches!(busy, Ok(Err(JournalError::Busy))));
    journal.settle().unwrap();
    assert_eq!(log(), 0);
}

#[test]
fn waits_out_a_full_disk_and_stores_nothing_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let feed = roster();
    let steps: Vec<Step> = (0..700).map(|number| step(&record(number, "A"))).collect();
    let mut journal = Journal::open(&path, agent(), epoch()).unwrap();
    let room = |journal: &Journal, pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        journal.connection.query_row(&sql, [], |_| Ok(())).unwrap();
    };
    room(&journal, 1);
    let full = journal.commit(&signer(), capture(&feed, steps.clone()));
    let error = full.unwrap_err();
    assert!(
        error.is_disk_full() && error.fault() == Fault::Retry,
        "{error}"
    );
    let standpoint = journal.read(|tx| Ok(position::load(tx)?.unwrap())).unwrap();
    assert_eq!(
        (standpoint.end.seq, standpoint.digest.rows()),
        (Seq::ZERO, 0)
    );
    room(&journal, 100_000);
    let stored = journal.commit(&signer(), capture(&feed, steps)).unwrap();
    assert_eq!(stored.len(), 2);
}

#[test]
fn refuses_what_was_compared_with_a_journal_that_has_moved_since() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let feed = roster();
    let mut one = Journal::open(&path, agent(), epoch()).unwrap();
    let mut other = Journal::open(&path, agent(), epoch()).unwrap();
    let read = |journal: &mut Journal| {
        let standpoint = journal.read(|tx| Ok(position::load(tx)?.unwrap()));
        standpoint.unwrap().end
    };
    let both = [read(&mut one), read(&mut other)];
    let [first, second] = both.map(|end| {
        let mut capture = capture(&feed, vec![step(&record(1, "A"))]);
        capture.follows = Some(end);
        capture
    });
    one.commit(&signer(), first).unwrap();
    let moved = other.commit(&signer(), second);
    assert!(matches!(moved, Err(JournalError::Moved)));
    assert_eq!(read(&mut other).seq, Seq(1));
}

#[test]
fn keeps_the_digest_equal_to_the_shadow() {
    let mut journal = Journal::scratch(agent(), epoch()).unwrap();
    let feed = roster();
    let missing = record(2, "A");
    let gone = Change::NoLongerListed(missing.key());
    for steps in [
        vec![step(&record(1, "A")), step(&missing)],
        vec![step(&record(1, "B")), wrapped(&missing, gone)],
    ] {
        journal.commit(&signer(), capture(&feed, steps)).unwrap();
    }
    let (shadow, standpoint) = journal
        .read(|tx| Ok((shadow::load(tx, &feed)?, position::load(tx)?.unwrap())))
        .unwrap();
    let mut digest = savin_shared::digest::Digest::default();
    let shadow: BTreeMap<_, _> = shadow.into_iter().collect();
    for (key, shadowed) in &shadow {
        digest.add(&savin_shared::digest::key_hash(&feed, key), &shadowed.hash);
    }
    assert_eq!(shadow.len(), 1);
    assert_eq!(digest, standpoint.digest);
}

#[test]
fn keeps_receipts_of_its_own_history_only() {
    let mut journal = Journal::scratch(agent(), epoch()).unwrap();
    let feed = roster();
    let batches = journal
        .commit(&signer(), capture(&feed, vec![step(&record(1, "A"))]))
        .unwrap();
    let hub = SigningKey::from_seed(&[7; 32]).unwrap();
    let sign = |position| Receipt::sign(agent(), position, ReceivedAt(Timestamp::UNIX_EPOCH), &hub);
    let ours = sign(batches[0].header.after());
    let other = sign(Position {
        head: Hash::of(b"other"),
        ..batches[0].header.after()
    });
    assert!(!journal.write(|tx| receipt::keep(tx, &other)).unwrap());
    assert!(journal.write(|tx| receipt::keep(tx, &ours)).unwrap());
    let acked = journal
        .read(|tx| Ok(position::load(tx)?.unwrap().acked))
        .unwrap();
    assert_eq!(acked, Seq(1));
    assert_eq!(
        journal.read(|tx| receipt::newest(tx, None, 5)).unwrap(),
        [ours]
    );
}

#[test]
fn gives_batches_only_without_a_gap() {
    let mut journal = Journal::scratch(agent(), epoch()).unwrap();
    let feed = roster();
    for number in 0..3 {
        let steps = vec![step(&record(number, "A"))];
        journal.commit(&signer(), capture(&feed, steps)).unwrap();
    }
    let first = |journal: &mut Journal, after| {
        journal
            .read(|tx| spool::after(tx, epoch(), after, 2))
            .unwrap()
            .len()
    };
    assert_eq!(first(&mut journal, Seq(1)), 2);
    assert_eq!(first(&mut journal, Seq(2)), 1);
    assert_eq!(first(&mut journal, Seq(3)), 0);
    let backlog = journal
        .read(|tx| spool::backlog(tx, epoch(), Seq(2)))
        .unwrap();
    assert_eq!(backlog.deltas, 1);
}

#[test]
fn forgets_what_is_acknowledged_by_age_and_by_size_but_never_where_the_hub_stands() {
    let long_ago = Timestamp::UNIX_EPOCH;
    let later = long_ago + jiff::SignedDuration::from_hours(1);
    for (sealed_before, bytes_max) in [(later, u64::MAX), (long_ago, 1)] {
        let mut journal = Journal::scratch(agent(), epoch()).unwrap();
        let feed = roster();
        let hub = SigningKey::from_seed(&[7; 32]).unwrap();
        let prune = |journal: &mut Journal| {
            journal
                .write(|tx| spool::prune(tx, sealed_before, bytes_max))
                .unwrap()
        };
        for number in 0..4 {
            let steps = vec![step(&record(number, "A"))];
            journal.commit(&signer(), capture(&feed, steps)).unwrap();
        }
        let standpoint = |journal: &mut Journal| {
            let standpoint = journal.read(|tx| Ok(position::load(tx)?.unwrap()));
            standpoint.unwrap()
        };
        assert_eq!(prune(&mut journal), 0, "nothing is acknowledged");
        assert!(standpoint(&mut journal).complete);
        let third = journal
            .read(|tx| spool::after(tx, epoch(), Seq(2), 1))
            .unwrap();
        let stands_at = third[0].header.after();
        let receipt = Receipt::sign(agent(), stands_at, ReceivedAt(long_ago), &hub);
        journal.write(|tx| receipt::keep(tx, &receipt)).unwrap();
        assert_eq!(prune(&mut journal), 2);
        assert!(!standpoint(&mut journal).complete);
        assert!(journal.read(|tx| spool::holds(tx, &stands_at)).unwrap());
        let left = journal
            .read(|tx| spool::after(tx, epoch(), Seq(3), 9))
            .unwrap();
        assert_eq!(left.len(), 1);
    }
}

#[test]
fn belongs_to_one_agent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    drop(Journal::open(&path, agent(), epoch()).unwrap());
    let other = Journal::open(&path, AgentId::from_bytes([8; 16]), epoch());
    assert!(matches!(other, Err(JournalError::OtherAgent)));
}

#[test]
fn refuses_a_file_of_a_newer_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    drop(Journal::open(&path, agent(), epoch()).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(
        Journal::open(&path, agent(), epoch()),
        Err(JournalError::Newer)
    ));
}

#[test]
fn counts_by_day_who_came_and_who_left() {
    let mut journal = Journal::scratch(agent(), epoch()).unwrap();
    let feed = roster();
    let days: BTreeMap<i8, u64> = [(1, 4), (2, 0), (3, 7)].into();
    for (day, lost) in days {
        let passages = [(lost, 0, 2, 30), (1, 5, 1, 29)];
        for (lost, approved, admitted, listed) in passages {
            let day_of = Day {
                lost,
                admitted,
                listed,
                span: 1,
            };
            let passage = Passage {
                day: day_of,
                approved,
            };
            let mut capture = capture(&feed, Vec::new());
            capture.passage = Some((jiff::civil::date(2026, 6, day), passage));
            journal.commit(&signer(), capture).unwrap();
        }
    }
    let third = jiff::civil::date(2026, 6, 3);
    let (now, before) = journal.read(|tx| feed::days(tx, &feed, third)).unwrap();
    let day = |lost| Day {
        lost,
        admitted: 3,
        listed: 30,
        span: 1,
    };
    // Today spans the days of which nothing was counted.
    let sixth = jiff::civil::date(2026, 6, 6);
    let (later, known) = journal.read(|tx| feed::days(tx, &feed, sixth)).unwrap();
    assert_eq!((later.lost, later.span, known.len()), (0, 3, 3));
    // What a person let pass today counts for other days, and not against today.
    assert_eq!((now, before), (day(8), vec![day(6), day(10)]));
}
