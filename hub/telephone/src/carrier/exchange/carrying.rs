//! One call that is carried: what the carrier asks in it is answered, and it is asked where it says nothing.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::{error, warn};

use super::super::call::{Ask, CallError, Carried, Step};
use super::super::client::{Answer, ClientError, Phase};
use super::super::live::{Asked, Form, NotAsked, Reply, Request, Seat};
use super::{Carriage, Carrier, Host};
use crate::script::ending::{EndCause, Ending, NotAnswered};

/// Times that it is asked in vain before the call is taken for lost.
const VAIN_MAX: u8 = 5;

/// How long it may take to end a call once the hub stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// A call that is carried.
pub(super) struct Carrying<'a, H> {
    pub(super) carrier: &'a Carrier,
    pub(super) host: &'a H,
    pub(super) seat: Seat,
    /// Nothing only while a thread has it, or where that failed.
    pub(super) call: Option<Carried>,
    /// The carrier's name of the call, once it is known.
    pub(super) sid: Option<String>,
    pub(super) began: Instant,
    /// The last that the carrier said of how the call is.
    pub(super) said: String,
    /// Times that it was asked in vain, in a row.
    pub(super) vain: u8,
}

impl<H: Host> Carrying<'_, H> {
    /// Carries the call to its end, while it is being placed and after.
    pub(super) async fn run(&mut self, placing: impl Future<Output = Answer>) -> Carriage {
        let mut placing = pin!(placing);
        let mut is_placed = false;
        let mut shutdown = self.carrier.shutdown.clone();
        loop {
            let patience = self.patience();
            let request = tokio::select! {
                answer = &mut placing, if !is_placed => {
                    is_placed = true;
                    if let Some(over) = self.placed(answer).await {
                        return over;
                    }
                    continue;
                }
                request = self.seat.requests.recv() => request,
                () = tokio::time::sleep(patience), if is_placed => None,
                () = stopped(&mut shutdown) => {
                    if !is_placed
                        && let Ok(answer) = tokio::time::timeout(FAREWELL, placing).await
                        && let Some(over) = self.placed(answer).await
                    {
                        return over;
                    }
                    return self.stop().await;
                }
            };
            let since_ms = self.with_operator_since_ms();
            let told = request
                .as_ref()
                .and_then(|request| self.leg(&request.asked));
            let over = match request {
                Some(request) => self.answer(request).await,
                None => self.look().await,
            };
            match (since_ms, told) {
                (Some(_), Some(Leg::Talked(took))) => self.host.talked(took).await,
                (Some(since_ms), None) if over.is_some() => self.cut(since_ms).await,
                (Some(_) | None, _) => {}
            }
            if let Some(over) = over {
                return over;
            }
        }
    }

    /// Takes what the carrier makes of the wish to call; returns how the call went where it makes none.
    async fn placed(&mut self, answer: Answer) -> Option<Carriage> {
        match answer {
            Answer::Placed(sid) => self.named(sid).await,
            Answer::Refused { why, detail } if self.is_ringing() => {
                return Some(self.end(EndCause::NotAnswered(why)).with(&detail));
            }
            Answer::Later { detail, .. } if self.is_ringing() => {
                let line = EndCause::NotAnswered(NotAnswered::Line);
                return Some(self.end(line).with(&detail));
            }
            Answer::Refused { .. } | Answer::Later { .. } | Answer::Silent => {}
        }
        None
    }

    /// Keeps the carrier's name of the call.
    async fn named(&mut self, sid: String) {
        if self.sid.as_ref() != Some(&sid) {
            self.host.placed(&sid).await;
            self.sid = Some(sid);
        }
    }

    fn patience(&self) -> Duration {
        let settings = &self.carrier.settings;
        if self.is_ringing() {
            settings.ring.saturating_add(settings.timing.ringing)
        } else {
            settings.timing.talking
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
            Asked::Desk(turn, form) => (self.desk(turn, &form, None).await, None),
            Asked::DeskKeys(turn, form) => {
                let keys = form.field("Digits").unwrap_or_default().to_owned();
                (self.desk(turn, &form, Some(keys)).await, None)
            }
            Asked::Status(form) if !is_final(&form) => (Ok(Reply::Noted), None),
            Asked::Answered(_) | Asked::Turn(..) | Asked::Status(_) => self.step(asked).await,
        };
        // A carrier that has given up asks again.
        drop(reply.send(answer));
        let asked_by = self.call.as_ref().and_then(Carried::sid).map(str::to_owned);
        if let Some(sid) = asked_by.filter(|_| over.is_none()) {
            self.named(sid).await;
        }
        over
    }

    /// Says what to do at an operator's telephone that was taken; the carrier names the caller's side as its parent.
    async fn desk(
        &mut self,
        turn: u32,
        form: &Form,
        keys: Option<String>,
    ) -> Result<Reply, NotAsked> {
        let own = self.call.as_ref().and_then(Carried::sid);
        if let Some(parent) = form.field("ParentCallSid")
            && own != Some(parent)
        {
            return Err(NotAsked::Misfit);
        }
        let asked = self.on(move |call, _| call.desk(turn, keys.as_deref()));
        match asked.await {
            Some(Ok(document)) => Ok(Reply::Document(document)),
            Some(Err(_)) => Err(NotAsked::Misfit),
            None => Err(NotAsked::Over),
        }
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
        let cause = match Phase::of(&status) {
            Phase::Completed => {
                if self.is_ringing() {
                    // Somebody was disturbed: that is a try, or she would be called again and again.
                    error!(
                        "A call was taken, and the carrier did not ask what to say: see that it reaches [carrier] public_url"
                    );
                }
                EndCause::HungUp
            }
            Phase::Busy => EndCause::NotAnswered(NotAnswered::Busy),
            Phase::NoAnswer => EndCause::NotAnswered(NotAnswered::NoAnswer),
            Phase::Failed => self.line(),
            Phase::Ringing if self.is_ringing() && self.is_queued_too_long() => {
                self.end_there().await;
                return Some(self.end(self.line()).with("it did not ring"));
            }
            Phase::Ringing | Phase::Talking => return None,
        };
        Some(self.end(cause))
    }

    fn is_queued_too_long(&self) -> bool {
        let now = (self.carrier.world.monotonic)();
        let lasts = now.saturating_duration_since(self.began);
        let settings = &self.carrier.settings;
        lasts > settings.ring.saturating_add(settings.timing.queued)
    }

    /// Returns why a call is over that the line did not carry on.
    fn line(&self) -> EndCause {
        if self.is_ringing() {
            EndCause::NotAnswered(NotAnswered::Line)
        } else {
            EndCause::Broke
        }
    }

    fn in_vain(&mut self, failure: &ClientError) -> Option<Carriage> {
        self.vain += 1;
        warn!(reason = %failure, "The carrier does not say how a call is");
        if self.vain < VAIN_MAX {
            return None;
        }
        Some(self.end(self.line()).with("it was lost"))
    }

    /// Ends the call since the hub stops.
    async fn stop(&mut self) -> Carriage {
        self.end_there().await;
        if let Some(since_ms) = self.with_operator_since_ms() {
            self.cut(since_ms).await;
        }
        self.end(self.line()).with("the hub stopped")
    }

    fn with_operator_since_ms(&self) -> Option<i64> {
        self.call.as_ref().and_then(Carried::with_operator_since_ms)
    }

    /// Returns what the carrier tells of its call to an operator, if it does: what it tells twice is told once.
    fn leg(&self, asked: &Asked) -> Option<Leg> {
        let Asked::Turn(turn, form) = asked else {
            return None;
        };
        let calls = |call: &Carried| call.calls_operator(*turn);
        self.call.as_ref().filter(|call| calls(call))?;
        match form.field("DialCallStatus")? {
            "completed" | "answered" => {
                let seconds = form.field("DialCallDuration").and_then(|s| s.parse().ok());
                // A carrier that does not say how long has it counted as one minute.
                Some(Leg::Talked(Duration::from_secs(seconds.unwrap_or(0))))
            }
            _ => Some(Leg::NotTaken),
        }
    }

    /// Tells of an operator's call that ended with hers, of which the carrier says nothing: at most it took since the
    /// operator was called.
    async fn cut(&mut self, since_ms: i64) {
        let lasted = self.now_ms().saturating_sub(since_ms);
        let lasted = Duration::from_millis(lasted.unsigned_abs());
        self.host.talked(lasted).await;
    }

    /// Has the carrier end the call.
    async fn end_there(&mut self) {
        if let Some(sid) = self.sid.clone() {
            let client = Arc::clone(&self.carrier.client);
            let ending = tokio::task::spawn_blocking(move || client.end(&sid));
            if !matches!(tokio::time::timeout(FAREWELL, ending).await, Ok(Ok(Ok(())))) {
                warn!("A call at the carrier was not ended");
            }
        }
    }

    pub(super) fn end(&mut self, cause: EndCause) -> Carriage {
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
        Asked::Sound(..) | Asked::Desk(..) | Asked::DeskKeys(..) => return Err(CallError::Stale),
    };
    let sid = form.field("CallSid").ok_or(CallError::OtherCall)?;
    call.ask(sid, &ask, now_ms)
}

/// What the carrier tells of its call to an operator.
enum Leg {
    /// One took it, or a machine there did, for so long.
    Talked(Duration),
    /// None did.
    NotTaken,
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
