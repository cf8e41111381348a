//! The calls that are under way at a carrier, each with a secret in its address: what the carrier asks is
//! brought to the call that it is about, one request after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use savin_shared::hash::Hash;
use savin_shared::pii::Pii;
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::call::Address;

/// Requests of one call that wait; a carrier sends one after the other.
const WAITING_MAX: usize = 16;

/// How long a call that is over is remembered, so that what comes late is told from what is foreign.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Calls that came in and were not yet taken. What comes beyond is refused.
const RINGING_MAX: usize = 64;

/// What a carrier asks, as it came.
#[derive(Debug)]
pub enum Asked {
    /// Whoever was called has taken the call, or a caller waits to be answered.
    Answered(Form),
    /// What came of the document of this turn.
    Turn(u32, Form),
    /// An operator's telephone was taken that the document of this turn called: what to do there.
    Desk(u32, Form),
    /// What came of that: which keys were pressed there.
    DeskKeys(u32, Form),
    /// How the call is; it counts once that is final.
    Status(Form),
    /// A sound of the document with this name.
    Sound(String, usize),
}

/// The form of a request. It may hold a PIN and a number, so nothing of it is shown.
pub struct Form(pub Vec<(String, String)>);

impl std::fmt::Debug for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Form({} fields)", self.0.len())
    }
}

impl Form {
    /// Returns what a field says; the first, where it comes more than once.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a carrier is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A document to be performed.
    Document(String),
    /// A sound, as µ-law at 8,000 samples a second.
    Sound(Arc<[u8]>),
    /// Nothing: it was noted.
    Noted,
}

/// Why a carrier is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAsked {
    /// There is no such call, and there was none of late.
    #[error("answer the carrier: there is no such call")]
    Unknown,
    /// The call is over.
    #[error("answer the carrier: the call is over")]
    Over,
    /// It does not fit what the call is at: it came too late, twice, or is of another call.
    #[error("answer the carrier: it does not fit what the call is at")]
    Misfit,
    /// More calls ring than are taken.
    #[error("answer the carrier: too many calls ring")]
    Busy,
}

/// A request, and where its answer goes.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) asked: Asked,
    pub(super) reply: oneshot::Sender<Result<Reply, NotAsked>>,
}

/// A call that came in.
#[derive(Debug)]
pub struct Ringing {
    pub(super) seat: Seat,
    /// Its name at the carrier.
    pub(super) sid: String,
    shown: Option<Pii<String>>,
}

impl Ringing {
    /// Returns the number that the caller shows, which proves nothing.
    #[must_use]
    pub fn shown(&self) -> Option<Pii<String>> {
        self.shown.clone()
    }
}

/// A place for one call. Once it is dropped, the call is over.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) requests: mpsc::Receiver<Request>,
    mark: String,
    live: Live,
}

/// Where a call is.
#[derive(Debug)]
enum Place {
    At(mpsc::Sender<Request>),
    Over(Instant),
}

/// By what calls are found.
#[derive(Debug, Default)]
struct Calls {
    /// By a hash of the secret in their addresses.
    by_mark: BTreeMap<Hash, Place>,
    /// The secrets of those that came in, by their names at the carrier.
    by_sid: BTreeMap<String, String>,
}

/// All calls that are under way at a carrier.
#[derive(Debug, Clone)]
pub struct Live {
    calls: Arc<Mutex<Calls>>,
    ringing: mpsc::Sender<Ringing>,
    url: Arc<str>,
    world: World,
}

impl Live {
    /// Begins with none; the addresses of calls begin with this one. Calls that come in are announced on
    /// the receiver.
    #[must_use]
    pub fn new(url: &str, world: World) -> (Self, mpsc::Receiver<Ringing>) {
        let (ringing, rings) = mpsc::channel(RINGING_MAX);
        let live = Self {
            calls: Arc::default(),
            ringing,
            url: url.into(),
            world,
        };
        (live, rings)
    }

