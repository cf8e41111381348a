//! Two at once of the same registrant: calls that sign in with the same PIN, a call of ours that goes on beside one of
//! hers, and her page beside both. Nothing that is chosen is lost, nothing is confirmed twice, and no PIN is looked at
//! beyond the bounds, on both engines and with two vaults on one database.

use std::thread;

use savin_shared::pii::Secret;

use super::care::check;
use super::carrying::{call, calls, counts, doors, row};
use super::contacts::{phone, register_by};
use super::line::{HERS, OTHER, PIN, line, number, prove, said_code, signed_in, stop};
use super::{NOW, address, ask, beside, claim, each_with, fact, plan, portal, view, wait_out};
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::care::{Excepted, Quiet, Voicemail};
use crate::notification::contact::Contact;
use crate::notification::mark::MarkPurpose;
use crate::notification::words::Language;
use crate::store::Place;
use crate::store::vault::{attempt, heard};
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, CourierCommand, LineCommand, PinVerdict, PortalAnswer, PortalCommand, Setting,
    StaffAnswer, StaffCommand, Ticket,
};

const EMAIL: &str = "avery@example.test";

/// How often what happens at once is repeated: of two threads one is mostly the first.
const ROUNDS: u8 = 6;

/// Somebody who is told at a number and by e-mail, and has a PIN.
fn registered(vault: &Vault) -> RegistrantId {
    let email = Contact::Email(address(EMAIL));
    let who = register_by(vault, vec![phone(HERS), email], None);
    super::care::keep(vault, who, None, Some(PIN));
    who
}

