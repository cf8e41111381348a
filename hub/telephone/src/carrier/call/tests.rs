//! A carrier that performs the documents for somebody at the other end, and the same somebody on a line
//! of our own: the script must do the same on both.

use std::sync::Arc;

use aws_lc_rs::hmac;
use proptest::prelude::{Just, ProptestConfig, Strategy};
use proptest::{prop_oneof, proptest};
use savin_shared::pii::{Pii, Secret};

use super::{Address, Ask, CallError, Carried, Operator as At, Step, Voice};
use crate::script::desk::Takes;
use crate::script::ending::{EndCause, Ending, NotAnswered, Operator, Outcome, Voicemail};
use crate::script::inbound::Inbound;
use crate::script::outbound::{CallBack, Notice, Outbound, Told};
use crate::script::pace::Pace;
use crate::script::query::{Found, Query, Reply, Watched};
use crate::script::speech::{InEach, Language, Play, Utterance};
use crate::script::{Answerer, Checked, Dialled, Digits, Effect, Ended, Event, Script};

/// Every sound takes a second.
struct Second;

impl Voice for Second {
    fn say(&self, _: &Play) -> Option<Arc<[u8]>> {
        Some(vec![0xFF; 8_000].into())
    }
}

/// What somebody at the other end does, in turn.
#[derive(Debug, Clone, PartialEq)]
enum Act {
    Press(&'static str),
    Wait,
    HangUp,
}

/// What came of a call: the keys of everything said, and how it ended.
type Heard = (Vec<String>, Option<Ending>);

fn check(pin: &Secret<String>) -> Checked {
    if *pin == Secret::new("2468".to_owned()) {
        Checked::Right
    } else {
        Checked::Wrong
    }
}

fn reply(query: &Query) -> Reply {
    match query {
        Query::FindNumber { .. } | Query::FindName { .. } => Reply::Found(vec![Found {
            person: "p1".to_owned(),
            name: Pii::new("Avery Sample".to_owned()),
            status: vec![Utterance::Words("is in custody".to_owned())],
        }]),
        Query::Watched => Reply::Watched {
            entries: ["e1", "e2"]
                .map(|entry| Watched {
                    entry: entry.to_owned(),
                    label: Pii::new("A. S.".to_owned()),
                    ends: None,
                })
                .into(),
            ends: None,
        },
        Query::Prove { .. } => Reply::SignedIn,
        Query::Register { .. }
        | Query::SignIn { .. }
        | Query::ChangePhone { .. }
        | Query::ChangePin { .. }
        | Query::Stop { .. }
        | Query::Keep
        | Query::ResetPin { .. }
        | Query::SetDuressPin { .. }
        | Query::Set { .. }
        | Query::CallBack { .. } => Reply::Done,
    }
}

fn notice() -> Box<dyn Script> {
    let told = |words: &str| Told {
        fact: vec![Utterance::Words(words.to_owned())],
        rest: vec![Utterance::Pause],
    };
    Box::new(Outbound::new(Notice {
        voicemail: Some(CallBack::default()),
        told: InEach {
            english: told("was released"),
            spanish: told("quedó en libertad"),
        },
        ..Notice::default()
    }))
}

fn inbound() -> Box<dyn Script> {
    Box::new(Inbound::new(Language::English, Pace::Normal))
}

/// Two operators: the second is one of a switchboard that answers by itself.
fn operators() -> Vec<At> {
    let at = |number: &str, takes| At {
        number: number.to_owned(),
        language: Language::Spanish,
        takes,
    };
    vec![
        at("+16015550188", Takes::Key),
        at("+16015550199", Takes::Answer),
    ]
}

/// Plays a call on a line of our own, as the SIP driver does: no operator is there.
fn direct(mut script: Box<dyn Script>, acts: &[Act]) -> Heard {
    let mut acts = acts.iter();
    let mut heard = Vec::new();
    let mut event = Event::Answered(Answerer::Unknown);
    loop {
        let mut plays = 0;
        let mut next = None;
        for effect in script.handle(event) {
            match effect {
                Effect::Play(play) => {
                    plays += 1;
                    heard.push(said(&play));
                }
                Effect::Collect(_) => {
                    next = Some(match acts.next() {
                        Some(Act::Press(keys)) => Event::Digits(Digits {
                            keys: Secret::new((*keys).to_owned()),
                            played: plays,
                        }),
                        Some(Act::Wait) => Event::Timeout,
                        Some(Act::HangUp) | None => Event::Ended(Ended {
                            cause: EndCause::HungUp,
                            played: plays,
                        }),
                    });
                }
                Effect::Check(pin) => next = Some(Event::Checked(check(&pin))),
                Effect::Query(query) => next = Some(Event::Replied(reply(&query))),
                Effect::Dial => next = Some(Event::Dialled(Dialled::NoneAnswered)),
                Effect::Hangup(ending) => return (heard, Some(ending)),
            }
        }
        let Some(next) = next else {
            return (heard, None);
        };
        event = next;
    }
}

fn said(play: &Play) -> String {
    format!("{:?} {:?}", play.language, play.say)
}

/// The address at which the call's requests come in.
const URL: &str = "https://h.example/call/secret";

fn address() -> Address {
    Address {
        url: URL.to_owned(),
        key: hmac::Key::new(hmac::HMAC_SHA256, &[7; 16]),
    }
}

/// Notes everything that is said.
#[derive(Default)]
struct Ears(std::sync::Mutex<Vec<String>>);

impl Voice for Ears {
    fn say(&self, play: &Play) -> Option<Arc<[u8]>> {
        self.0.lock().unwrap().push(said(play));
        Second.say(play)
    }
}

/// Performs the documents of a call as a carrier does.
fn carried(script: Box<dyn Script>, acts: &[Act]) -> Heard {
    let ears = Arc::new(Ears::default());
    let voice: Arc<dyn Voice> = Arc::<Ears>::clone(&ears);
    let mut call = Carried::new(script, voice, address(), operators());
    let mut acts = acts.iter();
    let mut now_ms = 1_000_000;
    let mut step = call.ask("CA1", &Ask::Answered(None), now_ms).unwrap();
    loop {
        step = match step {
            Step::Check(pin) => call.checked(check(&pin), now_ms).unwrap(),
            Step::Query(query) => call.replied(reply(&query), now_ms).unwrap(),
            Step::Over(ending) => return (ears.0.lock().unwrap().clone(), Some(ending)),
            Step::Document(document) => {
                // Everything is fetched and heard to its end.
                let sounds = document.matches("<Play>").count();
                for index in 0..sounds {
                    let name = name(&document);
                    assert!(call.sound(name, index).is_some(), "{document}");
                }
                now_ms += 10_000 + 1_000 * i64::try_from(sounds).unwrap();
                if document.contains("<Gather") {
                    assert!(document.contains("finishOnKey=\"#\""));
                    pressed(&mut call, acts.next(), turn(&document), now_ms)
                } else if document.contains("<Dial") {
                    let turn = turn(&document);
                    let ask = Ask::Dialled {
                        turn,
                        status: "no-answer",
                    };
                    call.ask("CA1", &ask, now_ms).unwrap()
                } else {
                    assert!(document.ends_with("<Hangup/></Response>"), "{document}");
                    over(&mut call, now_ms)
                }
            }
        };
    }
}

fn over(call: &mut Carried, now_ms: i64) -> Step {
    let ask = Ask::Over {
        status: "completed",
        sip: None,
    };
    call.ask("CA1", &ask, now_ms).unwrap()
}

fn pressed(call: &mut Carried, act: Option<&Act>, turn: u32, now_ms: i64) -> Step {
    let (digits, finished_on) = match act {
        Some(Act::Press(keys)) => (*keys, Some("#")),
        Some(Act::Wait) => ("", None),
        Some(Act::HangUp) | None => return over(call, now_ms),
    };
    let ask = Ask::Keys {
        turn,
        digits,
        finished_on,
    };
    call.ask("CA1", &ask, now_ms).unwrap()
}

/// Returns the turn of a document, by where its keys are sent; 0 where it wants none.
fn turn(document: &str) -> u32 {
    let mark = format!("action=\"{URL}/");
    let digits = document.split(&mark).nth(1).unwrap_or_default().chars();
    let digits: String = digits.take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Returns the name under which the sounds of a document are.
fn name(document: &str) -> &str {
    let mark = format!("<Play>{URL}/");
    let after = document.split(&mark).nth(1).unwrap_or_default();
    after.split('/').next().unwrap_or_default()
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let keys = proptest::sample::select(vec![
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "*",
        "",
        "2468",
        "1111",
        "6015550123",
        "726753",
        "482100",
    ]);
    let act = prop_oneof![
        40 => keys.prop_map(Act::Press),
        10 => Just(Act::Wait),
        1 => Just(Act::HangUp),
    ];
    proptest::collection::vec(act, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn does_the_same_on_a_carriers_line_as_on_our_own(acts in acts()) {
        for script in [notice, inbound] {
            assert_eq!(carried(script(), &acts), direct(script(), &acts));
        }
    }
}

#[test]
fn tells_a_notice_and_confirms_it() {
    let acts = [Act::Press("1111"), Act::Press("2468"), Act::Press("1")];
    let (heard, ending) = carried(notice(), &acts);
    let fact = said(&Play {
        language: Language::English,
        say: vec![Utterance::Words("was released".to_owned())],
    });
    assert!(heard.contains(&fact));
    let expected = Ending {
        outcome: Outcome::Confirmed,
        operator: Operator::NotAsked,
    };
    assert_eq!(ending, Some(expected));
}

#[test]
fn gives_sounds_out_only_while_they_are_said_and_only_to_who_was_told_where() {
    let mut call = call();
    let Step::Document(first) = call.ask("CA1", &Ask::Answered(None), 0).unwrap() else {
        panic!("a document");
    };
    assert!(call.sound(name(&first), 0).is_some());
    assert_eq!(call.sound(name(&first), 99), None);
    assert_eq!(call.sound("1", 0), None);
    let keys = Ask::Keys {
        turn: 1,
        digits: "9",
        finished_on: None,
    };
    let Step::Document(second) = call.ask("CA1", &keys, 1).unwrap() else {
        panic!("a document");
    };
    assert_ne!(name(&first), name(&second));
    assert_eq!(call.sound(name(&first), 0), None);
    assert!(call.sound(name(&second), 0).is_some());
}

fn call() -> Carried {
    Carried::new(notice(), Arc::new(Second), address(), Vec::new())
}

#[test]
fn leaves_a_machine_its_message() {
    let mut call = call();
    let asked = Ask::Answered(Some("machine_end_beep"));
    let step = call.ask("CA1", &asked, 0).unwrap();
    assert!(matches!(step, Step::Document(document) if document.ends_with("<Hangup/></Response>")));
    let outcome = Outcome::Machine(Voicemail::Left);
    assert_eq!(call.ending().map(|ending| ending.outcome), Some(outcome));
}

#[test]
fn confirms_nothing_where_the_fact_cannot_have_been_said_yet() {
    for (waited_ms, expected) in [(2_000, Outcome::NotConfirmed), (3_000, Outcome::Confirmed)] {
        let mut call = call();
        call.ask("CA1", &Ask::Answered(Some("human")), 0).unwrap();
        let keys = Ask::Keys {
            turn: 1,
            digits: "2468",
            finished_on: Some("#"),
        };
        let step = call.ask("CA1", &keys, 10_000).unwrap();
        assert!(matches!(step, Step::Check(_)));
        call.checked(Checked::Right, 10_000).unwrap();
        let ended = Ask::Over {
            status: "completed",
            sip: None,
        };
        call.ask("CA1", &ended, 10_000 + waited_ms).unwrap();
        assert_eq!(call.ending().map(|ending| ending.outcome), Some(expected));
    }
}

#[test]
fn answers_a_request_that_comes_again_and_refuses_old_ones_and_those_of_others() {
    let mut call = call();
    let answered = Ask::Answered(None);
    let first = call.ask("CA1", &answered, 0).unwrap();
    assert_eq!(call.ask("CA1", &answered, 1), Ok(first));
    assert_eq!(call.ask("CA2", &answered, 1), Err(CallError::OtherCall));
    let keys = |turn: u32| Ask::Keys {
        turn,
        digits: "9",
        finished_on: None,
    };
    let second = call.ask("CA1", &keys(1), 2).unwrap();
    assert_eq!(call.ask("CA1", &keys(1), 3), Ok(second));
    call.ask("CA1", &keys(2), 4).unwrap();
    assert_eq!(call.ask("CA1", &keys(1), 5), Err(CallError::Stale));
    let ended = Ask::Over {
        status: "completed",
        sip: None,
    };
    call.ask("CA1", &ended, 6).unwrap();
    assert_eq!(call.ask("CA1", &keys(3), 7), Err(CallError::Over));
    assert!(matches!(call.ask("CA1", &ended, 8), Ok(Step::Over(_))));
}

#[test]
fn tells_why_nobody_took_the_call() {
    let cases = [
        ("busy", None, NotAnswered::Busy),
        ("no-answer", None, NotAnswered::NoAnswer),
        ("failed", Some(404), NotAnswered::NoSuchNumber),
        ("failed", Some(503), NotAnswered::Line),
        ("failed", None, NotAnswered::Line),
        ("canceled", None, NotAnswered::Line),
    ];
    for (status, sip, why) in cases {
        let mut call = call();
        call.ask("CA1", &Ask::Over { status, sip }, 0).unwrap();
        let outcome = call.ending().map(|ending| ending.outcome);
        assert_eq!(outcome, Some(Outcome::NotAnswered(why)));
    }
}

/// Has a caller ask for an operator; returns the call, the turn of the document that calls one, and that document.
fn asking_for_operator() -> (Carried, u32, String) {
    let mut call = Carried::new(notice(), Arc::new(Second), address(), operators());
    let Step::Document(_) = call.ask("CA1", &Ask::Answered(None), 0).unwrap() else {
        panic!("a document");
    };
    let keys = Ask::Keys {
        turn: 1,
        digits: "0",
        finished_on: None,
    };
    let Step::Document(dials) = call.ask("CA1", &keys, 1).unwrap() else {
        panic!("a document");
    };
    (call, 2, dials)
}

fn ended_at_desk(call: &mut Carried, turn: u32) -> String {
    let status = "completed";
    let asked = call.ask("CA1", &Ask::Dialled { turn, status }, 9);
    let Step::Document(document) = asked.unwrap() else {
        panic!("a document");
    };
    document
}

#[test]
fn an_operator_takes_a_caller_by_a_key_and_a_machine_does_not() {
    let (mut call, turn, dials) = asking_for_operator();
    let at = format!("{URL}/desk/2");
    let number = format!("<Number method=\"POST\" url=\"{at}\">+16015550188</Number></Dial>");
    assert!(dials.contains(&number), "{dials}");
    let offered = call.desk(turn, None).unwrap();
    let gather = format!("numDigits=\"1\" timeout=\"4\" action=\"{at}/keys\"");
    assert!(offered.contains(&gather), "{offered}");
    assert!(offered.ends_with("</Gather><Hangup/></Response>"));
    assert_eq!(offered.matches("<Play>").count(), 2, "it is said twice");
    let index = dials.matches("<Play>").count();
    assert!(offered.contains(&format!("/{index}.wav")), "{offered}");
    assert!(call.sound(name(&offered), index).is_some());
    // Another key is asked once more; nothing ends it, and the next is called.
    assert_eq!(call.desk(turn, Some("5")).unwrap(), offered);
    let hung_up = call.desk(turn, Some("")).unwrap();
    assert!(
        hung_up.ends_with("<Response><Hangup/></Response>"),
        "{hung_up}"
    );
    let next = ended_at_desk(&mut call, turn);
    assert!(next.contains("<Number>+16015550199</Number>"), "{next}");
    assert_eq!(call.desk(turn, Some("1")), Err(CallError::Stale));
    // A switchboard takes the caller by answering.
    let after = ended_at_desk(&mut call, 3);
    assert!(after.ends_with("<Hangup/></Response>"), "{after}");
    assert_eq!(call.ending().unwrap().operator, Operator::Talked);

    let (mut call, turn, _) = asking_for_operator();
    assert!(
        call.desk(turn, Some("1"))
            .unwrap()
            .ends_with("<Response></Response>")
    );
    ended_at_desk(&mut call, turn);
    assert_eq!(call.ending().unwrap().operator, Operator::Talked);
}
