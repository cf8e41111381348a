//! Operators: called one after the other until one takes the caller.

use std::time::Duration;

use tracing::info;

use super::call::{Call, News, Side};
use super::exchange::Exchange;
use super::outbound::{NotTaken, Over};
use crate::audio::tone::ringing;
use crate::media::session::Order;

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
        /// How long they were joined.
        took: Duration,
    },
    /// No desk took the call.
    NoneAnswered,
    /// The caller hung up before one did.
    CallerGone,
}

impl Exchange {
    /// Joins a caller with the first desk of a roster that answers. Meanwhile the caller hears it
    /// ring; what she presses does nothing.
    pub async fn connect(&self, caller: &mut Call, roster: &[Desk]) -> Connected {
        caller.order(Order::Repeat(ringing().into())).await;
        for (place, desk) in roster.iter().enumerate() {
            let taken = {
                let over = Over::Trunk(&desk.trunk);
                let mut dialling = std::pin::pin!(self.dial(&desk.number, over, desk.ring));
                loop {
                    tokio::select! {
                        taken = &mut dialling => break taken,
                        news = caller.next() => if let News::Ended(_) = news {
                            return Connected::CallerGone;
                        },
                    }
                }
            };
            match taken {
                Ok(mut operator) => {
                    info!(desk.name = desk.name, "Operator took a call");
                    let began = (self.core.world.monotonic)();
                    let ended = caller.join(&mut operator).await;
                    let took = (self.core.world.monotonic)().saturating_duration_since(began);
                    return Connected::Talked {
                        desk: place,
                        ended,
                        took,
                    };
                }
                Err(NotTaken { status, .. }) => {
                    info!(
                        desk.name = desk.name,
                        sip.status = status,
                        "Operator did not take a call"
                    );
                }
            }
        }
        caller.order(Order::Quiet).await;
        Connected::NoneAnswered
    }
}
