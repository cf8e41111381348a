//! One side of a call while it lasts: what its other end asks for in between, and its sound.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rsipstack::dialog::dialog::{
    DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle,
};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, HeadersExt, Method, Request, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tracing::{error, info};

use super::call::{Call, End, News};
use super::exchange::Core;
use super::outbound::shortest_of;
use super::refresh::{Due, Refresh};
use super::stopped;
use super::trunk::Trunk;
use crate::media::port::{Pair, PortError};
use crate::media::protection::Key;
use crate::media::sdp::{Agreed, Ours, Secrecy, Theirs};
use crate::media::session::{Counts, Heard, Order, Session, Wires};

/// News and orders that wait.
const WAITING: usize = 64;

/// Our end of a call's sound, before the other end is known.
pub(super) struct Sound {
    pair: Pair,
    pub(super) ours: Ours,
}

/// What a leg begins with.
pub(super) struct Begin {
    pub(super) trunk: Arc<Trunk>,
    pub(super) dialog: InviteDialog,
    pub(super) states: DialogStateReceiver,
    pub(super) agreed: Option<Agreed>,
    /// Whether we called.
    pub(super) is_ours: bool,
    /// What was said of the session's timer.
    pub(super) timer: Option<String>,
    /// The trunk's line that the call takes.
    pub(super) line: OwnedSemaphorePermit,
}

/// By which way keys come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Sound,
    Signalling,
}

/// One side of a call.
struct Leg {
    trunk: Arc<Trunk>,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    ours: Ours,
    orders: mpsc::Sender<Order>,
    heard: mpsc::Receiver<Heard>,
    news: mpsc::Sender<News>,
    refresh: Option<Refresh>,
    /// Whether the next ACK answers an offer of ours.
    has_offered: bool,
    /// By which way the first key came: a carrier that says each in both must not press it twice.
    keys_by: Option<By>,
    now: fn() -> Instant,
    _line: OwnedSemaphorePermit,
}

impl Sound {
    /// Opens the ports of a call over a trunk.
    pub(super) async fn open(core: &Core, trunk: &Trunk) -> Result<Self, PortError> {
        let pair = core.ports.open().await.inspect_err(|failure| {
            error!(reason = %failure, "No ports for a call's sound");
        })?;
        let bound = pair.rtp.local_addr().map_or(0, |address| address.port());
        let host = core.media.announced.unwrap_or(core.media.bind);
        let secrecy = trunk.settings.secrecy;
        let [i0, i1, i2, i3, i4, i5, i6, i7, ..] = (core.world.random)();
        let ours = Ours {
            address: SocketAddr::new(host, bound),
            // Some read it as a signed number.
            id: u64::from_be_bytes([i0, i1, i2, i3, i4, i5, i6, i7]) >> 1,
            version: 1,
            key: (secrecy != Secrecy::Off).then(|| Key::new(core.world.random)),
            secrecy,
        };
        Ok(Self { pair, ours })
    }
}

impl Core {
    /// Begins a call that both sides have taken; `None` where no sound could be agreed, and it is hung
    /// up.
    pub(super) async fn begin(self: &Arc<Self>, sound: Sound, begin: Begin) -> Option<Call> {
        let Sound { pair, ours } = sound;
        let (orders, taken) = mpsc::channel(WAITING);
        let (tell, heard) = mpsc::channel(WAITING);
        let (tell_news, news) = mpsc::channel(WAITING);
        let counts = Arc::new(Counts::default());
        let wires = Wires {
            orders: taken,
            heard: tell,
            counts: Arc::clone(&counts),
        };
        let trust = begin.trunk.settings.trust;
        let session = begin.agreed.and_then(|agreed| {
            let session = Session::new(pair, agreed, trust, wires, self.world);
            session.ok()
        });
        let Some(session) = session else {
            info!(
                trunk.name = &*begin.trunk.name,
                "No sound was agreed for a call"
            );
            // Whoever waits for the next trunk or desk does not wait for an end that says nothing to this.
            let (trunk, dialog, mut states, line) =
                (begin.trunk, begin.dialog, begin.states, begin.line);
            self.keep(Box::pin(async move {
                hang_up(&dialog, &mut states).await;
                trunk.layer.remove_dialog(&dialog.id());
                drop(line);
            }))
            .await;
            return None;
        };
        let now = (self.world.monotonic)();
        let leg = Leg {
            refresh: begin
                .timer
                .and_then(|timer| Refresh::read(&timer, begin.is_ours, now)),
            trunk: Arc::clone(&begin.trunk),
            dialog: begin.dialog,
            states: begin.states,
            ours,
            orders: orders.clone(),
            heard,
            news: tell_news,
            has_offered: false,
            keys_by: None,
            now: self.world.monotonic,
            _line: begin.line,
        };
        let shutdown = self.shutdown.clone();
        self.keep(Box::pin(async move {
            if let Err(failure) = session.run().await {
                error!(reason = %failure, "A call's sound ended");
            }
        }))
        .await;
        self.keep(Box::pin(leg.run(shutdown))).await;
        Some(Call {
            trunk: Arc::clone(&begin.trunk.name),
            orders,
            news,
            counts,
            end: None,
        })
    }
}

