//! Proves what a caller can do on the toll-free number, and what no sequence of keys brings about.

use proptest::prelude::{Just, ProptestConfig, Strategy};
use proptest::{prop_oneof, proptest};
use savin_shared::pii::{Pii, Secret};

use super::Inbound;
use crate::script::ending::{Ending, Operator, Outcome};
use crate::script::pace::Pace;
use crate::script::prompt::Prompt;
use crate::script::query::{
    AtAnyHour, Found, Hours, Machine, Part, Query, Reply, Setting, Watched,
};
use crate::script::speech::{Language, Utterance};
use crate::script::testing::{Call, events, hang_up, press};
use crate::script::{Answerer, Dialled, Effect, Event};

fn call() -> Call<Inbound> {
    let mut call = Call::new(Inbound::new(Language::English, Pace::Normal));
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
fn begins_once_whoever_seems_to_have_called() {
    let mut call = call();
    for answerer in [Answerer::Machine, Answerer::Unknown, Answerer::Person] {
        call.on(Event::Answered(answerer));
        assert_eq!(call.last, Vec::new());
    }
    call.on(press("2"));
    call.on(Event::Answered(Answerer::Machine));
    assert_eq!(call.last, Vec::new());
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
fn asks_for_another_pin_where_anybody_would_guess_it() {
    for easy in ["0000", "123456"] {
        let mut call = call();
        press_all(&mut call, &["4", "6015550123", "2468"]);
        call.on(Event::Replied(Reply::Done));
        press_all(&mut call, &["4", easy]);
        assert!(call.says(Prompt::PinTooEasy) && call.says(Prompt::ChoosePin));
    }
}

#[test]
fn asks_for_another_number_where_one_is_not_called() {
    let mut call = call();
    press_all(&mut call, &["4", "6", "9005550123", "1"]);
    call.on(Event::Replied(Reply::Refused));
    assert!(call.says(Prompt::NotCalled) && call.says(Prompt::EnterYourPhone));
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
    stop(&mut call, 1, &["7"]);
    assert_eq!(query(&call), Query::Stop { entry: None });
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::Stopped));
    call.on(press("8"));
    assert_eq!(query(&call), Query::Keep);
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::Kept));
}

/// Asks to stop, is told about so many people, and presses these keys.
fn stop(call: &mut Call<Inbound>, people: usize, keys: &[&str]) {
    call.on(press("7"));
    assert_eq!(query(call), Query::Watched);
    call.on(Event::Replied(watched(people)));
    press_all(call, keys);
}

fn watched(people: usize) -> Reply {
    let entries = (1..=people).map(|number| Watched {
        entry: format!("e{number}"),
        label: pii("A. S."),
        ends: None,
    });
    Reply::Watched {
        entries: entries.collect(),
        ends: None,
    }
}

#[test]
fn stops_for_whom_she_chooses_after_it_said_that_three_days_are_left() {
    let signed_in = || {
        let mut call = call();
        press_all(&mut call, &["4", "6015550123", "2468"]);
        call.on(Event::Replied(Reply::Done));
        call
    };
    let mut one = signed_in();
    stop(&mut one, 3, &["2"]);
    assert!(one.says(Prompt::ConfirmStop));
    one.on(press("7"));
    let entry = Some("e2".to_owned());
    assert_eq!(query(&one), Query::Stop { entry });
    let mut all = signed_in();
    stop(&mut all, 3, &["7", "7"]);
    assert_eq!(query(&all), Query::Stop { entry: None });
    for keys in [["8"], ["4"]] {
        let mut none = signed_in();
        stop(&mut none, 3, &keys);
        assert!(!none.says(Prompt::ConfirmStop));
    }
    let mut many = signed_in();
    stop(&mut many, 7, &[]);
    assert!(many.is_dialling(), "more than there are keys for");
}

#[test]
fn says_about_whom_she_is_told_in_initials_only() {
    let mut call = call();
    press_all(&mut call, &["4", "6015550123", "2468"]);
    call.on(Event::Replied(Reply::Done)).on(press("1"));
    call.on(Event::Replied(watched(2)));
    let said = call.said();
    assert!(said.contains(&&Utterance::Spelled(pii("A. S."))));
    assert!(call.says(Prompt::ToldAbout) && call.says(Prompt::Mine));
    call.on(press("1")).on(Event::Replied(watched(0)));
    assert!(call.says(Prompt::ToldAboutNobody));
}

