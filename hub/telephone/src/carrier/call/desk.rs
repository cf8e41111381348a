//! What is asked at an operator's telephone that was taken, before the caller is joined.

use super::super::twiml::{Verb, document};
use super::{CallError, Carried, Waiting};
use crate::script::desk::{self, TAKES, Takes};
use crate::script::speech::Language;
use crate::voice::grammar;

/// How long whoever took a call there has to press the key, each of the two times that it is asked, in seconds.
const TAKES_WITHIN_S: u64 = 4;

impl Carried {
    /// Takes that somebody or something took the call at the desk which a document called, and what was pressed there;
    /// says what to do with it before the caller is joined. The carrier gives that side of the call a name of its own.
    ///
    /// # Errors
    /// Returns [`CallError::Stale`] where no such desk is being called.
    pub fn desk(&mut self, turn: u32, pressed: Option<&str>) -> Result<String, CallError> {
        let operator = match self.waiting {
            Waiting::Operator(place) if turn == self.turn => self.operators.get(place),
            Waiting::Operator(_)
            | Waiting::Answer
            | Waiting::Keys
            | Waiting::Host
            | Waiting::Nothing => None,
        };
        let language = operator.ok_or(CallError::Stale)?.language;
        match pressed {
            Some(keys) if keys.starts_with(TAKES) => {
                self.has_taken = true;
                // Where nothing more is to be done both are joined.
                Ok(document(&[]))
            }
            Some("") => Ok(document(&[Verb::Hangup])),
            Some(_) | None => Ok(self.offer(language)),
        }
    }

    /// Writes what is asked at a desk that has answered. Its sound lies behind those of the call's own document.
    fn offer(&mut self, language: Language) -> String {
        let play = desk::offer(language);
        self.offered = self.voice.say(&play);
        let (url, name) = (&self.address.url, self.address.name(self.turn));
        let said = match &self.offered {
            Some(_) => Verb::Play(format!("{url}/{name}/{}.wav", self.sounds.len())),
            None => Verb::Say(language, grammar::text(&play)),
        };
        let gather = Verb::Gather {
            action: format!("{}/keys", self.asks()),
            digits_max: 1,
            timeout_s: TAKES_WITHIN_S,
            inside: vec![said.clone(), Verb::Pause(TAKES_WITHIN_S), said],
        };
        document(&[gather, Verb::Hangup])
    }

    /// Says whether whoever is at a place of the roster took the caller.
    pub(super) fn is_taken(&self, place: usize) -> bool {
        let takes = self.operators.get(place).map(|operator| operator.takes);
        self.has_taken || takes == Some(Takes::Answer)
    }

    pub(super) fn asks(&self) -> String {
        format!("{}/desk/{}", self.address.url, self.turn)
    }
}
