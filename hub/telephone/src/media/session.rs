//! The sound of one call while it lasts: a packet sent every 20 ms, whatever comes heard, until the
//! call ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use super::digit::{Keypad, Presser};
use super::jitter::{Cutter, Jitter};
use super::latch::{Latch, Trust};
use super::machine::{Answerer, Detector};
use super::packet::{Packet, Sender};
use super::port::Pair;
use super::protection::{Protection, ProtectionError};
use super::sdp::Agreed;
use super::tones::Tones;
use crate::audio::{FRAME_SAMPLES, Frame};

/// How long a packet's sound is.
pub const FRAME: Duration = Duration::from_millis(20);

/// A packet sent this long after it was due is late: the other end's buffer may have run dry.
const LATE: Duration = Duration::from_millis(15);

/// Bytes of a packet that are read.
const PACKET_BYTES_MAX: usize = 2_048;

/// Frames that may wait between the two halves of a bridge.
pub const BRIDGE_FRAMES: usize = 8;

/// What is done with the sound.
#[derive(Debug)]
pub enum Order {
    /// Plays this after what is being played.
    Play(Arc<[i16]>),
    /// Plays this over and over, until something else is to be heard.
    Repeat(Arc<[i16]>),
    /// Stops playing at once.
    Quiet,
    /// Presses keys.
    Press(String),
    /// Hands over what is heard.
    Listen(mpsc::Sender<Frame>),
    /// Sends what another call hears instead of silence, until its end is dropped.
    Speak(mpsc::Receiver<Frame>),
    /// Begins to guess whether a machine has answered.
    Detect,
    /// Sound was agreed anew.
    Renew(Agreed),
}

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A key.
    Digit(char),
    /// This sound, counted from 1 in the order in which they were ordered, has been played to its end.
    Played(u64),
    /// Who seems to have answered.
    Answerer(Answerer),
}

/// Counts packets of a call; read while it goes on.
#[derive(Debug, Default)]
pub struct Counts {
    /// Packets that were sent.
    pub sent: AtomicU64,
    /// Packets of them that were sent late.
    pub late: AtomicU64,
    /// Packets that were heard.
    pub heard: AtomicU64,
    /// Packets that were dropped: from elsewhere, unproven, or none of the session's.
    pub dropped: AtomicU64,
    /// Frames that were missing when they had to be handed over.
    pub lost: AtomicU64,
}

/// Why a call's sound ended.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The key is wrong.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
}

/// Adds one.
fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How a session is reached.
#[derive(Debug)]
pub struct Wires {
    /// What is to be done.
    pub orders: mpsc::Receiver<Order>,
    /// What is heard.
    pub heard: mpsc::Sender<Heard>,
    /// The packets.
    pub counts: Arc<Counts>,
}

/// The sound of one call.
#[derive(Debug)]
pub struct Session {
    pair: Pair,
    world: World,
    agreed: Agreed,
    latch: Latch,
    protection: Option<Protection>,
    wires: Wires,
    sender: Sender,
    timestamp: u32,
    is_silent: bool,
    keypad: Keypad,
    tones: Tones,
    presser: Presser,
    jitter: Jitter,
    cutter: Cutter,
    repeated: Option<Arc<[i16]>>,
    /// Sounds that were ordered so far, and the one that is played or would be next.
    ordered: u64,
    playing: u64,
    detector: Option<Detector>,
    listener: Option<mpsc::Sender<Frame>>,
    speaker: Option<mpsc::Receiver<Frame>>,
}

impl Session {
    /// Begins the sound of a call as it was agreed.
    ///
    /// # Errors
    /// Returns [`SessionError`] if a key does not fit.
    pub fn new(
        pair: Pair,
        agreed: Agreed,
        trust: Trust,
        wires: Wires,
        world: World,
    ) -> Result<Self, SessionError> {
        let seed = (world.random)();
        let [.., t0, t1, t2, t3] = seed;
        Ok(Self {
            latch: Latch::new(agreed.peer, trust),
            protection: protection(&agreed)?,
            sender: Sender::new(seed),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            pair,
            world,
            agreed,
            wires,
            is_silent: true,
            keypad: Keypad::default(),
            tones: Tones::default(),
            presser: Presser::default(),
            jitter: Jitter::default(),
            cutter: Cutter::default(),
            repeated: None,
            ordered: 0,
            playing: 1,
            detector: None,
            listener: None,
            speaker: None,
        })
    }

