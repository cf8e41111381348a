//! The call to the toll-free number: danger first, then status, registration and changes by keypad, and
//! an operator on 0 from everywhere. The caller's own number says nothing of who calls.

mod ask;
mod profile;
mod replied;

use savin_shared::pii::{Pii, Secret};

use super::ending::Outcome;
use super::keys::{MISSES_MAX, is_digits, is_letters, is_pin};
use super::pace::Pace;
use super::pin::is_guessable;
use super::prompt::Prompt;
use super::query::{Found, Query, Setting, Watched};
use super::speech::{Language, Utterance};
use super::talk::Talk;
use super::{Digits, Effect, Event, Script};
use profile::Step;

/// Queries of a call that make somebody else's telephone ring: one each.
const RINGS_MAX: u8 = 2;

/// Look-ups of a call.
const LOOK_UPS_MAX: u8 = 12;

/// People about whom she is told that are read out by keys; 7 and 8 mean something else there.
const ENTRIES_MAX: usize = 6;

/// The digits of a telephone number.
const PHONE_DIGITS: usize = 10;

/// Why a telephone number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Register,
    SignIn,
    Prove,
    Reset,
    Change,
    CallBack,
}

/// What a new PIN is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PinFor {
    /// A registration with this number.
    Number(Pii<String>),
    /// Her calls and changes.
    Herself,
    /// When somebody makes her enter one.
    Duress,
}

/// What was asked last, and what the answer is for.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Nothing was said yet.
    Ringing,
    Menu,
    How,
    Number,
    LastName,
    FirstName {
        last: Pii<String>,
    },
    Choose(Vec<Found>),
    Heard,
    Phone(Purpose),
    PhoneOk(Purpose, Pii<String>),
    Code {
        phone: Pii<String>,
    },
    Pin {
        phone: Pii<String>,
    },
    NewPin(PinFor),
    NewPinAgain(PinFor, Secret<String>),
    Mine,
    /// How she is told and called.
    Profile(Step),
    /// About whom to stop, of these.
    StopWhich(Vec<Watched>),
    /// Whether to stop, about this entry or everything.
    ConfirmStop(Option<String>),
    /// The host looks at something.
    Waiting(Wanted),
}

/// What the host looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    People,
    Registered,
    Proved,
    SignedIn,
    Watched,
    StopWhich,
    PhoneChanged,
    PinChanged,
    DuressPinSet,
    Set(Setting),
    Stopped,
    Kept,
    Reset,
    CallBack,
}

/// The script of a call to the toll-free number.
#[derive(Debug)]
pub struct Inbound {
    talk: Talk,
    state: State,
    /// The person who was heard of last.
    person: Option<Found>,
    misses: u8,
    rings: u8,
    look_ups: u8,
    /// Whether an operator was called already.
    has_dialled: bool,
    /// Whether somebody made her sign in: then she is not reminded that this can be told.
    is_under_duress: bool,
}

impl Inbound {
    /// Begins a call.
    #[must_use]
    pub const fn new(language: Language, pace: Pace) -> Self {
        Self {
            talk: Talk::new(language, pace, Outcome::Served),
            state: State::Ringing,
            person: None,
            misses: 0,
            rings: 0,
            look_ups: 0,
            has_dialled: false,
            is_under_duress: false,
        }
    }

    /// Goes on to another question, after something is said.
    fn go(&mut self, state: State, first: &[Prompt]) -> Vec<Effect> {
        self.state = state;
        self.ask(first.iter().copied().map(Utterance::Prompt).collect())
    }

    /// Asks the host.
    fn query(&mut self, wanted: Wanted, query: Query) -> Vec<Effect> {
        self.state = State::Waiting(wanted);
        vec![Effect::Query(query)]
    }

    /// Calls an operator, once a call; after that a caller is asked to call again.
    fn dial(&mut self, why: Prompt) -> Vec<Effect> {
        if self.has_dialled {
            return self.talk.over(vec![self.talk.say(Prompt::TryAgain)]);
        }
        self.has_dialled = true;
        self.talk.dial(why)
    }

    fn miss(&mut self) -> Vec<Effect> {
        self.misses = self.misses.saturating_add(1);
        if self.misses >= MISSES_MAX {
            return self.dial(Prompt::PersonHelps);
        }
        self.ask(vec![Utterance::Prompt(Prompt::OnceMore)])
    }

    fn digits(&mut self, digits: &Digits) -> Vec<Effect> {
        let keys = digits.keys.reveal().as_str();
        match (keys, &self.state) {
            (_, State::Ringing | State::Waiting(_)) => Vec::new(),
            ("0", _) => self.dial(Prompt::Connecting),
            ("9", _) => self.ask(Vec::new()),
            ("*", _) => {
                self.misses = 0;
                self.go(State::Menu, &[])
            }
            ("", _) if !matches!(self.state, State::FirstName { .. }) => self.miss(),
            _ => self.answer(keys),
        }
    }

