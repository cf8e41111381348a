//! Proves what no sequence of events may bring about in a call that says something to whoever presses a key.

use proptest::prelude::ProptestConfig;
use proptest::proptest;
use savin_shared::pii::Secret;

use super::{Offer, Offered, What};
use crate::script::ending::{Ending, Operator, Outcome, Voicemail};
use crate::script::outbound::CallBack;
use crate::script::pace::Pace;
use crate::script::prompt::Prompt;
use crate::script::speech::{InEach, Language, Utterance};
use crate::script::testing::{Call, events, hang_up, press};
use crate::script::{Answerer, Dialled, Event};

fn call_of(what: What) -> Call<Offer> {
    let say = Utterance::Code(Secret::new("482100".to_owned()));
    Call::new(Offer::new(Offered {
        language: Language::English,
        pace: Pace::Normal,
        code_word: None,
        what,
        said: InEach {
            english: vec![say.clone(), say.clone()],
            spanish: vec![say.clone(), say],
        },
    }))
}

fn call() -> Call<Offer> {
    call_of(What::Code)
}

fn change(voicemail: Option<CallBack>) -> Call<Offer> {
    call_of(What::Change { voicemail })
}

fn answered() -> Call<Offer> {
    let mut call = call();
    call.on(Event::Answered(Answerer::Unknown));
    call
}

fn ended(outcome: Outcome) -> Option<Ending> {
    Some(Ending {
        outcome,
        operator: Operator::NotAsked,
    })
}

fn codes(call: &Call<Offer>) -> usize {
    let said = call.said();
    let is_code = |piece: &&&Utterance| matches!(piece, Utterance::Code(_));
    said.iter().filter(is_code).count()
}

#[test]
fn says_the_code_twice_to_whoever_presses_a_key_for_it() {
    let mut call = answered();
    assert_eq!(codes(&call), 0);
    call.on(press("1"));
    assert_eq!(codes(&call), 2);
    call.on(press("9")).on(Event::Timeout);
    assert_eq!(codes(&call), 4);
    assert_eq!(call.ending(), ended(Outcome::Said));
}

#[test]
fn leaves_no_code_with_a_machine_or_with_silence() {
    let mut machine = call();
    machine.on(Event::Answered(Answerer::Machine));
    let mut silent = answered();
    silent
        .on(Event::Timeout)
        .on(Event::Timeout)
        .on(Event::Timeout);
    for call in [machine, silent] {
        assert_eq!(codes(&call), 0);
        assert_eq!(call.ending(), ended(Outcome::Machine(Voicemail::NotLeft)));
    }
}

#[test]
fn calls_never_again_whoever_asks_for_that() {
    let mut call = answered();
    call.on(press("7"));
    assert!(call.says(Prompt::NeverAgain));
    assert_eq!(call.ending(), ended(Outcome::NeverCall));
}

#[test]
fn lets_nobody_end_the_calls_to_a_number_that_was_proved() {
    let mut call = change(None);
    call.on(Event::Answered(Answerer::Unknown));
    assert!(call.says(Prompt::ChangeOffer));
    call.on(press("7"));
    assert!(call.says(Prompt::ChangeOffer) && codes(&call) == 0);
    call.on(press("1")).on(press("7"));
    assert!(call.says(Prompt::AfterChange));
    call.on(Event::Timeout);
    assert_eq!(call.ending(), ended(Outcome::Said));
}

#[test]
fn leaves_of_a_change_with_a_machine_only_whom_to_call_where_she_agreed() {
    for back in [None, Some(CallBack::default())] {
        let left = match &back {
            None => Voicemail::NotLeft,
            Some(_) => Voicemail::Left,
        };
        let mut call = change(back);
        call.on(Event::Answered(Answerer::Machine));
        assert_eq!(codes(&call), 0);
        assert_eq!(call.ending(), ended(Outcome::Machine(left)));
    }
}

#[test]
fn counts_no_code_that_was_cut_off() {
    let mut call = answered();
    call.on(press("1")).on(hang_up(0));
    assert_eq!(call.ending(), ended(Outcome::NotConfirmed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ends_every_call_and_says_no_code_unasked(
        events in proptest::collection::vec(events(), 200),
    ) {
        let mut call = answered();
        let mut has_asked = false;
        for event in events {
            has_asked |= matches!(&event, Event::Digits(digits) if digits.keys.reveal() == "1");
            call.on(event);
            assert!(has_asked || codes(&call) == 0);
            assert!(!call.waits_mutely());
        }
        call.on(Event::Dialled(Dialled::NoneAnswered));
        assert!(call.ending().is_some());
    }
}
