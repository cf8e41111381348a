//! Operators: called one after the other until one takes the caller.

use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use super::call::{Call, News, Side};
use super::exchange::Exchange;
use super::outbound::{NotTaken, Over};
use crate::audio::SAMPLES_PER_SECOND;
use crate::audio::tone::ringing;
use crate::media::session::Order;
use crate::script::desk::{TAKES, Takes};
use crate::script::speech::{InEach, Language};

/// How long whoever takes a call at a desk has to press the key: the offer is said twice.
const TAKES_WITHIN: Duration = Duration::from_secs(15);

/// Silence after each time that the offer is said, in seconds.
const BETWEEN_S: usize = 2;

/// What is said at desks, in the language of each; nothing where it cannot be said, and the caller is joined at once.
pub type Offers = InEach<Option<Arc<[i16]>>>;

/// Where an operator sits.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What it is called in tables and logs.
    pub name: String,
    /// The trunk by which it is reached.
    pub trunk: String,
    /// Its number there.
    pub number: String,
    /// How long it rings before the next is tried.
    pub ring: Duration,
    /// In which language it is asked to take a caller.
    pub language: Language,
    /// By what it takes one.
    pub takes: Takes,
}

/// How the operators were called, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// What became of the caller.
    pub came: Connected,
    /// How long each desk that answered was on the line, in their order, whether or not it took the caller.
    pub legs: Vec<Duration>,
}

/// What became of a caller who wanted an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// They talked; the caller is still there if the operator hung up first.
    Talked {
        /// The place in the roster of the desk that took the call.
        desk: usize,
        /// Who hung up.
        ended: Side,
    },
    /// No desk took the call.
    NoneAnswered,
    /// The caller hung up before one did.
    CallerGone,
}

/// What came of asking at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Takes,
    /// It hung up, or nobody pressed the key.
    TakesNot,
    CallerGone,
}

impl Exchange {
    /// Joins a caller with the first desk of a roster that takes her. Meanwhile she hears it ring; what she presses
    /// does nothing.
    pub async fn connect(&self, caller: &mut Call, roster: &[Desk], offers: &Offers) -> Connection {
        caller.order(Order::Repeat(ringing().into())).await;
        let mut legs = Vec::new();
        for (place, desk) in roster.iter().enumerate() {
            let taken = {
                let over = Over::Trunk(&desk.trunk);
                let mut dialling = std::pin::pin!(self.dial(&desk.number, over, desk.ring));
                loop {
                    tokio::select! {
                        taken = &mut dialling => break taken,
                        news = caller.next() => if let News::Ended(_) = news {
                            let came = Connected::CallerGone;
                            return Connection { came, legs };
                        },
                    }
                }
            };
            let mut operator = match taken {
                Ok(operator) => operator,
                Err(NotTaken { status, .. }) => {
                    info!(
                        desk.name = desk.name,
                        sip.status = status,
                        "Operator did not take a call"
                    );
                    continue;
                }
            };
            let began = (self.core.world.monotonic)();
            let offer = offers.of(desk.language).clone();
            let asked = match offer.filter(|_| desk.takes == Takes::Key) {
                Some(offer) => asked(caller, &mut operator, &offer).await,
                None => Asked::Takes,
            };
            let came = match asked {
                Asked::Takes => {
                    info!(desk.name = desk.name, "Operator took a call");
                    let ended = caller.join(&mut operator).await;
                    Some(Connected::Talked { desk: place, ended })
                }
                Asked::TakesNot => {
                    info!(
                        desk.name = desk.name,
                        "A desk answered, and nobody there pressed 1 to take the caller"
                    );
                    None
                }
                Asked::CallerGone => Some(Connected::CallerGone),
            };
            let now = (self.core.world.monotonic)();
            legs.push(now.saturating_duration_since(began));
            operator.hang_up();
            if let Some(came) = came {
                return Connection { came, legs };
            }
        }
        caller.order(Order::Quiet).await;
        let came = Connected::NoneAnswered;
        Connection { came, legs }
    }
}

/// Asks whoever answered at a desk to take a caller.
async fn asked(caller: &mut Call, operator: &mut Call, offer: &[i16]) -> Asked {
    let silence = vec![0; BETWEEN_S * usize::try_from(SAMPLES_PER_SECOND).unwrap_or_default()];
    let said = [offer, &silence].concat();
    operator.order(Order::Repeat(said.into())).await;
    let mut over = std::pin::pin!(tokio::time::sleep(TAKES_WITHIN));
    loop {
        tokio::select! {
            () = &mut over => return Asked::TakesNot,
            news = operator.next() => match news {
                News::Digit(TAKES) => return Asked::Takes,
                News::Ended(_) => return Asked::TakesNot,
                News::Digit(_) | News::Played(_) | News::Answerer(_) => {}
            },
            news = caller.next() => if let News::Ended(_) = news {
                return Asked::CallerGone;
            },
        }
    }
}