#[test]
fn lets_whoever_has_the_code_of_a_reset_choose_a_pin() {
    let mut call = call();
    press_all(&mut call, &["5", "6015550123", "482100"]);
    call.on(Event::Replied(Reply::SignedIn));
    assert!(call.says(Prompt::CodeRight) && call.says(Prompt::ChoosePin));
    press_all(&mut call, &["8642", "8642"]);
    let pin = Secret::new("8642".to_owned());
    assert_eq!(query(&call), Query::ChangePin { pin });
}

#[test]
fn waits_a_minute_for_whoever_speaks_through_a_relay() {
    let mut call = call();
    assert!(call.says(Prompt::MoreTime));
    call.on(press("8"));
    assert!(call.says(Prompt::RelayWelcome) && !call.says(Prompt::MoreTime));
    press_all(&mut call, &["1", "1", "104711"]);
    call.on(Event::Replied(Reply::Found(vec![found(
        "p1",
        "Avery Sample",
    )])));
    let mut waits = Vec::new();
    for effect in &call.done {
        if let Effect::Collect(collect) = effect {
            waits.push(collect.wait.first.as_secs());
        }
    }
    assert_eq!(waits, [8, 60, 60, 60, 60]);
}

#[test]
fn answers_a_forgotten_pin_the_same_for_every_number() {
    let mut call = call();
    press_all(&mut call, &["4", "6", "6015550123", "1"]);
    let (phone, language) = (pii("6015550123"), Language::English);
    assert_eq!(query(&call), Query::ResetPin { phone, language });
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::ResetSent));
}

