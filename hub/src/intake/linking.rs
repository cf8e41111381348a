//! Who else a record may be about: whoever shares a number or a key with it, compared and judged.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use crate::ids::PersonId;
use crate::linkage::comparing::{Compared, compare};
use crate::linkage::face::{Face, Identity};
use crate::linkage::frequency::Frequencies;
use crate::linkage::judging::{Choice, Judged, choose, judge, may_be_one};
use crate::linkage::keys::{Key, keys};
use crate::linkage::weights::{Comparison, Weights};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::{face, merge, person, weights};

/// Everybody who may be meant by the records of a transaction, and by what they are compared.
#[derive(Debug)]
pub(super) struct Linking {
    weights: Weights,
    frequencies: Frequencies,
    identities: BTreeMap<PersonId, Identity>,
    found: BTreeMap<i64, Vec<PersonId>>,
    apart: BTreeSet<(PersonId, PersonId)>,
}

impl Linking {
    /// Looks up whoever shares a key with these identities, and who they and these persons are.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        incoming: &[Identity],
        named: &[PersonId],
    ) -> Result<Self, StoreError> {
        let mut all: Vec<Key> = incoming.iter().flat_map(keys_of).collect();
        all.sort();
        all.dedup();
        let found = face::find_many(tx, &all)?;
        let mut persons: Vec<PersonId> = found.iter().flatten().chain(named).copied().collect();
        persons.sort();
        persons.dedup();
        let mut words: Vec<_> = incoming.iter().flat_map(Identity::counted_words).collect();
        words.sort();
        words.dedup();
        Ok(Self {
            weights: weights::load(tx)?,
            frequencies: face::frequencies(tx, &words)?,
            identities: face::identities(tx, &persons)?,
            found: all.iter().map(|key| key.value).zip(found).collect(),
            apart: merge::apart_from(tx, named)?,
        })
    }

    /// Returns what is known of a person.
    pub(super) fn identity(&self, person: PersonId) -> Identity {
        self.identities.get(&person).cloned().unwrap_or_default()
    }

    /// Notes what else is known of a person now.
    pub(super) fn learn(&mut self, person: PersonId, incoming: &Identity) {
        let identity = self.identities.entry(person).or_default();
        for face in &incoming.faces {
            if !identity.faces.contains(face) {
                identity.faces.push(face.clone());
            }
        }
        for identifier in &incoming.identifiers {
            if !identity.identifiers.contains(identifier) {
                identity.identifiers.push(identifier.clone());
            }
        }
        for key in keys_of(incoming) {
            let persons = self.found.entry(key.value).or_default();
            if !persons.contains(&person) {
                persons.push(person);
            }
        }
    }

    /// Makes one person of two.
    pub(super) fn join(&mut self, gone: PersonId, into: PersonId) {
        let identity = self.identities.remove(&gone).unwrap_or_default();
        self.learn(into, &identity);
        for persons in self.found.values_mut() {
            persons.retain(|person| *person != gone);
        }
    }

    /// Chooses among everybody who shares a key or a number with a record.
    pub(super) fn choose(&self, incoming: &Identity, by_number: &[PersonId]) -> Choice<PersonId> {
        let candidates = self.candidates(incoming, by_number);
        let judged: Vec<(PersonId, Judged)> = candidates
            .into_iter()
            .map(|person| (person, self.judge(incoming, person)))
            .collect();
        choose(&judged, &self.weights)
    }

    /// The same for a person who is known already: whoever is kept apart is no candidate.
    pub(super) fn choose_for(&self, person: PersonId, by_number: &[PersonId]) -> Choice<PersonId> {
        let own = self.identity(person);
        let judged: Vec<(PersonId, Judged)> = self
            .candidates(&own, by_number)
            .into_iter()
            .filter(|other| *other != person && !self.are_apart(person, *other))
            .map(|other| (other, self.judge(&own, other)))
            .collect();
        choose(&judged, &self.weights)
    }

    fn candidates(&self, incoming: &Identity, by_number: &[PersonId]) -> BTreeSet<PersonId> {
        let mut candidates: BTreeSet<PersonId> = by_number.iter().copied().collect();
        for key in keys_of(incoming) {
            candidates.extend(self.found.get(&key.value).into_iter().flatten());
        }
        candidates
    }

    fn judge(&self, incoming: &Identity, person: PersonId) -> Judged {
        let compared = self.compare(incoming, person);
        judge(compared, &self.weights, self.frequencies.population)
    }

    /// Judges two identities of which neither need be a person's.
    pub(super) fn judge_pair(&self, one: &Identity, other: &Identity) -> Judged {
        let compared = compare(one, other, &self.weights, &self.frequencies);
        judge(compared, &self.weights, self.frequencies.population)
    }

    fn compare(&self, incoming: &Identity, person: PersonId) -> Compared {
        self.identities
            .get(&person)
            .map(|known| compare(incoming, known, &self.weights, &self.frequencies))
            .unwrap_or_default()
    }

    /// Says whether two persons whom one record's numbers name may be made one.
    pub(super) fn may_be_one(&self, one: PersonId, other: PersonId) -> bool {
        let compared = self.compare(&self.identity(one), other);
        !self.are_apart(one, other) && may_be_one(&compared, &self.weights)
    }

    /// Writes what two identities were compared by, without what was compared.
    pub(super) fn why(&self, incoming: &Identity, person: PersonId) -> String {
        let judged = self.judge(incoming, person);
        explained(&judged, &self.weights)
    }

    fn are_apart(&self, one: PersonId, other: PersonId) -> bool {
        self.apart.contains(&(one, other))
    }
}

/// Says whom a record would be about if it arrived now, and writes nothing.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn whom(
    tx: &mut Tx<'_>,
    agency: &AgencyId,
    record: &Record,
) -> Result<Choice<PersonId>, StoreError> {
    let incoming = identity(agency, record);
    let found = person::find_many(tx, &incoming.identifiers)?;
    let named: Vec<PersonId> = found.into_iter().flatten().collect();
    let linking = Linking::load(tx, std::slice::from_ref(&incoming), &named)?;
    Ok(linking.choose(&incoming, &named))
}

/// Returns what a record says of its person. What an agent made up to prove the line is known by its
/// numbers alone, so that it is never taken for anybody.
pub(super) fn identity(agency: &AgencyId, record: &Record) -> Identity {
    let mut identity = Identity::of(agency, record);
    if record.synthetic {
        identity.faces.clear();
    }
    identity
}

/// Writes a judgment in one line: each comparison with its level and bits, and by which table.
fn explained(judged: &Judged, weights: &Weights) -> String {
    let line = |comparison: Comparison| {
        let line = judged
            .compared
            .lines
            .iter()
            .find(|line| line.comparison == comparison)?;
        Some(format!(
            "{} {} {:+.1}",
            comparison.as_str(),
            line.level.as_str(),
            line.bits
        ))
    };
    let lines: Vec<String> = Comparison::ALL.into_iter().filter_map(line).collect();
    format!(
        "{:.1} bits by table {}: {}",
        judged.bits,
        weights.version(),
        lines.join(", ")
    )
}

fn keys_of(identity: &Identity) -> Vec<Key> {
    let faces: &[Face] = &identity.faces;
    faces.iter().flat_map(keys).collect()
}
