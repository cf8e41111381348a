//! One entry of the journal of decisions: the decision as it was signed, and what its words alone do not say.

use jiff::Timestamp;
use savin_shared::codec::Codec;
use savin_shared::ids::AgentId;
use savin_shared::sign::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::ids::EventId;
use crate::journal::signed::{Signed, WireSigned, damaged};
use crate::store::StoreError;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub act: Act,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// From here on the journal has everything.
    Begun,
    /// Somebody decided.
    Decided(Box<Decided>),
    /// The word of an agent is not taken any more.
    Revoked(AgentId),
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// As it was signed.
    pub signed: Signed,
    /// About what.
    pub about: About,
}

/// What a decision is about, beside its words: places in a registry are others in the one that is put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// What its words say.
    Words,
    /// It takes these events back.
    Events(Vec<EventId>),
    /// It makes whoever has this key a member of staff.
    Staff(VerifyingKey),
}

impl crate::journal::Entry for Entry {
    const FILE: &'static str = "decisions.journal";
    const FORM: &'static str = "savin/decisions-journal/1";
    const PURPOSE: &'static str = "savin/decisions-journal/1|";
    const MEND: &'static str =
        "what it has before that line is lost with it where the registry is lost, too";

    fn at(&self) -> Timestamp {
        self.at
    }

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let act = match &self.act {
            Act::Begun => WireAct::Begun,
            Act::Decided(decided) => WireAct::Decided(Box::new(WireDecided {
                signed: (&decided.signed).into(),
                about: match &decided.about {
                    About::Words => WireAbout::Words,
                    About::Events(events) => WireAbout::Events(events.clone()),
                    About::Staff(key) => WireAbout::Staff(key.0),
                },
            })),
            Act::Revoked(agent) => WireAct::Revoked(*agent.as_bytes()),
        };
        let wire = WireEntry {
            at: self.at.as_microsecond(),
            act,
        };
        Codec::Bincode2.encode(&wire).map_err(|_| damaged())
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let wire: WireEntry = Codec::Bincode2.decode(bytes).map_err(|_| damaged())?;
        let act = match wire.act {
            WireAct::Begun => Act::Begun,
            WireAct::Decided(decided) => Act::Decided(Box::new(Decided {
                signed: decided.signed.try_into()?,
                about: match decided.about {
                    WireAbout::Words => About::Words,
                    WireAbout::Events(events) => About::Events(events),
                    WireAbout::Staff(key) => About::Staff(VerifyingKey(key)),
                },
            })),
            WireAct::Revoked(agent) => Act::Revoked(AgentId::from_bytes(agent)),
        };
        Ok(Self {
            at: Timestamp::from_microsecond(wire.at).map_err(|_| damaged())?,
            act,
        })
    }
}

/// As it is written: fields and variants are only ever appended, under a new form of the file.
#[derive(Debug, Serialize, Deserialize)]
struct WireEntry {
    at: i64,
    act: WireAct,
}

#[derive(Debug, Serialize, Deserialize)]
enum WireAct {
    Begun,
    Decided(Box<WireDecided>),
    Revoked([u8; 16]),
}

#[derive(Debug, Serialize, Deserialize)]
struct WireDecided {
    signed: WireSigned,
    about: WireAbout,
}

#[derive(Debug, Serialize, Deserialize)]
enum WireAbout {
    Words,
    Events(Vec<EventId>),
    Staff([u8; 32]),
}
