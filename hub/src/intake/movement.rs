//! What becomes of one record: a change that a delta or a row of a state makes, from whichever source.

use savin_shared::clock::ObservedAt;
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, FeedName, RecordKey, Seq};
use savin_shared::record::Record;

use super::Speaker;
use super::workspace::AgencyKey;
use crate::registry::fold::ArrivalChange;
use crate::store::registry::listing::ListingKey;
use crate::store::registry::record::RecordRow;

/// One change of one record, from whichever source.
#[derive(Debug)]
pub(super) struct Movement<'a> {
    /// Whose word it is.
    pub(super) speaker: &'a Speaker,
    /// Whose list it changes.
    pub(super) lister: AgentId,
    pub(super) feed: &'a FeedName,
    pub(super) epoch: Epoch,
    pub(super) seq: Seq,
    pub(super) observed_at: ObservedAt,
    pub(super) origin: Origin,
    pub(super) change: MovementChange<'a>,
}

/// What changed.
#[derive(Debug)]
pub(super) enum MovementChange<'a> {
    /// A row is listed with this content.
    Row {
        record: &'a Record,
        hash: Hash,
        coverage: Coverage,
        evidence: Evidence,
    },
    /// A row is listed no longer.
    NoLongerListed(RecordKey),
    /// A row was sealed.
    Withheld(RecordKey),
}

impl Movement<'_> {
    fn key(&self) -> RecordKey {
        match &self.change {
            MovementChange::Row { record, .. } => record.key(),
            MovementChange::NoLongerListed(key) | MovementChange::Withheld(key) => key.clone(),
        }
    }

    pub(super) fn agency_key(&self) -> AgencyKey {
        (self.speaker.agency.clone(), self.key())
    }

    pub(super) fn listing_key(&self) -> ListingKey {
        ListingKey {
            agent: self.lister,
            feed: self.feed.clone(),
            key: self.key(),
        }
    }

    /// Says whether the speaker may speak for the place where a record is known to be. Rows are
    /// checked when they arrive: they name their place.
    fn is_in_scope(&self, before: Option<&RecordRow>) -> bool {
        before.is_none_or(|row| {
            let facility = &row.known.record.facility;
            self.speaker.facilities.contains(facility)
        })
    }

    pub(super) fn arrival_change(&self, before: Option<&RecordRow>) -> ArrivalChange<'_> {
        let is_in_scope = self.is_in_scope(before);
        match &self.change {
            MovementChange::Row {
                record,
                coverage,
                evidence,
                ..
            } => ArrivalChange::Row {
                record,
                coverage: *coverage,
                evidence: *evidence,
            },
            MovementChange::NoLongerListed(_) if is_in_scope => ArrivalChange::NoLongerListed,
            MovementChange::Withheld(_) if is_in_scope => ArrivalChange::Withheld,
            MovementChange::NoLongerListed(_) | MovementChange::Withheld(_) => {
                ArrivalChange::Unlisted
            }
        }
    }
}
