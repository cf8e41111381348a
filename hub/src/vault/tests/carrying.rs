//! Claims by channel, what becomes of tries, and what is heard after them.

use jiff::SignedDuration;
use savin_shared::event::EventCode;

use super::contacts::{phone, postal, register_by, tasks};
use super::silence::unreachable;
use super::{
    accepted, ask, beside, claim_by, each_with, fact, finish, pass, plan, portal, told_code,
};
use crate::ids::{NoticeId, WorkerId};
use crate::notification::channel::{Channel, Doors};
use crate::notification::fact::Fact;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, CourierAnswer, CourierCommand, Later, LeftCall, Message, NoticeRow, PortalAnswer,
    PortalCommand, Room, StaffAnswer, StaffCommand, TryOutcome,
};
use crate::vault::means::Means;

pub(super) fn doors() -> Means {
    let doors = Doors {
        telephone: true,
        letter: true,
    };
    Means {
        doors,
        ..Means::default()
    }
}

pub(super) fn calls(vault: &Vault, limit: u32) -> Vec<Message> {
    claim_by(vault, Channel::Telephone, Room::all(limit))
}

pub(super) fn call(call: CallOutcome) -> TryOutcome {
    let detail = String::new();
    TryOutcome::Call { call, detail }
}

pub(super) fn row(vault: &Vault, notice: NoticeId) -> NoticeRow {
    let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
        panic!("notices")
    };
    rows.into_iter().find(|row| row.notice == notice).unwrap()
}

pub(super) fn counts(vault: &Vault, command: CourierCommand) -> bool {
    matches!(ask(vault, command), CourierAnswer::Noted(true))
}

pub(super) fn escape(event: u8, byte: u8) -> Fact {
    Fact {
        code: EventCode::Escaped.code(),
        urgency: 1,
        ..fact(event, byte)
    }
}

#[test]
fn gives_each_door_what_is_of_its_channel_and_asks_no_person() {
    each_with("vault_doors", doors, |vault, _| {
        register_by(
            vault,
            vec![phone("601-555-0123"), postal("12 Elm St")],
            None,
        );
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert_eq!(tasks(vault), 0, "nobody is asked to carry it by hand");
        assert!(claim_by(vault, Channel::Email, Room::all(9)).is_empty());
        let call = calls(vault, 9);
        assert_eq!(call.len(), 1);
        assert!(call[0].to == phone("601-555-0123"));
        let letter = claim_by(vault, Channel::Letter, Room::all(9));
        assert_eq!(letter.len(), 1);
        assert!(letter[0].to == postal("12 Elm St"));
    });
}

#[test]
fn keeps_lines_for_escapes() {
    each_with("vault_lines", doors, |vault, _| {
        for number in 0..4 {
            register_by(vault, vec![phone(&format!("601-555-010{number}"))], None);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        // Of four lines two are kept: a release gets the others, and an escape each that is free.
        let room = |limit, ordinary| Room { limit, ordinary };
        let releases = claim_by(vault, Channel::Telephone, room(4, 2));
        assert_eq!(releases.len(), 2);
        assert!(claim_by(vault, Channel::Telephone, room(2, 0)).is_empty());
        plan(vault, 1, 2, vec![escape(2, 1)]);
        let escapes = claim_by(vault, Channel::Telephone, room(2, 0));
        let codes: Vec<_> = escapes.iter().map(told_code).collect();
        assert_eq!(codes, [EventCode::Escaped; 2]);
    });
}

#[test]
fn calls_again_by_what_became_of_the_call() {
    let minutes = SignedDuration::from_mins;
    each_with("vault_calls", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let waits = [
            (CallOutcome::Busy, 10),
            (CallOutcome::NoAnswer, 30),
            (CallOutcome::Answered, 30),
            (CallOutcome::Machine, 120),
        ];
        for (outcome, wait) in waits {
            let message = &calls(vault, 9)[0];
            finish(vault, message, call(outcome));
            pass(minutes(wait - 1));
            assert!(calls(vault, 9).is_empty(), "{outcome:?} was too soon");
            pass(minutes(1));
        }
        let message = &calls(vault, 9)[0];
        finish(vault, message, call(CallOutcome::Unallocated));
        let row = row(vault, message.notice);
        assert_eq!(row.state, "refused");
        assert_eq!(row.outcome.as_deref(), Some("unallocated"));
        pass(minutes(600));
        assert!(calls(vault, 9).is_empty(), "no such number is called again");
    });
}

