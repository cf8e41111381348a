//! The call that tells a notice: who calls without saying about what, the PIN, the fact, and a person
//! for whoever wants one.

use savin_shared::pii::Pii;

use super::ending::Outcome;
use super::keys::{MISSES_MAX, Pressed, pressed};
use super::pace::Pace;
use super::prompt::Prompt;
use super::speech::{InEach, Language, Utterance};
use super::talk::Talk;
use super::{Answerer, Checked, Dialled, Digits, Effect, Event, Script};

/// The most digits of a PIN.
const PIN_DIGITS_MAX: u8 = 6;

/// What a call may say.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// The language that she chose.
    pub language: Language,
    /// How fast the call goes.
    pub pace: Pace,
    /// The word that she chose, by which she knows that it is us. It is said before the PIN.
    pub code_word: Option<Pii<String>>,
    /// What to tell a machine to do; nothing where she wants no message left.
    pub voicemail: Option<CallBack>,
    /// What is told after the PIN.
    pub told: InEach<Told>,
}

/// How to reach us, for a machine: nothing else is ever said to one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallBack {
    /// The digits of the number to call.
    pub phone: String,
    /// The digits by which an operator finds the notice.
    pub reference: String,
}

/// What is told after the PIN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// What happened: under eight seconds, since somebody may hang up.
    pub fact: Vec<Utterance>,
    /// When, where, and what else there is.
    pub rest: Vec<Utterance>,
}

/// Where the call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody took it yet.
    Ringing,
    /// She was asked for the PIN.
    AskedPin,
    /// The host looks at a PIN.
    Checking,
    /// The fact is being said for the first time.
    Telling,
    /// The fact was said.
    Told,
}

/// The script of a call that tells a notice.
#[derive(Debug)]
pub struct Outbound {
    notice: Notice,
    talk: Talk,
    state: State,
    /// Wrong or missing digits, over the whole call.
    misses: u8,
    /// Times that nothing came, in a row.
    silences: u8,
    /// Whether anything was ever pressed: whoever does is no machine.
    has_pressed: bool,
    /// Whether 7 was pressed last, which is asked for twice: one slip must not say that it is the wrong number.
    is_doubted: bool,
}

impl Outbound {
    /// Begins a call.
    #[must_use]
    pub const fn new(notice: Notice) -> Self {
        Self {
            talk: Talk::new(notice.language, notice.pace, Outcome::NotConfirmed),
            notice,
            state: State::Ringing,
            misses: 0,
            silences: 0,
            has_pressed: false,
            is_doubted: false,
        }
    }

    fn answered(&mut self, answerer: Answerer) -> Vec<Effect> {
        match answerer {
            Answerer::Machine if !self.has_pressed => self.machine(),
            Answerer::Person | Answerer::Unknown if self.state == State::Ringing => self.greet(),
            Answerer::Machine | Answerer::Person | Answerer::Unknown => Vec::new(),
        }
    }

    /// Leaves what she agreed to with a machine, and nothing else.
    fn machine(&mut self) -> Vec<Effect> {
        self.talk.leave(self.notice.voicemail.clone())
    }

    fn greet(&mut self) -> Vec<Effect> {
        let code_word = self.notice.code_word.as_ref();
        let mut say = self.talk.greeting(Prompt::Greeting, code_word);
        say.extend(
            [Prompt::EnterPin, Prompt::WrongNumber, Prompt::ForOperator].map(Utterance::Prompt),
        );
        self.ask_pin(say)
    }

    fn ask_pin(&mut self, say: Vec<Utterance>) -> Vec<Effect> {
        self.state = State::AskedPin;
        vec![
            self.talk.play(say),
            self.talk.other_language(),
            self.talk.collect(PIN_DIGITS_MAX),
        ]
    }