    /// Carries sound until whoever gives orders is gone.
    ///
    /// # Errors
    /// Returns [`SessionError`] if a new key does not fit.
    pub async fn run(mut self) -> Result<(), SessionError> {
        let mut ticks = tokio::time::interval(FRAME);
        // The other end counts time by our packets: none is left out.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut packet = [0; PACKET_BYTES_MAX];
        loop {
            tokio::select! {
                biased;
                due = ticks.tick() => self.tick(due.into_std()),
                order = self.wires.orders.recv() => match order {
                    Some(order) => self.obey(order)?,
                    None => return Ok(()),
                },
                received = self.pair.rtp.recv_from(&mut packet) => {
                    // An unreachable peer is told here; its call ends by signalling.
                    if let Ok((length, from)) = received {
                        self.receive(packet.get(..length).unwrap_or_default(), from);
                    }
                }
            }
        }
    }

    fn obey(&mut self, order: Order) -> Result<(), SessionError> {
        match order {
            Order::Play(sound) => {
                if self.repeated.take().is_some() {
                    self.cutter.clear();
                }
                self.ordered += 1;
                self.cutter.add(sound);
            }
            Order::Repeat(sound) => {
                self.silence();
                self.repeated = Some(sound);
            }
            Order::Quiet => {
                self.repeated = None;
                self.silence();
            }
            Order::Press(keys) => self.presser.press(&keys),
            Order::Listen(listener) => self.listener = Some(listener),
            Order::Detect => self.detector = Some(Detector::default()),
            Order::Speak(speaker) => {
                self.repeated = None;
                self.speaker = Some(speaker);
            }
            Order::Renew(agreed) => {
                self.latch.renew(agreed.peer);
                let known = self.agreed.keys.as_ref();
                if agreed.keys.as_ref() != known {
                    self.protection = protection(&agreed)?;
                }
                self.agreed = agreed;
            }
        }
        Ok(())
    }

    /// Leaves out what is still to be played.
    fn silence(&mut self) {
        self.cutter.clear();
        self.playing = self.ordered + 1;
    }

    /// Sends the packet that is due, and hands over the frame that was heard.
    fn tick(&mut self, due: std::time::Instant) {
        self.hear();
        self.timestamp = self
            .timestamp
            .wrapping_add(u32::try_from(FRAME_SAMPLES).unwrap_or(0));
        // On hold nobody would hear the rest of what is played.
        if !self.agreed.is_heard {
            return;
        }
        if let Some(kind) = self.agreed.digits
            && let Some(part) = self.presser.step()
        {
            let began = self.timestamp.wrapping_sub(part.since_samples);
            self.send((kind, part.is_first), began, &part.payload, due);
            return;
        }
        let frame = self.frame();
        let (codec, kind) = self.agreed.codec;
        // The first packet after silence is marked (RFC 3551, section 4.1).
        let is_marked = frame.is_some() && self.is_silent;
        self.is_silent = frame.is_none();
        let payload = frame
            .unwrap_or([0; FRAME_SAMPLES])
            .map(|sample| codec.encode(sample));
        self.send((kind, is_marked), self.timestamp, &payload, due);
    }

    /// Returns the next frame of what is to be heard at the other end.
    fn frame(&mut self) -> Option<Frame> {
        if let Some(speaker) = &mut self.speaker {
            match speaker.try_recv() {
                Ok(frame) => return Some(frame),
                Err(mpsc::error::TryRecvError::Disconnected) => self.speaker = None,
                Err(mpsc::error::TryRecvError::Empty) => {}
            }
        }
        if let Some((frame, ended)) = self.cutter.cut() {
            if self.repeated.is_none() {
                for _ in 0..ended {
                    self.tell(Heard::Played(self.playing));
                    self.playing += 1;
                }
            }
            return Some(frame);
        }
        self.cutter.add(Arc::clone(self.repeated.as_ref()?));
        self.cutter.cut().map(|(frame, _)| frame)
    }

