//! Driving one agent's session: frames in and out, batches to the writer, receipts back.

mod compare;

use std::time::Instant;

use jiff::Timestamp;
use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::frame::command::{Command, Order};
use savin_shared::frame::greeting::{Hello, Verdict, Welcome};
use savin_shared::frame::heartbeat::{FeedBeat, Heartbeat};
use savin_shared::frame::live::{Ack, Nack, NackReason};
use savin_shared::frame::snapshot::{SnapshotBegin, SnapshotRow};
use savin_shared::frame::{Frame, FrameError};
use savin_shared::ids::Seq;
use savin_shared::receipt::{PortableReceipt, Receipt};
use savin_shared::session::Timing;
use savin_shared::session::hub::{HubClose, HubEvent, HubSession};
use thiserror::Error;
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::Shared;
use super::clones::Start;
use super::commit::{Answer, NotStored};
use super::line::Line;
use super::renew::renew;
use super::rotation::Rotation;
use super::streams::{Arrival, StreamError, Streams};
use crate::authority::AgentCertificate;
use crate::intake::batches::Outcome;
use crate::intake::{Moment, Refusal, Speaker, full_state, open};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, AgentState};
use crate::store::registry::{clone, feed, position};
use compare::Comparison;

/// Over how many seconds agents spread their reconnects.
const SPREAD_S: u32 = 60;

/// A clock that is further off than this is said.
const SKEW_S: i64 = 60;

