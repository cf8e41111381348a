//! Carries calls between a carrier and their scripts: has it call, answers what it asks, asks it where it
//! says nothing, and tells how each call ended.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use savin_shared::pii::{Pii, Secret};
use savin_shared::world::World;
use tokio::sync::{Semaphore, watch};
use tracing::{error, warn};

use super::call::{Ask, CallError, Carried, Step, Voice};
use super::client::{Answer, Client, ClientError};
use super::live::{Asked, Form, Live, NotAsked, Reply, Request, Ringing, Seat};
use super::request::{Account, Guess, Wanted};
use crate::script::ending::{EndCause, Ending, NotAnswered};
use crate::script::query::{self, Query};
use crate::script::{Checked, Script};

/// How long after the last ring the carrier may say nothing, before it is asked. Finding out that a machine
/// took the call is in it.
const SILENT_RINGING: Duration = Duration::from_secs(30);

/// How long it may say nothing of a call that somebody has taken: an operator may be talking.
const SILENT_TALKING: Duration = Duration::from_secs(60);

/// Times that it is asked in vain before the call is taken for lost.
const VAIN_MAX: u8 = 5;

/// How long it may take to end a call once the hub stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a script cannot do itself.
pub trait Host: Send + Sync {
    /// Says whether a PIN is hers.
    fn check(&self, pin: &Secret<String>) -> impl Future<Output = Checked> + Send;

    /// Answers what a script asks.
    fn query(&self, query: Query) -> impl Future<Output = query::Reply> + Send;
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
    /// The numbers of operators, in the order in which they are called.
    pub operators: Vec<String>,
    /// Calls at once. More than the carrier grants wait there, or are refused.
    pub lines: u32,
    /// Calls begun in a second. More than the carrier grants wait there.
    pub calls_per_second: u32,
}

/// A carrier: by it calls are placed and taken.
#[derive(Debug, Clone)]
pub struct Carrier {
    client: Arc<Client>,
    settings: Arc<Settings>,
    live: Live,
    lines: Arc<Semaphore>,
    next_call: Arc<Mutex<Instant>>,
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
            next_call: Arc::new(Mutex::new((world.monotonic)())),
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

    /// Calls a number and has a script carry the call.
    pub async fn call<H: Host>(
        &self,
        to: &Pii<String>,
        script: Box<dyn Script>,
        voice: Arc<dyn Voice>,
        host: &H,
    ) -> Carriage {
        let seat = self.live.seat();
        let (answered_url, status_url) = (seat.url(), seat.status_url());
        let mut carrying = self.carrying(seat, script, voice, host);
        let Ok(_line) = self.lines.try_acquire() else {
            let over = carrying.end(EndCause::NotAnswered(NotAnswered::Line));
            return over.with("every line is busy");
        };
        self.pace().await;
        let (client, to) = (Arc::clone(&self.client), to.clone());
        let ring_s = u16::try_from(self.settings.ring.as_secs()).unwrap_or(u16::MAX);
        let machine = self.settings.machine;
        let placing = tokio::task::spawn_blocking(move || {
            client.call(&Wanted {
                to: &to,
                answered_url: &answered_url,
                status_url: &status_url,
                ring_s,
                machine,
            })
        });
        let placing = async { placing.await.unwrap_or(Answer::Silent) };
        carrying.run(placing).await
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

    /// Waits until one more call may begin.
    async fn pace(&self) {
        let apart = Duration::from_secs(1) / self.settings.calls_per_second.max(1);
        let begins = {
            let next = self.next_call.lock();
            let mut next = next.unwrap_or_else(PoisonError::into_inner);
            let begins = (*next).max((self.world.monotonic)());
            *next = begins + apart;
            begins
        };
        tokio::time::sleep_until(begins.into()).await;
    }
}

impl Carriage {
    fn with(self, detail: &str) -> Self {
        let detail = detail.to_owned();
        Self { detail, ..self }
    }
}

/// A call that is carried.
struct Carrying<'a, H> {
    carrier: &'a Carrier,
    host: &'a H,
    seat: Seat,
    /// Nothing only while a thread has it, or where that failed.
    call: Option<Carried>,
    /// The carrier's name of the call, once it is known.
    sid: Option<String>,
    began: Instant,
    /// The last that the carrier said of how the call is.
    said: String,
    /// Times that it was asked in vain, in a row.
    vain: u8,
}

