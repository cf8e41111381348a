//! What would be joined, asked and doubted anew if everybody were compared now. Nothing is changed, and
//! what a person decided is left out.

use std::collections::BTreeSet;

use super::linking::{Linking, identity};
use crate::ids::PersonId;
use crate::linkage::face::Identity;
use crate::linkage::judging::{Verdict, Why};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::{face, merge};

/// Records of one person that are compared with each other.
const RECORDS_MAX: usize = 12;

/// What would be otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Two persons would be joined.
    Join(PersonId, PersonId),
    /// Staff would be asked about two persons.
    Ask(PersonId, PersonId, Why),
    /// Records of one person would not be joined any more.
    Doubt(PersonId),
}

/// Compares a page of persons, and returns what would change with the last of them.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn changes(
    tx: &mut Tx<'_>,
    after: Option<PersonId>,
    persons_max: u32,
) -> Result<(BTreeSet<Change>, Option<PersonId>), StoreError> {
    let page = face::page(tx, after, persons_max)?;
    let known: Vec<Identity> = face::identities(tx, &page)?.into_values().collect();
    let linking = Linking::load(tx, &known, &page)?;
    let mut changes = BTreeSet::new();
    for &person in &page {
        let choice = linking.choose_for(person, &[]);
        changes.extend(choice.joined.map(|other| {
            let (one, other) = (person.min(other), person.max(other));
            Change::Join(one, other)
        }));
        changes.extend(choice.reviews.into_iter().take(1).map(|(other, why)| {
            let (one, other) = (person.min(other), person.max(other));
            Change::Ask(one, other, why)
        }));
        if is_doubted(tx, &linking, person)? {
            changes.insert(Change::Doubt(person));
        }
    }
    Ok((changes, page.last().copied()))
}

/// Says whether one of a person's records would not be joined with the others, unless somebody decided
/// that it is theirs.
fn is_doubted(tx: &mut Tx<'_>, linking: &Linking, person: PersonId) -> Result<bool, StoreError> {
    let merges = merge::of_person(tx, person)?;
    let is_decided =
        |merge: &merge::Merge| merge.undone_at.is_none() && merge.joining.decision.is_some();
    if merges.iter().any(is_decided) {
        return Ok(false);
    }
    let records = merge::with_agencies(tx, person)?;
    let each: Vec<Identity> = records
        .iter()
        .take(RECORDS_MAX)
        .map(|(agency, row)| identity(agency, &row.known.record))
        .collect();
    Ok(each.iter().enumerate().any(|(place, one)| {
        let mut others = Identity::default();
        for (other, identity) in each.iter().enumerate() {
            if other != place {
                others.faces.extend(identity.faces.clone());
                others.identifiers.extend(identity.identifiers.clone());
            }
        }
        let is_compared = !one.faces.is_empty() && !others.faces.is_empty();
        is_compared && linking.judge_pair(one, &others).verdict != Verdict::Join
    }))
}