/// Why a session ended.
#[derive(Debug, Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    Closed(HubClose),
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("the registry cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error("a command cannot be written: {0}")]
    Frame(#[from] FrameError),
    #[error("the writer has stopped")]
    Writer,
    #[error(transparent)]
    NotStored(#[from] NotStored),
    #[error("the agent's word is not taken any more")]
    Barred,
}

/// Serves an agent until its session ends.
pub(super) async fn serve(
    line: &Line,
    speaker: Speaker,
    certificate: &AgentCertificate,
    shared: &Shared,
) -> Result<(), SessionError> {
    let (mut streams, mut arrivals) = Streams::new(line)?;
    let (answer, mut answers) = mpsc::channel(shared.credit as usize + 1);
    let (now, name) = ((shared.world.monotonic)(), speaker.agent);
    let mut following = shared.barred.follow();
    let session = HubSession::new(speaker.agent, Timing::default(), now);
    let mut driver = Driver {
        session,
        speaker,
        line,
        rotation: Rotation::of(certificate, shared.world),
        shared,
        answer,
        staged: None,
        is_rebaseline_asked: false,
        comparison: Comparison::default(),
    };
    loop {
        driver.work(&mut streams).await?;
        let due = driver.session.poll_timeout();
        tokio::select! {
            biased;
            outcome = answers.recv() => {
                let Some(outcome) = outcome else { return Err(SessionError::Writer) };
                driver.answered(&outcome?)?;
            }
            arrival = arrivals.recv() => match arrival {
                Some(Arrival::Stream(channel, sender)) => streams.learn(channel, sender),
                Some(Arrival::Frame(frame)) => driver.taken(*frame, &mut streams).await?,
                None => return Ok(()),
            },
            () = sleep_until(due) => driver.session.handle_timeout(driver.now()),
            () = sleep_until(driver.rotation.due()) => driver.rotate()?,
            failure = streams.failed() => return Err(failure.into()),
            () = following.names(name) => return Err(SessionError::Barred),
        }
    }
}

struct Driver<'a> {
    session: HubSession,
    speaker: Speaker,
    line: &'a Line,
    rotation: Rotation,
    shared: &'a Shared,
    answer: mpsc::Sender<Answer>,
    staged: Option<(SnapshotBegin, Vec<SnapshotRow>)>,
    is_rebaseline_asked: bool,
    comparison: Comparison,
}

impl Driver<'_> {
    /// Sends what the session wants sent and does what it wants done.
    async fn work(&mut self, streams: &mut Streams) -> Result<(), SessionError> {
        loop {
            while let Some(outgoing) = self.session.poll_frame() {
                streams.send(&outgoing, self.session.codec()).await?;
            }
            let Some(event) = self.session.poll_event() else {
                return Ok(());
            };
            match event {
                HubEvent::Hello(hello) => self.greeted(&hello).await?,
                HubEvent::Batch(batch) => match open(&self.speaker, *batch) {
                    Ok(opened) => {
                        self.shared
                            .committer
                            .submit(opened, self.answer.clone())
                            .await?;
                    }
                    Err(refusal) => self.refuse(&refusal).await?,
                },
                HubEvent::SnapshotBegin(begin) => self.staged = Some((begin, Vec::new())),
                HubEvent::SnapshotChunk(chunk) => {
                    let rows = chunk.unpack()?;
                    if let Some((begin, staged)) = &mut self.staged {
                        let room = begin.rows.saturating_sub(staged.len() as u64);
                        staged.extend(rows.into_iter().take(usize::try_from(room).unwrap_or(0)));
                    }
                }
                HubEvent::SnapshotEnd(_) => self.apply_state().await?,
                HubEvent::Heartbeat(beat) => self.heard(beat).await?,
                HubEvent::Compared(step) => self.compared(step).await?,
                HubEvent::Result(result) => self.resulted(&result)?,
                HubEvent::Closed(why) => return Err(SessionError::Closed(why)),
            }
        }
    }

    /// Takes a frame in; of renewals no session knows.
    async fn taken(&mut self, frame: Frame, streams: &mut Streams) -> Result<(), SessionError> {
        let is_wanted = matches!(&frame, Frame::RenewRequest(request)
            if request.agent == self.speaker.agent && self.rotation.is_asked());
        let Frame::RenewRequest(request) = frame else {
            self.session.handle_frame(frame, self.now());
            return Ok(());
        };
        if !is_wanted {
            let frame = Frame::RenewRequest(request);
            self.session.handle_frame(frame, self.now());
            return Ok(());
        }
        let answer = renew(request, self.line, self.shared).await;
        self.rotation.answered(&answer, self.shared.world);
        let answer = Frame::RenewAnswer(answer).into();
        Ok(streams.send(&answer, self.session.codec()).await?)
    }

    /// Asks the agent to renew its certificate.
    fn rotate(&mut self) -> Result<(), SessionError> {
        self.rotation.ask(self.now());
        self.order(&Order::Rotate).map(|_| ())
    }

    async fn greeted(&mut self, hello: &Hello) -> Result<(), SessionError> {
        // What an earlier connection left on its way is durable before it is looked at.
        self.shared.committer.settled().await?;
        let now = (self.shared.world.wall)();
        let (name, build, spool) = (hello.agent, hello.build.clone(), hello.spool_deltas);
        let (known, durable) = self
            .shared
            .store
            .write("greet", move |tx| {
                agent::heard(tx, name, Some(&build), spool, now)?;
                Ok((agent::load(tx, name)?, position::load(tx, name)?))
            })
            .await?;
        let state = known.map_or(AgentState::Revoked, |agent| agent.state);
        let durable_position = durable.as_ref().map(|durable| durable.position);
        let verdict = match state {
            AgentState::Active => verdict(hello, durable_position),
            AgentState::Quarantined(_) | AgentState::Revoked => Verdict::Quarantine,
        };
        self.say_skew(hello, now);
        self.look_for_a_clone(hello).await?;
        if verdict != Verdict::Quarantine {
            self.rotation.begin();
        }
        let begins = durable.is_none() && verdict == Verdict::Resume;
        let position = if begins {
            Some(Position::genesis(hello.agent, hello.end.epoch))
        } else {
            durable_position
        };
        let receipt = durable
            .filter(|durable| verdict == Verdict::Resume && durable.position.seq > hello.acked)
            .map(|durable| {
                PortableReceipt::from(&self.receipt(durable.position, durable.received_at))
            });
        info!(agent.id = %hello.agent, agency.id = %self.speaker.agency, build = %hello.build,
            line.transport = self.line.transport(), verdict = ?verdict, waiting = hello.spool_deltas, "Agent connected");
        self.session.welcome(Welcome {
            position,
            receipt,
            verdict,
            codec: self.session.codec().code(),
            credit: self.shared.credit,
            spread_s: SPREAD_S,
            clock_us: now.as_microsecond(),
        });
        Ok(())
    }

    /// Counts a start of the agent's program that another one had followed.
    async fn look_for_a_clone(&self, hello: &Hello) -> Result<(), SessionError> {
        let (name, now) = (hello.agent, (self.shared.world.wall)());
        let start = self.shared.present.greeted(name, hello.boot, self.now());
        let is_alarm = match start {
            Start::Same => return Ok(()),
            Start::Other => {
                info!(agent.id = %name, "The agent's program was started again");
                return Ok(());
            }
            Start::Returned { is_alarm } => is_alarm,
        };
        if is_alarm {
            error!(agent.id = %name, peer.address = %self.line.peer(),
                "Clone alarm: two programs run with one agent's identity and replace each other; \
                 stop the copy, or revoke the agent and enrol it anew");
        } else {
            warn!(agent.id = %name, peer.address = %self.line.peer(),
                "An earlier start of the agent came back: its identity may have been copied");
        }
        let counted = self
            .shared
            .store
            .write("clone", move |tx| clone::count(tx, name, now, is_alarm));
        Ok(counted.await?)
    }

    fn say_skew(&self, hello: &Hello, now: Timestamp) {
        let skew_s = hello.clock_us.saturating_sub(now.as_microsecond()) / 1_000_000;
        if skew_s.abs() > SKEW_S {
            warn!(agent.id = %hello.agent, skew_s, "The agent's clock is off");
        }
    }

    /// Answers batches whose fate is known.
    fn answered(&mut self, outcome: &Outcome) -> Result<(), SessionError> {
        match outcome {
            Outcome::Durable {
                position,
                received_at,
                digest_differs,
            } => {
                let receipt = self.receipt(*position, *received_at);
                self.session.ack(
                    Ack {
                        receipt,
                        credit: self.shared.credit,
                    },
                    1,
                );
                if *digest_differs {
                    self.ask_to_compare()?;
                }
            }
            Outcome::Refused { reason, expected } => {
                let detail = match reason {
                    NackReason::Gap => "something before it is missing",
                    NackReason::Fork => "it contradicts what is durable",
                    NackReason::BadSignature
                    | NackReason::Schema
                    | NackReason::Quota
                    | NackReason::Scope
                    | NackReason::Rebaseline => "the full state is wanted",
                };
                if *reason == NackReason::Fork {
                    error!(agent.id = %self.speaker.agent,
                        "Agent quarantined: a batch contradicts what is durable");
                }
                self.session.nack(Nack::new(*reason, *expected, detail));
            }
            Outcome::Barred => return Err(SessionError::Barred),
        }
        Ok(())
    }

    /// Refuses a batch that does not hold, and takes nothing more from its agent until a person has
    /// looked.
    async fn refuse(&mut self, refusal: &Refusal) -> Result<(), SessionError> {
        let (name, reason) = (self.speaker.agent, refusal.to_string());
        error!(agent.id = %name, reason, "Agent quarantined: a batch was refused");
        let stored = reason.clone();
        self.shared
            .store
            .write("quarantine", move |tx| agent::quarantine(tx, name, &stored))
            .await?;
        self.session
            .nack(Nack::new(refusal.reason(), Seq::ZERO, &reason));
        Ok(())
    }

    async fn apply_state(&mut self) -> Result<(), SessionError> {
        let Some((begin, rows)) = self.staged.take() else {
            return Ok(());
        };
        let count = rows.len();
        let state = match full_state::open(&self.speaker, &begin, rows) {
            Ok(state) => state,
            Err(refusal) => return self.refuse(&refusal).await,
        };
        let world = self.shared.world;
        let moment = Moment {
            now: (world.wall)(),
            random: world.random,
            orders: self.shared.orders,
        };
        let received_at = ReceivedAt(moment.now);
        // What the agent sent before is stored before: it would undo what the state says.
        self.shared.committer.settled().await?;
        let name = self.speaker.agent;
        let taken = move |tx: &mut Tx<'_>| {
            if agent::are_active(tx, &[name])? != [true] {
                return Ok(None);
            }
            full_state::take(tx, &state, moment).map(Some)
        };
        match self.shared.store.write("full state", taken).await? {
            None => return Err(SessionError::Barred),
            Some(Err(refusal)) => return self.refuse(&refusal).await,
            Some(Ok(())) => {}
        }
        info!(agent.id = %self.speaker.agent, rows = count, "Applied a full state");
        self.is_rebaseline_asked = false;
        let receipt = self.receipt(begin.position, received_at);
        self.session.ack(
            Ack {
                receipt,
                credit: self.shared.credit,
            },
            0,
        );
        Ok(())
    }

    async fn heard(&mut self, beat: Heartbeat) -> Result<(), SessionError> {
        let (name, now) = (self.speaker.agent, (self.shared.world.wall)());
        let facilities = self.speaker.facilities.clone();
        let (end, root) = (beat.end, beat.state_digest);
        let durable = self
            .shared
            .store
            .write("heartbeat", move |tx| {
                if agent::are_active(tx, &[name])? != [true] {
                    return Ok(None);
                }
                agent::heard(tx, name, None, beat.spool_deltas, now)?;
                let durable = position::load(tx, name)?;
                let is_level = durable.as_ref().is_some_and(|hub| hub.position == end);
                let feeds: Vec<_> = beat
                    .feeds
                    .iter()
                    .filter(|feed| facilities.contains(&feed.facility))
                    .map(|feed| FeedBeat {
                        // While deltas are on their way the registry is not as fresh as the jail.
                        as_of_us: feed.as_of_us.filter(|_| is_level),
                        ..feed.clone()
                    })
                    .collect();
                feed::put(tx, name, &feeds, now)?;
                Ok(Some(durable.filter(|_| is_level)))
            })
            .await?
            .ok_or(SessionError::Barred)?;
        let Some(durable) = durable else {
            return Ok(());
        };
        if durable.digest.root() != root || self.is_different(end, root).await? {
            self.ask_to_compare()?;
        }
        Ok(())
    }

    fn ask_for_state(&mut self) -> Result<(), SessionError> {
        if self.is_rebaseline_asked {
            return Ok(());
        }
        error!(agent.id = %self.speaker.agent,
            "The registry's mirror differs from the jail's list: asking for it whole");
        self.is_rebaseline_asked = true;
        self.order(&Order::Rebaseline).map(|_| ())
    }

    /// Gives an order, and returns the command's identifier.
    fn order(&mut self, order: &Order) -> Result<[u8; 16], SessionError> {
        let world = self.shared.world;
        let (id, issued) = ((world.random)(), (world.wall)().as_microsecond());
        let key = self.shared.authority.receipt_key();
        let command = Command::sign(self.speaker.agent, id, issued, order, key)?;
        self.session.command(command);
        Ok(id)
    }

    fn receipt(&self, position: Position, received_at: ReceivedAt) -> Receipt {
        let key = self.shared.authority.receipt_key();
        Receipt::sign(self.speaker.agent, position, received_at, key)
    }

    fn now(&self) -> Instant {
        (self.shared.world.monotonic)()
    }
}

/// Decides what an agent shall do, from where it and the hub stand.
fn verdict(hello: &Hello, durable: Option<Position>) -> Verdict {
    match durable {
        None if hello.complete => Verdict::Resume,
        Some(hub) if hub.epoch == hello.end.epoch && hub.seq <= hello.end.seq => Verdict::Resume,
        None | Some(_) => Verdict::Rebaseline,
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
