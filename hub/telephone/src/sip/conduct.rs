//! Has a script carry a call over a trunk: does what it says, tells it what happens.

use std::sync::Arc;
use std::time::Duration;

use savin_shared::pii::Secret;

use super::call::{Call, End, News};
use super::desk::{Connected, Connection, Desk, Offers};
use super::exchange::Exchange;
use crate::media::machine;
use crate::media::session::Order;
use crate::script::desk::{self, Takes};
use crate::script::ending::{EndCause, Ending, NotAnswered};
use crate::script::query::{Query, Reply};
use crate::script::speech::{Language, Play};
use crate::script::{Answerer, Checked, Collect, Dialled, Digits, Effect, Ended, Event, Script};

/// The longest that one answer of a script may be said: a line is never held by a sound without end.
const SAYING_MAX: Duration = Duration::from_secs(300);

/// What a script cannot do itself.
pub trait Host: Send + Sync {
    /// Returns the sound of something said, or `None` if it cannot be said whole: the call ends then.
    fn voice(&self, play: &Play) -> impl Future<Output = Option<Arc<[i16]>>> + Send;

    /// Says whether a PIN is hers.
    fn check(&self, pin: &Secret<String>) -> impl Future<Output = Checked> + Send;

    /// Answers what a script asks.
    fn query(&self, query: Query) -> impl Future<Output = Reply> + Send;

    /// Returns the operators to be called, in order.
    fn roster(&self) -> impl Future<Output = Vec<Desk>> + Send;

    /// Hears that an operator's desk answered, and for how long it was on the line.
    fn talked(&self, _took: Duration) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Ends the script of a call that nobody took; `None` if the script does not end.
pub fn not_taken(script: &mut dyn Script, why: NotAnswered) -> Option<Ending> {
    let cause = EndCause::NotAnswered(why);
    ending(script.handle(Event::Ended(Ended { cause, played: 0 })))
}

/// Carries a call that was taken, and on which nothing was played, to its end; `None` if the script does not end, or
/// something cannot be said.
pub async fn conduct<H: Host>(
    exchange: &Exchange,
    host: &H,
    script: &mut dyn Script,
    call: Call,
) -> Option<Ending> {
    call.order(Order::Detect).await;
    let mut stage = Stage {
        exchange,
        host,
        call,
        before: 0,
        total: 0,
        ordered: 0,
        played: 0,
        has_pressed: false,
        early: Vec::new(),
    };
    let mut event = Event::Answered(Answerer::Unknown);
    loop {
        let effects = script.handle(event);
        event = match stage.perform(effects, script).await {
            Performed::Event(event) => event,
            Performed::Over(ending) => return ending,
        };
    }
}

/// What came of doing what a script said.
enum Performed {
    Event(Event),
    Over(Option<Ending>),
}

/// A call on which a script is played.
struct Stage<'a, H> {
    exchange: &'a Exchange,
    host: &'a H,
    call: Call,
    /// Sounds that were ordered before the last answer: of them nothing counts any more.
    before: u64,
    /// Sounds that were ordered altogether.
    total: u64,
    /// Sounds of the last answer that were ordered, and that have been said to their ends.
    ordered: usize,
    played: usize,
    has_pressed: bool,
    /// Keys that were pressed while nothing was collected yet.
    early: Vec<char>,
}

