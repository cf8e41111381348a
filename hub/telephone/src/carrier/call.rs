//! One call that a carrier carries: what it asks becomes events of the script, and what the script says
//! becomes documents.

mod desk;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use savin_shared::pii::Secret;
use thiserror::Error;
use tracing::warn;

use super::twiml::{Verb, document};
use crate::audio::SAMPLES_PER_SECOND;
use crate::script::desk::Takes;
use crate::script::ending::{EndCause, Ending, NotAnswered};
use crate::script::query::{Query, Reply};
use crate::script::speech::{Language, Play};
use crate::script::{Answerer, Checked, Collect, Dialled, Digits, Effect, Ended, Event, Script};
use crate::voice::grammar;
use crate::voice::speaker::Speaker;

/// How long the carrier takes to fetch a sound and begin, at most: what was said is counted without it.
const START_MS: i64 = 1_500;

/// How long each operator's telephone rings, in seconds.
const OPERATOR_RING_S: u64 = 25;

/// Bytes of the name under which a document's sounds are.
const NAME_BYTES: usize = 16;

/// Returns the sound of something said, as µ-law; `None` where it has none, and the carrier speaks.
pub trait Voice: Send + Sync {
    /// Says something. It may block.
    fn say(&self, play: &Play) -> Option<Arc<[u8]>>;
}

impl Voice for Speaker {
    fn say(&self, play: &Play) -> Option<Arc<[u8]>> {
        let said = Self::say(self, play).inspect_err(|failure| {
            warn!(reason = %failure, "A call cannot speak, and the carrier speaks for it");
        });
        said.ok().map(Into::into)
    }
}

/// Where a call's requests come.
#[derive(Debug)]
pub struct Address {
    /// The address, which holds a secret of its own.
    pub url: String,
    /// Derives where the sounds of each document are: whoever has seen one address knows no other, and
    /// nothing of what is said after the PIN.
    pub key: hmac::Key,
}

impl Address {
    /// Returns the part of an address under which the sounds of a document are.
    fn name(&self, turn: u32) -> String {
        let tag = hmac::sign(&self.key, &turn.to_be_bytes());
        let bytes = tag.as_ref().iter().take(NAME_BYTES);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An operator whom the carrier calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The number.
    pub number: String,
    /// In which language it is asked to take a caller.
    pub language: Language,
    /// By what it takes one.
    pub takes: Takes,
}

/// A call at a carrier.
pub struct Carried {
    script: Box<dyn Script>,
    voice: Arc<dyn Voice>,
    address: Address,
    /// The operators, in order.
    operators: Vec<Operator>,
    /// Whether the one who was called last pressed the key.
    has_taken: bool,
    /// The carrier's name of the call, once it is known.
    sid: Option<String>,
    turn: u32,
    waiting: Waiting,
    sounds: Vec<Option<Arc<[u8]>>>,
    /// What is said at the desk that is called.
    offered: Option<Arc<[u8]>>,
    /// When the last document was given out, in milliseconds.
    said_at_ms: i64,
    document: String,
    ending: Option<Ending>,
}

impl fmt::Debug for Carried {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Carried")
            .field("sid", &self.sid)
            .field("turn", &self.turn)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// What the call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// That somebody takes it.
    Answer,
    /// Keys.
    Keys,
    /// The host's answer.
    Host,
    /// The operator who was called, by place in the roster.
    Operator(usize),
    /// Nothing: it is over.
    Nothing,
}

/// What the carrier asks, and tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask<'a> {
    /// Somebody took the call: `AnsweredBy`, where the carrier guessed.
    Answered(Option<&'a str>),
    /// What was pressed, for a document: `Digits`, and `FinishedOnKey`.
    Keys {
        /// Of which document.
        turn: u32,
        /// The keys; empty where none came.
        digits: &'a str,
        /// The key that ended them, if one did.
        finished_on: Option<&'a str>,
    },
    /// How the call to an operator went: `DialCallStatus`.
    Dialled {
        /// Of which document.
        turn: u32,
        /// `completed`, `answered`, or what kept it from that.
        status: &'a str,
    },
    /// The call is over: `CallStatus`, and `SipResponseCode`.
    Over {
        /// `completed`, `busy`, `no-answer`, `failed` or `canceled`.
        status: &'a str,
        /// The answer to the INVITE behind it.
        sip: Option<u16>,
    },
}

/// What the door does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask the host whether this is her PIN, then [`Carried::checked`].
    Check(Secret<String>),
    /// Ask the host this, then [`Carried::replied`].
    Query(Query),
    /// Answer the carrier with this document.
    Document(String),
    /// The call is over; the carrier gets an empty answer.
    Over(Ending),
}

