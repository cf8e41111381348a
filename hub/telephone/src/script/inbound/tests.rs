//! Proves what a caller can do on the toll-free number, and what no sequence of keys brings about.

use proptest::prelude::{Just, ProptestConfig, Strategy};
use proptest::{prop_oneof, proptest};
use savin_shared::pii::{Pii, Secret};

use super::{Inbound, Scope};
use crate::script::ending::{Ending, Operator, Outcome};
use crate::script::pace::Pace;
use crate::script::prompt::Prompt;
use crate::script::query::{Found, Query, Reply};
use crate::script::speech::{Language, Utterance};
use crate::script::testing::{Call, events, hang_up, press};
use crate::script::{Answerer, Dialled, Effect, Event};

fn call() -> Call<Inbound> {
    called(Scope::All)
}

fn called(scope: Scope) -> Call<Inbound> {
    let mut call = Call::new(Inbound::new(Language::English, Pace::Normal, scope));
    call.on(Event::Answered(Answerer::Person));
    call
}

fn pii(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

fn found(person: &str, name: &str) -> Found {
    Found {
        person: person.to_owned(),
        name: pii(name),
        status: vec![Utterance::Words(format!("is in custody, says {person}"))],
    }
}

fn query(call: &Call<Inbound>) -> Query {
    match call.last.last() {
        Some(Effect::Query(query)) => query.clone(),
        other => panic!("no query but {other:?}"),
    }
}

fn ended(operator: Operator) -> Option<Ending> {
    Some(Ending {
        outcome: Outcome::Served,
        operator,
    })
}

fn press_all(call: &mut Call<Inbound>, keys: &[&str]) {
    for keys in keys {
        call.on(press(keys));
    }
}

#[test]
fn says_first_what_to_do_in_danger() {
    let call = call();
    let said = call.said();
    assert_eq!(said.first(), Some(&&Utterance::Prompt(Prompt::Danger)));
    assert!(call.says(Prompt::Menu) && call.says(Prompt::ThisLanguage));
    assert!(call.says(Prompt::ForOperator));
}

#[test]
fn tells_where_somebody_is_by_number() {
    let mut call = call();
    press_all(&mut call, &["1", "1", "104711"]);
    let expected = Query::FindNumber {
        digits: "104711".to_owned(),
        language: Language::English,
    };
    assert_eq!(query(&call), expected);
    call.on(Event::Replied(Reply::Found(vec![found(
        "p1",
        "Avery Sample",
    )])));
    let said = call.said();
    assert!(said.contains(&&Utterance::Words("is in custody, says p1".to_owned())));
    assert!(call.says(Prompt::AfterStatus));
}

#[test]
fn tells_where_somebody_is_by_spelling_and_lets_choose() {
    let mut call = call();
    press_all(&mut call, &["2", "1", "3", "726753", ""]);
    let expected = Query::FindName {
        last: pii("726753"),
        first: pii(""),
        language: Language::Spanish,
    };
    assert_eq!(query(&call), expected);
    let people = vec![found("p1", "Avery Sample"), found("p2", "Blair Sample")];
    call.on(Event::Replied(Reply::Found(people)));
    assert!(call.says(Prompt::Press));
    call.on(press("2"));
    let said = call.said();
    assert!(said.contains(&&Utterance::Words("is in custody, says p2".to_owned())));
}

#[test]
fn says_that_nobody_found_proves_nothing_and_asks_for_more_letters() {
    let mut call = call();
    press_all(&mut call, &["1", "3", "72", "2"]);
    call.on(Event::Replied(Reply::TooMany));
    assert!(call.says(Prompt::TooMany) && call.says(Prompt::SpellLast));
    press_all(&mut call, &["726753", "2"]);
    call.on(Event::Replied(Reply::Found(Vec::new())));
    assert!(call.says(Prompt::NobodyFound) && call.says(Prompt::HowToFind));
}

#[test]
fn registers_for_the_person_who_was_heard_of() {
    let mut call = call();
    call.on(press("3"));
    assert!(call.says(Prompt::FindFirst));
    press_all(&mut call, &["1", "104711"]);
    call.on(Event::Replied(Reply::Found(vec![found(
        "p1",
        "Avery Sample",
    )])));
    press_all(&mut call, &["3", "16015550123"]);
    assert!(call.says(Prompt::PhoneIs));
    press_all(&mut call, &["1", "2468", "2469"]);
    assert!(call.says(Prompt::PinsDiffer));
    press_all(&mut call, &["2468", "2468"]);
    let expected = Query::Register {
        person: "p1".to_owned(),
        phone: pii("6015550123"),
        pin: Secret::new("2468".to_owned()),
        language: Language::English,
    };
    assert_eq!(query(&call), expected);
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::Registered));
    press_all(&mut call, &["5", "6015550123", "482100"]);
    let expected = Query::Prove {
        phone: pii("6015550123"),
        code: Secret::new("482100".to_owned()),
    };
    assert_eq!(query(&call), expected);
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::Proved));
}

#[test]
fn lets_nobody_enter_in_vain_what_only_a_person_can_do() {
    for key in ["3", "4", "5"] {
        let mut call = called(Scope::LookUps);
        call.on(press(key));
        assert!(call.is_dialling() && call.says(Prompt::PersonHelps));
    }
    let mut call = called(Scope::LookUps);
    press_all(&mut call, &["1", "1", "104711"]);
    call.on(Event::Replied(Reply::Found(vec![found(
        "p1",
        "Avery Sample",
    )])));
    assert!(call.says(Prompt::AfterStatus));
    call.on(press("3"));
    assert!(call.is_dialling());
    // Nobody is free: no number is asked for that would be lost.
    call.on(Event::Dialled(Dialled::NoneAnswered));
    assert!(call.says(Prompt::TryAgain) && !call.says(Prompt::EnterCallBack));
}

