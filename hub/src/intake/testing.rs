//! Invented agencies for tests: their agents, the batches that these sign, and a store to take them.

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::ObservedAt;
use savin_shared::delta::{self, Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::envelope::{SealedBatch, Unsealed, seal};
use savin_shared::event::EventCode as Code;
use savin_shared::frame::snapshot::SnapshotRow;
use savin_shared::hash::Hash;
use savin_shared::ids::{
    AgencyId, AgentId, Epoch, FacilityCode, FeedName, PersonNumber, RecordKey, RecordNumber,
};
use savin_shared::pii::Pii;
use savin_shared::record::custody::{
    Charge, Custody, CustodyState, Disposition, DispositionKind, ReleaseReason,
};
use savin_shared::record::subject::{PersonName, Subject};
use savin_shared::record::{Record, RecordBody, RecordKind};
use savin_shared::sign::SigningKey;

use super::batches::{Outcome, take};
use super::{Moment, Speaker, open};
use crate::ids::EventPosition;
use crate::store::Store;
use crate::store::registry::agency::{self, Agency};
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::event::{self, Event};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::{SCHEMA, record};
use crate::store::testing::places;

/// By what the tests know expunged records again.
pub(crate) const ORDERS: OrderKey = OrderKey::new([9; 32]);

pub(crate) const IN: CustodyState = CustodyState::InCustody;
pub(crate) const BOND: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);

/// One agency's agent, its key and where its chain ends.
pub(crate) struct Jail {
    pub(crate) speaker: Speaker,
    pub(crate) key: SigningKey,
    pub(crate) end: Position,
    pub(crate) digest: Digest,
    pub(crate) rows: Vec<(FeedName, RecordKey, Hash, SnapshotRow)>,
}

impl Jail {
    pub(crate) fn new(store: &Store, number: u8) -> Self {
        let key = SigningKey::from_seed(&[number; 32]).unwrap();
        let speaker = Speaker {
            agent: AgentId::from_bytes([number; 16]),
            agency: AgencyId::new(&format!("MS00{number}")).unwrap(),
            facilities: vec![FacilityCode::new(&format!("JAIL-{number}")).unwrap()],
            batch_key: key.verifying_key(),
        };
        enrol(store, &speaker);
        let end = Position::genesis(speaker.agent, Epoch::from_bytes([number; 16]));
        Self {
            speaker,
            key,
            end,
            digest: Digest::default(),
            rows: Vec::new(),
        }
    }