#[test]
fn uses_up_no_try_while_the_line_is_down() {
    each_with("vault_line_down", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mut notice = None;
        for _ in 0..20 {
            let message = calls(vault, 9).remove(0);
            let detail = "no trunk answers".to_owned();
            finish(vault, &message, TryOutcome::NotTried { detail });
            pass(SignedDuration::from_secs(30));
            notice = Some(message.notice);
        }
        let row = row(vault, notice.unwrap());
        assert_eq!(
            (row.attempts, row.tries),
            (20, 0),
            "each is a row, none a try"
        );
    });
}

#[test]
fn counts_one_claim_and_lets_one_be_held() {
    each_with("vault_fenced", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        let (notice, claim) = (first.notice, first.claim);
        pass(SignedDuration::from_mins(4));
        assert!(counts(vault, CourierCommand::Hold { notice, claim }));
        pass(SignedDuration::from_mins(4));
        assert!(calls(vault, 9).is_empty(), "the call goes on");
        // The door is gone: after its lease another takes the notice, and the first counts no more.
        pass(SignedDuration::from_mins(2));
        let second = calls(vault, 9).remove(0);
        assert!(!counts(vault, CourierCommand::Hold { notice, claim }));
        let late = CourierCommand::Finish {
            notice,
            claim,
            outcome: call(CallOutcome::Busy),
        };
        assert!(!counts(vault, late));
        finish(vault, &second, call(CallOutcome::NoAnswer));
        assert_eq!(row(vault, notice).outcome.as_deref(), Some("no-answer"));
    });
}