#[test]
fn changes_things_only_for_whoever_signed_in() {
    let mut call = call();
    press_all(&mut call, &["4", "6015550123", "1111"]);
    let expected = Query::SignIn {
        phone: pii("6015550123"),
        pin: Secret::new("1111".to_owned()),
    };
    assert_eq!(query(&call), expected);
    call.on(Event::Replied(Reply::Refused));
    assert!(call.says(Prompt::OnceMore) && call.says(Prompt::EnterYourPhone));
    press_all(&mut call, &["6015550123", "2468"]);
    call.on(Event::Replied(Reply::Done));
    press_all(&mut call, &["3", "6015550199", "1"]);
    let phone = pii("6015550199");
    assert_eq!(query(&call), Query::ChangePhone { phone });
    call.on(Event::Replied(Reply::Done));
    press_all(&mut call, &["4", "8642", "8642"]);
    let pin = Secret::new("8642".to_owned());
    assert_eq!(query(&call), Query::ChangePin { pin });
    call.on(Event::Replied(Reply::Done));
    press_all(&mut call, &["7", "7"]);
    assert_eq!(query(&call), Query::Stop);
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::Stopped));
}

#[test]
fn answers_a_forgotten_pin_the_same_for_every_number() {
    let mut call = call();
    press_all(&mut call, &["4", "6", "6015550123", "1"]);
    let phone = pii("6015550123");
    assert_eq!(query(&call), Query::ResetPin { phone });
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::ResetSent));
}

#[test]
fn takes_a_number_to_call_back_where_no_operator_is_free() {
    let mut call = call();
    call.on(press("0"));
    assert!(call.is_dialling());
    call.on(Event::Dialled(Dialled::NoneAnswered));
    assert!(call.says(Prompt::NoOperator) && call.says(Prompt::EnterCallBack));
    press_all(&mut call, &["6015550123", "1"]);
    let phone = pii("6015550123");
    assert_eq!(query(&call), Query::CallBack { phone });
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::CallBackTaken));
    assert_eq!(call.ending(), ended(Operator::Missed));
    let mut gone = super::tests::call();
    gone.on(press("0")).on(hang_up(0));
    assert_eq!(gone.ending(), ended(Operator::Missed));
}

#[test]
fn connects_whoever_cannot_press_a_key() {
    let mut call = call();
    call.on(Event::Timeout)
        .on(Event::Timeout)
        .on(Event::Timeout);
    assert!(call.is_dialling() && call.says(Prompt::PersonHelps));
    call.on(Event::Dialled(Dialled::Talked));
    assert_eq!(call.ending(), ended(Operator::Talked));
}

#[test]
fn rings_nobodys_telephone_over_and_over() {
    let mut call = call();
    let mut rings = 0;
    for _ in 0..4 {
        press_all(&mut call, &["4", "6", "6015550123", "1"]);
        if let Some(Effect::Query(Query::ResetPin { .. })) = call.last.last() {
            rings += 1;
            call.on(Event::Replied(Reply::Done));
        }
    }
    assert_eq!(rings, 2);
}

fn replies() -> impl Strategy<Value = Reply> {
    let people = proptest::collection::vec(Just(found("p", "Avery Sample")), 0..10);
    prop_oneof![
        4 => Just(Reply::Done),
        2 => Just(Reply::Refused),
        1 => Just(Reply::TooMany),
        1 => Just(Reply::Unavailable),
        1 => Just(Reply::Said(vec![Utterance::Pause])),
        4 => people.prop_map(Reply::Found),
    ]
}

fn anything() -> impl Strategy<Value = Event> {
    let keys = prop_oneof![
        Just("1"),
        Just("3"),
        Just("4"),
        Just("7"),
        Just("6015550123"),
        Just("2468")
    ];
    prop_oneof![
        2 => events(),
        3 => keys.prop_map(press),
        2 => replies().prop_map(Event::Replied),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn brings_0_to_an_operator_and_changes_nothing_for_a_stranger(
        events in proptest::collection::vec(anything(), 0..80),
    ) {
        let mut call = call();
        let mut is_signing_in = false;
        let mut is_in = false;
        for event in events {
            is_in |= is_signing_in && event == Event::Replied(Reply::Done);
            call.on(event);
            is_signing_in = matches!(call.last.last(), Some(Effect::Query(Query::SignIn { .. })));
            if let Some(Effect::Query(
                Query::Latest { .. } | Query::ChangePhone { .. } | Query::ChangePin { .. } | Query::Stop,
            )) = call.last.last()
            {
                assert!(is_in);
            }
            let has_dialled = call.done.contains(&Effect::Dial);
            if let (Some(Effect::Collect(_)), false) = (call.last.last(), has_dialled) {
                assert!(call.says(Prompt::ForOperator));
            }
        }
        if let (Some(Effect::Collect(_)), false) = (call.last.last(), call.done.contains(&Effect::Dial)) {
            call.on(press("0"));
            assert!(call.is_dialling());
        }
    }

    #[test]
    fn ends_every_call(events in proptest::collection::vec(anything(), 300)) {
        let mut call = call();
        for event in events.into_iter().filter(|event| !matches!(event, Event::Ended(_))) {
            if call.ending().is_none() {
                assert!(call.done.last().is_some_and(Effect::is_waiting));
            }
            call.on(event);
        }
        call.on(Event::Dialled(Dialled::NoneAnswered));
        call.on(press("6015550123"));
        assert!(call.ending().is_some());
        let dials = call.done.iter().filter(|effect| **effect == Effect::Dial);
        assert!(dials.count() <= 1);
    }
}
