//! Orders that an older copy of a database never heard of: carried out again, and nothing comes back.

use std::path::Path;

use savin_shared::delta::Origin;
use savin_shared::sign::SigningKey;
use savin_shared::world::World;

use super::super::OrderError;
use super::super::carrying::{Carried, carry_out};
use super::super::journal::entry::{Act, Entry};
use super::{Hub, each, monotonic, person_record};
use crate::ids::{EntryId, OrderId};
use crate::intake::replay::{Difference, Judging, ReplayError, Replayed, verify};
use crate::intake::testing::{IN, ORDERS, assert_durable, events, load, now, random, send_one};
use crate::registry::known::Sealer;
use crate::store::backup::{Copy, copy, is_in_use, put_back};
use crate::store::conn::Tx;
use crate::store::evidence::{self, Checked};
use crate::store::registry::SCHEMA as REGISTRY;
use crate::store::registry::court_order::{self, NewOrder, OrderKind};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::{decision, expunged, lookup};
use crate::store::testing::contents;
use crate::store::vault::SCHEMA as VAULT;
use crate::store::{Place, Store, StoreError};
use crate::vault::Vault;
use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;

/// Both databases as they were.
pub(super) struct Backup {
    folder: tempfile::TempDir,
    copies: [Copy; 2],
}

/// Which databases are put back.
const WHICH: [[bool; 2]; 3] = [[true, true], [true, false], [false, true]];

const NAMES: [&str; 2] = ["registry", "vault"];

impl Hub {
    pub(super) fn backup(&self) -> Backup {
        let folder = tempfile::tempdir().unwrap();
        let copies = [0, 1].map(|at| copy(&self.places[at], folder.path(), NAMES[at]).unwrap());
        Backup { folder, copies }
    }

    /// Puts some of it back, as a restoration does.
    pub(super) fn restore(&mut self, backup: &Backup, which: [bool; 2]) {
        // Whoever works on a database ends first.
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = |name: &str, schema| {
            let place = Place::File(folder.path().join(name));
            Store::open(&place, schema).unwrap()
        };
        self.registry = elsewhere("registry", &REGISTRY);
        self.vault_store = elsewhere("vault", &VAULT);
        self.vault = vault(&self.vault_store, &folder.path().join("keys"));
        for (at, _) in which
            .iter()
            .enumerate()
            .filter(|(_, is_wanted)| **is_wanted)
        {
            let (copy, place) = (&backup.copies[at], &self.places[at]);
            // The vault that was here ends when its own thread does.
            let is_free = (0..10_000).any(|_| !is_in_use(place).unwrap());
            assert!(is_free, "somebody has the {} open", NAMES[at]);
            put_back(copy, backup.folder.path(), place, &format!("t{}", aside())).unwrap();
        }
        self.registry = Store::open(&self.places[0], &REGISTRY).unwrap();
        self.vault_store = Store::open(&self.places[1], &VAULT).unwrap();
        self.vault = vault(&self.vault_store, &self.key_file);
    }

    pub(super) fn start(&self) -> Carried {
        carry_out(self.databases(), now()).unwrap()
    }

    pub(super) fn sign(&self, kind: &'static str, note: &str) -> Decision {
        let key = SigningKey::from_seed(&[5; 32]).unwrap();
        let choice = Choice {
            kind,
            subject: "order 26-0118 of Hinds",
            choice: kind,
            note,
        };
        Decision::sign(choice, "lead", now(), &key)
    }

