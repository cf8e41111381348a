//! What each question says, and how many digits answer it.

use super::super::Effect;
use super::super::prompt::Prompt;
use super::super::speech::Utterance;
use super::{Inbound, PHONE_DIGITS, Purpose, State};

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
            State::NewPin { .. } => &[Prompt::ChoosePin],
            State::NewPinAgain { .. } => &[Prompt::PinOnceMore],
            State::Mine => &[Prompt::Mine],
            State::ConfirmStop => &[Prompt::ConfirmStop],
            State::Waiting(_) => &[],
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
            | State::ConfirmStop
            | State::Waiting(_) => 1,
            State::Number => 12,
            State::LastName | State::FirstName { .. } => 20,
            // One more where the country's 1 is pressed first; a # ends it sooner.
            State::Phone(_) => u8::try_from(PHONE_DIGITS + 1).unwrap_or(u8::MAX),
            State::Code { .. }
            | State::Pin { .. }
            | State::NewPin { .. }
            | State::NewPinAgain { .. } => 6,
        }
    }
}
