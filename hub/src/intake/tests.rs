//! Batches of invented agencies, taken in by a real store of each engine.

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::ObservedAt;
use savin_shared::delta::{self, Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::envelope::{SealedBatch, Unsealed, seal};
use savin_shared::event::EventCode as Code;
use savin_shared::frame::heartbeat::FeedBeat;
use savin_shared::frame::live::NackReason;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::hash::Hash;
use savin_shared::ids::{
    AgencyId, AgentId, Epoch, FacilityCode, FeedName, OffenderId, PersonNumber, RecordKey,
    RecordNumber, Seq,
};
use savin_shared::pii::Pii;
use savin_shared::record::custody::{Custody, CustodyState, ReleaseReason};
use savin_shared::record::subject::{PersonName, Subject};
use savin_shared::record::{Record, RecordBody, RecordKind};
use savin_shared::sign::{SigningKey, VerifyingKey};

use super::batches::{Outcome, take};
use super::{Moment, Refusal, Speaker, full_state, open};
use crate::ids::EventPosition;
use crate::store::registry::agency::{self, Agency};
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::event::{self, Event};
use crate::store::registry::feed;
use crate::store::registry::{SCHEMA, listing, lookup, position, record};
use crate::store::testing::places;
use crate::store::{Store, StoreError};

const IN: CustodyState = CustodyState::InCustody;
const BOND: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);

/// One agency's agent, its key and where its chain ends.
struct Jail {
    speaker: Speaker,
    key: SigningKey,
    end: Position,
    digest: Digest,
    rows: Vec<(FeedName, RecordKey, Hash, SnapshotRow)>,
}