    fn seal(&self) -> OrderId {
        let order = NewOrder {
            kind: OrderKind::Seal,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        let signed = self.sign("seal", "");
        let given = self.databases().give(&self.scope(), &order, &signed, now());
        self.start();
        given.unwrap()
    }

    pub(super) fn lift(&self, order: OrderId) -> Result<(), OrderError> {
        self.databases()
            .lift(order, &self.sign("unseal", ""), now())?;
        self.start();
        Ok(())
    }

    fn sealers(&self, number: &str) -> Vec<Sealer> {
        let known = load(&self.registry, &self.jail, number).known;
        known.sealed_by.into_iter().collect()
    }

    fn is_found(&self) -> bool {
        let words = vec!["quixotry".to_owned()];
        let find = move |tx: &mut Tx<'_>| lookup::find(tx, &words, 9);
        !self.registry.read_now("find", find).unwrap().is_empty()
    }

    /// Makes the registry anew from its log, and returns in what they differ.
    pub(super) fn replayed(&self) -> Vec<Difference> {
        self.replay(Judging::Again).unwrap().differences
    }

    pub(super) fn replay(&self, judging: Judging) -> Result<Replayed, ReplayError> {
        let folder = tempfile::tempdir().unwrap();
        let fresh = Store::scratch(&folder.path().join("fresh.sqlite"), &REGISTRY).unwrap();
        verify(&self.registry, &fresh, (&ORDERS, judging), |_| {})
    }

    fn is_proven(&self) -> bool {
        [&self.registry, &self.vault_store]
            .into_iter()
            .all(|store| {
                let checked = store.read_now("check", evidence::check).unwrap();
                matches!(checked, Checked::Whole(_))
            })
    }
}

fn vault(store: &Store, keys: &Path) -> Vault {
    let world = World {
        wall: now,
        monotonic,
        random,
    };
    Vault::open(store.clone(), keys, world).unwrap()
}

/// Another number at each call.
fn aside() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[test]
fn an_expunction_does_not_come_back_undone_with_an_older_copy() {
    for (which, name) in WHICH
        .into_iter()
        .zip(["again_both", "again_one", "again_other"])
    {
        each(name, |mut hub| {
            let backup = hub.backup();
            hub.expunge();
            hub.restore(&backup, which);
            assert!(!hub.found().is_empty(), "the copy has it");
            let carried = hub.start();
            assert_eq!(carried.again, 1, "{which:?}");
            hub.databases().compact().unwrap();
            assert_eq!(hub.found(), Vec::<String>::new(), "{which:?}");
            assert!(hub.is_proven());
            assert_eq!(hub.calls(), (1, 1), "the jail and the registrant");
            assert_eq!(events(&hub.registry).len(), 119);
            assert_eq!(hub.replayed(), [], "{which:?}");

            let all = (contents(&hub.registry), contents(&hub.vault_store));
            let carried = hub.start();
            assert_eq!((carried.again, carried.added), (0, 0));
            assert!(carried.destroyed.is_empty());
            assert_eq!(all, (contents(&hub.registry), contents(&hub.vault_store)));

            assert!(hub.mirrors());
            hub.take_state();
            let body = hub.jail.tells(&person_record(&hub.jail, IN));
            hub.send(body);
            assert!(hub.mirrors() && hub.is_proven());
            assert_eq!(hub.replayed(), [], "{which:?}, with what came since");
            hub.databases().compact().unwrap();
            assert_eq!(hub.found(), Vec::<String>::new());
        });
    }
}

#[test]
fn what_arrives_again_of_what_was_sealed_after_the_copy_is_sealed_as_it_arrives() {
    each("again_seal", |mut hub| {
        let backup = hub.backup();
        // A second booking of the person, of which the copy knows nothing.
        let mut second = person_record(&hub.jail, IN);
        if let savin_shared::record::RecordBody::Custody(custody) = &mut second.body {
            custody.booking_number = savin_shared::ids::RecordNumber::new("BK-90500").unwrap();
        }
        let body = hub.jail.lists(Origin::Live, &second);
        let batch = hub.jail.batch(vec![body]);
        assert_durable(&send_one(&hub.registry, &hub.jail, &batch), &hub.jail);
        let order = hub.seal();
        for number in ["BK-90417", "BK-90500"] {
            assert_eq!(hub.sealers(number), [Sealer::Order(order)]);
        }

        hub.restore(&backup, [true, true]);
        assert!(hub.is_found());
        assert_eq!(hub.start().again, 1);
        assert!(!hub.is_found());
        assert_durable(&send_one(&hub.registry, &hub.jail, &batch), &hub.jail);
        assert!(!hub.is_found(), "it arrived and is shown");
        for number in ["BK-90417", "BK-90500"] {
            assert_eq!(hub.sealers(number), [Sealer::Order(order)]);
        }
        assert!(hub.mirrors() && hub.is_proven());
        assert_eq!(hub.replayed(), []);
        let load = move |tx: &mut Tx<'_>| court_order::load(tx, order);
        let row = hub.registry.read_now("order", load).unwrap().unwrap();
        assert_eq!((row.records, row.done_at.is_some()), (2, true));

        hub.lift(order).unwrap();
        assert!(hub.is_found());
        assert_eq!(hub.sealers("BK-90500"), []);
        // That it was lifted is an order, too.
        hub.restore(&backup, [true, true]);
        assert_eq!(hub.start().again, 2);
        assert!(hub.is_found());
        assert_durable(&send_one(&hub.registry, &hub.jail, &batch), &hub.jail);
        assert_eq!(hub.sealers("BK-90500"), []);
    });
}

#[test]
fn what_arrives_again_of_what_was_expunged_after_the_copy_is_not_taken_in() {
    each("again_refused", |mut hub| {
        let (backup, mut copy_has) = (hub.backup(), hub.jail.record("26-7", IN));
        copy_has.subject.name = Some(crate::intake::testing::name("MUESTRA", "THADDEUS"));
        let body = hub.jail.lists(Origin::Live, &copy_has);
        let batch = hub.jail.batch(vec![body]);
        assert_durable(&send_one(&hub.registry, &hub.jail, &batch), &hub.jail);
        hub.person = load(&hub.registry, &hub.jail, "26-7").person;
        hub.expunge();
        hub.restore(&backup, [true, true]);
        assert_eq!(hub.start().again, 1);
        assert_durable(&send_one(&hub.registry, &hub.jail, &batch), &hub.jail);
        let (agency, key) = (hub.jail.speaker.agency.clone(), copy_has.key());
        let stone = ORDERS.tombstone(&agency, &key);
        let find = move |tx: &mut Tx<'_>| {
            let known =
                crate::store::registry::record::load_many(tx, &[(agency.clone(), key.clone())])?;
            Ok((known, expunged::find(tx, &[stone])?))
        };
        let (known, stones) = hub.registry.read_now("record", find).unwrap();
        assert_eq!((known, stones.len()), (vec![None], 1));
        assert!(stones[0].is_some() && hub.mirrors() && hub.is_proven());
        assert_eq!(hub.replayed(), []);
        assert_eq!(hub.calls().0, 1, "the jail still lists it");
    });
}