/// Does things at the same moment, each in a thread of its own, by the clock of the test; returns what came of each.
fn together<T: Send>(work: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let now = NOW.get();
    thread::scope(|scope| {
        let begun: Vec<_> = work
            .into_iter()
            .map(|work| {
                scope.spawn(move || {
                    NOW.set(now);
                    work()
                })
            })
            .collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Runs a test on each engine with a second vault on the same database, as of another worker.
fn each_two(name: &str, test: impl Fn(&Vault, &Vault)) {
    each_with(name, doors, |vault, place: &Place| {
        test(vault, &beside(vault, place, None));
    });
}

fn set(session: &Ticket, setting: Setting) -> LineCommand {
    let session = session.clone();
    LineCommand::Set { session, setting }
}

#[test]
fn two_calls_with_one_pin_lose_nothing_that_either_chooses() {
    each_two("together_set", |vault, other| {
        registered(vault);
        for round in 0..ROUNDS {
            let (one, two) = (signed_in(vault, HERS, PIN), signed_in(other, HERS, PIN));
            let is_even = round % 2 == 0;
            let (language, voicemail, quiet) = if is_even {
                let quiet = Quiet::new("22", "7").unwrap();
                let quiet = Some((quiet, Excepted::Escapes));
                (Language::Es, Voicemail::Neutral, quiet)
            } else {
                (Language::En, Voicemail::Never, None)
            };
            let answers = together(vec![
                Box::new(|| line(vault, set(&one, Setting::Voicemail(voicemail)))),
                Box::new(|| line(other, set(&two, Setting::Hours(quiet)))),
                Box::new(|| line(vault, set(&one, Setting::Language(language)))),
            ]);
            assert_eq!(answers, [const { PortalAnswer::Done }; 3]);
            let shown = view(vault, &one);
            assert_eq!(shown.choices.language, language, "round {round}");
            assert_eq!(shown.care.voicemail, voicemail, "round {round}");
            let hours = quiet.map(|(quiet, _)| quiet);
            assert_eq!(shown.care.quiet, hours, "round {round}");
            for session in [one, two] {
                portal(vault, PortalCommand::Leave { session });
            }
            super::pass(jiff::SignedDuration::from_hours(25));
        }
    });
}

#[test]
fn pins_that_are_tried_at_once_are_looked_at_no_more_often_than_one_after_the_other() {
    each_two("together_pins", |vault, other| {
        registered(vault);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let message = calls(vault, 9).remove(0);
        let tries = (0..12).map(|place| {
            let vault = if place % 2 == 0 { vault } else { other };
            let message = &message;
            Box::new(move || check(vault, message, "1357")) as Box<dyn FnOnce() -> _ + Send>
        });
        let verdicts = together(tries.collect());
        let looked_at = verdicts.iter().filter(|one| **one == PinVerdict::Wrong);
        assert_eq!(looked_at.count(), 3, "{verdicts:?}");
        assert_eq!(check(vault, &message, PIN), PinVerdict::Closed);
        // On the toll-free number: more wrong ones at once than are looked at within an hour, and hers among the last.
        let guesses = (0..12).map(|place| {
            let vault = if place % 2 == 0 { vault } else { other };
            Box::new(move || super::line::sign_in(vault, HERS, "1357"))
                as Box<dyn FnOnce() -> _ + Send>
        });
        let refused = together(guesses.collect());
        assert!(refused.iter().all(|one| *one == PortalAnswer::Refused));
        let hers = super::line::sign_in(vault, HERS, PIN);
        assert_eq!(
            hers,
            PortalAnswer::Refused,
            "nine were wrong within an hour"
        );
    });
}

/// The mark of the button on the page to which a message links.
fn seen(vault: &Vault, notice: NoticeId) -> PortalCommand {
    let mark = vault.keys.mark(MarkPurpose::Seen, notice);
    PortalCommand::Seen { mark }
}

/// Of a notice, the tries that are not over, and how often it was confirmed.
fn ledger(vault: &Vault, notice: NoticeId) -> (usize, usize) {
    let read = vault.store.read_now("ledger", move |tx| {
        Ok((
            attempt::of_notice(tx, notice)?,
            heard::of_notice(tx, notice)?,
        ))
    });
    let (tries, heard) = read.unwrap();
    let open = tries.iter().filter(|one| one.finished.is_none());
    let confirmed = heard.iter().filter(|one| one.is_confirmation());
    (open.count(), confirmed.count())
}

#[test]
fn a_pin_and_a_link_at_once_confirm_each_notice_once_and_leave_no_try_open() {
    each_two("together_confirmed", |vault, other| {
        registered(vault);
        for round in 1..=ROUNDS {
            plan(
                vault,
                i64::from(round) - 1,
                i64::from(round),
                vec![fact(round, 1)],
            );
            let mail = claim(vault).remove(0);
            super::finish(vault, &mail, super::accepted());
            let message = calls(vault, 9).remove(0);
            assert_eq!(check(vault, &message, PIN), PinVerdict::Right);
            let finish = |vault: &Vault| {
                let outcome = call(CallOutcome::Confirmed);
                let finish = CourierCommand::Finish {
                    notice: message.notice,
                    claim: message.claim,
                    outcome,
                };
                counts(vault, finish)
            };
            // What became of the call is noted twice, as where the first answer is lost.
            let noted = together(vec![
                Box::new(|| finish(vault)) as Box<dyn FnOnce() -> bool + Send>,
                Box::new(|| portal(other, seen(vault, mail.notice)) == PortalAnswer::Done),
                Box::new(|| !finish(other)),
                Box::new(|| portal(vault, seen(vault, mail.notice)) == PortalAnswer::Done),
            ]);
            let counted = [noted[0], !noted[2]];
            assert_eq!(counted.iter().filter(|is| **is).count(), 1, "round {round}");
            for notice in [message.notice, mail.notice] {
                assert_eq!(row(vault, notice).state, "confirmed", "round {round}");
                assert_eq!(ledger(vault, notice), (0, 1), "round {round}");
            }
            assert!(calls(vault, 9).is_empty(), "she is called no more");
        }
    });
}

/// Says a code to another number, which is to take the place of hers.
fn moving(vault: &Vault, session: &Ticket) -> Secret<String> {
    let session = session.clone();
    let number = number(OTHER);
    let moved = line(vault, LineCommand::Move { session, number });
    assert_eq!(moved, PortalAnswer::Done);
    said_code(vault, OTHER)
}

#[test]
fn a_stop_in_one_call_and_another_number_in_the_other_both_count() {
    each_two("together_stop", |vault, other| {
        registered(vault);
        let (one, two) = (signed_in(vault, HERS, PIN), signed_in(other, HERS, PIN));
        let code = moving(vault, &two);
        together(vec![
            Box::new(|| stop(vault, &one, None)) as Box<dyn FnOnce() + Send>,
            Box::new(|| assert_eq!(prove(other, OTHER, &code), PortalAnswer::Done)),
        ]);
        let shown = view(vault, &one);
        assert!(shown.ends_at.is_some(), "the stop is lost");
        let (going, staying): (Vec<_>, Vec<_>) = shown
            .contacts
            .iter()
            .partition(|contact| contact.ends_at.is_some());
        assert_eq!((going.len(), staying.len()), (1, 2), "the number is lost");
        // Both are told wherever she was told: the mail twice, the old number twice, the new one of the stop at least.
        assert_eq!(claim(vault).len(), 2);
        wait_out(vault);
        let StaffAnswer::Notices(rows) = ask(vault, StaffCommand::Notices { limit: 99 }) else {
            panic!("notices")
        };
        let waits = rows.iter().filter(|row| row.state == "planned");
        assert_eq!(waits.count(), 0, "something is left of her: {rows:?}");
        assert_eq!(
            super::line::sign_in(vault, OTHER, PIN),
            PortalAnswer::Refused
        );
    });
}

#[test]
fn what_is_kept_in_one_call_is_kept_whatever_is_stopped_in_the_other() {
    each_two("together_keep", |vault, other| {
        registered(vault);
        for round in 0..ROUNDS {
            let (one, two) = (signed_in(vault, HERS, PIN), signed_in(other, HERS, PIN));
            stop(vault, &one, None);
            let keep = |vault: &Vault, session: &Ticket| {
                let session = session.clone();
                assert_eq!(
                    line(vault, LineCommand::Keep { session }),
                    PortalAnswer::Done
                );
            };
            // Whichever comes last is what stands, and never half of it.
            together(vec![
                Box::new(|| keep(vault, &one)) as Box<dyn FnOnce() + Send>,
                Box::new(|| keep(other, &two)),
            ]);
            assert!(view(vault, &one).ends_at.is_none(), "round {round}");
            for session in [one, two] {
                portal(vault, PortalCommand::Leave { session });
            }
        }
    });
}