impl Jail {
    fn new(store: &Store, number: u8) -> Self {
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

    fn record(&self, number: &str, state: CustodyState) -> Record {
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
    fn lists(&mut self, origin: Origin, record: &Record) -> Vec<u8> {
        self.row(
            "roster",
            origin,
            record,
            (Coverage::Full, Evidence::Listing),
        )
    }

    /// A transaction.
    fn tells(&mut self, record: &Record) -> Vec<u8> {
        self.row(
            "moves",
            Origin::Live,
            record,
            (Coverage::Partial, Evidence::Transaction),
        )
    }

    fn row(
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

    fn misses(&mut self, number: &str) -> Vec<u8> {
        let number = RecordNumber::new(number).unwrap();
        let key = RecordKey {
            kind: RecordKind::Custody,
            number,
        };
        let feed = FeedName::new("roster").unwrap();
        self.unlist(&feed, &key);
        encoded(feed, Origin::Live, Change::NoLongerListed(key))
    }

    fn unlist(&mut self, feed: &FeedName, key: &RecordKey) {
        let digest = &mut self.digest;
        self.rows.retain(|(other, listed, hash, _)| {
            let stays = other != feed || listed != key;
            if !stays {
                digest.remove(&key_hash(feed, key), hash);
            }
            stays
        });
    }

    fn batch(&mut self, bodies: Vec<Vec<u8>>) -> SealedBatch {
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

fn encoded(feed: FeedName, origin: Origin, change: Change) -> Vec<u8> {
    let delta = Delta {
        observed_at: ObservedAt(now()),
        feed,
        origin,
        change,
    };
    delta::encode(&delta).unwrap()
}

fn name(surname: &str, given: &str) -> PersonName {
    PersonName {
        surname: Pii::new(surname.to_owned()),
        given: Some(Pii::new(given.to_owned())),
        middle: None,
        suffix: None,
    }
}

fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

const fn moment(now: Timestamp) -> Moment {
    Moment { now, random }
}

/// A different person at each call, on whichever thread of the store.
fn random() -> [u8; 16] {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    (u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64).to_be_bytes()
}

fn enrol(store: &Store, speaker: &Speaker) {
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

fn each(name: &str, test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    for place in places(folder.path(), name) {
        test(&Store::open(&place, &SCHEMA).unwrap());
    }
}

fn send(store: &Store, batches: &[(&Jail, &SealedBatch)]) -> Vec<Outcome> {
    let group: Vec<_> = batches
        .iter()
        .map(|(jail, batch)| open(&jail.speaker, (*batch).clone()).unwrap())
        .collect();
    store
        .write_now("intake", move |tx| take(tx, &group, moment(now())))
        .unwrap()
}

fn send_one(store: &Store, jail: &Jail, batch: &SealedBatch) -> Outcome {
    send(store, &[(jail, batch)]).pop().unwrap()
}

fn events(store: &Store) -> Vec<Event> {
    let all = store
        .read_now("events", |tx| event::after(tx, EventPosition(0), 1000))
        .unwrap();
    all.into_iter().map(|(_, event)| event).collect()
}

fn codes(store: &Store) -> Vec<Code> {
    events(store).into_iter().map(|event| event.code).collect()
}

fn assert_durable(outcome: &Outcome, jail: &Jail) {
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

fn load(store: &Store, jail: &Jail, number: &str) -> record::RecordRow {
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

#[test]
fn tells_exactly_the_explicit_releases_and_none_from_absence() {
    each("intake_releases", |store| {
        let mut jail = Jail::new(store, 1);
        let numbers: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let baseline = numbers
            .iter()
            .map(|n| jail.lists(Origin::Baseline, &jail.record(n, IN)))
            .collect();
        let batch = jail.batch(baseline);
        assert_durable(&send_one(store, &jail, &batch), &jail);
        assert_eq!(codes(store), []);
        let bodies = ["1", "2", "3"]
            .map(|n| jail.tells(&jail.record(n, BOND)))
            .to_vec();
        let batch = jail.batch(bodies);
        assert_durable(&send_one(store, &jail, &batch), &jail);
        assert_eq!(codes(store), [Code::Released; 3]);
        // The roster drops those three and seven others.
        let bodies = numbers
            .iter()
            .skip(1)
            .take(10)
            .map(|n| jail.misses(n))
            .collect();
        let batch = jail.batch(bodies);
        assert_durable(&send_one(store, &jail, &batch), &jail);
        let released = codes(store)
            .into_iter()
            .filter(|code| *code == Code::Released)
            .count();
        assert_eq!(released, 3);
        let absent = codes(store)
            .into_iter()
            .filter(|code| *code == Code::NoLongerListed)
            .count();
        assert_eq!(absent, 7);
        assert_eq!(
            load(store, &jail, "1")
                .known
                .record
                .custody()
                .unwrap()
                .state,
            BOND
        );
    });
}

#[test]
fn keeps_up_to_when_a_feed_is_known_where_a_heartbeat_does_not_say() {
    each("feed_as_of", |store| {
        let jail = Jail::new(store, 1);
        let (name, facility) = (jail.speaker.agent, jail.speaker.facilities[0].clone());
        for (as_of_us, rows) in [(Some(5_000_000), 1), (None, 2)] {
            let beat = FeedBeat {
                feed: FeedName::new("roster").unwrap(),
                facility: facility.clone(),
                as_of_us,
                source_changed_us: None,
                rows,
                held: None,
            };
            let put = move |tx: &mut crate::store::conn::Tx<'_>| {
                feed::put(tx, name, std::slice::from_ref(&beat), now())
            };
            store.write_now("beat", put).unwrap();
        }
        let feeds = store.read_now("feeds", feed::all).unwrap();
        let as_of = feeds[0].as_of.map(Timestamp::as_second);
        assert_eq!((as_of, feeds[0].listed), (Some(5), 2));
    });
}

#[test]
fn takes_nothing_from_an_agent_whose_word_is_not_taken_any_more() {
    each("barred", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let name = jail.speaker.agent;
        let row = jail.lists(Origin::Live, &jail.record("1", IN));
        let batch = jail.batch(vec![row]);
        let row = other.lists(Origin::Live, &other.record("1", IN));
        let beside = other.batch(vec![row]);
        store
            .write_now("revoke", move |tx| agent::revoke(tx, name))
            .unwrap();
        let outcomes = send(store, &[(&jail, &batch), (&other, &beside)]);
        assert_eq!(outcomes[0], Outcome::Barred);
        assert!(matches!(outcomes[1], Outcome::Durable { .. }));
        let stands = store.read_now("position", move |tx| position::load(tx, name));
        assert_eq!(stands.unwrap(), None);
    });
}

#[test]
fn counts_what_is_durable_once_and_refuses_holes_and_forks() {
    each("intake_order", |store| {
        let mut jail = Jail::new(store, 1);
        let record = jail.record("1", IN);
        let first = {
            let bodies = vec![jail.lists(Origin::Live, &record)];
            jail.batch(bodies)
        };
        assert_durable(&send_one(store, &jail, &first), &jail);
        assert_durable(&send_one(store, &jail, &first), &jail);
        let second = {
            let bodies = vec![jail.misses("1")];
            jail.batch(bodies)
        };
        let third = {
            let bodies = vec![jail.lists(Origin::Live, &record)];
            jail.batch(bodies)
        };
        let hole = Outcome::Refused {
            reason: NackReason::Gap,
            expected: Seq(2),
        };
        assert_eq!(send_one(store, &jail, &third), hole);
        // Both at once, in one group: the second makes room for the third.
        let outcomes = send(store, &[(&jail, &second), (&jail, &third)]);
        assert_durable(&outcomes[1], &jail);
        assert_eq!(codes(store), [Code::Booked, Code::NoLongerListed]);
        // The same place on the chain with another content.
        jail.end = first.header.after();
        let other = {
            let bodies = vec![jail.lists(Origin::Live, &jail.record("9", IN))];
            jail.batch(bodies)
        };
        let fork = Outcome::Refused {
            reason: NackReason::Fork,
            expected: Seq(4),
        };
        assert_eq!(send_one(store, &jail, &other), fork);
        let name = jail.speaker.agent;
        let agent = store
            .read_now("agent", move |tx| agent::load(tx, name))
            .unwrap()
            .unwrap();
        assert!(matches!(agent.state, AgentState::Quarantined(_)));
    });
}

#[test]
fn refuses_what_its_speaker_did_not_sign_or_may_not_say() {
    each("intake_refusals", |store| {
        let (mut jail, other) = (Jail::new(store, 1), Jail::new(store, 2));
        let record = jail.record("1", IN);
        let body = jail.lists(Origin::Live, &record);
        let batch = jail.batch(vec![body]);
        assert_eq!(
            open(&other.speaker, batch.clone()).unwrap_err(),
            Refusal::OtherAgent
        );
        let mut tampered = batch.clone();
        tampered.header.span.last = Seq(2);
        let refusal = open(&jail.speaker, tampered).unwrap_err();
        assert_eq!(refusal.reason(), NackReason::BadSignature);
        let stranger = Speaker {
            batch_key: VerifyingKey([1; 32]),
            ..jail.speaker.clone()
        };
        assert_eq!(
            open(&stranger, batch).unwrap_err().reason(),
            NackReason::BadSignature
        );
        let mut foreign = jail.record("2", BOND);
        foreign.facility = other.speaker.facilities[0].clone();
        let body = jail.lists(Origin::Live, &foreign);
        let batch = jail.batch(vec![body]);
        let refusal = open(&jail.speaker, batch).unwrap_err();
        assert_eq!(refusal, Refusal::OtherFacility(foreign.facility));
        assert_eq!(refusal.reason(), NackReason::Scope);
        let garbage = jail.batch(vec![vec![9, 9, 9]]);
        assert_eq!(
            open(&jail.speaker, garbage).unwrap_err().reason(),
            NackReason::Schema
        );
    });
}

#[test]
fn takes_many_agencies_in_one_transaction() {
    each("intake_group", |store| {
        let mut jails: Vec<Jail> = (1..=5).map(|number| Jail::new(store, number)).collect();
        let batches: Vec<SealedBatch> = jails
            .iter_mut()
            .map(|jail| {
                let bodies =
                    (0..50).map(|n| jail.lists(Origin::Live, &jail.record(&n.to_string(), IN)));
                let bodies = bodies.collect();
                jail.batch(bodies)
            })
            .collect();
        let group: Vec<_> = jails.iter().zip(&batches).collect();
        for (outcome, jail) in send(store, &group).iter().zip(&jails) {
            assert_durable(outcome, jail);
        }
        assert_eq!(codes(store).len(), 250);
    });
}

#[test]
fn applies_a_full_state_as_the_difference() {
    each("intake_state", |store| {
        let mut jail = Jail::new(store, 1);
        let bodies = ["1", "2", "3"]
            .map(|n| jail.lists(Origin::Live, &jail.record(n, IN)))
            .to_vec();
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        // The journal is lost: a new life, in which one is gone, one is new and one is released.
        jail.end = Position::genesis(jail.speaker.agent, Epoch::from_bytes([99; 16]));
        jail.misses("1");
        jail.lists(Origin::Live, &jail.record("4", IN));
        jail.tells(&jail.record("2", BOND));
        let begin = SnapshotBegin::sign(
            jail.speaker.agent,
            jail.end,
            jail.rows.len() as u64,
            jail.digest.root(),
            &jail.key,
        );
        let rows: Vec<SnapshotRow> = jail.rows.iter().map(|(.., row)| row.clone()).collect();
        let missing = full_state::open(&jail.speaker, &begin, rows[1..].to_vec());
        assert_eq!(missing.unwrap_err().reason(), NackReason::BadSignature);
        let state = full_state::open(&jail.speaker, &begin, rows).unwrap();
        for _ in 0..2 {
            let state = state.clone();
            let taken = store.write_now("state", move |tx| {
                full_state::take(tx, &state, moment(now()))
            });
            taken.unwrap();
        }
        let agent = jail.speaker.agent;
        let (durable, listings) = store
            .read_now("after", move |tx| {
                Ok((
                    position::load(tx, agent)?.unwrap(),
                    listing::of_agent(tx, agent)?,
                ))
            })
            .unwrap();
        assert_eq!(
            (durable.position, durable.digest),
            (jail.end, jail.digest.clone())
        );
        assert_eq!(listings.len(), 4);
        let told: Vec<_> = events(store)
            .into_iter()
            .filter(|event| event.origin == Origin::Rebaseline)
            .map(|event| event.code)
            .collect();
        assert_eq!(told, [Code::Booked, Code::Released, Code::NoLongerListed]);
    });
}

#[test]
fn joins_a_person_across_agencies_by_identifier_and_doubts_contradictions() {
    each("intake_persons", |store| {
        let (mut county, mut state) = (Jail::new(store, 1), Jail::new(store, 2));
        let with_id = |jail: &Jail, number: &str, id: &str| {
            let mut record = jail.record(number, IN);
            record.subject.offender_id = Some(OffenderId::new(id).unwrap());
            record
        };
        let bodies = vec![
            county.lists(Origin::Live, &with_id(&county, "1", "K100")),
            county.lists(Origin::Live, &with_id(&county, "2", "K200")),
        ];
        let batch = county.batch(bodies);
        send_one(store, &county, &batch);
        let bodies = vec![state.lists(Origin::Live, &with_id(&state, "77", "k 100"))];
        let batch = state.batch(bodies);
        send_one(store, &state, &batch);
        assert_eq!(
            load(store, &county, "1").person,
            load(store, &state, "77").person
        );
        // The county's own number says one person, the MDOC number another.
        let mut record = with_id(&county, "3", "K200");
        record.subject.person_number = Some(PersonNumber::new("P1").unwrap());
        let body = county.lists(Origin::Live, &record);
        let batch = county.batch(vec![body]);
        send_one(store, &county, &batch);
        assert_eq!(
            load(store, &county, "3").person,
            load(store, &county, "1").person
        );
        let doubts = store
            .read_now("doubts", |tx| {
                tx.query("SELECT person_id FROM person_doubt", crate::values![])
            })
            .unwrap();
        assert_eq!(doubts.len(), 1);
    });
}

#[test]
fn names_what_a_correction_takes_back() {
    each("intake_corrections", |store| {
        let mut jail = Jail::new(store, 1);
        let states = [IN, BOND, IN];
        for state in states {
            let (coverage, evidence) = (Coverage::Full, Evidence::Status);
            let record = jail.record("1", state);
            let body = jail.row("jms", Origin::Live, &record, (coverage, evidence));
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
        }
        assert_eq!(
            codes(store),
            [Code::Booked, Code::Released, Code::Correction]
        );
        assert_eq!(events(store)[2].corrects, Some(EventPosition(2)));
        let row = load(store, &jail, "1");
        let versions = store
            .read_now("versions", move |tx| {
                tx.query(
                    "SELECT version, corrects FROM record_version WHERE record_id = $1
                     ORDER BY version",
                    crate::values![row.record.0],
                )
            })
            .unwrap();
        let corrects: Result<Vec<_>, StoreError> =
            versions.iter().map(|row| row.optional_integer(1)).collect();
        assert_eq!(corrects.unwrap(), [None, None, Some(2)]);
    });
}

#[test]
fn finds_persons_by_words_and_numbers() {
    each("intake_lookup", |store| {
        let mut jail = Jail::new(store, 1);
        let mut record = jail.record("1", IN);
        record.subject.name = Some(name("MUÑOZ-SAMPLE", "AVERY"));
        record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
        let body = jail.lists(Origin::Live, &record);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        let person = load(store, &jail, "1").person;
        let find = |text: &str| {
            let words = crate::names::words(text);
            store
                .read_now("find", move |tx| lookup::find(tx, &words, 9))
                .unwrap()
        };
        for text in ["munoz", "Sample, Avery", "avery muñoz", "k100"] {
            assert_eq!(find(text), [person], "{text}");
        }
        assert!(find("avery other").is_empty());
        assert!(find("").is_empty());
    });
}