impl Carried {
    /// Begins a call whose requests come to an address of its own.
    #[must_use]
    pub fn new(
        script: Box<dyn Script>,
        voice: Arc<dyn Voice>,
        address: Address,
        operators: Vec<Operator>,
    ) -> Self {
        Self {
            script,
            voice,
            address,
            operators,
            has_taken: false,
            sid: None,
            turn: 0,
            waiting: Waiting::Answer,
            sounds: Vec::new(),
            offered: None,
            said_at_ms: 0,
            document: String::new(),
            ending: None,
        }
    }

    /// Returns a sound of the document that is performed now, by its name.
    #[must_use]
    pub fn sound(&self, name: &str, index: usize) -> Option<Arc<[u8]>> {
        let is_current = name == self.address.name(self.turn);
        let sound = match self.sounds.get(index) {
            Some(sound) => sound,
            None if index == self.sounds.len() => &self.offered,
            None => &None,
        };
        sound.clone().filter(|_| is_current)
    }

    /// Returns the carrier's name of the call, once it has asked anything.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Says whether nobody has taken the call yet.
    #[must_use]
    pub const fn is_ringing(&self) -> bool {
        matches!(self.waiting, Waiting::Answer)
    }

    /// Says whether the document of this turn calls an operator, and nothing came of that yet.
    #[must_use]
    pub const fn calls_operator(&self, turn: u32) -> bool {
        self.with_operator_since_ms().is_some() && turn == self.turn
    }

    /// Returns since when an operator is being called, or talks, if one is.
    #[must_use]
    pub const fn with_operator_since_ms(&self) -> Option<i64> {
        match self.waiting {
            Waiting::Operator(_) => Some(self.said_at_ms),
            Waiting::Answer | Waiting::Keys | Waiting::Host | Waiting::Nothing => None,
        }
    }

    /// Returns how the call ended, once it has.
    #[must_use]
    pub const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Takes what the carrier asks of the call with this name. A request that comes again is answered
    /// again, and counts once.
    ///
    /// # Errors
    /// Returns [`CallError`] for a request of another call, of a document long gone, or after the end.
    pub fn ask(&mut self, sid: &str, ask: &Ask<'_>, now_ms: i64) -> Result<Step, CallError> {
        if self.sid.get_or_insert_with(|| sid.to_owned()) != sid {
            return Err(CallError::OtherCall);
        }
        if let Some(ending) = self.ending {
            return match ask {
                Ask::Over { .. } => Ok(Step::Over(ending)),
                Ask::Answered(_) | Ask::Keys { .. } | Ask::Dialled { .. } => Err(CallError::Over),
            };
        }
        let event = match (ask, self.waiting) {
            (Ask::Answered(by), Waiting::Answer) => Event::Answered(answerer(*by)),
            (
                Ask::Keys {
                    turn,
                    digits,
                    finished_on,
                },
                Waiting::Keys,
            ) if *turn == self.turn => {
                if digits.is_empty() && *finished_on != Some("#") {
                    Event::Timeout
                } else {
                    Event::Digits(Digits {
                        keys: Secret::new((*digits).to_owned()),
                        played: self.played(now_ms),
                    })
                }
            }
            (Ask::Dialled { turn, status }, Waiting::Operator(place)) if *turn == self.turn => {
                match *status {
                    "completed" | "answered" if self.is_taken(place) => {
                        Event::Dialled(Dialled::Talked)
                    }
                    _ => match self.dial(place.saturating_add(1), &[], now_ms) {
                        Some(step) => return Ok(step),
                        None => Event::Dialled(Dialled::NoneAnswered),
                    },
                }
            }
            (Ask::Over { status, sip }, _) => {
                let ended = Event::Ended(Ended {
                    cause: cause(status, *sip),
                    played: self.played(now_ms),
                });
                let step = self.step(ended, now_ms)?;
                return Ok(self.ending.map_or(step, Step::Over));
            }
            // The carrier did not hear the answer, and asks again.
            (Ask::Answered(_), Waiting::Keys) if self.turn == 1 => return Ok(self.again()),
            (Ask::Keys { turn, .. } | Ask::Dialled { turn, .. }, _) if turn + 1 == self.turn => {
                return Ok(self.again());
            }
            (Ask::Answered(_) | Ask::Keys { .. } | Ask::Dialled { .. }, _) => {
                return Err(CallError::Stale);
            }
        };
        self.step(event, now_ms)
    }