    /// Enrols another agent for the same agency, with a journal of its own.
    pub(crate) fn replaced(&self, store: &Store, number: u8) -> Self {
        let key = SigningKey::from_seed(&[number; 32]).unwrap();
        let speaker = Speaker {
            agent: AgentId::from_bytes([number; 16]),
            batch_key: key.verifying_key(),
            ..self.speaker.clone()
        };
        enrol(store, &speaker);
        let end = Position::genesis(speaker.agent, Epoch::from_bytes([number; 16]));
        Self {
            speaker,
            key,
            end,
            digest: Digest::default(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn record(&self, number: &str, state: CustodyState) -> Record {
        let number = RecordNumber::new(number).unwrap();
        Record {
            facility: self.speaker.facilities[0].clone(),
            subject: Subject {
                person_number: Some(PersonNumber::new(&format!("P{number}")).unwrap()),
                name: Some(name("SAMPLE", &format!("AVERY{number}"))),
                ..Subject::default()
            },
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(Custody::new(number, state))),
        }
    }

    /// A roster row.
    pub(crate) fn lists(&mut self, origin: Origin, record: &Record) -> Vec<u8> {
        self.row(
            "roster",
            origin,
            record,
            (Coverage::Full, Evidence::Listing),
        )
    }

    /// A transaction.
    pub(crate) fn tells(&mut self, record: &Record) -> Vec<u8> {
        self.row(
            "moves",
            Origin::Live,
            record,
            (Coverage::Partial, Evidence::Transaction),
        )
    }

    pub(crate) fn row(
        &mut self,
        feed: &str,
        origin: Origin,
        record: &Record,
        (coverage, evidence): (Coverage, Evidence),
    ) -> Vec<u8> {
        let (feed, key) = (FeedName::new(feed).unwrap(), record.key());
        let row = Row::of(record).unwrap();
        self.unlist(&feed, &key);
        self.digest.add(&key_hash(&feed, &key), &row.hash());
        let state_row = SnapshotRow {
            feed: feed.clone(),
            coverage: coverage.code(),
            evidence: evidence.code(),
            row: row.bytes().to_vec(),
        };
        self.rows.push((feed.clone(), key, row.hash(), state_row));
        encoded(
            feed,
            origin,
            Change::Upsert {
                row,
                coverage,
                evidence,
            },
        )
    }

    pub(crate) fn misses(&mut self, number: &str) -> Vec<u8> {
        let number = RecordNumber::new(number).unwrap();
        let key = RecordKey {
            kind: RecordKind::Custody,
            number,
        };
        let feed = FeedName::new("roster").unwrap();
        self.unlist(&feed, &key);
        encoded(feed, Origin::Live, Change::NoLongerListed(key))
    }

    pub(crate) fn unlist(&mut self, feed: &FeedName, key: &RecordKey) {
        let digest = &mut self.digest;
        self.rows.retain(|(other, listed, hash, _)| {
            let stays = other != feed || listed != key;
            if !stays {
                digest.remove(&key_hash(feed, key), hash);
            }
            stays
        });
    }

    pub(crate) fn batch(&mut self, bodies: Vec<Vec<u8>>) -> SealedBatch {
        let batch = seal(Unsealed {
            agent: self.speaker.agent,
            previous: self.end,
            secret: [7; 16],
            bodies,
            state_digest: Some(self.digest.root()),
            sealed_at: now(),
            key: &self.key,
        })
        .unwrap();
        self.end = batch.header.after();
        batch
    }
}

/// Charges a record's person, with what became of each charge.
pub(crate) fn charged(mut record: Record, kinds: &[Option<DispositionKind>]) -> Record {
    if let RecordBody::Custody(custody) = &mut record.body {
        custody.charges = (0..)
            .zip(kinds)
            .map(|(number, kind)| Charge {
                statute: None,
                text: Some(format!("TEST {number}")),
                level: None,
                disposition: kind.map(|kind| Disposition { kind, at: None }),
            })
            .collect();
    }
    record
}

pub(crate) fn encoded(feed: FeedName, origin: Origin, change: Change) -> Vec<u8> {
    let delta = Delta {
        observed_at: ObservedAt(now()),
        feed,
        origin,
        change,
    };
    delta::encode(&delta).unwrap()
}

pub(crate) fn name(surname: &str, given: &str) -> PersonName {
    PersonName {
        surname: Pii::new(surname.to_owned()),
        given: Some(Pii::new(given.to_owned())),
        middle: None,
        suffix: None,
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

pub(crate) const fn moment(now: Timestamp) -> Moment {
    Moment {
        now,
        random,
        orders: ORDERS,
    }
}

/// A different person at each call, on whichever thread of the store.
pub(crate) fn random() -> [u8; 16] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    (u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64).to_be_bytes()
}

pub(crate) fn enrol(store: &Store, speaker: &Speaker) {
    let speaker = speaker.clone();
    let write = move |tx: &mut crate::store::conn::Tx<'_>| {
        let name = "Test".to_owned();
        let agency = Agency {
            agency: speaker.agency.clone(),
            name,
            county: None,
        };
        agency::put(tx, &agency, now())?;
        agent::insert(
            tx,
            &Agent {
                agent: speaker.agent,
                agency: speaker.agency.clone(),
                facilities: speaker.facilities.clone(),
                batch_key: speaker.batch_key,
                state: AgentState::Active,
                certificate_ends: now(),
                build: "test".to_owned(),
                enrolled_at: now(),
                heard_at: None,
                spool_deltas: 0,
            },
        )
    };
    store.write_now("enrol", write).unwrap();
}

pub(crate) fn each(name: &str, test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), name) {
        test(&Store::open(&place, &SCHEMA).unwrap());
    }
}

pub(crate) fn send(store: &Store, batches: &[(&Jail, &SealedBatch)]) -> Vec<Outcome> {
    let group: Vec<_> = batches
        .iter()
        .map(|(jail, batch)| open(&jail.speaker, (*batch).clone()).unwrap())
        .collect();
    store
        .write_now("intake", move |tx| take(tx, &group, moment(now())))
        .unwrap()
}

pub(crate) fn send_one(store: &Store, jail: &Jail, batch: &SealedBatch) -> Outcome {
    send(store, &[(jail, batch)]).pop().unwrap()
}

pub(crate) fn events(store: &Store) -> Vec<Event> {
    let all = store
        .read_now("events", |tx| event::after(tx, EventPosition(0), 1000))
        .unwrap();
    all.into_iter().map(|(_, event)| event).collect()
}

pub(crate) fn codes(store: &Store) -> Vec<Code> {
    events(store).into_iter().map(|event| event.code).collect()
}

pub(crate) fn assert_durable(outcome: &Outcome, jail: &Jail) {
    let Outcome::Durable {
        position,
        digest_differs,
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(*position, jail.end);
    assert!(!digest_differs, "the mirror differs");
}

pub(crate) fn load(store: &Store, jail: &Jail, number: &str) -> record::RecordRow {
    let number = RecordNumber::new(number).unwrap();
    let key = (
        jail.speaker.agency.clone(),
        RecordKey {
            kind: RecordKind::Custody,
            number,
        },
    );
    let rows = store
        .read_now("load", move |tx| {
            record::load_many(tx, std::slice::from_ref(&key))
        })
        .unwrap();
    rows.into_iter().next().flatten().unwrap()
}
