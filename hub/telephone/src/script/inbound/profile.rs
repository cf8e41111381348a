//! How she is told and called: the language, the hours and what a machine hears, each chosen by a key, said back and
//! kept once she says that it is right.

use super::super::Effect;
use super::super::prompt::Prompt;
use super::super::query::{AtAnyHour, Hours, Machine, Part, Query, Setting};
use super::super::speech::Language;
use super::{Inbound, PinFor, State, Wanted};

/// What is asked of how she is told and called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// What to choose.
    Which,
    Language,
    Hours,
    /// What is told at any hour all the same.
    AtAnyHour(Part),
    Machine,
    /// Whether what she chose is right.
    Right(Setting),
}

impl Inbound {
    /// Takes the answer to what was asked of how she is told and called.
    pub(super) fn profile(&mut self, keys: &str, step: Step) -> Option<Vec<Effect>> {
        if let (Step::Right(setting), "1") = (step, keys) {
            return Some(self.query(Wanted::Set(setting), Query::Set { setting }));
        }
        let next = step.next(keys)?;
        if self.is_under_duress && next == State::NewPin(PinFor::Duress) {
            return None;
        }
        self.misses = 0;
        Some(self.go(next, &[]))
    }

    /// Says that what she chose is kept. Whoever chose another language hears it at once.
    pub(super) fn is_set(&mut self, setting: Setting) -> Vec<Effect> {
        if let Setting::Language(language) = setting {
            self.talk.language = language;
        }
        self.go(State::Mine, &[Prompt::Set])
    }

    /// Returns what is said to ask it.
    pub(super) fn asked(&self, step: Step) -> Vec<Prompt> {
        match step {
            Step::Which if self.is_under_duress => vec![Prompt::Profile, Prompt::OrNothing],
            Step::Which => vec![Prompt::Profile, Prompt::OrDuressPin, Prompt::OrNothing],
            Step::Language => vec![Prompt::ChooseLanguage],
            Step::Hours => vec![Prompt::ChooseHours],
            Step::AtAnyHour(_) => vec![Prompt::ChooseAtAnyHour],
            Step::Machine => vec![Prompt::ChooseMachine],
            Step::Right(setting) => {
                let mut said = said_back(setting);
                said.push(Prompt::IsThatRight);
                said
            }
        }
    }
}

impl Step {
    /// Returns what is asked next; nothing for a key that means nothing here.
    fn next(self, keys: &str) -> Option<State> {
        let right = |setting| Self::Right(setting);
        let within = |part, at_any_hour| right(Setting::Hours(Hours::Within { part, at_any_hour }));
        let next = match (self, keys) {
            (Self::Which, "8") => return Some(State::Mine),
            (Self::Which, "1") => Self::Language,
            (Self::Which, "3") => Self::Hours,
            (Self::Which, "4") => Self::Machine,
            (Self::Which, "5") => return Some(State::NewPin(PinFor::Duress)),
            (Self::Language, "1") => right(Setting::Language(Language::English)),
            (Self::Language, "3") => right(Setting::Language(Language::Spanish)),
            (Self::Hours, "1") => right(Setting::Hours(Hours::Any)),
            (Self::Hours, "3") => Self::AtAnyHour(Part::Morning),
            (Self::Hours, "4") => Self::AtAnyHour(Part::Day),
            (Self::Hours, "5") => Self::AtAnyHour(Part::Evening),
            (Self::AtAnyHour(part), "1") => within(part, AtAnyHour::Escapes),
            (Self::AtAnyHour(part), "3") => within(part, AtAnyHour::Releases),
            (Self::AtAnyHour(part), "4") => within(part, AtAnyHour::Nothing),
            (Self::Machine, "1") => right(Setting::Machine(Machine::Nothing)),
            (Self::Machine, "3") => right(Setting::Machine(Machine::CallBack)),
            (Self::Right(_), "3") => Self::Which,
            _ => return None,
        };
        Some(State::Profile(next))
    }
}

/// Says back what she chose.
fn said_back(setting: Setting) -> Vec<Prompt> {
    match setting {
        Setting::Language(Language::English) => vec![Prompt::InEnglish],
        Setting::Language(Language::Spanish) => vec![Prompt::InSpanish],
        Setting::Hours(Hours::Any) => vec![Prompt::HoursAny],
        Setting::Hours(Hours::Within { part, at_any_hour }) => {
            let part = match part {
                Part::Morning => Prompt::HoursMorning,
                Part::Day => Prompt::HoursDay,
                Part::Evening => Prompt::HoursEvening,
            };
            let at_any_hour = match at_any_hour {
                AtAnyHour::Escapes => Prompt::EscapesAtAnyHour,
                AtAnyHour::Releases => Prompt::ReleasesAtAnyHour,
                AtAnyHour::Nothing => Prompt::NothingAtOtherHours,
            };
            vec![part, at_any_hour]
        }
        Setting::Machine(Machine::Nothing) => vec![Prompt::MachineNothing],
        Setting::Machine(Machine::CallBack) => vec![Prompt::MachineCallBack],
    }
}
