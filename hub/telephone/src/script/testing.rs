//! Someone at the other end of a call, for the tests of the scripts.

use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use savin_shared::pii::Secret;

use super::ending::{EndCause, Ending, NotAnswered};
use super::prompt::Prompt;
use super::speech::Utterance;
use super::{Answerer, Checked, Dialled, Digits, Effect, Ended, Event, Script};

/// The PIN that the host takes for hers.
pub(super) const PIN: &str = "2468";

/// The PIN that the host takes for the one of duress.
pub(super) const DURESS: &str = "8642";

/// Presses keys after everything was said.
pub(super) fn press(keys: &str) -> Event {
    pressed_after(keys, usize::MAX)
}

/// Presses keys after so many pieces were said.
pub(super) fn pressed_after(keys: &str, played: usize) -> Event {
    Event::Digits(Digits {
        keys: Secret::new(keys.to_owned()),
        played,
    })
}

/// Hangs up after so many pieces were said.
pub(super) const fn hang_up(played: usize) -> Event {
    Event::Ended(Ended {
        cause: EndCause::HungUp,
        played,
    })
}

/// A call with everything that was done in it.
pub(super) struct Call<S> {
    script: S,
    /// All effects, in order.
    pub(super) done: Vec<Effect>,
    /// The effects of the last answer.
    pub(super) last: Vec<Effect>,
    /// Whether the right PIN was entered.
    pub(super) is_proved: bool,
}

impl<S: Script> Call<S> {
    pub(super) const fn new(script: S) -> Self {
        Self {
            script,
            done: Vec::new(),
            last: Vec::new(),
            is_proved: false,
        }
    }

    /// Lets something happen, and answers for the host.
    pub(super) fn on(&mut self, event: Event) -> &mut Self {
        self.last = self.script.handle(event);
        self.done.extend(self.last.clone());
        if let Some(Effect::Check(pin)) = self.last.last() {
            let checked = match pin.reveal().as_str() {
                PIN => Checked::Right,
                DURESS => Checked::Duress,
                _ => Checked::Wrong,
            };
            self.is_proved |= checked == Checked::Right;
            return self.on(Event::Checked(checked));
        }
        self
    }

    /// Returns how the call ended, if it has.
    pub(super) fn ending(&self) -> Option<Ending> {
        match self.done.last() {
            Some(Effect::Hangup(ending)) => Some(*ending),
            _ => None,
        }
    }

    /// Says whether an operator is being called.
    pub(super) fn is_dialling(&self) -> bool {
        self.last.last() == Some(&Effect::Dial)
    }

    /// Returns everything that was said.
    pub(super) fn said(&self) -> Vec<&Utterance> {
        said(&self.done)
    }

    /// Says whether a prompt was in the last answer.
    pub(super) fn says(&self, prompt: Prompt) -> bool {
        said(&self.last).contains(&&Utterance::Prompt(prompt))
    }

    /// Says whether the last answer waits for keys without having said what for.
    pub(super) fn waits_mutely(&self) -> bool {
        let asks = |piece: &&Utterance| matches!(piece, Utterance::Prompt(_));
        matches!(self.last.last(), Some(Effect::Collect(_))) && !said(&self.last).iter().any(asks)
    }
}

fn said(effects: &[Effect]) -> Vec<&Utterance> {
    let mut said = Vec::new();
    for effect in effects {
        if let Effect::Play(play) = effect {
            said.extend(&play.say);
        }
    }
    said
}

/// Anything that a line, a machine or a person can do.
pub(super) fn events() -> impl Strategy<Value = Event> {
    let keys = prop_oneof![
        4 => "[0-9*]{0,7}",
        2 => "[0-9*]",
        2 => Just(PIN.to_owned()),
        1 => Just(DURESS.to_owned()),
    ];
    let answerer = prop_oneof![
        Just(Answerer::Person),
        Just(Answerer::Machine),
        Just(Answerer::Unknown),
    ];
    let cause = prop_oneof![
        Just(EndCause::HungUp),
        Just(EndCause::Broke),
        Just(EndCause::NotAnswered(NotAnswered::Busy)),
    ];
    let dialled = prop_oneof![Just(Dialled::Talked), Just(Dialled::NoneAnswered)];
    prop_oneof![
        8 => (keys, 0_usize..3).prop_map(|(keys, played)| pressed_after(&keys, played)),
        4 => Just(Event::Timeout),
        2 => answerer.prop_map(Event::Answered),
        1 => dialled.prop_map(Event::Dialled),
        1 => (cause, 0_usize..3).prop_map(|(cause, played)| Event::Ended(Ended { cause, played })),
    ]
}