    /// Ends the call for a reason that the carrier did not tell of; `None` if its script does not end.
    pub fn end(&mut self, cause: EndCause, now_ms: i64) -> Option<Ending> {
        if self.ending.is_none() {
            let played = self.played(now_ms);
            let ended = Event::Ended(Ended { cause, played });
            // What it still says is said to nobody.
            drop(self.step(ended, now_ms));
        }
        self.ending
    }

    /// Takes whether a PIN is hers.
    ///
    /// # Errors
    /// Returns [`CallError`] where nothing was asked.
    pub fn checked(&mut self, checked: Checked, now_ms: i64) -> Result<Step, CallError> {
        self.host_answers(Event::Checked(checked), now_ms)
    }

    /// Takes the host's answer.
    ///
    /// # Errors
    /// Returns [`CallError`] where nothing was asked.
    pub fn replied(&mut self, reply: Reply, now_ms: i64) -> Result<Step, CallError> {
        self.host_answers(Event::Replied(reply), now_ms)
    }

    fn host_answers(&mut self, event: Event, now_ms: i64) -> Result<Step, CallError> {
        if self.waiting != Waiting::Host {
            return Err(CallError::Stale);
        }
        self.step(event, now_ms)
    }

    fn again(&self) -> Step {
        Step::Document(self.document.clone())
    }

    /// Lets something happen in the script, and makes of its answer what the door does next.
    fn step(&mut self, event: Event, now_ms: i64) -> Result<Step, CallError> {
        let mut plays = Vec::new();
        for effect in self.script.handle(event) {
            match effect {
                Effect::Play(play) => plays.push(play),
                Effect::Collect(collect) => return Ok(self.collect(collect, &plays, now_ms)),
                Effect::Check(pin) => {
                    self.waiting = Waiting::Host;
                    return Ok(Step::Check(pin));
                }
                Effect::Query(query) => {
                    self.waiting = Waiting::Host;
                    return Ok(Step::Query(query));
                }
                Effect::Dial => {
                    return match self.dial(0, &plays, now_ms) {
                        Some(step) => Ok(step),
                        None => self.step(Event::Dialled(Dialled::NoneAnswered), now_ms),
                    };
                }
                Effect::Hangup(ending) => {
                    self.waiting = Waiting::Nothing;
                    self.ending = Some(ending);
                    let mut verbs = self.begin(&plays);
                    verbs.push(Verb::Hangup);
                    return Ok(self.give(&verbs, now_ms));
                }
            }
        }
        Err(CallError::Stale)
    }

