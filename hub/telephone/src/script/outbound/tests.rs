//! Proves what no sequence of events may bring about in a call that tells a notice.

use proptest::prelude::{Just, ProptestConfig, Strategy, any};
use proptest::proptest;
use savin_shared::pii::Pii;

use super::{CallBack, Notice, Outbound, Told};
use crate::script::ending::{EndCause, Ending, NotAnswered, Operator, Outcome, Voicemail};
use crate::script::pace::Pace;
use crate::script::prompt::Prompt;
use crate::script::speech::{InEach, Language, Utterance};
use crate::script::testing::{Call, DURESS, PIN, events, hang_up, press, pressed_after};
use crate::script::{Answerer, Dialled, Effect, Ended, Event};

fn told(words: &str) -> Told {
    let name = Utterance::Name(Pii::new("Avery Sample".to_owned()));
    Told {
        fact: vec![name, Utterance::Words(words.to_owned())],
        rest: vec![Utterance::Place("Test Jail".to_owned())],
    }
}

fn notice() -> Notice {
    Notice {
        code_word: Some(Pii::new("bluebird".to_owned())),
        voicemail: Some(CallBack {
            phone: "8005550100".to_owned(),
            reference: "4711".to_owned(),
        }),
        told: InEach {
            english: told("was released from"),
            spanish: told("quedó en libertad y salió de"),
        },
        ..Notice::default()
    }
}

fn call() -> Call<Outbound> {
    Call::new(Outbound::new(notice()))
}

fn answered() -> Call<Outbound> {
    let mut call = call();
    call.on(Event::Answered(Answerer::Person));
    call
}

fn ended(outcome: Outcome, operator: Operator) -> Option<Ending> {
    Some(Ending { outcome, operator })
}

fn facts(call: &Call<Outbound>) -> usize {
    let said = call.said();
    said.iter().filter(|piece| piece.is_telling()).count()
}

#[test]
fn tells_the_fact_at_once_after_the_right_pin() {
    let mut call = answered();
    assert!(call.says(Prompt::EnterPin) && call.says(Prompt::ForOperator));
    assert!(call.says(Prompt::CodeWord) && call.says(Prompt::ThisLanguage));
    call.on(press(PIN));
    let Some(Effect::Play(first)) = call.last.first() else {
        panic!("nothing is said first: {:?}", call.last);
    };
    assert_eq!(first.say, told("was released from").fact);
    call.on(Event::Timeout).on(Event::Timeout);
    assert_eq!(call.ending(), ended(Outcome::Confirmed, Operator::NotAsked));
}

#[test]
fn confirms_only_what_was_said_to_its_end() {
    let mut early = answered();
    early.on(press(PIN)).on(hang_up(0));
    assert_eq!(
        early.ending(),
        ended(Outcome::NotConfirmed, Operator::NotAsked)
    );
    let mut later = answered();
    later.on(press(PIN)).on(hang_up(1));
    assert_eq!(
        later.ending(),
        ended(Outcome::Confirmed, Operator::NotAsked)
    );
    // A # that was one too many after a PIN of six digits.
    let mut hasty = answered();
    hasty.on(press(PIN)).on(pressed_after("", 0)).on(hang_up(0));
    assert_eq!(
        hasty.ending(),
        ended(Outcome::NotConfirmed, Operator::NotAsked)
    );
}

#[test]
fn says_it_again_and_in_the_other_language() {
    let mut call = answered();
    call.on(press(PIN)).on(press("9"));
    assert_eq!(facts(&call), 6);
    call.on(press("2"));
    let Some(Effect::Play(first)) = call.last.first() else {
        panic!("nothing is said first: {:?}", call.last);
    };
    assert_eq!(first.language, Language::Spanish);
    assert_eq!(first.say, told("quedó en libertad y salió de").fact);
    call.on(press("1"));
    assert_eq!(call.ending(), ended(Outcome::Confirmed, Operator::NotAsked));
}

#[test]
fn asks_for_the_pin_in_the_other_language() {
    let mut call = answered();
    call.on(press("2"));
    let Some(Effect::Play(first)) = call.last.first() else {
        panic!("nothing is said first: {:?}", call.last);
    };
    assert_eq!(first.language, Language::Spanish);
    assert!(call.says(Prompt::EnterPin));
}

#[test]
fn brings_three_misses_to_a_person_without_scolding() {
    let mut call = answered();
    call.on(press("1111")).on(press("22"));
    assert!(call.says(Prompt::PinAgain) && !call.is_dialling());
    call.on(press("3333"));
    assert!(call.is_dialling() && call.says(Prompt::PersonHelps));
    call.on(Event::Dialled(Dialled::NoneAnswered));
    assert!(call.says(Prompt::NoOperator));
    assert_eq!(
        call.ending(),
        ended(Outcome::NotConfirmed, Operator::Missed)
    );
}

#[test]
fn leaves_a_machine_what_was_agreed_and_nothing_else() {
    let mut call = call();
    call.on(Event::Answered(Answerer::Machine));
    let outcome = Outcome::Machine(Voicemail::Left);
    assert_eq!(call.ending(), ended(outcome, Operator::NotAsked));
    let phone = Utterance::Digits("8005550100".to_owned());
    assert!(call.said().contains(&&phone));
    assert!(!call.says(Prompt::CodeWord));
    let mut quiet = Call::new(Outbound::new(Notice {
        voicemail: None,
        ..notice()
    }));
    quiet.on(Event::Answered(Answerer::Machine));
    assert!(quiet.said().is_empty());
    let outcome = Outcome::Machine(Voicemail::NotLeft);
    assert_eq!(quiet.ending(), ended(outcome, Operator::NotAsked));
}