    fn digits(&mut self, digits: Digits) -> Vec<Effect> {
        self.has_pressed = true;
        self.silences = 0;
        self.heard(digits.played);
        let was_doubted = std::mem::take(&mut self.is_doubted);
        match (self.state, pressed(digits.keys)) {
            (State::Ringing | State::Checking, _) => Vec::new(),
            (_, Pressed::Operator) => self.talk.dial(Prompt::Connecting),
            (State::AskedPin, Pressed::OtherLanguage) => {
                self.talk.switch();
                self.greet()
            }
            (State::AskedPin, Pressed::Again) => self.greet(),
            (State::AskedPin, Pressed::Pin(pin)) => {
                self.state = State::Checking;
                vec![Effect::Check(pin)]
            }
            (State::AskedPin, Pressed::Never) if was_doubted => {
                let last =
                    [Prompt::WrongNumberNoted, Prompt::Goodbye].map(|last| self.talk.say(last));
                self.talk.over_with(Outcome::NeverCall, last.into())
            }
            (State::AskedPin, Pressed::Never) => self.doubt(),
            (State::AskedPin, Pressed::One | Pressed::Other) => self.miss(),
            (State::Telling | State::Told, Pressed::OtherLanguage) => {
                self.talk.switch();
                self.tell()
            }
            (State::Told, Pressed::One) => self.talk.over(vec![self.talk.say(Prompt::Goodbye)]),
            // A key that means nothing here is most likely one too many after the PIN.
            (State::Telling | State::Told, _) => self.tell(),
        }
    }

    fn timeout(&mut self) -> Vec<Effect> {
        match self.state {
            State::AskedPin => {
                self.silences = self.silences.saturating_add(1);
                match (self.silences, self.has_pressed) {
                    (0..MISSES_MAX, _) => self.greet(),
                    (_, false) => self.machine(),
                    (_, true) => self.talk.dial(Prompt::PersonHelps),
                }
            }
            State::Telling => {
                self.heard(1);
                vec![self.talk.say(Prompt::AfterNotice), self.talk.collect(1)]
            }
            State::Told => self.talk.over(vec![self.talk.say(Prompt::Goodbye)]),
            State::Ringing | State::Checking => Vec::new(),
        }
    }

    fn checked(&mut self, checked: Checked) -> Vec<Effect> {
        if self.state != State::Checking {
            return Vec::new();
        }
        match checked {
            Checked::Right => self.tell(),
            Checked::Wrong => self.miss(),
            Checked::Duress => {
                let last = [Prompt::NothingNew, Prompt::Goodbye].map(|last| self.talk.say(last));
                self.talk.over_with(Outcome::Duress, last.into())
            }
            Checked::Unavailable => self.talk.dial(Prompt::Trouble),
        }
    }

    /// Tells the fact, by itself first: where the line is gone before its end, it was not told.
    fn tell(&mut self) -> Vec<Effect> {
        if self.state != State::Told {
            self.state = State::Telling;
        }
        let Told { fact, mut rest } = self.notice.told.of(self.talk.language).clone();
        rest.push(Utterance::Prompt(Prompt::AfterNotice));
        vec![
            self.talk.play(fact),
            self.talk.play(rest),
            self.talk.other_language(),
            self.talk.collect(1),
        ]
    }

    /// Asks whether it is the wrong number; whoever has the PIN goes on with it.
    fn doubt(&mut self) -> Vec<Effect> {
        self.is_doubted = true;
        let asked = [
            Prompt::WrongNumberSure,
            Prompt::EnterPin,
            Prompt::ForOperator,
        ];
        self.ask_pin(asked.map(Utterance::Prompt).into())
    }

    /// Notes that the fact was said to its end, if it was.
    const fn heard(&mut self, played: usize) {
        if matches!(self.state, State::Telling) && played > 0 {
            self.state = State::Told;
            self.talk.outcome = Outcome::Confirmed;
        }
    }

    /// Asks for the PIN once more; after three misses a person helps.
    fn miss(&mut self) -> Vec<Effect> {
        self.misses = self.misses.saturating_add(1);
        if self.misses >= MISSES_MAX {
            return self.talk.dial(Prompt::PersonHelps);
        }
        self.ask_pin(
            [Prompt::PinAgain, Prompt::ForOperator]
                .map(Utterance::Prompt)
                .into(),
        )
    }
}

impl Script for Outbound {
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
            _ if is_too_long => self.talk.dial(Prompt::PersonHelps),
            Event::Answered(answerer) => self.answered(answerer),
            Event::Digits(digits) => self.digits(digits),
            Event::Timeout => self.timeout(),
            Event::Checked(checked) => self.checked(checked),
            Event::Replied(_) | Event::Dialled(Dialled::Talked | Dialled::NoneAnswered) => {
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
