//! Carries calls between a carrier and their scripts: has it call, answers what it asks, asks it where it
//! says nothing, and tells how each call ended.

mod carrying;

use std::sync::Arc;
use std::time::Duration;

use savin_shared::pii::{Pii, Secret};
use savin_shared::world::World;
use tokio::sync::{Semaphore, watch};

use super::call::{Carried, Operator, Voice};
use super::client::{Answer, Client, ClientError};
use super::gate::Gate;
use super::live::{Live, Ringing, Seat};
use super::request::{Account, Guess, Wanted};
use crate::script::ending::{EndCause, Ending, NotAnswered};
use crate::script::query::{self, Query};
use crate::script::{Checked, Script};
use crate::turnstile::Haste;
use carrying::Carrying;

/// Times that it is asked for a call which it does not want to begin just now.
const WISHES_MAX: u8 = 3;

/// What a script cannot do itself.
pub trait Host: Send + Sync {
    /// Says whether a PIN is hers.
    fn check(&self, pin: &Secret<String>) -> impl Future<Output = Checked> + Send;

    /// Answers what a script asks.
    fn query(&self, query: Query) -> impl Future<Output = query::Reply> + Send;

    /// Keeps by which name the carrier knows the call, so that it can be asked for after a crash.
    fn placed(&self, _sid: &str) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Hears that an operator's telephone was taken, and for how long it was on the line.
    fn talked(&self, _took: Duration) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// How calls go by a carrier.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account.
    pub account: Account,
    /// How long a telephone rings.
    pub ring: Duration,
    /// Whether the carrier guesses who took a call.
    pub machine: Guess,
    /// The operators, in the order in which they are called.
    pub operators: Vec<Operator>,
    /// Calls at once. More than the carrier grants wait there, or are refused.
    pub lines: u32,
    /// Calls begun in a second. More than the carrier grants wait there.
    pub calls_per_second: u32,
    /// How long it may say nothing.
    pub timing: Timing,
}

/// How long a carrier may say nothing of a call before it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// After the last ring. Finding out that a machine took the call is in it.
    pub ringing: Duration,
    /// Once somebody has taken the call: an operator may be talking.
    pub talking: Duration,
    /// How long after the last ring a call may wait at the carrier before it is given up: it never rang.
    pub queued: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ringing: Duration::from_secs(30),
            talking: Duration::from_secs(60),
            queued: Duration::from_secs(180),
        }
    }
}

/// A carrier: by it calls are placed and taken.
#[derive(Debug, Clone)]
pub struct Carrier {
    client: Arc<Client>,
    settings: Arc<Settings>,
    live: Live,
    lines: Arc<Semaphore>,
    gate: Gate,
    world: World,
    shutdown: watch::Receiver<bool>,
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carriage {
    /// How it ended; `None` if its script does not end.
    pub ending: Option<Ending>,
    /// What the carrier said, without a number.
    pub detail: String,
}

impl Carrier {
    /// Makes one, whose calls are asked for at the live ones. Calls are ended at shutdown.
    ///
    /// # Errors
    /// Returns [`ClientError::Authorities`] where no `https` can be believed.
    pub fn new(
        settings: Settings,
        live: Live,
        world: World,
        shutdown: watch::Receiver<bool>,
    ) -> Result<Self, ClientError> {
        let lines = usize::try_from(settings.lines).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            client: Arc::new(Client::new(settings.account.clone())?),
            lines: Arc::new(Semaphore::new(lines)),
            gate: Gate::new(settings.calls_per_second, world),
            settings: Arc::new(settings),
            live,
            world,
            shutdown,
        })
    }

    /// Returns how many calls it carries at once.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.settings.lines
    }

    /// Returns what asks the interface.
    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Calls a number and has a script carry the call.
    pub async fn call<H: Host>(
        &self,
        (to, haste): (&Pii<String>, Haste),
        script: Box<dyn Script>,
        voice: Arc<dyn Voice>,
        host: &H,
    ) -> Carriage {
        let seat = self.live.seat();
        let urls = (seat.url(), seat.status_url());
        let mut carrying = self.carrying(seat, script, voice, host);
        let Ok(_line) = self.lines.try_acquire() else {
            let over = carrying.end(EndCause::NotAnswered(NotAnswered::Line));
            return over.with("every line is busy");
        };
        carrying.run(self.place((to, haste), &urls)).await
    }

    /// Asks for a call, which comes to these addresses; more than once where the carrier wants to be asked
    /// again, and as soon as it lets us.
    async fn place(&self, (to, haste): (&Pii<String>, Haste), urls: &(String, String)) -> Answer {
        let mut wishes = 0;
        loop {
            if let Err(alone) = self.gate.pass(haste).await {
                let detail = format!("it wants to be left alone for {} s", alone.as_secs());
                let why = NotAnswered::Line;
                return Answer::Refused { why, detail };
            }
            let answer = self.ask(to.clone(), urls.clone()).await;
            match &answer {
                Answer::Placed(_) => self.gate.taken(),
                Answer::Later { wait, .. } => {
                    self.gate.leave_alone(*wait);
                    wishes += 1;
                    if wishes < WISHES_MAX {
                        continue;
                    }
                }
                Answer::Refused { why, .. } if *why == NotAnswered::Line => {
                    self.gate.leave_alone(None);
                }
                Answer::Refused { .. } | Answer::Silent => {}
            }
            return answer;
        }
    }

    async fn ask(&self, to: Pii<String>, urls: (String, String)) -> Answer {
        let client = Arc::clone(&self.client);
        let ring_s = u16::try_from(self.settings.ring.as_secs()).unwrap_or(u16::MAX);
        let machine = self.settings.machine;
        let asking = tokio::task::spawn_blocking(move || {
            client.call(&Wanted {
                to: &to,
                answered_url: &urls.0,
                status_url: &urls.1,
                ring_s,
                machine,
            })
        });
        asking.await.unwrap_or(Answer::Silent)
    }

    /// Has a script carry a call that came in.
    pub async fn take<H: Host>(
        &self,
        ringing: Ringing,
        script: Box<dyn Script>,
        voice: Arc<dyn Voice>,
        host: &H,
    ) -> Carriage {
        let sid = ringing.sid;
        let mut carrying = self.carrying(ringing.seat, script, voice, host);
        carrying.run(async { Answer::Placed(sid) }).await
    }

    fn carrying<'a, H: Host>(
        &'a self,
        seat: Seat,
        script: Box<dyn Script>,
        voice: Arc<dyn Voice>,
        host: &'a H,
    ) -> Carrying<'a, H> {
        let operators = self.settings.operators.clone();
        let call = Carried::new(script, voice, seat.address(), operators);
        Carrying {
            carrier: self,
            host,
            seat,
            call: Some(call),
            sid: None,
            began: (self.world.monotonic)(),
            said: String::new(),
            vain: 0,
        }
    }
}

impl Carriage {
    fn with(self, detail: &str) -> Self {
        let detail = detail.to_owned();
        Self { detail, ..self }
    }
}