impl Leg {
    /// Keeps the call until one side is over.
    async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let end = loop {
            let refresh = self.refresh;
            tokio::select! {
                state = self.states.recv() => match state {
                    Some(state) => if let Some(end) = self.state(state).await { break end },
                    None => break End::Broke,
                },
                heard = self.heard.recv() => match heard {
                    Some(Heard::Digit(key)) => self.pressed(By::Sound, key),
                    Some(heard) => self.tell(told(heard)),
                    None => break End::Broke,
                },
                due = due(refresh) => if !self.due(due).await { break End::Broke },
                // Whoever had the call hangs up by letting go of it.
                () = self.news.closed() => break End::HungUp,
                () = stopped(&mut shutdown) => break End::Broke,
            }
        };
        self.tell(News::Ended(end));
        hang_up(&self.dialog, &mut self.states).await;
        self.trunk.layer.remove_dialog(&self.dialog.id());
    }

    fn tell(&self, news: News) {
        // Nobody is left to be told, or somebody takes nothing, which is said where it is heard.
        let _untold = self.news.try_send(news);
    }

    /// Tells a key, unless keys come by another way.
    fn pressed(&mut self, by: By, key: char) {
        if *self.keys_by.get_or_insert(by) == by {
            self.tell(News::Digit(key));
        }
    }

    /// Answers what the other end says in between; returns how the call ended, if it did.
    async fn state(&mut self, state: DialogState) -> Option<End> {
        match state {
            DialogState::Updated(_, request, handle) => self.update(&request, &handle).await,
            DialogState::Info(_, request, handle) => {
                if let Some(key) = relayed(&request) {
                    self.pressed(By::Signalling, key);
                }
                reply(&handle, StatusCode::OK).await;
            }
            DialogState::Options(_, _, handle) => reply(&handle, StatusCode::OK).await,
            DialogState::Refer(_, _, handle) => reply(&handle, StatusCode::Decline).await,
            DialogState::Notify(_, _, handle)
            | DialogState::Publish(_, _, handle)
            | DialogState::Message(_, _, handle) => {
                reply(&handle, StatusCode::MethodNotAllowed).await;
            }
            DialogState::Terminated(_, reason) => {
                return Some(match reason {
                    TerminatedReason::Timeout => End::Broke,
                    TerminatedReason::UacCancel
                    | TerminatedReason::UacBye
                    | TerminatedReason::UasBye
                    | TerminatedReason::UacBusy
                    | TerminatedReason::UasBusy
                    | TerminatedReason::UasDecline
                    | TerminatedReason::ProxyError(_)
                    | TerminatedReason::ProxyAuthRequired
                    | TerminatedReason::UacOther(_)
                    | TerminatedReason::UasOther(_) => End::HungUp,
                });
            }
            DialogState::Confirmed(..) => self.acknowledged().await,
            DialogState::Calling(_)
            | DialogState::Trying(_)
            | DialogState::Early(..)
            | DialogState::WaitAck(..) => {}
        }
        None
    }

    /// Answers a re-INVITE or an UPDATE: sound agreed anew, put on hold, or only that it still stands.
    async fn update(&mut self, request: &Request, handle: &TransactionHandle) {
        let mut headers = Vec::new();
        if let Some(timer) = session_expires(request)
            && let Some(refresh) = Refresh::read(&timer, false, (self.now)())
        {
            headers.push(Header::SessionExpires(refresh.answer().into()));
            headers.push(Header::Require("timer".into()));
            self.refresh = Some(refresh);
        }
        let body = if request.body.is_empty() {
            // A re-INVITE without an offer asks for ours; its answer comes with the ACK.
            self.has_offered = request.method == Method::Invite;
            self.has_offered.then(|| self.ours.offer())
        } else {
            let offer = std::str::from_utf8(&request.body).unwrap_or_default();
            self.ours.version += 1;
            let answer = Theirs::read(offer).and_then(|offer| self.ours.answer(&offer));
            let Ok((answer, agreed)) = answer else {
                reply(handle, StatusCode::NotAcceptableHere).await;
                return;
            };
            self.renew(agreed).await;
            Some(answer)
        };
        if body.is_some() {
            headers.push(Header::ContentType("application/sdp".into()));
        }
        let body = body.map(String::into_bytes);
        // A transaction that is gone has been answered by the library.
        let _gone = handle.respond(StatusCode::OK, Some(headers), body).await;
    }

    /// Takes the answer that came with an ACK.
    async fn acknowledged(&mut self) {
        let request = self.dialog.last_remote_ack().filter(|_| self.has_offered);
        let Some(request) = request else { return };
        self.has_offered = false;
        let answer = std::str::from_utf8(&request.body).unwrap_or_default();
        if let Ok(agreed) = Theirs::read(answer).and_then(|answer| self.ours.take(&answer)) {
            self.renew(agreed).await;
        }
    }

    async fn renew(&self, agreed: Agreed) {
        let _gone = self.orders.send(Order::Renew(agreed)).await;
    }

    /// Says that the call stands, or ends it; returns whether it stands.
    async fn due(&mut self, due: Due) -> bool {
        let Some(refresh) = self.refresh.filter(|_| due == Due::Refresh) else {
            return false;
        };
        let mut headers = vec![
            Header::Supported("timer".into()),
            Header::SessionExpires(refresh.request().into()),
            Header::ContentType("application/sdp".into()),
        ];
        if let Some(shortest_s) = refresh.shortest_s() {
            headers.push(Header::MinSE(shortest_s.to_string().into()));
        }
        // The same description as before: nothing changes.
        let body = Some(self.ours.offer().into_bytes());
        let Ok(Some(response)) = self.dialog.reinvite(Some(headers), body).await else {
            return false;
        };
        let status = response.status_code.code();
        if let Some(shortest_s) = shortest_of(&response) {
            // Somebody between wants a longer timer: it is said so at once.
            self.refresh = refresh.lengthened(shortest_s, (self.now)());
            return self.refresh.is_some();
        }
        if !(200..300).contains(&status) {
            // Both ends asked at once.
            self.refresh = Some(refresh.put_off((self.now)()));
            return status == 491 || status == 500;
        }
        let timer = session_expires(&response);
        self.refresh = timer.and_then(|timer| Refresh::read(&timer, true, (self.now)()));
        let answer = std::str::from_utf8(&response.body).unwrap_or_default();
        if let Ok(agreed) = Theirs::read(answer).and_then(|answer| self.ours.take(&answer)) {
            self.renew(agreed).await;
        }
        true
    }
}

