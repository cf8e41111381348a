//! The call that says something to whoever presses a key for it, without a PIN.
//!
//! It says a code, by which whoever registered a number shows that it is hers, or that something changed in how she is
//! told. It tells of nobody: whoever takes it may never have heard of us.

use savin_shared::pii::Pii;

use super::ending::Outcome;
use super::keys::{MISSES_MAX, Pressed, pressed};
use super::outbound::CallBack;
use super::pace::Pace;
use super::prompt::Prompt;
use super::speech::{InEach, Language, Utterance};
use super::talk::Talk;
use super::{Answerer, Dialled, Digits, Effect, Event, Script};

/// What a call offers.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The language in which it is said first.
    pub language: Language,
    /// How fast the call goes.
    pub pace: Pace,
    /// The word that she chose, by which she knows that it is us.
    pub code_word: Option<Pii<String>>,
    /// What is offered.
    pub what: What,
    /// What is said to whoever presses a key.
    pub said: InEach<Vec<Utterance>>,
}

/// What is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A code, to a number that may be anybody's: who takes the call may ask never to be called again, and a machine
    /// is left nothing.
    Code,
    /// A change, to a number that was proved: no key ends calls to it.
    Change {
        /// What to tell a machine to do; nothing where she wants no message left.
        voicemail: Option<CallBack>,
    },
}

impl What {
    const fn offer(&self) -> Prompt {
        match self {
            Self::Code => Prompt::CodeOffer,
            Self::Change { .. } => Prompt::ChangeOffer,
        }
    }

    const fn after(&self) -> Prompt {
        match self {
            Self::Code => Prompt::AfterCode,
            Self::Change { .. } => Prompt::AfterChange,
        }
    }
}

/// Where the call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing,
    /// It was offered to whoever presses a key, which no machine does.
    Offered,
    /// It is or was said.
    Said,
}

/// The script of a call that says something to whoever presses a key.
#[derive(Debug)]
pub struct Offer {
    offered: Offered,
    talk: Talk,
    state: State,
    silences: u8,
}

impl Offer {
    /// Begins a call.
    #[must_use]
    pub const fn new(offered: Offered) -> Self {
        Self {
            talk: Talk::new(offered.language, offered.pace, Outcome::NotConfirmed),
            offered,
            state: State::Ringing,
            silences: 0,
        }
    }

    fn answered(&mut self, answerer: Answerer) -> Vec<Effect> {
        match (answerer, self.state) {
            // A code in a mailbox proves nothing, and anybody might hear what is left there.
            (Answerer::Machine, State::Ringing | State::Offered) => self.machine(),
            (Answerer::Person | Answerer::Unknown, State::Ringing) => self.offer(),
            (Answerer::Machine | Answerer::Person | Answerer::Unknown, _) => Vec::new(),
        }
    }

    fn machine(&mut self) -> Vec<Effect> {
        let back = match &self.offered.what {
            What::Code => None,
            What::Change { voicemail } => voicemail.clone(),
        };
        self.talk.leave(back)
    }

    fn offer(&mut self) -> Vec<Effect> {
        self.state = State::Offered;
        let mut say = self
            .talk
            .greeting(Prompt::Greeting, self.offered.code_word.as_ref());
        say.extend([self.offered.what.offer(), Prompt::ForOperator].map(Utterance::Prompt));
        vec![
            self.talk.play(say),
            self.talk.other_language(),
            self.talk.collect(1),
        ]
    }

    fn tell(&mut self) -> Vec<Effect> {
        self.state = State::Said;
        let say = self.offered.said.of(self.talk.language).clone();
        vec![
            self.talk.play(say),
            self.talk.say(self.offered.what.after()),
            self.talk.collect(1),
        ]
    }

    fn digits(&mut self, digits: Digits) -> Vec<Effect> {
        self.silences = 0;
        self.heard(digits.played);
        match (self.state, pressed(digits.keys)) {
            (State::Ringing, _) => Vec::new(),
            (_, Pressed::Operator) => self.talk.dial(Prompt::Connecting),
            (_, Pressed::Never) if self.offered.what == What::Code => {
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
            (
                State::Offered,
                Pressed::Again | Pressed::Pin(_) | Pressed::Never | Pressed::Other,
            ) => self.offer(),
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

    /// Notes that it was said to its end, if it was.
    const fn heard(&mut self, played: usize) {
        if matches!(self.state, State::Said) && played > 0 {
            self.talk.outcome = Outcome::Said;
        }
    }
}

impl Script for Offer {
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
            Event::Dialled(dialled) if self.talk.is_dialling() => self.talk.dialled(dialled),
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