#[test]
fn an_order_that_was_written_and_not_carried_out_is_at_the_next_start() {
    each("again_crash", |hub| {
        let written = {
            let twin = hub.backup();
            hub.expunge();
            let entries = hub.journal.read().unwrap().entries(&ORDERS).unwrap();
            (twin, entries)
        };
        let mut hub = hub;
        hub.restore(&written.0, [true, true]);
        assert_eq!(written.1.len(), 1);
        assert!(hub.start().destroyed.contains_key(&OrderId(1)));
        // One that was given up stays so.
        let Act::Give(given) = &written.1[0].act else {
            panic!("an order")
        };
        let mut other = given.clone();
        other.signed.decision = hub.sign("expunge", "another");
        let id = EntryId::of_decision(&other.signed.decision.signature);
        let at = now();
        for (id, act) in [
            (id, Act::Give(other)),
            (EntryId::from_bytes([9; 16]), Act::GiveUp { entry: id }),
        ] {
            hub.journal
                .append(&ORDERS, &[Entry { id, at, act }])
                .unwrap();
        }
        assert_eq!(hub.start().again, 0);
    });
}

#[test]
fn nobody_writes_an_order_who_may_not_give_it() {
    each("again_refuses", |hub| {
        let order = NewOrder {
            kind: OrderKind::Seal,
            number: "1".to_owned(),
            court: "Hinds".to_owned(),
        };
        let stranger = SigningKey::from_seed(&[6; 32]).unwrap();
        let choice = Choice {
            kind: "seal",
            subject: "order 1 of Hinds",
            choice: "seal 1",
            note: "",
        };
        let signed = Decision::sign(choice, "lead", now(), &stranger);
        let refused = hub.databases().give(&hub.scope(), &order, &signed, now());
        assert!(
            matches!(refused, Err(OrderError::Registry(StoreError::Refused(_)))),
            "{refused:?}"
        );
        assert_eq!(hub.journal.read().unwrap().lines, []);
    });
}

#[test]
fn orders_of_before_the_journal_are_added_and_carried_out_again_by_whoever_signed() {
    each("again_added", |mut hub| {
        let backup = hub.backup();
        // The copy is of before the signer was staff.
        let key = SigningKey::from_seed(&[8; 32]).unwrap();
        let row = StaffRow {
            key: key.verifying_key(),
            name: "later".to_owned(),
            role: Role::Supervisor,
            added_at: now(),
            added_by: "lead".to_owned(),
            removed_at: None,
            removed_by: None,
        };
        let add = move |tx: &mut Tx<'_>| staff::add(tx, &row);
        hub.registry.write_now("staff", add).unwrap();
        let order = NewOrder {
            kind: OrderKind::Expunge,
            number: "26-0118".to_owned(),
            court: "Hinds".to_owned(),
        };
        let choice = Choice {
            kind: "expunge",
            subject: "order 26-0118 of Hinds",
            choice: "expunge 1",
            note: "",
        };
        let signed = Decision::sign(choice, "later", now(), &key);
        let given = hub.databases().give(&hub.scope(), &order, &signed, now());
        given.unwrap();
        hub.start();
        std::fs::remove_file(hub.journal.file()).unwrap();
        let carried = hub.start();
        assert_eq!((carried.added, carried.again), (1, 0));
        hub.restore(&backup, [true, false]);
        assert_eq!(hub.start().again, 1);
        hub.databases().compact().unwrap();
        assert_eq!(hub.found(), Vec::<String>::new());
        let read = |tx: &mut Tx<'_>| {
            let row = court_order::newest(tx, 1)?.remove(0);
            let decided = decision::load(tx, row.decision)?;
            Ok((decided, staff::active(tx, "later")?))
        };
        let (decided, active) = hub.registry.read_now("decision", read).unwrap();
        assert_eq!((decided.staff.as_str(), active), ("later", None));
    });
}
