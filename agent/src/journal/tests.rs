//! The journal on a real file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::{Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::envelope::open;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName, RecordNumber, Seq};
use savin_shared::receipt::Receipt;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::SigningKey;

use super::feed::{Ended, FeedState};
use super::hold::HoldUpdate;
use super::{Capture, Journal, JournalError, Step, feed, position, receipt, shadow, spool};
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
        steps,
        state: state(),
        export: None,
        told: Vec::new(),
        lost: None,
        ended: Ended::default(),
        hold: HoldUpdate::Keep,
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
                .commit(&signer(), &capture(&feed, steps))
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
        journal.commit(&signer(), &capture(&feed, steps)).unwrap();
    }
    let (shadow, standpoint) = journal
        .read(|tx| Ok((shadow::load(tx, &feed)?, position::load(tx)?.unwrap())))
        .unwrap();
    let mut digest = savin_shared::digest::Digest::default();
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
        .commit(&signer(), &capture(&feed, vec![step(&record(1, "A"))]))
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
        journal.commit(&signer(), &capture(&feed, steps)).unwrap();
    }
    let first = |journal: &mut Journal, after| {
        journal
            .read(|tx| spool::after(tx, epoch(), after, 2))
            .unwrap()
            .len()
    };
    assert_eq!(first(&mut journal, Seq(1)), 2);
    let later: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    assert!(
        journal
            .write(|tx| spool::prune(tx, epoch(), Seq(2), later))
            .unwrap()
    );
    assert_eq!(first(&mut journal, Seq(2)), 1);
    assert_eq!(first(&mut journal, Seq::ZERO), 0);
    let backlog = journal
        .read(|tx| spool::backlog(tx, epoch(), Seq(2)))
        .unwrap();
    assert_eq!(backlog.deltas, 1);
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
fn counts_losses_by_day() {
    let mut journal = Journal::scratch(agent(), epoch()).unwrap();
    let feed = roster();
    let days: BTreeMap<i8, u64> = [(1, 4), (2, 0), (3, 7)].into();
    for (day, lost) in days {
        let mut capture = capture(&feed, Vec::new());
        capture.lost = Some((jiff::civil::date(2026, 6, day), lost));
        journal.commit(&signer(), &capture).unwrap();
        capture.lost = Some((jiff::civil::date(2026, 6, day), 1));
        journal.commit(&signer(), &capture).unwrap();
    }
    let third = jiff::civil::date(2026, 6, 3);
    assert_eq!(
        journal.read(|tx| feed::losses(tx, &feed, third)).unwrap(),
        (8, vec![1, 5])
    );
}
