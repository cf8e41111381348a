//! What each question says, and how many digits answer it.

use jiff::civil::Date;

use super::super::Effect;
use super::super::pace::Pace;
use super::super::prompt::Prompt;
use super::super::query::Watched;
use super::super::speech::Utterance;
use super::{Inbound, PHONE_DIGITS, PinFor, Purpose, State};

impl Inbound {
    /// Asks what the state wants, after something else is said.
    pub(super) fn ask(&self, mut say: Vec<Utterance>) -> Vec<Effect> {
        say.extend(self.question());
        let mut effects = vec![self.talk.play(say)];
        if self.state == State::Menu {
            effects.push(self.talk.other_language());
        }
        if !self.has_dialled {
            effects.push(self.talk.say(Prompt::ForOperator));
        }
        effects.push(self.talk.collect(self.digits_max()));
        effects
    }

    fn question(&self) -> Vec<Utterance> {
        let prompts: &[Prompt] = match &self.state {
            State::Menu if self.talk.pace == Pace::Normal => &[Prompt::Menu, Prompt::MoreTime],
            State::Menu => &[Prompt::Menu],
            State::How => &[Prompt::HowToFind],
            State::Number => &[Prompt::EnterNumber],
            State::LastName => &[Prompt::SpellLast],
            State::FirstName { .. } => &[Prompt::SpellFirst],
            State::Choose(people) => {
                let mut said = Vec::new();
                for (key, found) in (1_u32..).zip(people) {
                    said.extend([
                        Utterance::Prompt(Prompt::For),
                        Utterance::Name(found.name.clone()),
                        Utterance::Prompt(Prompt::Press),
                        Utterance::Number(key),
                        Utterance::Pause,
                    ]);
                }
                return said;
            }
            State::Heard => {
                let mut said = Vec::new();
                if let Some(person) = &self.person {
                    said.push(Utterance::Name(person.name.clone()));
                    said.push(Utterance::Pause);
                    said.extend(person.status.clone());
                }
                said.push(Utterance::Prompt(Prompt::AfterStatus));
                return said;
            }
            State::Phone(Purpose::SignIn) => &[Prompt::EnterYourPhone, Prompt::ForgotPin],
            State::Phone(Purpose::Prove | Purpose::Reset) => &[Prompt::EnterYourPhone],
            State::Phone(Purpose::Register | Purpose::Change) => &[Prompt::EnterPhone],
            State::Phone(Purpose::CallBack) => &[Prompt::EnterCallBack],
            State::PhoneOk(_, phone) => {
                return vec![
                    Utterance::Prompt(Prompt::PhoneIs),
                    Utterance::Digits(phone.reveal().clone()),
                    Utterance::Prompt(Prompt::IsThatRight),
                ];
            }
            State::Code { .. } => &[Prompt::EnterCode],
            State::Pin { .. } => &[Prompt::EnterPin],
            State::NewPin(PinFor::Duress) => &[Prompt::ChooseDuressPin],
            State::NewPin(PinFor::Number(_) | PinFor::Herself) => &[Prompt::ChoosePin],
            State::NewPinAgain(..) => &[Prompt::PinOnceMore],
            State::Mine => &[Prompt::Mine],
            State::Profile(step) => {
                let asked = self.asked(*step);
                return asked.into_iter().map(Utterance::Prompt).collect();
            }
            State::StopWhich(entries) => {
                let mut said = Vec::new();
                for (key, watched) in (1_u32..).zip(entries) {
                    said.extend([
                        Utterance::Prompt(Prompt::StopFor),
                        Utterance::Spelled(watched.label.clone()),
                        Utterance::Prompt(Prompt::Press),
                        Utterance::Number(key),
                        Utterance::Pause,
                    ]);
                }
                said.push(Utterance::Prompt(Prompt::StopAll));
                return said;
            }
            State::ConfirmStop(_) => &[Prompt::ConfirmStop],
            State::Ringing | State::Waiting(_) => &[],
        };
        prompts.iter().copied().map(Utterance::Prompt).collect()
    }

    fn digits_max(&self) -> u8 {
        match &self.state {
            State::Menu
            | State::How
            | State::Choose(_)
            | State::Heard
            | State::PhoneOk(..)
            | State::Mine
            | State::Profile(_)
            | State::StopWhich(_)
            | State::ConfirmStop(_)
            | State::Ringing
            | State::Waiting(_) => 1,
            State::Number => 12,
            State::LastName | State::FirstName { .. } => 20,
            // One more where the country's 1 is pressed first; a # ends it sooner.
            State::Phone(_) => u8::try_from(PHONE_DIGITS + 1).unwrap_or(u8::MAX),
            State::Code { .. } | State::Pin { .. } | State::NewPin(_) | State::NewPinAgain(..) => 6,
        }
    }
}

/// Says about whom she is told, by initials, and what ends when.
pub(super) fn watched(entries: &[Watched], ends: Option<Date>) -> Vec<Utterance> {
    let mut said = Vec::new();
    for entry in entries {
        said.push(Utterance::Prompt(Prompt::ToldAbout));
        said.push(Utterance::Spelled(entry.label.clone()));
        said.push(Utterance::Pause);
        if let Some(day) = entry.ends.filter(|_| ends.is_none()) {
            said.extend([Utterance::Prompt(Prompt::EndsOn), Utterance::Day(day)]);
        }
    }
    if entries.is_empty() {
        said.push(Utterance::Prompt(Prompt::ToldAboutNobody));
    }
    if let Some(day) = ends {
        said.extend([Utterance::Prompt(Prompt::AllEndsOn), Utterance::Day(day)]);
    }
    said
}
