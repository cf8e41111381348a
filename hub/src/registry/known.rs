//! What is known of one record.

use std::collections::BTreeSet;

use savin_shared::delta::Evidence;
use savin_shared::ids::FeedName;
use savin_shared::record::custody::CustodyState;
use savin_shared::record::{Record, RecordKind};

use crate::ids::OrderId;

/// A record as it stands, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub record: Record,
    /// Who sealed or protected it: as long as there is one, nobody is shown it.
    pub sealed_by: BTreeSet<Sealer>,
    /// The feed whose word its status is.
    pub status_feed: FeedName,
    /// What that word proves.
    pub status_evidence: Evidence,
    /// How many rosters list it now.
    pub listings: u32,
}

/// Who keeps a record from everybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sealer {
    /// A feed that marks it as sealed or protected: it alone knows when that is over.
    Feed(FeedName),
    /// A court's order, which no feed knows of: only a person's decision lifts it.
    Order(OrderId),
}

/// What a feed last said of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Whether it is a row of a whole list, whose absence would say something.
    pub is_roster: bool,
    /// The custody state in it.
    pub state: Option<CustodyState>,
    /// Which fields it filled.
    pub filled: Fields,
}

/// A set of a record's fields, as [`super::overlay`] numbers them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields(pub u32);

impl Known {
    /// Says whether it is a booking by which the person is held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let custody = self.record.custody();
        custody.is_some_and(|custody| custody.state.is_held())
    }

    /// Says whether it is a booking that is missing from its list, without a word of why.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        let custody = self.record.custody();
        custody.is_some_and(|custody| custody.state == CustodyState::NoLongerListed)
    }

    /// Says whether a court ordered it to be sealed: then nobody is found by what it says, either.
    #[must_use]
    pub fn is_sealed_by_order(&self) -> bool {
        self.orders().next().is_some()
    }

    /// Returns the courts' orders by which it is sealed.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> + '_ {
        self.sealed_by.iter().filter_map(|sealer| match sealer {
            Sealer::Order(order) => Some(*order),
            Sealer::Feed(_) => None,
        })
    }

    /// Says whether the public may see the record, and learn anything by it. Service of a
    /// protective order is told to whoever asked for the order: the public page would tell the
    /// person it is against.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.sealed_by.is_empty()
            && !self.record.synthetic
            && self.record.kind() != RecordKind::ProtectiveOrder
    }
}