    /// Takes the answer to what was asked.
    fn answer(&mut self, keys: &str) -> Vec<Effect> {
        let effects = match self.state.clone() {
            State::Menu => self.menu(keys),
            State::How => match keys {
                "1" => Some(self.go(State::Number, &[])),
                "3" => Some(self.go(State::LastName, &[])),
                _ => None,
            },
            State::Number => is_digits(keys).then(|| {
                let (digits, language) = (keys.to_owned(), self.talk.language);
                self.look_up(Query::FindNumber { digits, language })
            }),
            State::LastName => is_letters(keys).then(|| {
                let last = Pii::new(keys.to_owned());
                self.go(State::FirstName { last }, &[])
            }),
            State::FirstName { last } => is_letters(keys).then(|| {
                let (first, language) = (Pii::new(keys.to_owned()), self.talk.language);
                self.look_up(Query::FindName {
                    last,
                    first,
                    language,
                })
            }),
            State::Choose(people) => self.choose(keys, people),
            State::Heard => match keys {
                "1" => Some(self.go(State::How, &[])),
                "3" => Some(self.register()),
                _ => None,
            },
            State::Phone(purpose) => self.phone(purpose, keys),
            State::PhoneOk(purpose, phone) => match keys {
                "1" => self.phone_is_right(purpose, phone),
                "3" => Some(self.go(State::Phone(purpose), &[])),
                _ => None,
            },
            State::Pin { phone } => is_pin(keys).then(|| {
                let pin = Secret::new(keys.to_owned());
                self.query(Wanted::SignedIn, Query::SignIn { phone, pin })
            }),
            State::Code { phone } => is_digits(keys).then(|| {
                let code = Secret::new(keys.to_owned());
                self.query(Wanted::Proved, Query::Prove { phone, code })
            }),
            State::NewPin(of) => is_pin(keys).then(|| {
                if is_guessable(keys) {
                    return self.go(State::NewPin(of), &[Prompt::PinTooEasy]);
                }
                let pin = Secret::new(keys.to_owned());
                self.go(State::NewPinAgain(of, pin), &[])
            }),
            State::NewPinAgain(of, pin) => Some(self.new_pin(keys, of, pin)),
            State::Mine => self.mine(keys),
            State::Profile(step) => self.profile(keys, step),
            State::StopWhich(entries) => self.stop_which(keys, entries),
            State::ConfirmStop(entry) => match keys {
                "7" => Some(self.query(Wanted::Stopped, Query::Stop { entry })),
                _ => Some(self.go(State::Mine, &[])),
            },
            State::Ringing | State::Waiting(_) => Some(Vec::new()),
        };
        match effects {
            Some(effects) => effects,
            None => self.miss(),
        }
    }

    fn menu(&mut self, keys: &str) -> Option<Vec<Effect>> {
        match keys {
            "1" => Some(self.go(State::How, &[])),
            "2" => {
                self.talk.switch();
                Some(self.go(State::Menu, &[]))
            }
            "3" => Some(self.register()),
            "4" => Some(self.go(State::Phone(Purpose::SignIn), &[])),
            "5" => Some(self.go(State::Phone(Purpose::Prove), &[])),
            "8" => {
                self.talk.pace = Pace::Relay;
                Some(self.go(State::Menu, &[Prompt::RelayWelcome]))
            }
            _ => None,
        }
    }

    /// Begins to register for the person who was heard of, or looks for one first.
    fn register(&mut self) -> Vec<Effect> {
        if self.person.is_none() {
            return self.go(State::How, &[Prompt::FindFirst]);
        }
        if self.rings >= RINGS_MAX {
            return self.dial(Prompt::PersonHelps);
        }
        self.go(State::Phone(Purpose::Register), &[])
    }

    fn look_up(&mut self, query: Query) -> Vec<Effect> {
        self.look_ups = self.look_ups.saturating_add(1);
        if self.look_ups > LOOK_UPS_MAX {
            return self.dial(Prompt::PersonHelps);
        }
        self.query(Wanted::People, query)
    }

    fn choose(&mut self, keys: &str, people: Vec<Found>) -> Option<Vec<Effect>> {
        let chosen = keys.parse::<usize>().ok()?.checked_sub(1)?;
        let person = people.into_iter().nth(chosen)?;
        Some(self.heard(person))
    }

    fn heard(&mut self, person: Found) -> Vec<Effect> {
        self.person = Some(person);
        self.go(State::Heard, &[])
    }

    fn phone(&mut self, purpose: Purpose, keys: &str) -> Option<Vec<Effect>> {
        let digits = keys
            .strip_prefix('1')
            .filter(|rest| rest.len() == PHONE_DIGITS);
        let digits = digits.unwrap_or(keys);
        if digits.len() != PHONE_DIGITS || !is_digits(digits) {
            // Whoever forgot her PIN says so where the number is asked for.
            let has_forgotten = keys == "6" && purpose == Purpose::SignIn;
            return has_forgotten.then(|| self.go(State::Phone(Purpose::Reset), &[]));
        }
        let phone = Pii::new(digits.to_owned());
        Some(match purpose {
            Purpose::SignIn => self.go(State::Pin { phone }, &[]),
            Purpose::Prove => self.go(State::Code { phone }, &[]),
            Purpose::Register | Purpose::Reset | Purpose::Change | Purpose::CallBack => {
                self.go(State::PhoneOk(purpose, phone), &[])
            }
        })
    }