impl<H: Host> Carrying<'_, H> {
    /// Carries the call to its end, while it is being placed and after.
    async fn run(&mut self, placing: impl Future<Output = Answer>) -> Carriage {
        let mut placing = pin!(placing);
        let mut is_placed = false;
        let mut shutdown = self.carrier.shutdown.clone();
        loop {
            let patience = self.patience();
            let request = tokio::select! {
                answer = &mut placing, if !is_placed => {
                    is_placed = true;
                    match answer {
                        Answer::Placed(sid) => self.sid = Some(sid),
                        Answer::Refused { why, detail } if self.is_ringing() => {
                            return self.end(EndCause::NotAnswered(why)).with(&detail);
                        }
                        Answer::Refused { .. } | Answer::Silent => {}
                    }
                    continue;
                }
                request = self.seat.requests.recv() => request,
                () = tokio::time::sleep(patience) => None,
                () = stopped(&mut shutdown) => return self.stop().await,
            };
            let over = match request {
                Some(request) => self.answer(request).await,
                None => self.look().await,
            };
            if let Some(over) = over {
                return over;
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.is_ringing() {
            self.carrier.settings.ring.saturating_add(SILENT_RINGING)
        } else {
            SILENT_TALKING
        }
    }

    fn is_ringing(&self) -> bool {
        self.call.as_ref().is_some_and(Carried::is_ringing)
    }

    /// Answers the carrier; returns how the call went, once it is over.
    async fn answer(&mut self, request: Request) -> Option<Carriage> {
        self.vain = 0;
        let Request { asked, reply } = request;
        let (answer, over) = match asked {
            Asked::Sound(name, index) => {
                let call = self.call.as_ref();
                let sound = call.and_then(|call| call.sound(&name, index));
                (sound.map(Reply::Sound).ok_or(NotAsked::Misfit), None)
            }
            Asked::Status(form) if !is_final(&form) => (Ok(Reply::Noted), None),
            Asked::Answered(_) | Asked::Turn(..) | Asked::Status(_) => self.step(asked).await,
        };
        // A carrier that has given up asks again.
        drop(reply.send(answer));
        over
    }

    /// Lets something happen in the script, and asks the host what that asks.
    async fn step(&mut self, asked: Asked) -> (Result<Reply, NotAsked>, Option<Carriage>) {
        if let Asked::Status(form) = &asked {
            form.field("CallStatus")
                .unwrap_or_default()
                .clone_into(&mut self.said);
        }
        let mut stepped = self
            .on(move |call, now_ms| happened(call, &asked, now_ms))
            .await;
        loop {
            stepped = match stepped {
                Some(Ok(Step::Check(pin))) => {
                    let checked = self.host.check(&pin).await;
                    self.on(move |call, now_ms| call.checked(checked, now_ms))
                        .await
                }
                Some(Ok(Step::Query(query))) => {
                    let reply = self.host.query(query).await;
                    self.on(move |call, now_ms| call.replied(reply, now_ms))
                        .await
                }
                Some(Ok(Step::Document(document))) => {
                    return (Ok(Reply::Document(document)), None);
                }
                Some(Ok(Step::Over(ending))) => {
                    let over = self.over(Some(ending));
                    return (Ok(Reply::Noted), Some(over));
                }
                Some(Err(CallError::Over)) => return (Err(NotAsked::Over), None),
                Some(Err(CallError::OtherCall | CallError::Stale)) => {
                    return (Err(NotAsked::Misfit), None);
                }
                None => {
                    error!("A call at the carrier failed: see `savin-hub voice build`");
                    return (Err(NotAsked::Over), Some(self.over(None)));
                }
            };
        }
    }

    /// Does something with the call on a thread that may wait: what is said is rendered there.
    async fn on<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Carried, i64) -> T + Send + 'static,
    ) -> Option<T> {
        let now_ms = self.now_ms();
        let mut call = self.call.take()?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work(&mut call, now_ms);
            (call, done)
        });
        let (call, done) = working.await.ok()?;
        self.call = Some(call);
        Some(done)
    }

    /// Asks the carrier how a call is of which it says nothing.
    async fn look(&mut self) -> Option<Carriage> {
        let asked_by = self.call.as_ref().and_then(Carried::sid);
        let sid = self.sid.as_deref().or(asked_by).map(str::to_owned);
        let Some(sid) = sid else {
            let over = self.end(EndCause::NotAnswered(NotAnswered::Line));
            return Some(over.with("it did not say whether it calls"));
        };
        let client = Arc::clone(&self.carrier.client);
        let asking = tokio::task::spawn_blocking(move || client.status(&sid));
        let status = match asking.await {
            Ok(Ok(status)) => status,
            Ok(Err(failure)) => return self.in_vain(&failure),
            Err(_) => return self.in_vain(&ClientError::Silent),
        };
        self.vain = 0;
        self.said.clone_from(&status);
        let cause = match status.as_str() {
            "completed" if self.is_ringing() => {
                error!(
                    "A call was taken, and the carrier did not ask what to say: see that it reaches [carrier] public_url"
                );
                EndCause::NotAnswered(NotAnswered::Line)
            }
            "completed" => EndCause::HungUp,
            "busy" => EndCause::NotAnswered(NotAnswered::Busy),
            "no-answer" => EndCause::NotAnswered(NotAnswered::NoAnswer),
            "failed" | "canceled" if self.is_ringing() => EndCause::NotAnswered(NotAnswered::Line),
            "failed" | "canceled" => EndCause::Broke,
            _ => return None,
        };
        Some(self.end(cause))
    }

    fn in_vain(&mut self, failure: &ClientError) -> Option<Carriage> {
        self.vain += 1;
        warn!(reason = %failure, "The carrier does not say how a call is");
        if self.vain < VAIN_MAX {
            return None;
        }
        let cause = if self.is_ringing() {
            EndCause::NotAnswered(NotAnswered::Line)
        } else {
            EndCause::Broke
        };
        Some(self.end(cause).with("it was lost"))
    }

    /// Ends the call since the hub stops.
    async fn stop(&mut self) -> Carriage {
        if let Some(sid) = self.sid.clone() {
            let client = Arc::clone(&self.carrier.client);
            let ending = tokio::task::spawn_blocking(move || client.end(&sid));
            if !matches!(tokio::time::timeout(FAREWELL, ending).await, Ok(Ok(Ok(())))) {
                warn!("A call at the carrier was not ended when the hub stopped");
            }
        }
        let cause = if self.is_ringing() {
            EndCause::NotAnswered(NotAnswered::Line)
        } else {
            EndCause::Broke
        };
        self.end(cause).with("the hub stopped")
    }

    fn end(&mut self, cause: EndCause) -> Carriage {
        let now_ms = self.now_ms();
        let call = self.call.as_mut();
        let ending = call.and_then(|call| call.end(cause, now_ms));
        self.over(ending)
    }

    fn over(&self, ending: Option<Ending>) -> Carriage {
        Carriage {
            ending,
            detail: self.said.clone(),
        }
    }

    fn now_ms(&self) -> i64 {
        let now = (self.carrier.world.monotonic)();
        i64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(i64::MAX)
    }
}