#[test]
fn takes_silence_for_a_machine_and_a_late_guess_only_while_nothing_was_pressed() {
    let mut silent = answered();
    silent.on(Event::Timeout).on(Event::Timeout);
    assert_eq!(silent.ending(), None);
    silent.on(Event::Timeout);
    let machine = Outcome::Machine(Voicemail::Left);
    assert_eq!(silent.ending(), ended(machine, Operator::NotAsked));
    let mut late = answered();
    late.on(Event::Answered(Answerer::Machine));
    assert_eq!(late.ending(), ended(machine, Operator::NotAsked));
    let mut person = answered();
    person
        .on(press("1111"))
        .on(Event::Answered(Answerer::Machine));
    assert_eq!(person.ending(), None);
}

#[test]
fn shows_nothing_to_whoever_makes_her_enter_a_pin() {
    let mut call = answered();
    call.on(press(DURESS));
    assert!(call.says(Prompt::NothingNew));
    assert_eq!(facts(&call), 0);
    assert_eq!(call.ending(), ended(Outcome::Duress, Operator::NotAsked));
}

#[test]
fn tells_the_engine_why_nobody_took_the_call() {
    let mut call = call();
    call.on(Event::Ended(Ended {
        cause: EndCause::NotAnswered(NotAnswered::Busy),
        played: 0,
    }));
    let busy = Outcome::NotAnswered(NotAnswered::Busy);
    assert_eq!(call.ending(), ended(busy, Operator::NotAsked));
}

#[test]
fn gives_a_relay_time_to_type() {
    let mut call = Call::new(Outbound::new(Notice {
        pace: Pace::Relay,
        ..notice()
    }));
    call.on(Event::Answered(Answerer::Person));
    assert!(call.says(Prompt::RelayWelcome));
    let Some(Effect::Collect(collect)) = call.last.last() else {
        panic!("nothing is collected");
    };
    assert!(collect.wait.first.as_secs() >= 60 && collect.wait.between.as_secs() >= 20);
}

#[test]
fn takes_it_for_the_wrong_number_once_that_is_said_twice() {
    let mut call = answered();
    assert!(call.says(Prompt::WrongNumber));
    call.on(press("7"));
    assert!(call.says(Prompt::WrongNumberSure) && call.says(Prompt::EnterPin));
    call.on(press("7"));
    assert!(call.says(Prompt::WrongNumberNoted));
    assert_eq!(facts(&call), 0);
    assert_eq!(call.ending(), ended(Outcome::NeverCall, Operator::NotAsked));
}

#[test]
fn goes_on_with_whoever_pressed_7_by_mistake() {
    let mut slip = answered();
    slip.on(press("7")).on(press("71")).on(press("7"));
    assert!(
        slip.says(Prompt::WrongNumberSure),
        "7 was not pressed twice in a row"
    );
    assert_eq!(slip.ending(), None);
    let mut hers = answered();
    hers.on(press("7"))
        .on(press(PIN))
        .on(press("7"))
        .on(press("7"));
    assert!(
        hers.ending().is_none(),
        "once she is known it is no wrong number"
    );
    hers.on(press("1"));
    assert_eq!(hers.ending(), ended(Outcome::Confirmed, Operator::NotAsked));
}

fn any_notice() -> impl Strategy<Value = Notice> {
    let languages = proptest::sample::select(Language::ALL.to_vec());
    (languages, any::<bool>(), any::<bool>(), Just(notice())).prop_map(
        |(language, is_relay, has_voicemail, notice)| Notice {
            language,
            pace: if is_relay { Pace::Relay } else { Pace::Normal },
            voicemail: notice.voicemail.clone().filter(|_| has_voicemail),
            ..notice
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn says_and_confirms_nothing_before_the_right_pin(
        notice in any_notice(),
        events in proptest::collection::vec(events(), 0..60),
    ) {
        let mut call = Call::new(Outbound::new(notice));
        for event in events {
            call.on(event);
            if !call.is_proved {
                let telling = |piece: &&&Utterance| piece.is_telling();
                assert_eq!(call.said().iter().find(telling), None);
            }
            assert!(!call.waits_mutely());
            if let Some(ending) = call.ending() {
                // Nor can she be called a wrong number once her PIN was entered.
                assert!(!call.is_proved || ending.outcome != Outcome::NeverCall);
                assert!(call.is_proved || ending.outcome != Outcome::Confirmed);
            }
        }
    }

    #[test]
    fn brings_0_to_an_operator_from_wherever_something_is_asked(
        notice in any_notice(),
        events in proptest::collection::vec(events(), 0..60),
    ) {
        let mut call = Call::new(Outbound::new(notice));
        call.on(Event::Answered(Answerer::Unknown));
        for event in events {
            call.on(event);
            if let Some(Effect::Collect(_)) = call.last.last() {
                call.on(press("0"));
                assert!(call.is_dialling());
                return Ok(());
            }
        }
    }

    #[test]
    fn ends_every_call(
        notice in any_notice(),
        events in proptest::collection::vec(events(), 300),
    ) {
        let mut call = Call::new(Outbound::new(notice));
        call.on(Event::Answered(Answerer::Unknown));
        for event in events.into_iter().filter(|event| !matches!(event, Event::Ended(_))) {
            // Until it ends, the driver always has something to wait for.
            if call.ending().is_none() {
                assert!(call.done.last().is_some_and(Effect::is_waiting));
            }
            call.on(event);
        }
        call.on(Event::Dialled(Dialled::NoneAnswered));
        assert!(call.ending().is_some());
        let ends = call.done.iter().filter(|effect| matches!(effect, Effect::Hangup(_)));
        assert_eq!(ends.count(), 1);
    }
}