    fn phone_is_right(&mut self, purpose: Purpose, phone: Pii<String>) -> Option<Vec<Effect>> {
        let language = self.talk.language;
        let (wanted, query) = match purpose {
            Purpose::Register => {
                return Some(self.go(State::NewPin(PinFor::Number(phone)), &[]));
            }
            Purpose::Reset => (Wanted::Reset, Query::ResetPin { phone, language }),
            Purpose::Change => (Wanted::PhoneChanged, Query::ChangePhone { phone }),
            Purpose::CallBack => (Wanted::CallBack, Query::CallBack { phone, language }),
            Purpose::SignIn | Purpose::Prove => return None,
        };
        if purpose != Purpose::CallBack {
            self.rings = self.rings.saturating_add(1);
            if self.rings > RINGS_MAX {
                return Some(self.dial(Prompt::PersonHelps));
            }
        }
        Some(self.query(wanted, query))
    }

    fn new_pin(&mut self, keys: &str, of: PinFor, pin: Secret<String>) -> Vec<Effect> {
        if pin != Secret::new(keys.to_owned()) {
            return self.go(State::NewPin(of), &[Prompt::PinsDiffer]);
        }
        match (of, &self.person) {
            (PinFor::Herself, _) => self.query(Wanted::PinChanged, Query::ChangePin { pin }),
            (PinFor::Duress, _) => self.query(Wanted::DuressPinSet, Query::SetDuressPin { pin }),
            (PinFor::Number(phone), Some(person)) => {
                let query = Query::Register {
                    person: person.person.clone(),
                    phone,
                    pin,
                    language: self.talk.language,
                };
                self.rings = self.rings.saturating_add(1);
                self.query(Wanted::Registered, query)
            }
            (PinFor::Number(_), None) => self.go(State::How, &[Prompt::FindFirst]),
        }
    }

    fn mine(&mut self, keys: &str) -> Option<Vec<Effect>> {
        match keys {
            "1" => Some(self.query(Wanted::Watched, Query::Watched)),
            "3" => Some(self.go(State::Phone(Purpose::Change), &[])),
            "4" => Some(self.go(State::NewPin(PinFor::Herself), &[])),
            "5" => Some(self.go(State::Profile(Step::Which), &[])),
            "7" => Some(self.query(Wanted::StopWhich, Query::Watched)),
            "8" => Some(self.query(Wanted::Kept, Query::Keep)),
            _ => None,
        }
    }

    /// Asks whether to stop about whom was chosen. Where there is no choice, everything is meant.
    fn stop_which(&mut self, keys: &str, entries: Vec<Watched>) -> Option<Vec<Effect>> {
        match keys {
            "7" => Some(self.go(State::ConfirmStop(None), &[])),
            "8" => Some(self.go(State::Mine, &[])),
            _ => {
                let chosen = keys.parse::<usize>().ok()?.checked_sub(1)?;
                let entry = entries.into_iter().nth(chosen)?.entry;
                Some(self.go(State::ConfirmStop(Some(entry)), &[]))
            }
        }
    }

    fn stop(&mut self, entries: Vec<Watched>) -> Vec<Effect> {
        match entries.len() {
            0 | 1 => self.go(State::ConfirmStop(None), &[]),
            2..=ENTRIES_MAX => self.go(State::StopWhich(entries), &[]),
            _ => self.dial(Prompt::PersonHelps),
        }
    }
}

impl Script for Inbound {
    fn handle(&mut self, event: Event) -> Vec<Effect> {
        if self.talk.is_over() {
            return Vec::new();
        }
        let is_too_long = self.talk.is_too_long();
        match event {
            Event::Ended(ended) => self.talk.ended(ended.cause),
            Event::Dialled(dialled) if self.talk.is_dialling() => {
                if self.talk.talked(dialled) {
                    return self.talk.over(Vec::new());
                }
                self.talk.go_on();
                self.misses = 0;
                self.go(State::Phone(Purpose::CallBack), &[Prompt::NobodyFree])
            }
            _ if self.talk.is_dialling() => Vec::new(),
            _ if is_too_long => self.dial(Prompt::PersonHelps),
            // Whoever is silent or speaks to somebody else is not begun anew with.
            Event::Answered(_) if self.state != State::Ringing => Vec::new(),
            Event::Answered(_) => {
                self.state = State::Menu;
                let mut first = vec![Utterance::Prompt(Prompt::Danger)];
                first.extend(self.talk.greeting(Prompt::Welcome, None));
                self.ask(first)
            }
            Event::Digits(digits) => self.digits(&digits),
            Event::Timeout if matches!(self.state, State::Waiting(_)) => Vec::new(),
            Event::Timeout => self.miss(),
            Event::Replied(reply) => self.replied(reply),
            Event::Checked(_) | Event::Dialled(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
