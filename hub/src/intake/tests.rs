//! Batches of invented agencies, taken in by a real store of each engine.

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::delta::{Change, Coverage, Evidence, Origin};
use savin_shared::digest::Digest;
use savin_shared::envelope::SealedBatch;
use savin_shared::event::EventCode as Code;
use savin_shared::frame::heartbeat::FeedBeat;
use savin_shared::frame::live::NackReason;
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::ids::{Epoch, FacilityCode, FeedName, OffenderId, PersonNumber, Seq};
use savin_shared::record::custody::CustodyState;
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::VerifyingKey;

use super::batches::Outcome;
use super::testing::{
    BOND, IN, Jail, assert_durable, codes, each, encoded, events, load, moment, name, now, send,
    send_one,
};
use super::{Refusal, Speaker, full_state, open};
use crate::evidence::leaf;
use crate::ids::{EventPosition, PersonId};
use crate::store::registry::agent::{self, AgentState};
use crate::store::registry::feed;
use crate::store::registry::{event, listing, lookup, person, position};
use crate::store::{StoreError, evidence};
const GONE: CustodyState = CustodyState::NoLongerListed;

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
fn calls_another_cut_of_what_is_durable_a_fork() {
    each("intake_cut", |store| {
        let mut jail = Jail::new(store, 1);
        let genesis = jail.end;
        let bodies = ["1", "2", "3"]
            .map(|n| jail.lists(Origin::Live, &jail.record(n, IN)))
            .to_vec();
        let batch = jail.batch(bodies);
        send_one(store, &jail, &batch);
        // The same places on the chain, cut elsewhere and with another content.
        jail.end = genesis;
        let bodies = ["1", "9"]
            .map(|n| jail.lists(Origin::Live, &jail.record(n, IN)))
            .to_vec();
        let other = jail.batch(bodies);
        let fork = Outcome::Refused {
            reason: NackReason::Fork,
            expected: Seq(4),
        };
        assert_eq!(send_one(store, &jail, &other), fork);
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
            assert_eq!(taken.unwrap(), Ok(()));
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
fn refuses_a_full_state_from_before_what_is_durable() {
    each("intake_old_state", |store| {
        let mut jail = Jail::new(store, 1);
        let old = jail.end;
        let body = jail.lists(Origin::Live, &jail.record("1", IN));
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        let other = Position {
            head: old.head,
            ..jail.end
        };
        for position in [old, other] {
            let rows = jail.rows.len() as u64;
            let begin = SnapshotBegin::sign(
                jail.speaker.agent,
                position,
                rows,
                jail.digest.root(),
                &jail.key,
            );
            let rows = jail.rows.iter().map(|(.., row)| row.clone()).collect();
            let state = full_state::open(&jail.speaker, &begin, rows).unwrap();
            let taken = store.write_now("state", move |tx| {
                full_state::take(tx, &state, moment(now()))
            });
            assert_eq!(taken.unwrap(), Err(Refusal::Behind));
        }
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
        // The county's own number says one person, whose MDOC number is another: that one decides, and
        // somebody has to look.
        let mut record = with_id(&county, "3", "K200");
        record.subject.person_number = Some(PersonNumber::new("P1").unwrap());
        let body = county.lists(Origin::Live, &record);
        let batch = county.batch(vec![body]);
        send_one(store, &county, &batch);
        assert_eq!(
            load(store, &county, "3").person,
            load(store, &county, "2").person
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
fn doubts_a_record_whose_numbers_contradict_its_person() {
    each("intake_contradictions", |store| {
        let mut jail = Jail::new(store, 1);
        let with = |jail: &Jail, number: &str, own: &str, id: &str| {
            let mut record = jail.record(number, IN);
            record.subject.person_number = Some(PersonNumber::new(own).unwrap());
            record.subject.offender_id = Some(OffenderId::new(id).unwrap());
            record
        };
        let mut renumbered = jail.record("2", IN);
        renumbered.subject.person_number = Some(PersonNumber::new("P9").unwrap());
        let steps = [
            with(&jail, "1", "P1", "K100"),
            // The agency's own number says one person, the MDOC number nobody who is known.
            with(&jail, "3", "P1", "K300"),
            // A booking's person number changes to one that nobody has.
            jail.record("2", IN),
            renumbered,
            // The jail numbers its people anew: the MDOC number still agrees.
            with(&jail, "4", "P4", "K400"),
            with(&jail, "4", "P40", "K400"),
        ];
        for record in &steps {
            let body = jail.lists(Origin::Live, record);
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
        }
        let rows = ["1", "2", "3", "4"].map(|number| load(store, &jail, number));
        let records: Vec<_> = rows.iter().map(|row| row.record).collect();
        let find = records.clone();
        let doubtful = store
            .read_now("doubtful", move |tx| person::doubtful(tx, &find))
            .unwrap();
        assert_eq!(doubtful, [records[1], records[2]].into_iter().collect());
        assert_eq!(rows[0].person, rows[2].person);
        // Somebody else has the new number from here on.
        let mut next = jail.record("5", IN);
        next.subject.person_number = Some(PersonNumber::new("P9").unwrap());
        let body = jail.lists(Origin::Live, &next);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        assert_ne!(load(store, &jail, "5").person, rows[1].person);
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
fn takes_back_the_transfer_and_not_a_later_change() {
    each("intake_taken_back", |store| {
        let mut jail = Jail::new(store, 1);
        let level = |record: &mut Record, level: &str| {
            if let RecordBody::Custody(custody) = &mut record.body {
                custody.classification = Some(level.to_owned());
            }
        };
        let states = [
            (CustodyState::TransferredOutOfState, "close"),
            (IN, "close"),
            (IN, "medium"),
            (BOND, "medium"),
            (IN, "medium"),
            (CustodyState::TransferredOut, "medium"),
            (IN, "medium"),
            (CustodyState::EscapeSuspected, "medium"),
            (IN, "medium"),
        ];
        for (state, classification) in states {
            let mut record = jail.record("1", state);
            level(&mut record, classification);
            let what = (Coverage::Full, Evidence::Status);
            let body = jail.row("jms", Origin::Live, &record, what);
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
        }
        let told: Vec<_> = events(store)
            .into_iter()
            .map(|event| (event.code, event.corrects))
            .collect();
        let expected = [
            (Code::TransferOutOfState, None),
            (Code::Correction, Some(EventPosition(1))),
            (Code::ClassificationChange, None),
            (Code::Released, None),
            (Code::Correction, Some(EventPosition(4))),
            (Code::TransferInState, None),
            (Code::Correction, Some(EventPosition(6))),
            (Code::EscapeSuspected, None),
            (Code::Recaptured, None),
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn says_with_a_release_that_another_booking_still_holds() {
    each("intake_still_held", |store| {
        let (mut county, mut state) = (Jail::new(store, 1), Jail::new(store, 2));
        let same = |mut record: Record| {
            record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
            record
        };
        let bodies = vec![
            county.lists(Origin::Baseline, &same(county.record("1", IN))),
            county.lists(Origin::Baseline, &same(county.record("2", IN))),
        ];
        let batch = county.batch(bodies);
        send_one(store, &county, &batch);
        let body = state.lists(Origin::Baseline, &same(state.record("7", IN)));
        let batch = state.batch(vec![body]);
        send_one(store, &state, &batch);
        // One of two bookings ends, then the other and the state's in one transaction.
        for numbers in [["1"].as_slice(), &["2"]] {
            let released = numbers
                .iter()
                .map(|n| county.tells(&same(county.record(n, BOND))))
                .collect();
            let batch = county.batch(released);
            send_one(store, &county, &batch);
        }
        let body = state.tells(&same(state.record("7", BOND)));
        let batch = state.batch(vec![body]);
        send_one(store, &state, &batch);
        let held: Vec<_> = events(store)
            .into_iter()
            .map(|event| event.details.still_held_at)
            .collect();
        let elsewhere = Some("JAIL-2".to_owned());
        assert_eq!(held, [elsewhere.clone(), elsewhere, None]);
    });
}

#[test]
fn drops_what_only_a_replaced_agent_lists() {
    each("intake_replaced", |store| {
        let mut old = Jail::new(store, 1);
        let bodies = ["1", "2", "3"]
            .map(|n| old.lists(Origin::Baseline, &old.record(n, IN)))
            .to_vec();
        let batch = old.batch(bodies);
        send_one(store, &old, &batch);
        // The jail drops 2 and 3; a new agent sees 1 and 4.
        let mut new = old.replaced(store, 9);
        let bodies = ["1", "4"]
            .map(|n| new.lists(Origin::Baseline, &new.record(n, IN)))
            .to_vec();
        let batch = new.batch(bodies);
        assert_durable(&send_one(store, &new, &batch), &new);
        let state = |number| {
            let row = load(store, &new, number);
            row.known.record.custody().unwrap().state
        };
        assert_eq!(["1", "2", "3", "4"].map(state), [IN, GONE, GONE, IN]);
        let told: Vec<_> = events(store)
            .into_iter()
            .map(|event| (event.code, event.origin))
            .collect();
        assert_eq!(told, [(Code::NoLongerListed, Origin::Rebaseline); 2]);
        let agent = old.speaker.agent;
        let (durable, listings) = store
            .read_now("old", move |tx| {
                Ok((position::load(tx, agent)?, listing::of_agent(tx, agent)?))
            })
            .unwrap();
        assert!(listings.is_empty());
        assert_eq!(durable.unwrap().digest.root(), Digest::default().root());
        // From here on the new agent's word of absence counts.
        let body = new.misses("1");
        let batch = new.batch(vec![body]);
        assert_durable(&send_one(store, &new, &batch), &new);
        let row = load(store, &new, "1");
        assert_eq!(row.known.record.custody().unwrap().state, GONE);
    });
}

#[test]
fn leaves_another_facilitys_roster_of_the_same_name_alone() {
    each("intake_beside", |store| {
        let mut first = Jail::new(store, 1);
        let body = first.lists(Origin::Baseline, &first.record("1", IN));
        let batch = first.batch(vec![body]);
        send_one(store, &first, &batch);
        let mut second = first.replaced(store, 9);
        second.speaker.facilities = vec![FacilityCode::new("JAIL-9").unwrap()];
        let body = second.lists(Origin::Baseline, &second.record("2", IN));
        let batch = second.batch(vec![body]);
        send_one(store, &second, &batch);
        assert_eq!(load(store, &first, "1").known.listings, 1);
        assert_eq!(codes(store), []);
    });
}

#[test]
fn lets_nobody_withhold_or_miss_a_record_of_another_facility() {
    each("intake_scope", |store| {
        let mut first = Jail::new(store, 1);
        let body = first.lists(Origin::Baseline, &first.record("1", IN));
        let batch = first.batch(vec![body]);
        send_one(store, &first, &batch);
        // Another agent of the agency, which may speak for one other facility alone.
        let mut second = first.replaced(store, 9);
        second.speaker.facilities = vec![FacilityCode::new("JAIL-9").unwrap()];
        let key = first.record("1", IN).key();
        let roster = FeedName::new("roster").unwrap();
        let sealed = encoded(roster, Origin::Live, Change::Withheld(key));
        let bodies = vec![second.misses("1"), sealed];
        let batch = second.batch(bodies);
        assert_durable(&send_one(store, &second, &batch), &second);
        let known = load(store, &first, "1").known;
        assert!(known.is_public());
        assert_eq!(known.record.custody().unwrap().state, IN);
        assert_eq!(known.listings, 1);
        assert_eq!(codes(store), []);
    });
}

#[test]
fn finds_the_newest_of_many_with_common_names() {
    each("intake_common", |store| {
        let write = |tx: &mut crate::store::conn::Tx<'_>| {
            let id = |kind: u8, number: u16| {
                let [high, low] = number.to_be_bytes();
                let mut bytes = [kind; 16];
                (bytes[1], bytes[2]) = (high, low);
                PersonId::from_bytes(bytes)
            };
            let (james, smith) = (name("OTHER", "JAMES"), name("SMITH", "SAM"));
            let both = name("SMITH", "JAMES");
            let mut named = vec![(id(9, 1), &both)];
            named.extend((0..6000).map(|number| (id(1, number), &james)));
            named.extend((0..6000).map(|number| (id(2, number), &smith)));
            person::name_many(tx, &named)?;
            let words = crate::names::words("James Smith");
            assert_eq!(lookup::find(tx, &words, 9)?, [id(9, 1)]);
            let words = crate::names::words("Smith");
            assert_eq!(lookup::find(tx, &words, 2)?, [id(9, 1), id(2, 5999)]);
            Ok(())
        };
        store.write_now("names", write).unwrap();
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

#[test]
fn logs_a_leaf_for_each_agent_batch_and_event_once() {
    each("intake_evidence", |store| {
        let mut jail = Jail::new(store, 1);
        let first = vec![jail.lists(Origin::Live, &jail.record("1", IN))];
        let first = jail.batch(first);
        let second = vec![jail.tells(&jail.record("1", BOND))];
        let second = jail.batch(second);
        for batch in [&first, &second, &second] {
            send_one(store, &jail, batch);
        }
        let leaves = store
            .read_now("leaves", |tx| evidence::leaves(tx, 0, 100))
            .unwrap();
        let kinds: Vec<_> = leaves
            .iter()
            .map(|leaf| leaf.content.lines().next().unwrap())
            .collect();
        let expected = ["agent", "batch", "event", "batch", "event"];
        assert_eq!(kinds, expected.map(|kind| format!("savin/{kind}/1")));
        let batch = leaf::batch(&second.header, &second.signature, ReceivedAt(now()));
        assert_eq!(leaves[3].content, batch.content);
        let (position, released) = store
            .read_now("event", |tx| event::after(tx, EventPosition(1), 1))
            .unwrap()
            .remove(0);
        let opening = released.opening(position).unwrap();
        let leaf = leaf::event(released.event, &opening, leaves[4].salt.unwrap());
        assert_eq!(
            leaves[4].content, leaf.content,
            "what is read back opens its leaf"
        );
        assert_eq!(opening.code, "Released");
    });
}