/// Waits until something about the session's timer is due; for ever without one.
async fn due(refresh: Option<Refresh>) -> Due {
    let Some((at, due)) = refresh.map(|refresh| refresh.next()) else {
        return std::future::pending().await;
    };
    tokio::time::sleep_until(at.into()).await;
    due
}

/// How long the acknowledgement of an answer is waited for (RFC 3261, timer H); the library ends the call then.
const ACKNOWLEDGED: Duration = Duration::from_secs(32);

/// Hangs up, if that is still to be done. Whoever answered says BYE once that was acknowledged, and not before (RFC 3261,
/// section 15): one that is said sooner is lost, and the caller sits before a silent line.
async fn hang_up(dialog: &InviteDialog, states: &mut DialogStateReceiver) {
    if !dialog.state().is_confirmed() && !dialog.state().is_terminated() {
        let _late = tokio::time::timeout(ACKNOWLEDGED, acknowledged(states)).await;
    }
    // The other end is gone, or will end it by its own timer.
    let _gone = dialog.hangup().await;
}

/// Waits until an answer has been acknowledged, or the call is over.
pub(super) async fn acknowledged(states: &mut DialogStateReceiver) {
    while let Some(state) = states.recv().await {
        if let DialogState::Confirmed(..) | DialogState::Terminated(..) = state {
            return;
        }
    }
}

async fn reply(handle: &TransactionHandle, status: StatusCode) {
    let _gone = handle.reply(status).await;
}

const fn told(heard: Heard) -> News {
    match heard {
        Heard::Digit(key) => News::Digit(key),
        Heard::Played(sound) => News::Played(sound),
        Heard::Answerer(answerer) => News::Answerer(answerer),
    }
}

/// Returns the key that some carriers say in the signalling: `Signal=5` (application/dtmf-relay), or the key alone
/// (application/dtmf).
fn relayed(request: &Request) -> Option<char> {
    key_in(std::str::from_utf8(&request.body).ok()?)
}

fn key_in(body: &str) -> Option<char> {
    let lines = || body.lines().map(str::trim);
    let signal = lines().find_map(|line| {
        let (name, signal) = line.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("signal")
            .then_some(signal.trim())
    });
    match signal.or_else(|| lines().find(|line| !line.is_empty()))? {
        "10" => Some('*'),
        "11" => Some('#'),
        key => {
            let mut characters = key.chars();
            let one = characters.next().filter(|_| characters.next().is_none())?;
            let one = one.to_ascii_uppercase();
            "0123456789*#ABCD".contains(one).then_some(one)
        }
    }
}

/// Returns what a message says of the session's timer.
pub(super) fn session_expires(message: &impl HeadersExt) -> Option<String> {
    let header = message.session_expires_header()?;
    Some(header.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::key_in;

    #[test]
    fn reads_a_key_however_carriers_write_it() {
        let read = |body: &str| key_in(body);
        assert_eq!(read("Signal=5\r\nDuration=160\r\n"), Some('5'));
        assert_eq!(read("Duration=160\r\nsignal= #\r\n"), Some('#'));
        assert_eq!(read("Signal=10\r\n"), Some('*'));
        assert_eq!(read("Signal=11\r\n"), Some('#'));
        assert_eq!(read("7\r\n"), Some('7'));
        for nothing in [
            "",
            "Signal=\r\n",
            "Signal=!\r\n",
            "Signal=12\r\n",
            "Duration=160\r\n",
            "hello",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