/// Waits until the hub stops; whoever would say so and is gone has stopped it too.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _gone = shutdown.wait_for(|stop| *stop).await;
}

/// Lets what the carrier asks happen in a call.
fn happened(call: &mut Carried, asked: &Asked, now_ms: i64) -> Result<Step, CallError> {
    let (form, ask) = match asked {
        Asked::Answered(form) => (form, Ask::Answered(form.field("AnsweredBy"))),
        Asked::Turn(turn, form) => (form, turned(*turn, form)),
        Asked::Status(form) => {
            let status = form.field("CallStatus").unwrap_or_default();
            let sip = form
                .field("SipResponseCode")
                .and_then(|code| code.parse().ok());
            (form, Ask::Over { status, sip })
        }
        Asked::Sound(..) => return Err(CallError::Stale),
    };
    let sid = form.field("CallSid").ok_or(CallError::OtherCall)?;
    call.ask(sid, &ask, now_ms)
}

/// Returns what came of a document.
fn turned(turn: u32, form: &Form) -> Ask<'_> {
    match form.field("DialCallStatus") {
        Some(status) => Ask::Dialled { turn, status },
        None => Ask::Keys {
            turn,
            digits: form.field("Digits").unwrap_or_default(),
            finished_on: form.field("FinishedOnKey"),
        },
    }
}

/// Says whether a call is over by what is told of it.
fn is_final(form: &Form) -> bool {
    let over = ["completed", "busy", "no-answer", "failed", "canceled"];
    form.field("CallStatus")
        .is_some_and(|status| over.contains(&status))
}