    /// Asks the call with this secret in its address.
    ///
    /// # Errors
    /// Returns [`NotAsked`] where it has no answer to that.
    pub async fn ask(&self, mark: &str, asked: Asked) -> Result<Reply, NotAsked> {
        let requests = {
            let calls = self.lock();
            match calls.by_mark.get(&hash(mark)) {
                Some(Place::At(requests)) => requests.clone(),
                Some(Place::Over(_)) => return Err(NotAsked::Over),
                None => return Err(NotAsked::Unknown),
            }
        };
        let (reply, answer) = oneshot::channel();
        let request = Request { asked, reply };
        requests.send(request).await.map_err(|_| NotAsked::Over)?;
        answer.await.map_err(|_| NotAsked::Over)?
    }

    /// Announces a call that came in, by its name at the carrier, and asks what to do in it. The same call
    /// announced again is asked again.
    ///
    /// # Errors
    /// Returns [`NotAsked`] where nobody takes it.
    pub async fn ring(&self, sid: &str, form: Form) -> Result<Reply, NotAsked> {
        let known = self.lock().by_sid.get(sid).cloned();
        let mark = match known {
            Some(mark) => mark,
            None => self.announce(sid, form.field("From"))?,
        };
        self.ask(&mark, Asked::Answered(form)).await
    }

    /// Announces a call once; returns the secret in its address.
    fn announce(&self, sid: &str, shown: Option<&str>) -> Result<String, NotAsked> {
        let seat = self.seat();
        let mark = {
            let mut calls = self.lock();
            let known = calls.by_sid.entry(sid.to_owned());
            known.or_insert_with(|| seat.mark.clone()).clone()
        };
        // Announced twice at once, it keeps the first seat.
        if mark == seat.mark {
            let sid = sid.to_owned();
            let shown = shown.map(|shown| Pii::new(shown.to_owned()));
            let ringing = Ringing { seat, sid, shown };
            let told = self.ringing.try_send(ringing);
            told.map_err(|_| NotAsked::Busy)?;
        }
        Ok(mark)
    }

    /// Tells how a call that came in is.
    ///
    /// # Errors
    /// Returns [`NotAsked`] where there is none of this name.
    pub async fn status(&self, sid: &str, form: Form) -> Result<Reply, NotAsked> {
        let known = self.lock().by_sid.get(sid).cloned();
        let mark = known.ok_or(NotAsked::Unknown)?;
        self.ask(&mark, Asked::Status(form)).await
    }

    /// Makes a place for a call.
    pub(super) fn seat(&self) -> Seat {
        let mark: String = (self.world.random)()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (at, requests) = mpsc::channel(WAITING_MAX);
        let now = (self.world.monotonic)();
        let is_recent = |since: Instant| now.saturating_duration_since(since) < REMEMBERED;
        let mut calls = self.lock();
        let Calls { by_mark, by_sid } = &mut *calls;
        by_mark.retain(|_, place| match place {
            Place::At(_) => true,
            Place::Over(since) => is_recent(*since),
        });
        by_sid.retain(|_, mark| by_mark.contains_key(&hash(mark)));
        by_mark.insert(hash(&mark), Place::At(at));
        drop(calls);
        Seat {
            requests,
            mark,
            live: self.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Returns where the carrier asks this call.
    pub(super) fn url(&self) -> String {
        format!("{}/{}", self.live.url, self.mark)
    }

    /// Returns where the carrier tells how this call is.
    pub(super) fn status_url(&self) -> String {
        format!("{}/status", self.url())
    }

    /// Returns the address for a script of this call.
    pub(super) fn address(&self) -> Address {
        let key = (self.live.world.random)();
        Address {
            url: self.url(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let now = (self.live.world.monotonic)();
        let over = Place::Over(now);
        self.live.lock().by_mark.insert(hash(&self.mark), over);
    }
}

/// What is compared is not the secret itself, whose beginning could be found out by how long that takes.
fn hash(mark: &str) -> Hash {
    Hash::tagged("savin/carried-call/1", &[mark.as_bytes()])
}
