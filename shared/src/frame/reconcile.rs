//! Anti-entropy: two round trips that find the rows in which two states differ, and set them right.

use serde::{Deserialize, Serialize};

use super::snapshot::{SnapshotBegin, SnapshotChunk};
use crate::chain::Position;
use crate::hash::Hash;
use crate::ids::FeedName;

/// A step of the comparison. Variants are only ever appended; the first three were never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reconcile {
    /// Hub: these are my buckets, as a stored [`crate::digest::Digest`].
    Buckets(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Agent: in the buckets that differ I hold these rows.
    Rows(Vec<RowHash>),
    /// Hub: send me these again.
    Wanted(Vec<RowName>),
    /// Agent: this is my digest at a place on my chain.
    Standing {
        /// The place.
        position: Position,
        /// The buckets, as a stored [`crate::digest::Digest`].
        #[serde(with = "serde_bytes")]
        buckets: Vec<u8>,
    },
    /// Hub: in these buckets I hold something else.
    Differing(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Agent: this is all that I list in them.
    Repair {
        /// The signature over the whole state that must come of it.
        begin: SnapshotBegin,
        /// Which buckets.
        #[serde(with = "serde_bytes")]
        buckets: Vec<u8>,
        /// Every row of them.
        chunks: Vec<SnapshotChunk>,
    },
    /// Agent: that is too much for one frame, so ask me for the full state.
    Declined,
}

/// What names a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowName {
    /// In which feed.
    pub feed: FeedName,
    /// The code of a [`crate::record::RecordKind`].
    pub kind: u8,
    /// The number that its agency gave it.
    pub number: String,
}

/// A row by name and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowHash {
    /// Which row.
    pub name: RowName,
    /// The hash of its bytes.
    pub hash: Hash,
}

#[cfg(test)]
mod tests {
    use super::Reconcile;
    use crate::chain::Position;
    use crate::codec::Codec;
    use crate::delta::Row;
    use crate::digest::{Digest, bucket_of, key_hash};
    use crate::frame::Frame;
    use crate::frame::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd, SnapshotRow};
    use crate::hash::Hash;
    use crate::ids::{AgentId, Epoch, FacilityCode, FeedName, PersonNumber, RecordNumber};
    use crate::pii::Pii;
    use crate::record::custody::{Custody, CustodyState};
    use crate::record::subject::{PersonName, Subject};
    use crate::record::{Record, RecordBody};
    use crate::sign::SigningKey;

    fn row(number: usize) -> (Hash, Hash, SnapshotRow) {
        let feed = FeedName::new("roster").unwrap();
        let booking = RecordNumber::new(&format!("B2026{number:06}")).unwrap();
        let mut custody = Custody::new(booking, CustodyState::InCustody);
        custody.location = Some(format!("{}-{}", number % 7, number % 40));
        custody.classification = Some("MEDIUM".to_owned());
        let record = Record {
            facility: FacilityCode::new("MS049-JAIL").unwrap(),
            subject: Subject {
                person_number: Some(PersonNumber::new(&format!("{number:07}")).unwrap()),
                name: Some(PersonName {
                    surname: Pii::new(format!("SAMPLE{}", number * 7919 % 10_000)),
                    given: Some(Pii::new(format!("AVERY{}", number % 977))),
                    middle: None,
                    suffix: None,
                }),
                ..Subject::default()
            },
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(custody)),
        };
        let row = Row::of(&record).unwrap();
        let sent = SnapshotRow {
            feed: feed.clone(),
            coverage: 1,
            evidence: 3,
            row: row.bytes().to_vec(),
        };
        (key_hash(&feed, &record.key()), row.hash(), sent)
    }

    fn bytes(frames: impl IntoIterator<Item = Frame>) -> usize {
        let frames = frames.into_iter();
        frames
            .map(|frame| frame.encode(Codec::Bincode2).unwrap().len())
            .sum()
    }

    #[test]
    fn costs_a_small_part_of_the_full_state_of_ten_thousand_rows() {
        let agent = AgentId::from_bytes([1; 16]);
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let position = Position::genesis(agent, Epoch::from_bytes([2; 16]));
        let rows: Vec<_> = (0..10_000).map(row).collect();
        let mut digest = Digest::default();
        for (name, hash, _) in &rows {
            digest.add(name, hash);
        }
        let begin = || SnapshotBegin::sign(agent, position, 10_000, digest.root(), &key);
        let wrong = bucket_of(&rows[77].0);
        let again: Vec<_> = rows
            .iter()
            .filter(|(name, ..)| bucket_of(name) == wrong)
            .map(|(.., row)| row.clone())
            .collect();
        let comparison = bytes([
            Frame::Reconcile(Reconcile::Standing {
                position,
                buckets: digest.to_bytes(),
            }),
            Frame::Reconcile(Reconcile::Differing(vec![wrong])),
            Frame::Reconcile(Reconcile::Repair {
                begin: begin(),
                buckets: vec![wrong],
                chunks: SnapshotChunk::pack_all(&again).unwrap(),
            }),
        ]);
        let all: Vec<_> = rows.into_iter().map(|(.., row)| row).collect();
        let chunks = SnapshotChunk::pack_all(&all).unwrap();
        let end = SnapshotEnd {
            chunks: u32::try_from(chunks.len()).unwrap(),
        };
        let whole = bytes(
            [Frame::SnapshotBegin(begin()), Frame::SnapshotEnd(end)]
                .into_iter()
                .chain(chunks.into_iter().map(Frame::SnapshotChunk)),
        );
        // Most of it is the digest itself, whatever the number of rows.
        let sent_again = again.len();
        assert!(
            comparison < 11_000 && comparison * 9 < whole,
            "{sent_again} rows again: {comparison} bytes of {whole}"
        );
    }
}