#[test]
fn takes_a_number_to_call_back_where_no_operator_is_free() {
    let mut call = call();
    call.on(press("0"));
    assert!(call.is_dialling());
    call.on(Event::Dialled(Dialled::NoneAnswered));
    assert!(call.says(Prompt::NobodyFree) && call.says(Prompt::EnterCallBack));
    assert!(!call.says(Prompt::NoOperator), "nothing is promised yet");
    press_all(&mut call, &["6015550123", "1"]);
    let (phone, language) = (pii("6015550123"), Language::English);
    assert_eq!(query(&call), Query::CallBack { phone, language });
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

/// Somebody who has signed in, as the host answers it.
fn signed_in(reply: Reply) -> Call<Inbound> {
    let mut call = call();
    press_all(&mut call, &["4", "6015550123", "2468"]);
    call.on(Event::Replied(reply));
    call
}

#[test]
fn says_back_what_she_chooses_and_keeps_it_once_that_is_right() {
    let within = |part, at_any_hour| Setting::Hours(Hours::Within { part, at_any_hour });
    let chosen: [(&[&str], Setting, &[Prompt]); 9] = [
        (
            &["1", "1"],
            Setting::Language(Language::English),
            &[Prompt::InEnglish],
        ),
        (
            &["1", "3"],
            Setting::Language(Language::Spanish),
            &[Prompt::InSpanish],
        ),
        (&["3", "1"], Setting::Hours(Hours::Any), &[Prompt::HoursAny]),
        (
            &["3", "3", "1"],
            within(Part::Morning, AtAnyHour::Escapes),
            &[Prompt::HoursMorning, Prompt::EscapesAtAnyHour],
        ),
        (
            &["3", "4", "3"],
            within(Part::Day, AtAnyHour::Releases),
            &[Prompt::HoursDay, Prompt::ReleasesAtAnyHour],
        ),
        (
            &["3", "5", "4"],
            within(Part::Evening, AtAnyHour::Nothing),
            &[Prompt::HoursEvening, Prompt::NothingAtOtherHours],
        ),
        (
            &["4", "1"],
            Setting::Machine(Machine::Nothing),
            &[Prompt::MachineNothing],
        ),
        (
            &["4", "3"],
            Setting::Machine(Machine::CallBack),
            &[Prompt::MachineCallBack],
        ),
        // To choose again, and then otherwise.
        (
            &["4", "3", "3", "4", "1"],
            Setting::Machine(Machine::Nothing),
            &[Prompt::IsThatRight],
        ),
    ];
    for (keys, setting, said) in chosen {
        let mut call = signed_in(Reply::Done);
        call.on(press("5"));
        assert!(call.says(Prompt::Profile) && call.says(Prompt::OrNothing));
        press_all(&mut call, keys);
        assert!(said.iter().all(|prompt| call.says(*prompt)), "{keys:?}");
        call.on(press("1"));
        assert_eq!(query(&call), Query::Set { setting });
        call.on(Event::Replied(Reply::Done));
        assert!(call.says(Prompt::Set) && call.says(Prompt::Mine));
    }
}

#[test]
fn speaks_at_once_the_language_that_she_chose() {
    let mut call = signed_in(Reply::Done);
    press_all(&mut call, &["5", "1", "3", "1"]);
    call.on(Event::Replied(Reply::Done));
    let Some(Effect::Play(play)) = call.last.first() else {
        panic!("nothing is said: {:?}", call.last);
    };
    assert_eq!(play.language, Language::Spanish);
}

#[test]
fn takes_a_second_pin_that_is_another_one() {
    let mut call = signed_in(Reply::Done);
    press_all(&mut call, &["5", "5"]);
    assert!(call.says(Prompt::ChooseDuressPin));
    press_all(&mut call, &["2468", "2468"]);
    let pin = Secret::new("2468".to_owned());
    assert_eq!(query(&call), Query::SetDuressPin { pin });
    call.on(Event::Replied(Reply::Refused));
    assert!(call.says(Prompt::OtherPin) && call.says(Prompt::ChooseDuressPin));
    press_all(&mut call, &["8642", "8642"]);
    call.on(Event::Replied(Reply::Done));
    assert!(call.says(Prompt::DuressPinSet) && call.says(Prompt::Mine));
}

#[test]
fn says_nothing_of_a_second_pin_to_whoever_made_her_sign_in() {
    let mut call = signed_in(Reply::SignedInUnderDuress);
    assert!(
        call.says(Prompt::Mine),
        "as for whoever signs in by herself"
    );
    call.on(press("5"));
    assert!(call.says(Prompt::Profile) && !call.says(Prompt::OrDuressPin));
    call.on(press("5"));
    assert!(!call.says(Prompt::ChooseDuressPin));
}

fn replies() -> impl Strategy<Value = Reply> {
    let people = proptest::collection::vec(Just(found("p", "Avery Sample")), 0..10);
    prop_oneof![
        4 => Just(Reply::Done),
        2 => Just(Reply::Refused),
        1 => Just(Reply::TooMany),
        1 => Just(Reply::Unavailable),
        1 => Just(Reply::SignedIn),
        1 => Just(Reply::SignedInUnderDuress),
        2 => (0..9_usize).prop_map(watched),
        4 => people.prop_map(Reply::Found),
    ]
}

fn anything() -> impl Strategy<Value = Event> {
    let keys = prop_oneof![
        Just("1"),
        Just("3"),
        Just("4"),
        Just("5"),
        Just("7"),
        Just("8"),
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
        let mut asked = None;
        let mut is_in = false;
        for event in events {
            is_in |= match asked {
                Some(Query::SignIn { .. }) => {
                    event == Event::Replied(Reply::Done)
                        || event == Event::Replied(Reply::SignedInUnderDuress)
                }
                Some(Query::Prove { .. }) => event == Event::Replied(Reply::SignedIn),
                _ => false,
            };
            call.on(event);
            asked = match call.last.last() {
                Some(Effect::Query(query)) => Some(query.clone()),
                _ => None,
            };
            if let Some(
                Query::Watched
                | Query::ChangePhone { .. }
                | Query::ChangePin { .. }
                | Query::SetDuressPin { .. }
                | Query::Set { .. }
                | Query::Stop { .. }
                | Query::Keep,
            ) = asked
            {
                assert!(is_in);
            }
            // About whom she is told is said to nobody before.
            let is_hers = |piece: &&Utterance| matches!(piece, Utterance::Spelled(_));
            assert!(is_in || !call.said().iter().any(is_hers));
            assert!(!call.waits_mutely());
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
