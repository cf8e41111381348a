//! An agent played by hand: enrolled as every other, and then saying exactly what it is told to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use quinn::Connection;
use savin_agent::enrol::enrol;
use savin_agent::identity::StateFolder;
use savin_agent::signer::Signer;
use savin_agent::uplink::dial::{Choice, Dialer, Ways};
use savin_agent::uplink::line::{self, Transport};
use savin_agent::uplink::streams::Streams;
use savin_agent::uplink::tls;
use savin_shared::chain::Position;
use savin_shared::clock::ObservedAt;
use savin_shared::codec::Codec;
use savin_shared::delta::{self, Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::digest::{Digest, key_hash};
use savin_shared::envelope::{SealedBatch, Unsealed, seal};
use savin_shared::frame::Frame;
use savin_shared::frame::greeting::{Hello, Welcome};
use savin_shared::hash::Hash;
use savin_shared::ids::{
    Epoch, FacilityCode, FeedName, PersonNumber, RecordKey, RecordNumber, Seq,
};
use savin_shared::pii::Pii;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::subject::{PersonName, Subject};
use savin_shared::record::{Record, RecordBody};
use savin_shared::token::TokenFile;
use tokio::sync::mpsc;

use crate::clock::wall;

/// The feed of everything that a puppet says.
pub const FEED: &str = "puppet";

/// An enrolled agent without a journal.
#[derive(Debug)]
pub struct Puppet {
    signer: Signer,
    dialer: Dialer,
    tls: Arc<rustls::ClientConfig>,
    facility: FacilityCode,
    feed: FeedName,
    /// Where its chain ends.
    pub end: Position,
    digest: Digest,
    said: BTreeMap<RecordKey, Hash>,
}

impl Puppet {
    /// Enrols a puppet with the token in a file; its keys are kept in a folder of its own.
    ///
    /// # Errors
    /// Returns why the hub refused.
    pub async fn enrol(token: &Path, folder: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(token).context("failed to read a token")?;
        let token: TokenFile = toml::from_str(&text).context("not a token")?;
        std::fs::create_dir_all(folder).context("failed to make a puppet's folder")?;
        let state = StateFolder::new(folder.to_owned());
        let identity = enrol(&token, &state, ways()).await?;
        let agent = identity.agent()?;
        let [facility] = identity.facilities.as_slice() else {
            bail!("a puppet speaks for one facility");
        };
        Ok(Self {
            signer: state.signer(agent)?,
            dialer: Dialer::new(identity.hub.clone(), ways()),
            tls: tls::enrolled(&state.tls()?)?,
            facility: facility.clone(),
            feed: FeedName::new(FEED)?,
            end: Position::genesis(agent, Epoch::from_bytes(*agent.as_bytes())),
            digest: Digest::default(),
            said: BTreeMap::new(),
        })
    }

    /// Connects and greets.
    ///
    /// # Errors
    /// Returns why the hub did not welcome it.
    pub async fn connect(&self) -> anyhow::Result<(Line, Welcome)> {
        let mut line = self.dial().await?;
        line.send(Frame::Hello(Hello {
            agent: self.signer.agent(),
            end: self.end,
            acked: Seq::ZERO,
            complete: true,
            build: "puppet".to_owned(),
            boot: [1; 16],
            clock_us: wall().as_microsecond(),
            spool_deltas: 0,
            codecs: vec![Codec::Bincode2.code()],
        }))
        .await?;
        let frame = line.next().await?;
        let Frame::Welcome(welcome) = frame else {
            bail!("no welcome but {:?}", frame.frame_type());
        };
        Ok((line, welcome))
    }

    /// Connects and says nothing.
    ///
    /// # Errors
    /// Returns why the hub was not reached.
    pub async fn dial(&self) -> anyhow::Result<Line> {
        let line = self.dialer.dial(&self.tls, None).await?;
        let line::Line::Quic(connection) = &line else {
            bail!("a puppet speaks QUIC");
        };
        let connection = connection.clone();
        let (streams, frames) = Streams::new(line);
        Ok(Line {
            connection,
            streams,
            frames,
        })
    }

    /// Makes a word of a booking: that somebody is in a state, at this puppet's facility or another.
    ///
    /// # Errors
    /// Returns what the codec returns.
    pub fn word(
        &mut self,
        number: u64,
        state: CustodyState,
        elsewhere: Option<&str>,
    ) -> anyhow::Result<Vec<u8>> {
        let number = RecordNumber::new(&format!("B-{number}"))?;
        let record = Record {
            facility: match elsewhere {
                Some(code) => FacilityCode::new(code)?,
                None => self.facility.clone(),
            },
            subject: Subject {
                person_number: Some(PersonNumber::new(&format!("P{number}"))?),
                name: Some(PersonName {
                    surname: Pii::new(format!("SAMPLE{number}")),
                    given: Some(Pii::new("AVERY".to_owned())),
                    middle: None,
                    suffix: None,
                }),
                ..Subject::default()
            },
            entered_at: None,
            synthetic: true,
            body: RecordBody::Custody(Box::new(Custody::new(number, state))),
        };
        let row = Row::of(&record)?;
        let key = key_hash(&self.feed, &record.key());
        if let Some(before) = self.said.insert(record.key(), row.hash()) {
            self.digest.remove(&key, &before);
        }
        self.digest.add(&key, &row.hash());
        let delta = Delta {
            observed_at: ObservedAt(wall()),
            feed: self.feed.clone(),
            origin: Origin::Live,
            change: Change::Upsert {
                row,
                coverage: Coverage::Full,
                evidence: Evidence::Transaction,
            },
        };
        Ok(delta::encode(&delta)?)
    }

    /// Seals a batch behind a position, without moving the puppet's own end.
    ///
    /// # Errors
    /// Returns what the envelope returns.
    pub fn seal_after(
        &self,
        previous: Position,
        bodies: Vec<Vec<u8>>,
    ) -> anyhow::Result<SealedBatch> {
        Ok(seal(Unsealed {
            agent: self.signer.agent(),
            previous,
            secret: [7; 16],
            bodies,
            state_digest: Some(self.digest.root()),
            sealed_at: wall(),
            key: self.signer.key(),
        })?)
    }

    /// Seals the next batch.
    ///
    /// # Errors
    /// Returns what the envelope returns.
    pub fn seal(&mut self, bodies: Vec<Vec<u8>>) -> anyhow::Result<SealedBatch> {
        let batch = self.seal_after(self.end, bodies)?;
        self.end = batch.header.after();
        Ok(batch)
    }
}

fn ways() -> Ways {
    Ways {
        choice: Choice::Only(Transport::Quic),
        ..Ways::default()
    }
}

/// A connection of a puppet.
#[derive(Debug)]
pub struct Line {
    connection: Connection,
    streams: Streams,
    frames: mpsc::Receiver<Frame>,
}

impl Line {
    /// Sends a frame.
    ///
    /// # Errors
    /// Returns why it could not be sent.
    pub async fn send(&mut self, frame: Frame) -> anyhow::Result<()> {
        Ok(self.streams.send(&frame.into(), Codec::Bincode2).await?)
    }

    /// Sends bytes that need not be a frame, on a stream of their own.
    ///
    /// # Errors
    /// Returns why they could not be sent.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let (mut stream, _answers) = self.connection.open_bi().await?;
        stream.write_all(bytes).await?;
        // What was written stays under way.
        let _finished = stream.finish();
        Ok(())
    }

    /// Waits for the hub's next frame.
    ///
    /// # Errors
    /// Returns why none came.
    pub async fn next(&mut self) -> anyhow::Result<Frame> {
        tokio::select! {
            biased;
            frame = self.frames.recv() => frame.context("the streams ended"),
            failure = self.streams.failed() => Ok(self.frames.try_recv().map_err(|_| failure)?),
        }
    }

    /// Waits until the hub has ended the connection, and returns what it said.
    pub async fn closed(&self) -> String {
        self.connection.closed().await.to_string()
    }
}
