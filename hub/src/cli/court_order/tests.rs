//! Courts' orders as somebody types them.

use std::path::Path;

use savin_shared::delta::Origin;
use savin_shared::pii::Pii;
use savin_shared::record::Record;

use crate::app;
use crate::cli::testing::{configured, run};
use crate::ids::{OrderId, PersonId};
use crate::intake::testing::{BOND, IN, Jail, load, name, send_one};
use crate::store::Store;
use crate::store::registry::court_order::{self, OrderRow};
use crate::store::registry::{decision, lookup};

/// A person with a booking and a later one under another name, and staff.
fn held(folder: &Path) -> (Store, Jail, PersonId) {
    let store = app::open_registry(&configured(folder)).unwrap();
    let mut jail = Jail::new(&store, 1);
    for number in ["1", "2"] {
        let record = booked(&jail, number);
        let body = jail.lists(Origin::Live, &record);
        let batch = jail.batch(vec![body]);
        send_one(&store, &jail, &batch);
    }
    for line in [
        "staff add chief --role admin --output chief.key",
        "staff add lead --role supervisor --output lead.key --as chief.key",
        "staff add desk --role operator --output desk.key --as chief.key",
    ] {
        assert!(run(folder, line), "{line}");
    }
    let person = load(&store, &jail, "1").person;
    assert_eq!(load(&store, &jail, "2").person, person);
    (store, jail, person)
}

/// A booking of the person, in each with another surname.
fn booked(jail: &Jail, number: &str) -> Record {
    let mut record = jail.record(number, IN);
    let surname = if number == "1" { "MUESTRA" } else { "PRUEBA" };
    record.subject.person_number = jail.record("1", IN).subject.person_number;
    record.subject.name = Some(name(surname, "THADDEUS"));
    record.subject.birth_date = Some(Pii::new(jiff::civil::date(1985, 3, 12)));
    record
}

fn orders(store: &Store) -> Vec<OrderRow> {
    let read = |tx: &mut crate::store::conn::Tx<'_>| court_order::newest(tx, 10);
    store.read_now("orders", read).unwrap()
}

fn found(store: &Store, word: &str) -> Vec<PersonId> {
    let words = vec![word.to_owned()];
    let find = move |tx: &mut crate::store::conn::Tx<'_>| lookup::find(tx, &words, 9);
    store.read_now("find", find).unwrap()
}

#[test]
fn decides_nothing_without_an_order_a_court_and_a_supervisor() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _, person) = held(folder.path());
    let run = |line: &str| run(folder.path(), line);
    let by = "--order 26-0118 --court Hinds --as lead.key";
    for nothing in [
        format!("seal {person} {by} --dry-run"),
        format!("seal {person} --json"),
    ] {
        assert!(run(&nothing), "{nothing}");
    }
    let nobody = PersonId::from_bytes([0xEE; 16]);
    for refused in [
        format!("seal {person} --order 26-0118 --court Hinds --as desk.key"),
        format!("seal {person} --order 26-0118 --as lead.key"),
        format!("seal {person} --record 999 {by}"),
        format!("seal {nobody} {by}"),
        format!("unseal 1 {by}"),
    ] {
        assert!(!run(&refused), "{refused}");
    }
    assert!(orders(&store).is_empty(), "nothing was decided");
    for line in ["seal", "--json seal"] {
        assert!(run(line), "{line}");
    }
}

#[test]
fn seals_one_record_whatever_its_jail_says_until_the_order_is_lifted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut jail, person) = held(folder.path());
    let run = |line: &str| run(folder.path(), line);
    let record = load(&store, &jail, "1").record.0;
    let by = "--order 26-0118 --court Hinds --as lead.key";
    assert!(run(&format!("seal {person} --record {record} {by}")));
    let [order] = orders(&store).try_into().unwrap();
    assert_eq!((order.records, order.lifted), (1, None));
    assert!(order.done_at.is_some(), "the vault did its part");
    let kept = store
        .read_now("decision", move |tx| decision::load(tx, order.decision))
        .unwrap();
    assert_eq!(kept.subject, "order 26-0118 of Hinds");
    assert!(load(&store, &jail, "1").known.is_sealed_by_order());
    assert!(load(&store, &jail, "2").known.is_public());
    assert!(found(&store, "muestra").is_empty());
    assert_eq!(found(&store, "prueba"), [person]);

    // The jail goes on telling of it: it stays sealed, and its name is learnt by nobody.
    let mut later = booked(&jail, "1");
    later.subject.aliases = vec![name("ALIAS", "THADDEUS")];
    let body = jail.lists(Origin::Live, &later);
    let released = Record {
        body: jail.record("1", BOND).body,
        ..later
    };
    let bodies = vec![body, jail.tells(&released)];
    let batch = jail.batch(bodies);
    send_one(&store, &jail, &batch);
    let row = load(&store, &jail, "1");
    assert!(row.known.is_sealed_by_order() && !row.known.is_held());
    for word in ["muestra", "alias"] {
        assert!(found(&store, word).is_empty(), "{word}");
    }

    for line in ["seal", "--json seal"] {
        assert!(run(line), "{line}");
    }
    shows_what_lifting_would_show_again(folder.path(), &store, &jail);
    let again = "unseal 1 --order 26-0200 --court Hinds --as lead.key";
    assert!(run(again));
    assert!(!run(again), "it was lifted");
    assert!(load(&store, &jail, "1").known.is_public());
    assert_eq!(found(&store, "muestra"), [person]);
}

/// Previews change nothing.
fn shows_what_lifting_would_show_again(folder: &Path, store: &Store, jail: &Jail) {
    let record = load(store, jail, "1").record.0;
    for preview in [
        "unseal 1",
        "--json unseal 1",
        "unseal 1 --dry-run --order 26-0200 --court Hinds --as lead.key",
    ] {
        assert!(run(folder, preview), "{preview}");
    }
    assert!(!run(folder, "unseal 2"), "there is none");
    assert!(
        load(store, jail, "1").known.is_sealed_by_order(),
        "nothing was changed"
    );
    let read = |tx: &mut crate::store::conn::Tx<'_>| court_order::lifting(tx, OrderId(1));
    let lifting = store.read_now("lifting", read).unwrap();
    let shown: Vec<_> = (lifting.records.iter())
        .map(|(_, row, is_shown)| (row.record.0, *is_shown))
        .collect();
    assert_eq!((shown, lifting.events), (vec![(record, true)], 2));
}
