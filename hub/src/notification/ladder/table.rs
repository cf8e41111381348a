//! The table of ladders: read and checked once.

use jiff::SignedDuration;
use serde::Deserialize;
use thiserror::Error;

use super::{Pressing, Step};
use crate::notification::channel::Channel;

/// The table that ships with the program.
pub const SHIPPED: &str = include_str!("../../../data/ladders.toml");

/// The shortest and the longest wait: a second call within the minute would find nobody else, and after
/// a day she would be left alone.
const WAIT_MIN: SignedDuration = SignedDuration::from_secs(30);
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The most tries before a person is asked.
const TRIES_MAX: u32 = 50;

/// What ladders say where no table does.
const OTHERWISE: SignedDuration = SignedDuration::from_mins(30);

/// The ladders of every urgency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ladders {
    escape: Ladder,
    release: Ladder,
    transfer: Ladder,
    court: Ladder,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ladder {
    email: Step,
    telephone: Step,
    letter: Step,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            begins: SignedDuration::ZERO,
            between: OTHERWISE,
            busy: OTHERWISE,
            no_answer: OTHERWISE,
            answered: OTHERWISE,
            machine: OTHERWISE,
            put_off: vec![OTHERWISE],
            tries: None,
            slower: OTHERWISE,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    escape: LadderDocument,
    release: LadderDocument,
    transfer: LadderDocument,
    court: LadderDocument,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderDocument {
    telephone: CallDocument,
    email: PostDocument,
    letter: PostDocument,
}

/// A channel in which somebody answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CallDocument {
    begins: SignedDuration,
    between: SignedDuration,
    busy: SignedDuration,
    no_answer: SignedDuration,
    answered: SignedDuration,
    machine: SignedDuration,
    put_off: Vec<SignedDuration>,
    tries: u32,
    slower: SignedDuration,
}

/// A channel that takes a message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PostDocument {
    begins: SignedDuration,
    put_off: Vec<SignedDuration>,
    #[serde(default)]
    tries: Option<u32>,
}

impl From<CallDocument> for Step {
    fn from(document: CallDocument) -> Self {
        Self {
            begins: document.begins,
            between: document.between,
            busy: document.busy,
            no_answer: document.no_answer,
            answered: document.answered,
            machine: document.machine,
            put_off: document.put_off,
            tries: Some(document.tries),
            slower: document.slower,
        }
    }
}

impl From<PostDocument> for Step {
    fn from(document: PostDocument) -> Self {
        let last = document.put_off.last().copied().unwrap_or(OTHERWISE);
        Self {
            begins: document.begins,
            put_off: document.put_off,
            tries: document.tries,
            slower: last,
            between: WAIT_MIN,
            ..Self::default()
        }
    }
}

impl From<LadderDocument> for Ladder {
    fn from(document: LadderDocument) -> Self {
        Self {
            email: document.email.into(),
            telephone: document.telephone.into(),
            letter: document.letter.into(),
        }
    }
}

impl Ladders {
    /// Reads the table that ships with the program.
    ///
    /// # Errors
    /// Returns [`LadderError`], which a test rules out.
    pub fn shipped() -> Result<Self, LadderError> {
        Self::parse(SHIPPED)
    }

    /// Reads a table; it must have every urgency and every channel.
    ///
    /// # Errors
    /// Returns [`LadderError`] for what is no table, waits that are too short or too long, and an urgency
    /// that would be slower than one below it.
    pub fn parse(toml: &str) -> Result<Self, LadderError> {
        let document: Document =
            toml::from_str(toml).map_err(|error| LadderError::Syntax(error.to_string()))?;
        let ladders = Self {
            escape: document.escape.into(),
            release: document.release.into(),
            transfer: document.transfer.into(),
            court: document.court.into(),
        };
        ladders.check()?;
        Ok(ladders)
    }

    /// Returns what follows in one channel.
    #[must_use]
    pub const fn step(&self, pressing: Pressing, channel: Channel) -> &Step {
        let ladder = match pressing {
            Pressing::Escape => &self.escape,
            Pressing::Release => &self.release,
            Pressing::Transfer => &self.transfer,
            Pressing::Court => &self.court,
        };
        match channel {
            Channel::Email => &ladder.email,
            Channel::Telephone => &ladder.telephone,
            Channel::Letter => &ladder.letter,
        }
    }

    fn check(&self) -> Result<(), LadderError> {
        for channel in Channel::ALL {
            let mut before: Option<&Step> = None;
            for pressing in Pressing::ALL {
                let step = self.step(pressing, channel);
                let place = || format!("{}.{channel}", pressing.as_str());
                for (name, wait) in waits(step) {
                    if !(WAIT_MIN..=WAIT_MAX).contains(&wait) {
                        return Err(LadderError::Wait(place(), name));
                    }
                }
                if !(SignedDuration::ZERO..=WAIT_MAX).contains(&step.begins) {
                    return Err(LadderError::Begins(place()));
                }
                if step.put_off.is_empty() {
                    return Err(LadderError::Wait(place(), "put-off"));
                }
                if step
                    .tries
                    .is_some_and(|tries| !(1..=TRIES_MAX).contains(&tries))
                {
                    return Err(LadderError::Tries(place()));
                }
                let slower = before.and_then(|before| slower_than(before, step));
                if let Some(name) = slower {
                    return Err(LadderError::Slower(place(), name));
                }
                before = Some(step);
            }
        }
        Ok(())
    }
}

/// Returns what a more pressing step waits longer for than a less pressing one.
fn slower_than(pressing: &Step, less: &Step) -> Option<&'static str> {
    let begins = [("begins", pressing.begins)].into_iter();
    let less = [("begins", less.begins)].into_iter().chain(waits(less));
    let mut pairs = begins.chain(waits(pressing)).zip(less);
    let found = pairs.find(|((name, more), (other, less))| name == other && more > less);
    found.map(|((name, _), _)| name)
}

/// Returns the waits of a step by their names in the table, those that are lists last.
fn waits(step: &Step) -> impl Iterator<Item = (&'static str, SignedDuration)> {
    let single = [
        ("between", step.between),
        ("busy", step.busy),
        ("no-answer", step.no_answer),
        ("answered", step.answered),
        ("machine", step.machine),
        ("slower", step.slower),
    ];
    let put_off = step.put_off.iter().map(|wait| ("put-off", *wait));
    single.into_iter().chain(put_off)
}

/// Why a table of ladders was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LadderError {
    /// It is none.
    #[error("{0}")]
    Syntax(String),
    /// A wait is too short or too long.
    #[error("{0}: {1} is a length of time from 30s to 24h")]
    Wait(String, &'static str),
    /// A channel begins too late.
    #[error("{0}: begins is a length of time up to 24h")]
    Begins(String),
    /// The number of tries is none.
    #[error("{0}: tries is a number from 1 to 50")]
    Tries(String),
    /// What is more pressing would be told later.
    #[error("{0}: {1} is shorter than that of what is more pressing")]
    Slower(String, &'static str),
}
