//! The call that says a code, by which whoever registered a number shows that it is hers. It says
//! nothing else: whoever takes it may never have heard of us.

use savin_shared::pii::Secret;

use super::ending::{Outcome, Voicemail};
use super::keys::{MISSES_MAX, Pressed, pressed};
use super::pace::Pace;
use super::prompt::Prompt;
use super::speech::{Language, Utterance};
use super::talk::Talk;
use super::{Answerer, Dialled, Digits, Effect, Event, Script};

/// What a call says a code with.
#[derive(Debug, Clone)]
pub struct CodeCall {
    /// The language in which it was asked for.
    pub language: Language,
    /// How fast the call goes.
    pub pace: Pace,
    /// The code.
    pub code: Secret<String>,
}

/// Where the call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing,
    /// The code was offered to whoever presses a key, which no machine does.
    Offered,
    /// The code is or was said.
    Said,
}

/// The script of a call that says a code.
#[derive(Debug)]
pub struct Verify {
    code: Secret<String>,
    talk: Talk,
    state: State,
    silences: u8,
}

impl Verify {
    /// Begins a call.
    #[must_use]
    pub fn new(call: CodeCall) -> Self {
        Self {
            talk: Talk::new(call.language, call.pace, Outcome::NotConfirmed),
            code: call.code,
            state: State::Ringing,
            silences: 0,
        }
    }

    fn answered(&mut self, answerer: Answerer) -> Vec<Effect> {
        match (answerer, self.state) {
            // A code in a mailbox proves nothing, and anybody might hear it.
            (Answerer::Machine, State::Ringing | State::Offered) => self.machine(),
            (Answerer::Person | Answerer::Unknown, State::Ringing) => self.offer(),
            (Answerer::Machine | Answerer::Person | Answerer::Unknown, _) => Vec::new(),
        }
    }

    fn machine(&mut self) -> Vec<Effect> {
        let outcome = Outcome::Machine(Voicemail::NotLeft);
        self.talk.over_with(outcome, Vec::new())
    }

    fn offer(&mut self) -> Vec<Effect> {
        self.state = State::Offered;
        let mut say = self.talk.greeting(Prompt::Greeting);
        say.extend([Prompt::CodeOffer, Prompt::ForOperator].map(Utterance::Prompt));
        vec![
            self.talk.play(say),
            self.talk.other_language(),
            self.talk.collect(1),
        ]
    }

    fn tell(&mut self) -> Vec<Effect> {
        self.state = State::Said;
        let code = || Utterance::Code(self.code.clone());
        let your = Utterance::Prompt(Prompt::YourCode);
        let say = vec![your.clone(), code(), Utterance::Pause, your, code()];
        vec![
            self.talk.play(say),
            self.talk.say(Prompt::AfterCode),
            self.talk.collect(1),
        ]
    }

    fn digits(&mut self, digits: Digits) -> Vec<Effect> {
        self.silences = 0;
        self.heard(digits.played);
        match (self.state, pressed(digits.keys)) {
            (State::Ringing, _) => Vec::new(),
            (_, Pressed::Operator) => self.talk.dial(Prompt::Connecting),
            (_, Pressed::Never) => {
                let last = [Prompt::NeverAgain, Prompt::Goodbye].map(|last| self.talk.say(last));
                self.talk.over_with(Outcome::NeverCall, last.into())
            }
            (State::Offered, Pressed::OtherLanguage) => {
                self.talk.switch();
                self.offer()
            }
            (State::Said, Pressed::OtherLanguage) => {
                self.talk.switch();
                self.tell()
            }
            (State::Offered, Pressed::One) | (State::Said, _) => self.tell(),
            (State::Offered, Pressed::Again | Pressed::Pin(_) | Pressed::Other) => self.offer(),
        }
    }

    fn timeout(&mut self) -> Vec<Effect> {
        match self.state {
            State::Ringing => Vec::new(),
            State::Offered => {
                self.silences = self.silences.saturating_add(1);
                if self.silences < MISSES_MAX {
                    self.offer()
                } else {
                    self.machine()
                }
            }
            State::Said => {
                self.heard(1);
                self.talk.over(vec![self.talk.say(Prompt::Goodbye)])
            }
        }
    }

    /// Notes that the code was said to its end, if it was.
    const fn heard(&mut self, played: usize) {
        if matches!(self.state, State::Said) && played > 0 {
            self.talk.outcome = Outcome::CodeSaid;
        }
    }
}

impl Script for Verify {
    fn handle(&mut self, event: Event) -> Vec<Effect> {
        if self.talk.is_over() {
            return Vec::new();
        }
        let is_too_long = self.talk.is_too_long();
        match event {
            Event::Ended(ended) => {
                self.heard(ended.played);
                self.talk.ended(ended.cause)
            }
            Event::Dialled(dialled) if self.talk.is_dialling() => {
                let has_talked = self.talk.talked(dialled);
                let sorry = (!has_talked).then(|| self.talk.say(Prompt::NoOperator));
                self.talk.over(sorry.into_iter().collect())
            }
            _ if self.talk.is_dialling() => Vec::new(),
            _ if is_too_long => self.talk.over(vec![self.talk.say(Prompt::Goodbye)]),
            Event::Answered(answerer) => self.answered(answerer),
            Event::Digits(digits) => self.digits(digits),
            Event::Timeout => self.timeout(),
            Event::Checked(_)
            | Event::Replied(_)
            | Event::Dialled(Dialled::Talked | Dialled::NoneAnswered) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