impl<H: Host> Stage<'_, H> {
    /// Does what a script says, until something comes of it.
    async fn perform(&mut self, effects: Vec<Effect>, script: &mut dyn Script) -> Performed {
        self.before = self.total;
        (self.ordered, self.played) = (0, 0);
        for effect in effects {
            match effect {
                Effect::Play(play) => {
                    // A message with a hole in it may say something else.
                    let Some(sound) = self.host.voice(&play).await else {
                        return Performed::Over(None);
                    };
                    self.ordered += 1;
                    self.total += 1;
                    self.call.order(Order::Play(sound)).await;
                }
                Effect::Collect(collect) => return self.collect(collect, script).await,
                Effect::Check(pin) => {
                    let checked = self.host.check(&pin).await;
                    return Performed::Event(Event::Checked(checked));
                }
                Effect::Query(query) => {
                    let reply = self.host.query(query).await;
                    return Performed::Event(Event::Replied(reply));
                }
                Effect::Dial => {
                    let event = match self.said().await {
                        None => self.dial().await,
                        Some(end) => self.ended(end),
                    };
                    return Performed::Event(event);
                }
                Effect::Hangup(ending) => {
                    // What was to be said last is said; how it ended is told already.
                    let _ended = self.said().await;
                    return Performed::Over(Some(ending));
                }
            }
        }
        // A script that waits for nothing has nothing more to say.
        Performed::Over(None)
    }

    /// Waits until everything has been said; returns how the call ended, if it did.
    async fn said(&mut self) -> Option<End> {
        let saying = async {
            while self.played < self.ordered {
                match self.call.next().await {
                    News::Played(sound) => self.heard(sound),
                    News::Digit(key) => self.early.push(key),
                    News::Ended(end) => return Some(end),
                    News::Answerer(_) => {}
                }
            }
            None
        };
        tokio::time::timeout(SAYING_MAX, saying)
            .await
            .ok()
            .flatten()
    }

    /// Collects keys. The first of them cuts short what is still being said.
    async fn collect(&mut self, collect: Collect, script: &mut dyn Script) -> Performed {
        let mut keys = String::new();
        let mut played = None;
        let mut early = std::mem::take(&mut self.early).into_iter();
        loop {
            let key = match early.next() {
                Some(key) => key,
                None => match self.key(&collect, !keys.is_empty()).await {
                    Ok(key) => key,
                    Err(Silence::Over) if keys.is_empty() => {
                        return Performed::Event(Event::Timeout);
                    }
                    Err(Silence::Over) => break,
                    Err(Silence::Ended(end)) => return Performed::Event(self.ended(end)),
                    Err(Silence::Machine) if self.has_pressed || !keys.is_empty() => continue,
                    Err(Silence::Machine) => {
                        let effects = script.handle(Event::Answered(Answerer::Machine));
                        if effects.is_empty() {
                            continue;
                        }
                        self.call.order(Order::Quiet).await;
                        return Box::pin(self.perform(effects, script)).await;
                    }
                },
            };
            if played.is_none() {
                played = Some(self.played);
                self.has_pressed = true;
                self.hush().await;
            }
            if key == '#' {
                break;
            }
            keys.push(key);
            if keys.len() >= usize::from(collect.digits_max) {
                break;
            }
        }
        Performed::Event(Event::Digits(Digits {
            keys: Secret::new(keys),
            played: played.unwrap_or(self.played),
        }))
    }

    /// Notes that a sound was said to its end, if it is one of the last answer.
    const fn heard(&mut self, sound: u64) {
        if sound > self.before {
            self.played += 1;
        }
    }

    /// Stops what is being said.
    async fn hush(&mut self) {
        self.call.order(Order::Quiet).await;
        // What is not heard any more is not waited for.
        self.ordered = self.played;
    }

    /// Waits for a key: for the first from when everything has been said.
    async fn key(&mut self, collect: &Collect, has_begun: bool) -> Result<char, Silence> {
        loop {
            let is_saying = self.played < self.ordered;
            let limit = match (is_saying, has_begun) {
                (true, _) => SAYING_MAX,
                (false, false) => collect.wait.first,
                (false, true) => collect.wait.between,
            };
            let news = tokio::time::timeout(limit, self.call.next()).await;
            match news {
                Err(_) => return Err(Silence::Over),
                Ok(News::Digit(key)) => return Ok(key),
                Ok(News::Played(sound)) => self.heard(sound),
                Ok(News::Ended(end)) => return Err(Silence::Ended(end)),
                Ok(News::Answerer(machine::Answerer::Machine)) => return Err(Silence::Machine),
                Ok(News::Answerer(machine::Answerer::Person | machine::Answerer::Unknown)) => {}
            }
        }
    }

    async fn dial(&mut self) -> Event {
        let roster = self.host.roster().await;
        let offers = self.offers(&roster).await;
        self.early.clear();
        let connecting = self.exchange.connect(&mut self.call, &roster, &offers);
        let Connection { came, legs } = connecting.await;
        for took in legs {
            self.host.talked(took).await;
        }
        match came {
            Connected::Talked { .. } => Event::Dialled(Dialled::Talked),
            Connected::NoneAnswered => Event::Dialled(Dialled::NoneAnswered),
            Connected::CallerGone => self.ended(End::HungUp),
        }
    }

    /// Returns what is said at the desks of a roster, in their languages.
    async fn offers(&self, roster: &[Desk]) -> Offers {
        let mut offers = Offers::default();
        for language in Language::ALL {
            let mut asked = roster.iter().filter(|desk| desk.takes == Takes::Key);
            if asked.any(|desk| desk.language == language) {
                *offers.of_mut(language) = self.host.voice(&desk::offer(language)).await;
            }
        }
        offers
    }

    const fn ended(&self, end: End) -> Event {
        let cause = match end {
            End::HungUp => EndCause::HungUp,
            End::Broke => EndCause::Broke,
        };
        Event::Ended(Ended {
            cause,
            played: self.played,
        })
    }
}

/// Why no key came.
enum Silence {
    /// The time is over.
    Over,
    /// The call is.
    Ended(End),
    /// A machine has answered, which records now.
    Machine,
}

/// Returns how a script ended by an answer.
fn ending(effects: Vec<Effect>) -> Option<Ending> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Hangup(ending) => Some(ending),
        Effect::Play(_)
        | Effect::Collect(_)
        | Effect::Check(_)
        | Effect::Query(_)
        | Effect::Dial => None,
    })
}
