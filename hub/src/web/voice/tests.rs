//! What a caller hears of people whose records came in as records come in, on both engines.

use savin_shared::pii::Pii;
use savin_telephone::script::query::Found;
use savin_telephone::script::speech::Utterance;

use super::{Person, Sought, beginnings, fixed, keyed, people, told};
use crate::ids::PersonId;
use crate::intake::testing::{self, BOND, IN, Jail, each, name, send_one};
use crate::notification::words::Language;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::web::lookup::tests::english;
use crate::web::page::Page;

fn keys(last: &str, first: &str) -> Sought {
    Sought::Keys {
        last: Pii::new(last.to_owned()),
        first: Pii::new(first.to_owned()),
    }
}

fn found(store: &Store, sought: Sought) -> Option<Vec<(PersonId, Person)>> {
    let read = move |tx: &mut Tx<'_>| people(tx, &sought);
    store.read_now("look up", read).unwrap()
}

fn heard(store: &Store, sought: Sought, language: Language) -> Vec<Found> {
    let page = Page::spoken(&english().site, language);
    let people = found(store, sought).unwrap();
    let told = |(id, person): &(PersonId, Person)| told(&page, *id, person, testing::now());
    people.iter().map(told).collect()
}

fn book(store: &Store, jail: &mut Jail, number: &str, surname: &str, given: &str) {
    let mut record = jail.record(number, IN);
    record.subject.name = Some(name(surname, given));
    let body = jail.lists(savin_shared::delta::Origin::Live, &record);
    let batch = jail.batch(vec![body]);
    send_one(store, jail, &batch);
}

#[test]
fn finds_by_keys_of_the_name_as_it_is_spelled() {
    each("voice_keys", |store| {
        let mut jail = Jail::new(store, 1);
        book(store, &mut jail, "1", "SAMPLE", "AVERY");
        book(store, &mut jail, "2", "SAMPSON", "BLAIR");
        book(store, &mut jail, "3", "AVERY", "SAM");
        let names = |sought: Sought| {
            let heard = heard(store, sought, Language::En);
            let mut names: Vec<String> = heard
                .iter()
                .map(|found| found.name.reveal().clone())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(keys("726753", "")), ["Avery Sample"]);
        assert_eq!(names(keys("7267", "")), ["Avery Sample", "Blair Sampson"]);
        assert_eq!(names(keys("7267", "2")), ["Avery Sample", "Blair Sampson"]);
        assert_eq!(names(keys("7267", "28")), ["Avery Sample"]);
        // A given name is no surname.
        assert_eq!(names(keys("726", "")), ["Avery Sample", "Blair Sampson"]);
        assert!(names(keys("99", "")).is_empty());
        assert!(found(store, keys("7", "")).is_none());
    });
}

#[test]
fn reads_out_no_more_people_than_can_be_chosen_from() {
    each("voice_many", |store| {
        let mut jail = Jail::new(store, 1);
        for number in 1..=9_u32 {
            let given = format!("AVERY{number}");
            book(store, &mut jail, &number.to_string(), "SAMPLE", &given);
        }
        assert!(found(store, keys("726753", "")).is_none());
    });
}

#[test]
fn says_where_as_of_when_and_how_sure_in_recorded_words() {
    each("voice_status", |store| {
        let mut jail = Jail::new(store, 1);
        book(store, &mut jail, "1", "SAMPLE", "AVERY");
        let released = jail.record("2", BOND);
        let body = jail.lists(savin_shared::delta::Origin::Live, &jail.record("2", IN));
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        let body = jail.tells(&released);
        let batch = jail.batch(vec![body]);
        send_one(store, &jail, &batch);
        let fixed = fixed();
        for language in Language::ALL {
            for found in heard(store, keys("726753", ""), language) {
                let sure = match language {
                    Language::En => "How sure",
                    Language::Es => "seguro",
                };
                let is_sure = |piece: &Utterance| matches!(piece, Utterance::Words(words) if words.contains(sure));
                assert!(found.status.iter().any(is_sure), "{:?}", found.status);
                for piece in &found.status {
                    if let Utterance::Words(words) = piece {
                        assert!(fixed.of(language.into()).contains(words), "{words}");
                    }
                }
            }
        }
        let said = heard(store, keys("726753", "28379"), Language::En);
        let first = said
            .iter()
            .find(|found| found.name.reveal() == "Avery Sample");
        let first = &first.unwrap().status;
        assert_eq!(first[0], Utterance::Words("In custody at".to_owned()));
        assert!(matches!(first[1], Utterance::Place(_)));
    });
}

#[test]
fn knows_the_letters_on_the_keys() {
    assert_eq!(keyed("quiz"), "7849");
    let pairs = beginnings("79");
    assert_eq!(pairs.len(), 16);
    assert!(pairs.contains(&"sz".to_owned()));
    assert!(beginnings("1").is_empty());
}
