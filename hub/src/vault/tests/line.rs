//! The toll-free number on both engines: from the keys of a caller to the rows, and what bounds her.

use jiff::SignedDuration;
use savin_shared::pii::{Pii, Secret};

use super::carrying::{call, calls, doors};
use super::contacts::{phone, register_by};
use super::{about, accepted, ask, each_with, fact, finish, pass, plan, portal, view};
use crate::ids::SubscriptionId;
use crate::notification::phone::PhoneNumber;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, Content, LineCommand, PlannerCommand, PortalAnswer, PortalCommand, StaffAnswer,
    StaffCommand, TaskCommand, Ticket, VaultTask, WatchedList,
};
use crate::work::task::TaskKind;

pub(super) const HERS: &str = "601-555-0123";
pub(super) const OTHER: &str = "601-555-0199";
pub(super) const PIN: &str = "4821";

pub(super) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn line_from(vault: &Vault, shown: Option<&str>, command: LineCommand) -> PortalAnswer {
    let shown = shown.map(|shown| Pii::new(shown.to_owned()));
    portal(vault, PortalCommand::Line { shown, command })
}

pub(super) fn line(vault: &Vault, command: LineCommand) -> PortalAnswer {
    line_from(vault, None, command)
}

fn register(vault: &Vault, to: &str, pin: &str, byte: u8) -> PortalAnswer {
    let register = LineCommand::Register {
        number: number(to),
        pin: secret(pin),
        about: about(byte),
        language: Language::Es,
    };
    line(vault, register)
}

/// Takes the one call that waits, and the code that it says.
pub(super) fn said_code(vault: &Vault, to: &str) -> Secret<String> {
    let call = calls(vault, 9);
    assert_eq!(call.len(), 1, "one call waits");
    assert_eq!(call[0].to, phone(to));
    finish(vault, &call[0], accepted());
    let Content::Code(code) = &call[0].content else {
        panic!("a code")
    };
    code.clone()
}

pub(super) fn prove(vault: &Vault, to: &str, code: &Secret<String>) -> PortalAnswer {
    let prove = LineCommand::Prove {
        number: number(to),
        code: code.clone(),
    };
    line(vault, prove)
}

pub(super) fn registered(vault: &Vault, to: &str, pin: &str, byte: u8) {
    assert_eq!(register(vault, to, pin, byte), PortalAnswer::Done);
    let code = said_code(vault, to);
    assert_eq!(prove(vault, to, &code), PortalAnswer::Done);
}

pub(super) fn sign_in(vault: &Vault, to: &str, pin: &str) -> PortalAnswer {
    let sign_in = LineCommand::SignIn {
        number: number(to),
        pin: secret(pin),
    };
    line(vault, sign_in)
}

pub(super) fn signed_in(vault: &Vault, to: &str, pin: &str) -> Ticket {
    let PortalAnswer::Session(session) = sign_in(vault, to, pin) else {
        panic!("a session")
    };
    session
}

fn watched(vault: &Vault, session: &Ticket) -> WatchedList {
    let session = session.clone();
    let PortalAnswer::Watched(list) = line(vault, LineCommand::Watched { session }) else {
        panic!("a list")
    };
    list
}

pub(super) fn stop(vault: &Vault, session: &Ticket, entry: Option<SubscriptionId>) {
    let session = session.clone();
    let answer = line(vault, LineCommand::Stop { session, entry });
    assert_eq!(answer, PortalAnswer::Done);
}

/// Has every call told that waits.
fn carry_calls(vault: &Vault) {
    for call in calls(vault, 9) {
        finish(vault, &call, accepted());
    }
}

fn tasks(vault: &Vault) -> Vec<VaultTask> {
    let list = TaskCommand::List {
        kind: Some(TaskKind::ByHand),
        limit: 99,
    };
    let StaffAnswer::Tasks(tasks) = ask(vault, StaffCommand::Tasks(list)) else {
        panic!("tasks")
    };
    tasks
}

#[test]
fn registers_who_has_the_code_that_was_said_to_the_number_and_tells_nothing_before() {
    each_with("line_register", doors, |vault, _| {
        assert_eq!(register(vault, HERS, PIN, 1), PortalAnswer::Done);
        let code = said_code(vault, HERS);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert!(calls(vault, 9).is_empty(), "not proved yet");
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
        let zeros = secret("000000");
        let wrong = if code == zeros {
            secret("000001")
        } else {
            zeros
        };
        assert_eq!(prove(vault, HERS, &wrong), PortalAnswer::Refused);
        assert_eq!(prove(vault, OTHER, &code), PortalAnswer::Refused);
        assert_eq!(prove(vault, HERS, &code), PortalAnswer::Done);
        assert_eq!(prove(vault, HERS, &code), PortalAnswer::Refused, "once");
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let call = calls(vault, 9);
        assert_eq!(call.len(), 1);
        assert_eq!(call[0].language, Language::Es);
        assert!(call[0].call.as_ref().unwrap().has_pin);
        let shown = view(vault, &signed_in(vault, HERS, PIN));
        assert_eq!(shown.about.len(), 1);
        assert!(shown.contacts[0].is_proved);
    });
}

