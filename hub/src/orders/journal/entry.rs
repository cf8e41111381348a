//! One entry of the journal: everything that is needed to carry an order out on a database that never heard
//! of it, and nothing by which anybody is called. Records stand in it by keyed hashes.

use jiff::Timestamp;
use savin_shared::codec::Codec;
use savin_shared::ids::AgencyId;
use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, EventId, PersonId};
use crate::journal::signed::{Signed, WireSigned, damaged};
use crate::store::StoreError;
use crate::store::registry::court_order::{NewOrder, OrderKind};
use crate::store::registry::expunged::Tombstone;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// By what databases know it again.
    pub id: EntryId,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub act: Act,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A court's order was given.
    Give(Box<Given>),
    /// One was lifted.
    Lift {
        /// By which entry it was given.
        given: EntryId,
        /// The decision.
        signed: Signed,
    },
    /// Another entry never took effect, and is not carried out.
    GiveUp {
        /// Which.
        entry: EntryId,
    },
}

/// An order, and what it touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The order.
    pub about: NewOrder,
    /// Its records, by keyed hashes, with whose they are.
    pub named: Vec<(AgencyId, Tombstone)>,
    /// The events of these that were known.
    pub events: Vec<EventId>,
    /// The persons of whom nothing stays.
    pub persons: Vec<PersonId>,
    /// What somebody may have followed of it, by the vault's keyed hashes.
    pub follows: Vec<[u8; 32]>,
    /// Events beside it, of which notices of older programs may say where the person is without by which booking.
    pub asides: Vec<EventId>,
    /// The decision.
    pub signed: Signed,
}

impl crate::journal::Entry for Entry {
    const FILE: &'static str = "orders.journal";
    const FORM: &'static str = "savin/orders-journal/1";
    const PURPOSE: &'static str = "savin/orders-journal/1|";
    const MEND: &'static str = "put the copy of the newest backup in its place, and what it lacks is added from the \
                                registry";

    fn at(&self) -> Timestamp {
        self.at
    }

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let act = match &self.act {
            Act::Give(given) if given.asides.is_empty() => WireAct::Give(given.wire()),
            Act::Give(given) => WireAct::GiveBeside(given.wire(), given.asides.clone()),
            Act::Lift { given, signed } => WireAct::Lift {
                given: *given,
                signed: signed.into(),
            },
            Act::GiveUp { entry } => WireAct::GiveUp { entry: *entry },
        };
        let wire = WireEntry {
            id: self.id,
            at: self.at.as_microsecond(),
            act,
        };
        Codec::Bincode2.encode(&wire).map_err(|_| damaged())
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let wire: WireEntry = Codec::Bincode2.decode(bytes).map_err(|_| damaged())?;
        let act = match wire.act {
            WireAct::Give(given) => Act::Give(Box::new(Given::unwire(given, Vec::new())?)),
            WireAct::GiveBeside(given, asides) => {
                Act::Give(Box::new(Given::unwire(given, asides)?))
            }
            WireAct::Lift { given, signed } => Act::Lift {
                given,
                signed: signed.try_into()?,
            },
            WireAct::GiveUp { entry } => Act::GiveUp { entry },
        };
        Ok(Self {
            id: wire.id,
            at: Timestamp::from_microsecond(wire.at).map_err(|_| damaged())?,
            act,
        })
    }
}

impl Given {
    fn wire(&self) -> WireGiven {
        let named = self.named.iter();
        WireGiven {
            kind: self.about.kind.as_str().to_owned(),
            number: self.about.number.clone(),
            court: self.about.court.clone(),
            named: named
                .map(|(agency, stone)| (agency.to_string(), *stone))
                .collect(),
            events: self.events.clone(),
            persons: self.persons.clone(),
            follows: self.follows.clone(),
            signed: (&self.signed).into(),
        }
    }

    fn unwire(given: WireGiven, asides: Vec<EventId>) -> Result<Self, StoreError> {
        let named = given.named.into_iter().map(|(agency, stone)| {
            let agency = AgencyId::new(&agency).map_err(|_| damaged())?;
            Ok((agency, stone))
        });
        Ok(Self {
            about: NewOrder {
                kind: OrderKind::parse(&given.kind)?,
                number: given.number,
                court: given.court,
            },
            named: named.collect::<Result<_, StoreError>>()?,
            events: given.events,
            persons: given.persons,
            follows: given.follows,
            asides,
            signed: given.signed.try_into()?,
        })
    }
}

/// As it is written: fields are never changed, and variants only ever appended. A program that does not know one yet
/// takes the entry for damaged and does not start: it could not carry the order out.
#[derive(Debug, Serialize, Deserialize)]
struct WireEntry {
    id: EntryId,
    at: i64,
    act: WireAct,
}

#[derive(Debug, Serialize, Deserialize)]
enum WireAct {
    Give(WireGiven),
    Lift { given: EntryId, signed: WireSigned },
    GiveUp { entry: EntryId },
    GiveBeside(WireGiven, Vec<EventId>),
}

#[derive(Debug, Serialize, Deserialize)]
struct WireGiven {
    kind: String,
    number: String,
    court: String,
    named: Vec<(String, [u8; 32])>,
    events: Vec<EventId>,
    persons: Vec<PersonId>,
    follows: Vec<[u8; 32]>,
    signed: WireSigned,
}
