//! What makes a row of a transactions feed the same as one that was told before, and which rows of
//! one record are to be told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use savin_shared::clock::EffectiveAt;
use savin_shared::hash::Hash;
use savin_shared::ids::RecordKey;
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody};

use super::Shadowed;
use crate::mapping::MappedRow;
use crate::mapping::standing::Standing;

/// A transaction that an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its fingerprint.
    pub fingerprint: Hash,
    /// The record, where the row says no time: what the same words mean is then known only from the
    /// last export that named the record.
    pub record: Option<Hash>,
}

/// What names a transaction: the record, its status and when that took effect. A corrected name, or
/// a column more in the profile, makes no other transaction of it.
struct Transaction {
    words: Hash,
    at: Option<Timestamp>,
}

impl Transaction {
    fn of(row: &MappedRow) -> Self {
        let key = row.key.to_string();
        let Ok(record) = row.row.record() else {
            let words = row.row.hash();
            return Self { words, at: None };
        };
        let (words, at) = match &record.body {
            RecordBody::Custody(custody) => {
                let state = custody.state.to_string();
                let status = custody.status_text.as_ref().unwrap_or(&state);
                let times = [
                    custody.status_at,
                    custody.released_at,
                    custody.booked_at,
                    custody.arrested_at,
                ];
                let own = if row.standing == Standing::Ended {
                    custody.released_at
                } else {
                    custody.booked_at
                };
                let at = custody.status_at.or(own).map(EffectiveAt::timestamp);
                (format!("{status}/{times:?}").into_bytes(), at)
            }
            RecordBody::CourtEvent(_)
            | RecordBody::Hearing(_)
            | RecordBody::ProtectiveOrder(_)
            | RecordBody::Supervision(_)
            | RecordBody::SexOffender(_) => (body(&record, row), None),
        };
        Self {
            words: Hash::tagged("savin/transaction/1", &[key.as_bytes(), &words]),
            at,
        }
    }

    /// Returns the fingerprint of the transaction where it stands in a file as so many before it do.
    fn fingerprint(&self, before: u64) -> Hash {
        Hash::tagged(
            "savin/told/1",
            &[self.words.as_bytes(), &before.to_be_bytes()],
        )
    }
}

/// Returns the bytes of a record without whom it is about.
fn body(record: &Record, row: &MappedRow) -> Vec<u8> {
    let bare = Record {
        subject: Subject::default(),
        entered_at: None,
        ..record.clone()
    };
    savin_shared::record::portable::encode(&bare).unwrap_or_else(|_| row.row.bytes().to_vec())
}

/// Puts the rows of one record together that are the same transaction, each for another charge, in the order
/// in which the transactions are met first. Where no time tells them apart, what stands between two ends the
/// first: the same words after it are another transaction.
pub(super) fn movements(rows: Vec<MappedRow>) -> Vec<Vec<MappedRow>> {
    let mut groups: Vec<(Transaction, Vec<MappedRow>)> = Vec::new();
    for row in rows {
        let own = Transaction::of(&row);
        let last = groups.len().saturating_sub(1);
        let mut same = groups.iter_mut().enumerate().filter(|(place, (other, _))| {
            other.words == own.words && (own.at.is_some() || *place == last)
        });
        match same.next() {
            Some((_, (_, rows))) => rows.push(row),
            None => groups.push((own, vec![row])),
        }
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}

/// Finds which of one record's rows are to be told, each with its time, and what is to be remembered of them.
///
/// What was not told yet is told, and so are the rows after it, so that the last row stays the last
/// word; but not one that is older, since some systems write the newest row first. Nothing is told of
/// an old row that was corrected when the last word stays what it was. A last row that says more of
/// what is known already is told too.
pub(super) fn untold(
    key: &RecordKey,
    rows: Vec<MappedRow>,
    seen: &BTreeSet<Hash>,
    before: Option<Shadowed>,
) -> (Vec<(MappedRow, Option<Timestamp>)>, Vec<Told>) {
    let record = Hash::of(key.to_string().as_bytes());
    let mut counts = BTreeMap::<Hash, u64>::new();
    let (mut told, mut newest) = (Vec::new(), None::<Option<Timestamp>>);
    let mut telling = Vec::new();
    let (mut is_last_again, mut tells_an_end) = (false, false);
    let last = rows.len().saturating_sub(1);
    for (place, row) in rows.into_iter().enumerate() {
        let transaction = Transaction::of(&row);
        let count = counts.entry(transaction.words).or_default();
        let fingerprint = transaction.fingerprint(*count);
        *count += 1;
        let is_custody = row.key.kind == savin_shared::record::RecordKind::Custody;
        told.push(Told {
            fingerprint,
            record: (is_custody && transaction.at.is_none()).then_some(record),
        });
        let is_known = seen.contains(&fingerprint);
        let is_older = |newest: Option<Timestamp>| matches!((transaction.at, newest), (Some(at), Some(newest)) if at < newest);
        let is_told = match newest {
            _ if !is_known => true,
            Some(newest) => !is_older(newest),
            None => place == last && says_more(&row, before),
        };
        if !is_known {
            newest = Some(newest.flatten().max(transaction.at));
            tells_an_end |= row.standing == Standing::Ended;
        }
        let is_before = before.is_some_and(|before| before.hash == row.row.hash());
        is_last_again = is_told && is_known && is_before;
        if is_told {
            telling.push((row, transaction.at));
        }
    }
    if newest.is_none() {
        return (telling, Vec::new());
    }
    if is_last_again && !tells_an_end {
        telling.clear();
    }
    (telling, told)
}

/// Says whether a row says otherwise what is known, and does not undo it.
fn says_more(row: &MappedRow, before: Option<Shadowed>) -> bool {
    before.is_some_and(|before| before.standing == row.standing && before.hash != row.row.hash())
}