#[test]
fn joins_a_registration_of_the_same_number_only_with_the_same_pin() {
    each_with("line_join", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        registered(vault, HERS, PIN, 2);
        registered(vault, HERS, "7035", 3);
        let count = |pin| view(vault, &signed_in(vault, HERS, pin)).about.len();
        assert_eq!((count(PIN), count("7035")), (2, 1));
        assert_eq!(sign_in(vault, HERS, "1111"), PortalAnswer::Refused);
    });
}

#[test]
fn looks_at_few_pins_an_hour_and_locks_nobody_out() {
    each_with("line_pins", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        for _ in 0..9 {
            for to in [HERS, OTHER] {
                assert_eq!(sign_in(vault, to, "1111"), PortalAnswer::Refused);
            }
        }
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
        // What others try keeps her from hearing nothing.
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(calls(vault, 9).len(), 1);
        pass(SignedDuration::from_mins(61));
        signed_in(vault, HERS, PIN);
    });
}

#[test]
fn moves_to_another_number_once_that_is_proved() {
    each_with("line_move", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        let session = signed_in(vault, HERS, PIN);
        let to = LineCommand::Move {
            session: session.clone(),
            number: number(OTHER),
        };
        assert_eq!(line(vault, to), PortalAnswer::Done);
        let code = said_code(vault, OTHER);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let call = calls(vault, 9).remove(0);
        assert_eq!(call.to, phone(HERS), "the old one counts until then");
        finish(vault, &call, accepted());
        assert_eq!(prove(vault, OTHER, &code), PortalAnswer::Done);
        signed_in(vault, OTHER, PIN);
        signed_in(vault, HERS, PIN);
        // The old one is told of it, and goes on for three days.
        pass(SignedDuration::from_hours(72));
        ask(vault, PlannerCommand::Escalate);
        plan(vault, 1, 2, vec![fact(2, 1)]);
        assert_eq!(calls(vault, 9)[0].to, phone(OTHER));
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
        signed_in(vault, OTHER, PIN);
    });
}

#[test]
fn says_the_code_of_a_forgotten_pin_only_where_one_is_told() {
    each_with("line_forgot", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        let forgot = |to| LineCommand::Forgot {
            number: number(to),
            language: Language::En,
        };
        assert_eq!(line(vault, forgot(OTHER)), PortalAnswer::Done);
        assert!(
            calls(vault, 9).is_empty(),
            "a stranger's telephone is silent"
        );
        assert_eq!(line(vault, forgot(HERS)), PortalAnswer::Done);
        let code = said_code(vault, HERS);
        let PortalAnswer::Session(session) = prove(vault, HERS, &code) else {
            panic!("a session")
        };
        let pin = PortalCommand::SetPin {
            session,
            pin: secret("7035"),
        };
        assert_eq!(portal(vault, pin), PortalAnswer::Done);
        carry_calls(vault);
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
        signed_in(vault, HERS, "7035");
        // A shelter's telephone: a person finds out whose PIN it was.
        register_by(vault, vec![phone(HERS)], None);
        assert_eq!(line(vault, forgot(HERS)), PortalAnswer::Done);
        assert!(calls(vault, 9).is_empty());
        assert_eq!(tasks(vault).len(), 1);
    });
}

#[test]
fn goes_on_for_three_days_after_it_was_asked_to_stop() {
    each_with("line_stop", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        registered(vault, HERS, PIN, 2);
        let session = signed_in(vault, HERS, PIN);
        let entries = watched(vault, &session).entries;
        assert_eq!(entries.len(), 2);
        stop(vault, &session, Some(entries[0].entry));
        carry_calls(vault);
        assert!(watched(vault, &session).entries[0].ends_at.is_some());
        let tick = || ask(vault, PlannerCommand::Escalate);
        pass(SignedDuration::from_hours(71));
        tick();
        let session = signed_in(vault, HERS, PIN);
        assert_eq!(watched(vault, &session).entries.len(), 2);
        pass(SignedDuration::from_hours(1));
        tick();
        let session = signed_in(vault, HERS, PIN);
        assert_eq!(watched(vault, &session).entries.len(), 1);
        stop(vault, &session, None);
        stop(vault, &session, None);
        carry_calls(vault);
        let keep = LineCommand::Keep {
            session: session.clone(),
        };
        assert_eq!(line(vault, keep), PortalAnswer::Done);
        pass(SignedDuration::from_hours(80));
        tick();
        let session = signed_in(vault, HERS, PIN);
        stop(vault, &session, None);
        carry_calls(vault);
        assert!(watched(vault, &session).ends_at.is_some());
        pass(SignedDuration::from_hours(72));
        plan(vault, 0, 1, vec![fact(1, 1), fact(2, 2)]);
        assert_eq!(calls(vault, 9).len(), 1, "she is told until then");
        tick();
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
        plan(vault, 1, 2, vec![fact(3, 1), fact(4, 2)]);
        assert!(calls(vault, 9).is_empty());
    });
}

