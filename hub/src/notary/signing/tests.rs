//! Both logs of a hub, from publication to publication, on both engines.

use std::cell::Cell;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::Origin;
use savin_shared::world::World;

use super::{Notary, Publisher};
use crate::intake::testing::{IN, Jail, send_one};
use crate::notary::keys::{Keys, for_tests};
use crate::notary::published::Standing;
use crate::notary::{Log, NotaryError};
use crate::store::testing::places;
use crate::store::{Place, Store, registry, vault};
use crate::vault::Vault;
use crate::vault::client::start;

pub(in crate::notary) fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

thread_local! {
    static PASSED: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
}

/// Lets time pass for the vault of this test.
pub(in crate::notary) fn pass(duration: SignedDuration) {
    PASSED.set(PASSED.get() + duration);
}

fn wall() -> Timestamp {
    now() + PASSED.get()
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing here waits for a deadline"
)]
fn world() -> World {
    World {
        wall,
        monotonic: std::time::Instant::now,
        random,
    }
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}

pub(in crate::notary) fn databases(folder: &Path, name: &str) -> [(Store, Vault); 2] {
    PASSED.set(SignedDuration::ZERO);
    let [file, server] = places(folder, name);
    let [vault_file, vault_server] = places(folder, &format!("{name}_v"));
    let open = |place: &Place, vault_place: &Place, keys: &str| {
        let vault = Store::open(vault_place, &vault::SCHEMA).unwrap();
        let registry = Store::open(place, &registry::SCHEMA).unwrap();
        (
            registry,
            Vault::open(vault, &folder.join(keys), world()).unwrap(),
        )
    };
    [
        open(&file, &vault_file, "1.keys"),
        open(&server, &vault_server, "2.keys"),
    ]
}

pub(in crate::notary) fn notary<'a>(
    (registry, vault): &'a (Store, Vault),
    keys: &'a Keys,
    data: &Path,
) -> Notary<'a> {
    Notary {
        keys,
        data: data.to_owned(),
        registry,
        vault,
    }
}

/// Runs a test with a notary over both databases, on each engine.
pub(in crate::notary) fn each(name: &str, test: impl Fn(&Notary<'_>)) {
    let folder = tempfile::tempdir().unwrap();
    for (number, both) in (1..).zip(databases(folder.path(), name)) {
        let data = folder.path().join(format!("data{number}"));
        std::fs::create_dir(&data).unwrap();
        test(&notary(&both, &for_tests(&data), &data));
    }
}

fn book(store: &Store, jail: &mut Jail, number: &str) {
    let body = jail.lists(Origin::Live, &jail.record(number, IN));
    let batch = jail.batch(vec![body]);
    send_one(store, jail, &batch);
}

#[test]
fn goes_on_with_a_log_that_grew_and_stops_at_one_that_was_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    for (number, both) in (1..).zip(databases(folder.path(), "notary")) {
        let data = folder.path().join(format!("data{number}"));
        std::fs::create_dir(&data).unwrap();
        let keys = for_tests(&data);
        let notary = notary(&both, &keys, &data);
        notary.begin().unwrap();
        let mut jail = Jail::new(&both.0, 1);
        book(&both.0, &mut jail, "1");
        let signed = notary.sign(Log::Registry, now()).unwrap();
        assert_eq!(signed.checkpoint.size, 3);
        notary.sign(Log::Vault, now()).unwrap();
        book(&both.0, &mut jail, "2");
        notary.begin().unwrap();
        assert_eq!(notary.compare(Log::Registry).unwrap(), Standing::Continues);
        let rewrite = |tx: &mut crate::store::conn::Tx<'_>| {
            tx.execute(
                "UPDATE evidence_leaf SET content = 'other' WHERE leaf_index = 2",
                &[],
            )
        };
        both.0.write_now("rewrite", rewrite).unwrap();
        let refused = notary.begin().unwrap_err();
        assert!(
            matches!(
                refused,
                NotaryError::Rewritten {
                    log: Log::Registry,
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn goes_on_where_a_backup_ends_and_keeps_what_was_published_beyond() {
    let folder = tempfile::tempdir().unwrap();
    let keys = for_tests(folder.path());
    let [later, earlier] = databases(folder.path(), "notary_backup");
    let mut jail = Jail::new(&later.0, 1);
    book(&later.0, &mut jail, "1");
    notary(&later, &keys, folder.path())
        .sign(Log::Registry, now())
        .unwrap();
    let restored = notary(&earlier, &keys, folder.path());
    restored.begin().unwrap();
    assert_eq!(restored.publication(Log::Registry).lost().unwrap().len(), 1);
    let mut jail = Jail::new(&earlier.0, 2);
    for number in ["1", "2", "3"] {
        book(&earlier.0, &mut jail, number);
    }
    restored.sign(Log::Registry, now()).unwrap();
    restored.begin().unwrap();
}

#[test]
fn signs_both_logs_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let keys = std::sync::Arc::new(for_tests(folder.path()));
    let [(registry, vault), _] = databases(folder.path(), "notary_publisher");
    let mut jail = Jail::new(&registry, 1);
    book(&registry, &mut jail, "1");
    let publisher = Publisher {
        keys: std::sync::Arc::clone(&keys),
        data: folder.path().to_owned(),
        registry: registry.clone(),
        vault: start(vault).unwrap().staff,
        world: world(),
    };
    let (stop, shutdown) = tokio::sync::watch::channel(false);
    stop.send(true).unwrap();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime
        .enable_all()
        .build()
        .unwrap()
        .block_on(publisher.run(shutdown));
    let publication = super::Publication::new(folder.path(), Log::Registry, &keys);
    assert_eq!(publication.newest().unwrap().unwrap().checkpoint.size, 3);
}