    fn send(&mut self, kind: (u8, bool), timestamp: u32, payload: &[u8], due: std::time::Instant) {
        let packet = self.sender.write(kind, timestamp, payload);
        let packet = match &mut self.protection {
            Some(protection) => protection.seal(&packet),
            None => Some(packet),
        };
        let Some(packet) = packet else { return };
        let counts = &self.wires.counts;
        // A full buffer of the system is a lost packet, as on any other part of the way.
        if self
            .pair
            .rtp
            .try_send_to(&packet, self.latch.target())
            .is_ok()
        {
            count(&counts.sent);
        }
        if (self.world.monotonic)().saturating_duration_since(due) > LATE {
            count(&counts.late);
        }
    }

    /// Says whether sound is of use to anybody: where keys are no events they may be in it.
    const fn is_listening(&self) -> bool {
        self.listener.is_some() || self.detector.is_some() || self.agreed.digits.is_none()
    }

    /// Hands over what was heard in the last 20 ms.
    fn hear(&mut self) {
        if !self.is_listening() {
            return;
        }
        let frame = self.jitter.take();
        self.wires
            .counts
            .lost
            .store(self.jitter.lost(), Ordering::Relaxed);
        if let Some(detector) = &mut self.detector
            // Whoever sends nothing is silent.
            && let Some(answerer) = detector.hear(&frame.unwrap_or([0; FRAME_SAMPLES]))
        {
            self.detector = None;
            self.tell(Heard::Answerer(answerer));
        }
        if self.agreed.digits.is_none()
            && let Some(key) = self.tones.hear(frame.as_ref())
        {
            self.tell(Heard::Digit(key));
        }
        let Some(frame) = frame else { return };
        // Whoever listens too slowly misses some.
        if let Some(listener) = &self.listener
            && let Err(mpsc::error::TrySendError::Closed(_)) = listener.try_send(frame)
        {
            self.listener = None;
        }
    }

    fn receive(&mut self, bytes: &[u8], from: SocketAddr) {
        let opened;
        let bytes = match &mut self.protection {
            None => bytes,
            Some(protection) => {
                let Some(packet) = protection.open(bytes) else {
                    count(&self.wires.counts.dropped);
                    return;
                };
                opened = packet;
                &opened
            }
        };
        let packet = Packet::read(bytes);
        let is_digit = |packet: &Packet<'_>| self.agreed.digits == Some(packet.payload_type);
        let (codec, kind) = self.agreed.codec;
        let ours = packet.filter(|packet| packet.payload_type == kind || is_digit(packet));
        let now = (self.world.monotonic)();
        let is_proven = self.protection.is_some();
        let Some(packet) = ours.filter(|_| self.latch.admits(from, is_proven, now)) else {
            count(&self.wires.counts.dropped);
            return;
        };
        count(&self.wires.counts.heard);
        if packet.payload_type == kind {
            if self.is_listening() {
                let samples = packet.payload.iter().map(|code| codec.decode(*code));
                self.jitter
                    .put(packet.source, packet.timestamp, samples.collect());
            }
            return;
        }
        let began = (packet.timestamp, packet.is_marked);
        if let Some(key) = self.keypad.hear(packet.source, began, packet.payload) {
            self.tell(Heard::Digit(key));
        }
    }

    /// Tells what was heard; whoever does not listen for long misses it.
    fn tell(&self, heard: Heard) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.wires.heard.try_send(heard) {
            warn!("Nobody took what was heard in a call");
        }
    }
}

fn protection(agreed: &Agreed) -> Result<Option<Protection>, ProtectionError> {
    let keys = agreed.keys.as_ref();
    keys.map(|(ours, theirs)| Protection::new(ours, theirs))
        .transpose()
}

#[cfg(test)]
mod tests;