#[test]
fn holds_and_ends_many_at_once_and_says_which_still_count() {
    each_with("vault_many_at_once", doors, |vault, _| {
        for number in ["601-555-0123", "601-555-0124"] {
            register_by(vault, vec![phone(number)], None);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let claimed = calls(vault, 9);
        let tries: Vec<_> = claimed.iter().map(|one| (one.notice, one.claim)).collect();
        let count = |command| {
            let CourierAnswer::Count(count) = ask(vault, command) else {
                panic!("a count")
            };
            count
        };
        let hold = CourierCommand::HoldAll {
            tries: tries.clone(),
        };
        assert_eq!(count(hold.clone()), [tries[0].0, tries[1].0]);
        finish(vault, &claimed[0], call(CallOutcome::Busy));
        assert_eq!(count(hold), [tries[1].0]);
        let finish = CourierCommand::FinishAll {
            tries: tries.clone(),
            outcome: call(CallOutcome::NoAnswer),
        };
        assert_eq!(count(finish.clone()), [tries[1].0]);
        assert!(count(finish).is_empty(), "each ends once");
        let outcome = |place: usize| row(vault, tries[place].0).outcome;
        assert_eq!(outcome(0).as_deref(), Some("busy"));
        assert_eq!(outcome(1).as_deref(), Some("no-answer"));
    });
}

#[test]
fn a_worker_that_starts_anew_takes_up_what_it_held_and_leaves_others_theirs() {
    each_with("vault_worker", doors, |vault, place| {
        for number in 0..3 {
            register_by(vault, vec![phone(&format!("601-555-010{number}"))], None);
        }
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let worker = |byte| beside(vault, place, Some(WorkerId::from_bytes([byte; 16])));
        let (one, other) = (worker(1), worker(2));
        let (held, others, by_hand) = (
            calls(&one, 1).remove(0),
            calls(&other, 1).remove(0),
            calls(vault, 1).remove(0),
        );
        // The first is killed and starts again; nothing of its call is known.
        let again = worker(1);
        assert!(counts(&again, CourierCommand::Begin));
        let taken = calls(&again, 9);
        let names: Vec<_> = taken.iter().map(|message| message.notice).collect();
        assert_eq!(
            names,
            [held.notice],
            "and neither {} nor {}",
            others.notice,
            by_hand.notice
        );
        assert_eq!(row(vault, held.notice).attempts, 2);
        let finish = |message: &Message| CourierCommand::Finish {
            notice: message.notice,
            claim: message.claim,
            outcome: call(CallOutcome::Busy),
        };
        assert!(!counts(&one, finish(&held)), "what it had is void");
        assert!(counts(&other, finish(&others)) && counts(vault, finish(&by_hand)));
        assert!(counts(&again, finish(&taken[0])));
        assert!(!counts(&again, CourierCommand::Begin), "nothing is held");
    });
}

fn left(vault: &Vault) -> Vec<LeftCall> {
    let CourierAnswer::Left(calls) = ask(vault, CourierCommand::Left) else {
        panic!("calls")
    };
    calls
}

#[test]
fn takes_over_a_call_that_was_left_without_another_try() {
    each_with("vault_left", doors, |vault, _| {
        register_by(vault, vec![phone("601-555-0123")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let first = calls(vault, 9).remove(0);
        let (notice, claim) = (first.notice, first.claim);
        let placed = |claim| CourierCommand::Placed {
            notice,
            claim,
            call: "CA1".to_owned(),
        };
        assert!(counts(vault, placed(claim)) && !counts(vault, placed(claim + 1)));
        pass(SignedDuration::from_mins(4));
        assert!(left(vault).is_empty(), "the call goes on");
        pass(SignedDuration::from_mins(2));
        let taken = left(vault).remove(0);
        assert_eq!((taken.notice, taken.call.as_str()), (notice, "CA1"));
        assert!(left(vault).is_empty() && calls(vault, 9).is_empty());
        // Whoever left it is void, and what the carrier says of it is what became of the one try.
        let finish = |claim| CourierCommand::Finish {
            notice,
            claim,
            outcome: call(CallOutcome::Busy),
        };
        assert!(!counts(vault, finish(claim)) && counts(vault, finish(taken.claim)));
        let row = row(vault, notice);
        assert_eq!((row.attempts, row.tries), (1, 1));
        assert_eq!(row.outcome.as_deref(), Some("busy"));
        // Of a call that is over nothing is kept.
        pass(SignedDuration::from_mins(11));
        let second = calls(vault, 9).remove(0);
        pass(SignedDuration::from_mins(6));
        assert!(left(vault).is_empty());
        assert_eq!(calls(vault, 9).remove(0).notice, second.notice);
    });
}

#[test]
fn follows_a_letter_to_the_post_and_back() {
    each_with("vault_post", doors, |vault, _| {
        register_by(vault, vec![postal("12 Elm St")], None);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let letter = claim_by(vault, Channel::Letter, Room::all(9)).remove(0);
        let notice = letter.notice;
        let heard = |later| counts(vault, CourierCommand::Heard { notice, later });
        assert!(!heard(Later::Mailed), "what was not made is not mailed");
        let detail = "batch 7".to_owned();
        finish(vault, &letter, TryOutcome::Spooled { detail });
        assert_eq!(row(vault, notice).state, "spooled");
        assert!(heard(Later::Printed) && !heard(Later::Printed));
        assert!(heard(Later::Mailed) && !heard(Later::Printed));
        assert_eq!(row(vault, notice).state, "mailed");
        let back = || Later::Returned {
            detail: "moved, left no address".to_owned(),
        };
        let by_staff = StaffCommand::Heard {
            notice,
            later: back(),
        };
        assert!(matches!(ask(vault, by_staff), StaffAnswer::Changed(true)));
        assert!(!heard(back()));
        let row = row(vault, notice);
        assert_eq!(row.state, "refused");
        assert_eq!(row.outcome.as_deref(), Some("returned"));
    });
}

#[test]
fn hears_of_a_bounce_after_the_mail_was_taken() {
    each_with("vault_bounce", doors, |vault, _| {
        super::register(
            vault,
            "avery@example.test",
            1,
            crate::notification::fact::Disclosure::Full,
        );
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let mail = claim_by(vault, Channel::Email, Room::all(9)).remove(0);
        finish(vault, &mail, accepted());
        let heard = CourierCommand::Heard {
            notice: mail.notice,
            later: Later::Bounced {
                detail: "5.1.1 avery@example.test unknown".to_owned(),
            },
        };
        assert_eq!(unreachable(vault), 0);
        assert!(counts(vault, heard));
        let row = row(vault, mail.notice);
        assert_eq!(row.state, "refused");
        assert_eq!(row.outcome.as_deref(), Some("bounced"));
        assert_eq!(unreachable(vault), 1, "a person takes over");
        let seen = PortalCommand::Seen {
            mark: mail.marks.seen,
        };
        assert_eq!(portal(vault, seen), PortalAnswer::Done);
        assert_eq!(unreachable(vault), 0, "she has it after all");
    });
}
