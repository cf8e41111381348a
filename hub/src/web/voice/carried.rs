//! The toll-free number at a carrier: calls that it brings, answered by the same script and by the same
//! parts as those of the trunks. An operator is called by the carrier itself.

use std::sync::Arc;
use std::time::Duration;

use savin_shared::pii::Secret;
use savin_telephone::carrier::call::Voice;
use savin_telephone::carrier::exchange::{Carrier, Host};
use savin_telephone::carrier::live::Ringing;
use savin_telephone::script::Checked;
use savin_telephone::script::ending::Operator;
use savin_telephone::script::inbound::Inbound;
use savin_telephone::script::pace::Pace;
use savin_telephone::script::query::{Query, Reply};
use savin_telephone::script::speech::Language;
use savin_telephone::voice::speaker::Speaker;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::super::Portal;
use super::line::Line;
use super::ring::missed;

/// Takes the calls that a carrier brings.
#[derive(Debug, Clone)]
pub struct CarrierTaker {
    /// What callers may ask: as on the public pages.
    pub portal: Portal,
    /// The carrier.
    pub carrier: Carrier,
    /// Says what the script says.
    pub speaker: Arc<Speaker>,
}

impl CarrierTaker {
    /// Takes calls until shutdown, when the carrier is told to end those that are under way.
    pub async fn run(
        self,
        mut rings: mpsc::Receiver<Ringing>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let mut taking = JoinSet::new();
        loop {
            let ringing = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                ringing = rings.recv() => ringing,
            };
            let Some(ringing) = ringing else { return };
            let taker = self.clone();
            taking.spawn(async move { taker.take(ringing).await });
            while let Some(ended) = taking.try_join_next() {
                if let Err(failure) = ended {
                    error!(reason = %failure, "A call that came in failed");
                }
            }
        }
        while taking.join_next().await.is_some() {}
    }

    async fn take(&self, ringing: Ringing) {
        info!("A call was taken that the carrier brought");
        let host = Answers(Line::new(self.portal.clone(), ringing.shown()));
        let script = Box::new(Inbound::new(Language::English, Pace::Normal));
        let speaker = Arc::clone(&self.speaker);
        let voice: Arc<dyn Voice> = speaker;
        let carriage = self.carrier.take(ringing, script, voice, &host).await;
        host.0.leave().await;
        match carriage.ending {
            None => error!("A caller could not be told anything more: see `savin-hub voice build`"),
            Some(ending) if ending.operator == Operator::Missed => {
                missed(&self.portal.lookup, "[carrier] operators").await;
            }
            Some(_) => {}
        }
    }
}

/// Answers the script of one call.
struct Answers(Line);

impl Host for Answers {
    async fn check(&self, _pin: &Secret<String>) -> Checked {
        // Only calls that go out ask so.
        Checked::Unavailable
    }

    async fn query(&self, query: Query) -> Reply {
        self.0.answer(query).await
    }

    async fn talked(&self, took: Duration) {
        self.0.talked(took).await;
    }
}
