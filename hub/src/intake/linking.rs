//! Who else a record may be about: whoever shares a number or a key with it, compared and judged.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use super::ruling;
use crate::ids::PersonId;
use crate::linkage::comparing::{Compared, compare};
use crate::linkage::face::{Face, Identity};
use crate::linkage::frequency::Frequencies;
use crate::linkage::judging::{Choice, Judged, Why, choose, is_another, judge, may_be_one};
use crate::linkage::keys::{Key, PERSONS_MAX, keys};
use crate::linkage::weights::{Comparison, Weights};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::{face, merge, person, weights};

/// Who has each key.
type Found = BTreeMap<i64, Vec<PersonId>>;

/// Everybody who may be meant by the records of a transaction, and by what they are compared.
#[derive(Debug)]
pub(super) struct Linking {
    weights: Weights,
    frequencies: Frequencies,
    identities: BTreeMap<PersonId, Identity>,
    found: Found,
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
        let found: Found = all.iter().map(|key| key.value).zip(found).collect();
        let mut persons: BTreeSet<PersonId> = named.iter().copied().collect();
        for identity in incoming {
            persons.extend(Candidates::nearest(&found, identity).persons);
        }
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let mut words: Vec<_> = incoming.iter().flat_map(Identity::counted_words).collect();
        words.sort();
        words.dedup();
        Ok(Self {
            weights: weights::load(tx)?,
            frequencies: face::frequencies(tx, &words)?,
            identities: face::identities(tx, &persons)?,
            found,
            apart: merge::apart_from(tx, named)?,
        })
    }

    /// Returns by what is judged: this program's rules with the table that counts.
    pub(super) fn judge_name(&self) -> String {
        ruling::name_with(&self.weights)
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
        for key in keys_of(&identity) {
            if let Some(persons) = self.found.get_mut(&key.value) {
                persons.retain(|person| *person != gone);
            }
        }
    }

    /// Chooses among everybody who shares a key or a number with a record.
    pub(super) fn choose(&self, incoming: &Identity, by_number: &[PersonId]) -> Choice<PersonId> {
        self.choose_where(incoming, by_number, |_| true)
    }

    /// The same for a person who is known already: whoever is kept apart is no candidate.
    pub(super) fn choose_for(&self, person: PersonId, by_number: &[PersonId]) -> Choice<PersonId> {
        let own = self.identity(person);
        self.choose_where(&own, by_number, |other| {
            other != person && !self.are_apart(person, other)
        })
    }

    fn choose_where(
        &self,
        incoming: &Identity,
        by_number: &[PersonId],
        may_be: impl Fn(PersonId) -> bool,
    ) -> Choice<PersonId> {
        let Candidates {
            mut persons,
            is_whole,
        } = Candidates::nearest(&self.found, incoming);
        // Whoever became one of many in this very transaction may not be loaded.
        let is_whole = is_whole && persons.iter().all(|who| self.identities.contains_key(who));
        persons.extend(by_number);
        let judged: Vec<(PersonId, Judged)> = persons
            .into_iter()
            .filter(|person| may_be(*person))
            .map(|person| (person, self.judge(incoming, person)))
            .collect();
        let mut choice = choose(&judged, &self.weights);
        let has_number = |of: PersonId| {
            let (_, judged) = judged.iter().find(|(person, _)| *person == of)?;
            judged.compared.has_identifier().then_some(())
        };
        // Somebody who was not looked at may fit as well: only a number tells them apart.
        if !is_whole
            && let Some(person) = choice.joined.filter(|joined| has_number(*joined).is_none())
        {
            choice.joined = None;
            choice.reviews.insert(0, (person, Why::Rival));
        }
        choice
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

    /// Says whether neither name of an identity is this person's, and nothing else makes that good.
    pub(super) fn is_another(&self, person: PersonId, incoming: &Identity) -> bool {
        is_another(&self.compare(incoming, person), &self.weights)
    }

    /// Writes what two identities were compared by, without what was compared.
    pub(super) fn why(&self, incoming: &Identity, person: PersonId) -> String {
        let judged = self.judge(incoming, person);
        explained(&judged, &self.weights)
    }

    /// Says whether two are kept apart by somebody's decision.
    pub(super) fn are_apart(&self, one: PersonId, other: PersonId) -> bool {
        self.apart.contains(&(one, other))
    }
}

/// With whom an identity is compared.
struct Candidates {
    persons: BTreeSet<PersonId>,
    /// Whether everybody who shares a key is among them.
    is_whole: bool,
}

impl Candidates {
    /// Takes the persons of the rarest keys, and of the others as long as they are few: however many have
    /// one birth date or one name, a record is compared with so many.
    fn nearest(found: &Found, identity: &Identity) -> Self {
        let most = usize::try_from(PERSONS_MAX).unwrap_or(usize::MAX);
        let keys = keys_of(identity);
        let lists = keys.iter().filter_map(|key| found.get(&key.value));
        let mut lists: Vec<&Vec<PersonId>> = lists.collect();
        lists.sort_by_key(|list| list.len());
        let mut is_whole = lists.iter().all(|list| list.len() < most);
        let mut persons = BTreeSet::new();
        for person in lists.into_iter().flatten() {
            if persons.len() >= most {
                is_whole &= persons.contains(person);
            } else {
                persons.insert(*person);
            }
        }
        Self { persons, is_whole }
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
