//! What whoever takes a call at an operator's desk is asked before a caller is joined: a machine that answers there
//! presses nothing, and would else count as a person who has talked.

use super::prompt::Prompt;
use super::speech::{Language, Play, Utterance};

/// The key by which somebody at a desk takes a caller.
pub const TAKES: char = '1';

/// By what a desk takes a caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Takes {
    /// Somebody there presses 1.
    #[default]
    Key,
    /// It answers: a switchboard that answers by itself, before it has found a person, presses nothing.
    Answer,
}

/// Returns what is said at a desk that has answered. A machine may record it, so it tells nothing.
#[must_use]
pub fn offer(language: Language) -> Play {
    Play {
        language,
        say: vec![Utterance::Prompt(Prompt::DeskOffer)],
    }
}
