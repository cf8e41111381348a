//! The toll-free number: calls that come in, answered by the script, with an operator behind 0 (section 1(d),
//! (e) and (f)). The number that a caller shows is no proof of anything: anyone can show any.

use std::sync::Arc;
use std::time::Duration;

use savin_shared::pii::{Pii, Secret};
use savin_telephone::script::Checked;
use savin_telephone::script::ending::Operator;
use savin_telephone::script::inbound::Inbound;
use savin_telephone::script::pace::Pace;
use savin_telephone::script::query::{Query, Reply};
use savin_telephone::script::speech::{Language, Play};
use savin_telephone::sip::conduct::{self, Host};
use savin_telephone::sip::desk::Desk;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::incoming::Incoming;
use savin_telephone::voice::speaker::Speaker;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, info};

use super::super::{Lookup, Portal};
use super::line::Line;
use crate::store::registry::task::{self, NewTask, TaskKind};

/// How soon a caller whom no operator took is somebody's work.
const URGENCY: u8 = 1;

/// Takes calls.
#[derive(Debug, Clone)]
pub struct Taker {
    /// What callers may ask: as on the public pages.
    pub portal: Portal,
    /// The trunks.
    pub exchange: Exchange,
    /// Says what the script says.
    pub speaker: Arc<Speaker>,
    /// The operators, in order.
    pub desks: Arc<[Desk]>,
}

impl Taker {
    /// Takes calls until shutdown.
    pub async fn run(
        self,
        mut rings: mpsc::Receiver<Incoming>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let mut taking = JoinSet::new();
        loop {
            let incoming = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                incoming = rings.recv() => incoming,
            };
            let Some(incoming) = incoming else { return };
            let taker = self.clone();
            taking.spawn(async move { taker.take(incoming).await });
            while let Some(ended) = taking.try_join_next() {
                if let Err(failure) = ended {
                    error!(reason = %failure, "A call that came in failed");
                }
            }
        }
    }

    async fn take(&self, incoming: Incoming) {
        let trunk = Arc::clone(incoming.trunk());
        let shown = incoming.shown().map(Pii::new);
        let Some(call) = incoming.answer().await else {
            info!(trunk.name = &*trunk, "A call came in and was given up");
            return;
        };
        info!(trunk.name = &*trunk, "A call was taken");
        let mut script = Inbound::new(Language::English, Pace::Normal);
        let host = Answers {
            taker: self,
            line: Line::new(self.portal.clone(), shown),
        };
        let ending = conduct::conduct(&self.exchange, &host, &mut script, call).await;
        host.line.leave().await;
        match ending {
            None => error!("A caller could not be told anything more: see `savin-hub voice build`"),
            Some(ending) if ending.operator == Operator::Missed => {
                missed(&self.portal.lookup, "[telephone] desks").await;
            }
            Some(_) => {}
        }
    }
}

/// Has a person look why none of these operators took a caller: reaching one is the law.
pub(super) async fn missed(lookup: &Lookup, operators: &str) {
    error!("A caller wanted an operator, and none took the call");
    let minute = (lookup.site.world.wall)().as_second() / 60;
    let note = format!(
        "99-45-1(1)(e): a caller wanted an operator and none of {operators} took the call. \
         See that one is there; `savin-hub trunks` shows the lines."
    );
    ask_staff(lookup, format!("operator/{minute}"), &note).await;
}

/// Has a person look at something of the toll-free number, once for each subject.
pub(super) async fn ask_staff(lookup: &Lookup, subject: String, note: &str) {
    let now = (lookup.site.world.wall)();
    let task = NewTask::of((TaskKind::Other, subject), URGENCY, note.to_owned());
    let open =
        move |tx: &mut crate::store::conn::Tx<'_>| task::open(tx, std::slice::from_ref(&task), now);
    if let Err(failure) = lookup.registry.write("ask staff", open).await {
        error!(reason = %failure, note, "Nobody was asked to look at the toll-free number");
    }
}

/// Answers the script of one call.
struct Answers<'a> {
    taker: &'a Taker,
    line: Line,
}

impl Host for Answers<'_> {
    async fn voice(&self, play: &Play) -> Option<Arc<[i16]>> {
        let said = self.taker.speaker.sound(play).await;
        said.inspect_err(|failure| error!(reason = %failure, "A call cannot speak"))
            .ok()
    }

    async fn check(&self, _pin: &Secret<String>) -> Checked {
        // Only calls that go out ask so.
        Checked::Unavailable
    }

    async fn query(&self, query: Query) -> Reply {
        self.line.answer(query).await
    }

    async fn roster(&self) -> Vec<Desk> {
        self.taker.desks.to_vec()
    }

    async fn talked(&self, took: Duration) {
        self.line.talked(took).await;
    }
}