#[test]
fn changes_nothing_without_a_session() {
    each_with("line_stranger", doors, |vault, _| {
        registered(vault, HERS, PIN, 1);
        let session = Ticket(secret("a guess"));
        let commands = [
            LineCommand::Watched {
                session: session.clone(),
            },
            LineCommand::Stop {
                session: session.clone(),
                entry: None,
            },
            LineCommand::Keep {
                session: session.clone(),
            },
            LineCommand::Move {
                session,
                number: number(OTHER),
            },
        ];
        for command in commands {
            assert_eq!(line(vault, command), PortalAnswer::Refused);
        }
        assert!(calls(vault, 9).is_empty());
    });
}

#[test]
fn has_a_caller_called_back_and_forgets_her_then() {
    each_with("line_back", doors, |vault, _| {
        let back = LineCommand::CallBack {
            number: number(HERS),
            language: Language::Es,
        };
        for _ in 0..3 {
            assert_eq!(line(vault, back.clone()), PortalAnswer::Done);
        }
        let waiting = tasks(vault);
        assert_eq!(waiting.len(), 2, "two an hour to one number");
        let note = "A caller of the toll-free number wanted a person, and none was free: 99-45-1(1)(e). Call back \
                    +16015550123, in Español. Whose number that is, nobody has checked: say nothing of anybody \
                    before she asks.";
        assert!(waiting[0].note == Pii::new(note.to_owned()));
        pass(SignedDuration::from_hours(24 * 9));
        register(vault, OTHER, PIN, 1);
        assert_eq!(tasks(vault).len(), 2, "no timer ends it");
        for task in waiting {
            let done = TaskCommand::Done {
                task: task.task,
                choice: "called".to_owned(),
                decision: 1,
            };
            let answer = ask(vault, StaffCommand::Tasks(done));
            assert!(matches!(answer, StaffAnswer::Changed(true)));
        }
        assert_eq!(sign_in(vault, HERS, PIN), PortalAnswer::Refused);
    });
}

#[test]
fn bounds_how_many_telephones_one_caller_and_all_together_make_ring() {
    each_with("line_bounds", doors, |vault, _| {
        let forgot = |to: &str| LineCommand::Forgot {
            number: number(to),
            language: Language::En,
        };
        let ring = |shown: Option<&str>, to: usize| {
            line_from(vault, shown, forgot(&format!("601555{:04}", 1_000 + to)))
        };
        for to in 0..5 {
            assert_eq!(ring(Some("+16015550177"), to), PortalAnswer::Done);
        }
        assert_eq!(ring(Some("+16015550177"), 5), PortalAnswer::TooOften);
        assert_eq!(ring(Some("+16015550178"), 6), PortalAnswer::Done);
        // One number is called three times an hour, whoever asks, and who asks is not told.
        register_by(vault, vec![phone(HERS)], None);
        for shown in 0..5 {
            let answer = line_from(vault, Some(&format!("{shown}")), forgot(HERS));
            assert_eq!(answer, PortalAnswer::Done);
        }
        let mut to_her = 0;
        // One after the other, since they are all to her number.
        loop {
            let called = calls(vault, 99);
            let Some(hers) = called.iter().find(|call| call.to == phone(HERS)) else {
                break;
            };
            finish(vault, hers, call(CallOutcome::NoAnswer));
            to_her += 1;
        }
        assert_eq!(to_her, 3);
        let mut rung = 11;
        while ring(None, rung) == PortalAnswer::Done {
            rung += 1;
        }
        assert_eq!(rung, 60, "of all together in an hour");
        let to = LineCommand::CallBack {
            number: number(HERS),
            language: Language::En,
        };
        assert_eq!(line(vault, to), PortalAnswer::Done, "another use");
        pass(SignedDuration::from_mins(61));
        assert_eq!(ring(Some("+16015550177"), 7), PortalAnswer::Done);
    });
}