    fn collect(&mut self, collect: Collect, plays: &[Play], now_ms: i64) -> Step {
        self.waiting = Waiting::Keys;
        let mut inside = self.begin(plays);
        let (first_s, between_s) = (collect.wait.first.as_secs(), collect.wait.between.as_secs());
        // The carrier waits as long for the first key as for the next: silence is what is more.
        inside.push(Verb::Pause(first_s.saturating_sub(between_s).max(1)));
        let action = self.action();
        let gather = Verb::Gather {
            action: action.clone(),
            digits_max: collect.digits_max,
            timeout_s: between_s,
            inside,
        };
        // For carriers that go on where nothing was pressed.
        self.give(&[gather, Verb::Redirect(action)], now_ms)
    }

    /// Calls an operator of the roster; `None` where there are no more.
    fn dial(&mut self, place: usize, plays: &[Play], now_ms: i64) -> Option<Step> {
        let Operator { number, takes, .. } = self.operators.get(place)?.clone();
        self.has_taken = false;
        self.waiting = Waiting::Operator(place);
        let mut verbs = self.begin(plays);
        verbs.push(Verb::Dial {
            action: self.action(),
            timeout_s: OPERATOR_RING_S,
            number,
            asks: (takes == Takes::Key).then(|| self.asks()),
        });
        Some(self.give(&verbs, now_ms))
    }

    /// Begins a document with what is said.
    fn begin(&mut self, plays: &[Play]) -> Vec<Verb> {
        self.turn = self.turn.saturating_add(1);
        self.offered = None;
        self.sounds = plays.iter().map(|play| self.voice.say(play)).collect();
        let (url, name) = (&self.address.url, self.address.name(self.turn));
        let sounds = plays.iter().zip(&self.sounds).enumerate();
        let verbs = sounds.map(|(index, (play, sound))| match sound {
            Some(_) => Verb::Play(format!("{url}/{name}/{index}.wav")),
            None => Verb::Say(play.language, grammar::text(play)),
        });
        verbs.collect()
    }

    fn give(&mut self, verbs: &[Verb], now_ms: i64) -> Step {
        self.said_at_ms = now_ms;
        self.document = document(verbs);
        self.again()
    }

    fn action(&self) -> String {
        format!("{}/{}", self.address.url, self.turn)
    }

    /// Returns how many sounds of the last document must have been said to their ends by now. Where the
    /// carrier speaks itself nobody knows, and none counts.
    fn played(&self, now_ms: i64) -> usize {
        let mut left_ms = now_ms
            .saturating_sub(self.said_at_ms)
            .saturating_sub(START_MS);
        let is_over = |sound: &&Option<Arc<[u8]>>| {
            let samples = sound.as_ref().map_or(usize::MAX, |sound| sound.len());
            let length_ms =
                i64::try_from(samples).unwrap_or(i64::MAX) / i64::from(SAMPLES_PER_SECOND / 1_000);
            left_ms = left_ms.saturating_sub(length_ms);
            left_ms >= 0
        };
        self.sounds.iter().take_while(is_over).count()
    }
}

/// Returns who took a call, by the carrier's guess.
fn answerer(by: Option<&str>) -> Answerer {
    match by {
        Some("human") => Answerer::Person,
        Some(by) if by.starts_with("machine") || by == "fax" => Answerer::Machine,
        Some(_) | None => Answerer::Unknown,
    }
}

/// Returns why a call is over.
fn cause(status: &str, sip: Option<u16>) -> EndCause {
    match status {
        "completed" => EndCause::HungUp,
        "busy" => EndCause::NotAnswered(NotAnswered::Busy),
        "no-answer" => EndCause::NotAnswered(NotAnswered::NoAnswer),
        _ => EndCause::NotAnswered(sip.map_or(NotAnswered::Line, NotAnswered::of_sip)),
    }
}

/// Why a request of the carrier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CallError {
    /// It is of another call.
    #[error("take a request of the carrier: it is of another call")]
    OtherCall,
    /// It is of a document long gone.
    #[error("take a request of the carrier: the call has gone on since")]
    Stale,
    /// The call is over.
    #[error("take a request of the carrier: the call is over")]
    Over,
}

#[cfg(test)]
mod tests;
