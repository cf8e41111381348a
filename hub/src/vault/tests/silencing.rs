//! Whoever holds her telephone and knows her PIN does anything that keys can do, in any order: for three days she is
//! told in her other way, of what happens and of what was changed (T03).

use jiff::SignedDuration;
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::carrying::{calls, doors};
use super::contacts::{phone, register_by};
use super::line::{HERS, OTHER, PIN, line, number, secret, sign_in};
use super::{accepted, address, ask, claim, each_with, fact, finish, pass, plan, portal};
use crate::notification::care::{Excepted, Quiet, Voicemail};
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, Content, CourierCommand, LineCommand, PlannerCommand, PortalAnswer, PortalCommand,
    Setting, Ticket, TryOutcome,
};

const EMAIL: &str = "avery@example.test";

/// The hours of the attack.
const HOURS: i64 = 71;

/// Histories that are tried on each engine.
const HISTORIES: usize = 3;

/// What somebody does with her telephone.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Stop,
    StopOne,
    Keep,
    Move,
    Language,
    Hours,
    Machine,
    Pin,
    SecondPin,
    Forgot,
    /// Takes a call and says that it is the wrong number.
    Wrong,
    /// Takes a call and hears its code, or hangs up.
    Take,
    /// Lets an hour or several pass.
    Wait(u8),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..13_u8, 1..12_u8).prop_map(|(which, hours)| match which {
        0 => Deed::Stop,
        1 => Deed::StopOne,
        2 => Deed::Keep,
        3 => Deed::Move,
        4 => Deed::Language,
        5 => Deed::Hours,
        6 => Deed::Machine,
        7 => Deed::Pin,
        8 => Deed::SecondPin,
        9 => Deed::Forgot,
        10 => Deed::Wrong,
        11 => Deed::Take,
        _ => Deed::Wait(hours),
    });
    proptest::collection::vec(deed, 10..40)
}

/// Whoever holds her telephone.
struct Holder<'a> {
    vault: &'a Vault,
    pin: &'static str,
    hours: i64,
    /// Her session, until it ends by itself.
    session: Option<Ticket>,
}

impl Holder<'_> {
    /// Signs in with the PIN as it is by now.
    fn session(&mut self) -> Option<Ticket> {
        if self.session.is_none()
            && let PortalAnswer::Session(session) = sign_in(self.vault, HERS, self.pin)
        {
            self.session = Some(session);
        }
        self.session.clone()
    }

    fn does(&mut self, deed: Deed) {
        let session = match deed {
            Deed::Wait(hours) => {
                let hours = i64::from(hours).min(HOURS - self.hours);
                self.hours += hours;
                self.session = None;
                pass(SignedDuration::from_hours(hours));
                ask(self.vault, PlannerCommand::Escalate);
                return;
            }
            Deed::Wrong => return self.wrong(),
            Deed::Take => return self.take(),
            Deed::Forgot => {
                let (number, language) = (number(HERS), Language::En);
                line(self.vault, LineCommand::Forgot { number, language });
                return;
            }
            Deed::Stop
            | Deed::StopOne
            | Deed::Keep
            | Deed::Move
            | Deed::Language
            | Deed::Hours
            | Deed::Machine
            | Deed::Pin
            | Deed::SecondPin => self.session(),
        };
        if let Some(session) = session {
            self.changes(deed, session);
        }
    }

    fn changes(&mut self, deed: Deed, session: Ticket) {
        let set = |session, setting| LineCommand::Set { session, setting };
        let command = match deed {
            Deed::Stop => LineCommand::Stop {
                session,
                entry: None,
            },
            Deed::StopOne => {
                let watch = LineCommand::Watched {
                    session: session.clone(),
                };
                let PortalAnswer::Watched(list) = line(self.vault, watch) else {
                    panic!("a list")
                };
                let entry = list.entries.first().map(|one| one.entry);
                LineCommand::Stop { session, entry }
            }
            Deed::Keep => LineCommand::Keep { session },
            Deed::Move => LineCommand::Move {
                session,
                number: number(OTHER),
            },
            Deed::Language => set(session, Setting::Language(Language::Es)),
            Deed::Hours => {
                let quiet = Quiet::parse("12:00-07:00").unwrap();
                set(session, Setting::Hours(Some((quiet, Excepted::Nothing))))
            }
            Deed::Machine => set(session, Setting::Voicemail(Voicemail::Neutral)),
            Deed::Pin => {
                let pin = secret("9517");
                if portal(self.vault, PortalCommand::SetPin { session, pin }) == PortalAnswer::Done
                {
                    self.pin = "9517";
                }
                return;
            }
            Deed::SecondPin => {
                let pin = Some(secret("7035"));
                portal(self.vault, PortalCommand::SetDuressPin { session, pin });
                return;
            }
            Deed::Forgot | Deed::Wrong | Deed::Take | Deed::Wait(_) => return,
        };
        line(self.vault, command);
    }

    fn wrong(&self) {
        for message in calls(self.vault, 9) {
            let notice = message.notice;
            ask(self.vault, CourierCommand::WrongNumber { notice });
            let detail = String::new();
            finish(self.vault, &message, TryOutcome::Refused { detail });
        }
    }

    fn take(&self) {
        for message in calls(self.vault, 9) {
            let Content::Code(code) = &message.content else {
                let (call, detail) = (CallOutcome::Answered, String::new());
                finish(self.vault, &message, TryOutcome::Call { call, detail });
                continue;
            };
            finish(self.vault, &message, accepted());
            for to in [HERS, OTHER] {
                let prove = LineCommand::Prove {
                    number: number(to),
                    code: code.clone(),
                };
                line(self.vault, prove);
            }
        }
    }
}

/// Whether a mail of this comes within a day, which are the hours that she may be written to.
fn is_written(vault: &Vault, is_it: impl Fn(&Content) -> bool) -> bool {
    for _ in 0..24 {
        if claim(vault).iter().any(|mail| is_it(&mail.content)) {
            return true;
        }
        pass(SignedDuration::from_hours(1));
    }
    false
}

#[test]
fn no_keys_keep_her_other_way_from_what_happens_within_three_days() {
    let mut runner = TestRunner::deterministic();
    let histories: Vec<_> = (0..HISTORIES)
        .map(|_| deeds().new_tree(&mut runner).unwrap().current())
        .collect();
    for (at, history) in histories.iter().enumerate() {
        each_with(&format!("silencing_{at}"), doors, |vault, _| {
            let email = Contact::Email(address(EMAIL));
            let who = register_by(vault, vec![phone(HERS), email], None);
            super::care::keep(vault, who, None, Some(PIN));
            let mut holder = Holder {
                vault,
                pin: PIN,
                hours: 0,
                session: None,
            };
            for deed in history {
                holder.does(*deed);
            }
            plan(vault, 0, 1, vec![fact(1, 1)]);
            let is_fact = |content: &Content| matches!(content, Content::Fact(_) | Content::News);
            assert!(is_written(vault, is_fact), "{history:?}");
        });
    }
}
