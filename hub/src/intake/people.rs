//! Whom records are about: placed by numbers and by what is known of everybody who may be meant.

use std::collections::BTreeMap;

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use super::Moment;
use super::learnt::Learnt;
use super::linking::{Linking, identity};
use crate::ids::{PersonId, RecordId};
use crate::linkage::comparing::is_slip;
use crate::linkage::face::Identity;
use crate::linkage::judging::{Choice, Why};
use crate::matching::{
    Identifier, IdentifierKind, Resolution, contradictions, identifiers, resolve,
};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::merge::{self, Joining};
use crate::store::registry::placing::{self, Placing, Placings, Whom};
use crate::store::registry::record::RecordRow;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{person, step};

/// Persons with whom staff is asked to compare a record, at most.
const REVIEWS_MAX: usize = 3;

/// How soon a doubt is looked at: nobody is told of its record before.
const DOUBT_URGENCY: u8 = 2;

/// How soon a likeness is looked at: whoever asked about the one is not told of the other before.
const REVIEW_URGENCY: u8 = 3;

/// The persons that a transaction knows, found and made.
#[derive(Debug)]
pub(super) struct People {
    moment: Moment,
    /// The key under which persons are numbered.
    key: [u8; 16],
    /// The number of the first one that is made.
    first_person: i64,
    known: BTreeMap<Identifier, Option<PersonId>>,
    linking: Linking,
    joined: BTreeMap<PersonId, PersonId>,
    learnt: Learnt,
    reviews: Vec<(PersonId, PersonId, RecordId, Why)>,
    placed: Vec<Placing>,
}

/// Where a record goes, and what else was found.
#[derive(Debug)]
struct Placed {
    person: PersonId,
    /// Whom its numbers name besides, in doubt.
    others: Vec<PersonId>,
    /// Whom its numbers name besides, without doubt.
    also: Vec<PersonId>,
    reviews: Vec<(PersonId, Why)>,
}

impl Placed {
    const fn certain(person: PersonId) -> Self {
        Self {
            person,
            others: Vec::new(),
            also: Vec::new(),
            reviews: Vec::new(),
        }
    }
}

impl People {
    /// Looks up everybody whom these records may be about, and what is known of them and of these
    /// persons.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        incoming: &[(&AgencyId, &Record)],
        mut persons: Vec<PersonId>,
        (first_person, moment): (Option<i64>, Moment),
    ) -> Result<Self, StoreError> {
        let incoming: Vec<Identity> = incoming
            .iter()
            .map(|(agency, record)| identity(agency, record))
            .collect();
        let mut wanted: Vec<Identifier> = incoming
            .iter()
            .flat_map(|identity| identity.identifiers.clone())
            .collect();
        wanted.sort();
        wanted.dedup();
        let found = person::find_many(tx, &wanted)?;
        persons.extend(found.iter().flatten());
        persons.sort();
        persons.dedup();
        Ok(Self {
            linking: Linking::load(tx, &incoming, &persons)?,
            moment,
            key: step::begin(tx, moment.random)?.person_key,
            first_person: match first_person {
                Some(first) => first,
                None => numbers_for_new_persons(tx, incoming.len())?,
            },
            known: wanted.into_iter().zip(found).collect(),
            joined: BTreeMap::new(),
            learnt: Learnt::default(),
            reviews: Vec::new(),
            placed: Vec::new(),
        })
    }

    /// Decides whom a record is about, and learns its numbers, names and face. A record that is known
    /// already stays with its person, who may turn out to be another's. Numbers that contradict what is
    /// known of that person name somebody else, and the record is in doubt.
    pub(super) fn place(
        &mut self,
        agency: &AgencyId,
        record: &Record,
        id: RecordId,
        before: Option<&RecordRow>,
    ) -> PersonId {
        let incoming = identity(agency, record);
        let found = self.found(&incoming);
        let said = before.map(|row| identifiers(agency, &row.known.record));
        let mut said = said.unwrap_or_default();
        let mut placed = match before {
            Some(row) if self.is_given_anew(row.person, &incoming) => {
                // What it said of somebody else contradicts nothing.
                said.clear();
                self.give_anew(row.person, &incoming, &found)
            }
            Some(row) => self.stay(row.person, (&incoming, &said), &found),
            None => self.find(&incoming, &found),
        };
        let (named, doubted) = (self.learnt.identified.len(), self.learnt.doubts.len());
        let stranger = self.stranger(&incoming, placed.person, &said);
        placed.others.extend(stranger);
        let taught = placed.person;
        self.learnt.give(id, before.map(|row| row.person), taught);
        for identifier in &incoming.identifiers {
            if self.whose(identifier).is_none() {
                self.identify(identifier.clone(), placed.person);
            }
        }
        self.linking.learn(placed.person, &incoming);
        self.learnt.teach(placed.person, &incoming, record);
        let person = self.conclude(placed, id, &incoming);
        let names = |of: PersonId| {
            let new = self.learnt.identified.get(named..).unwrap_or_default();
            bits(&incoming, |number| new.contains(&(number.clone(), of)))
        };
        let doubts = self.learnt.doubts.get(doubted..).unwrap_or_default();
        let placing = Placing {
            record: id.0,
            taught: self.whom(taught),
            person: (person != taught).then(|| self.whom(person)),
            names: names(taught),
            stranger: stranger.map(|stranger| (self.whom(stranger), names(stranger))),
            doubts: doubts
                .iter()
                .map(|(_, other, _)| self.whom(*other))
                .collect(),
        };
        self.placed.push(placing);
        person
    }

    /// Joins, doubts and asks as a placement says, and returns whom the record is about in the end.
    fn conclude(&mut self, mut placed: Placed, id: RecordId, incoming: &Identity) -> PersonId {
        let mut person = placed.person;
        for other in placed.also {
            if self.linking.may_be_one(person, other) {
                person = self.join(person, other, incoming);
            } else {
                placed.others.push(other);
            }
        }
        let others = placed.others.into_iter().filter(|other| *other != person);
        let doubts = others.map(|other| (person, other, id));
        self.learnt.doubts.extend(doubts);
        let reviews = placed.reviews.into_iter().take(REVIEWS_MAX);
        self.reviews
            .extend(reviews.map(|(other, why)| (person, other, id, why)));
        person
    }

    /// Places a record that was not known.
    fn find(&mut self, incoming: &Identity, found: &[PersonId]) -> Placed {
        if incoming.faces.is_empty() {
            return self.by_number(found);
        }
        let choice = self.linking.choose(incoming, found);
        if let Some(person) = choice.joined {
            let mut others = found.to_vec();
            others.retain(|other| *other != person && !choice.also.contains(other));
            if self.bears(person, incoming) {
                others.retain(|other| !is_somebody_else(&choice, *other));
            }
            return Placed {
                person,
                reviews: choice
                    .reviews
                    .into_iter()
                    .filter(|(other, _)| !others.contains(other))
                    .collect(),
                others,
                also: choice.also,
            };
        }
        // One number names somebody of whom another differs: nobody is told of it.
        let mut doubtful = found.to_vec();
        doubtful.retain(|person| choice.reviews.contains(&(*person, Why::OtherNumber)));
        let mut reviews = choice.reviews;
        reviews.retain(|(person, _)| !doubtful.contains(person));
        let placed = self.by_number(&doubtful);
        Placed { reviews, ..placed }
    }

    /// Places a record by its numbers alone, the one that decides first.
    fn by_number(&mut self, found: &[PersonId]) -> Placed {
        let found: Vec<Option<PersonId>> = found.iter().copied().map(Some).collect();
        match resolve(&found) {
            Resolution::Known(person) => Placed::certain(person),
            Resolution::New => Placed::certain(self.make()),
            Resolution::Doubtful { person, others } => Placed {
                others,
                ..Placed::certain(person)
            },
        }
    }

    /// Leaves a record with its person, and looks whether that person is somebody else by now. A doubt
    /// comes of numbers that the record says anew: whoever was placed apart from whom its numbers named
    /// stays apart, by the hub's judgment or by somebody's decision.
    fn stay(
        &mut self,
        person: PersonId,
        (incoming, said): (&Identity, &[Identifier]),
        found: &[PersonId],
    ) -> Placed {
        let person = self.current(person);
        let mut named = found.to_vec();
        named.retain(|other| *other != person && !self.linking.are_apart(person, *other));
        let anew = incoming.identifiers.iter().filter(|id| !said.contains(id));
        let anew: Vec<PersonId> = anew.filter_map(|id| self.whose(id)).collect();
        let mut others = named.clone();
        others.retain(|other| anew.contains(other));
        if incoming.faces.is_empty() {
            return Placed {
                others,
                ..Placed::certain(person)
            };
        }
        let is_borne_out = self.bears(person, incoming);
        self.linking.learn(person, incoming);
        let choice = self.linking.choose_for(person, &named);
        if is_borne_out {
            others.retain(|other| !is_somebody_else(&choice, *other));
        }
        let certain: Vec<PersonId> = choice.joined.into_iter().chain(choice.also).collect();
        others.retain(|other| !certain.contains(other));
        Placed {
            person,
            others,
            reviews: choice.reviews,
            also: certain,
        }
    }

    /// Says whether a record is about somebody else than before: its number was given anew, or whom it is about
    /// was mistaken. Neither a name nor a number agrees with what is known of its person.
    fn is_given_anew(&self, person: PersonId, incoming: &Identity) -> bool {
        let person = self.current(person);
        !self.bears(person, incoming) && self.linking.is_another(person, incoming)
    }

    /// Gives a record to whom it is about now, in doubt with whom it was about: what changed may be told to
    /// neither, and nothing of it is learnt of whom it was about.
    fn give_anew(&mut self, before: PersonId, incoming: &Identity, found: &[PersonId]) -> Placed {
        let before = self.current(before);
        let mut named = found.to_vec();
        named.retain(|other| *other != before);
        let mut placed = self.find(incoming, &named);
        placed.others.push(before);
        placed
    }

    /// Says whether one of the numbers of a record's person is already this person's.
    fn bears(&self, person: PersonId, incoming: &Identity) -> bool {
        let mut numbers = incoming.identifiers.iter();
        numbers.any(|id| id.kind != IdentifierKind::Record && self.whose(id) == Some(person))
    }

    /// Makes a person of the numbers that contradict what is known, where there are such.
    fn stranger(
        &mut self,
        incoming: &Identity,
        person: PersonId,
        said: &[Identifier],
    ) -> Option<PersonId> {
        let numbers = self.linking.identity(person).identifiers;
        let contradicting = contradictions(&incoming.identifiers, said, &numbers);
        // One wrong character is a slip of the hand, and nobody else's number.
        let is_typed = |id: &Identifier| {
            let mut same = numbers.iter().filter(|known| known.kind == id.kind);
            id.kind.is_unique() && same.any(|known| is_slip(&known.value, &id.value))
        };
        let strangers: Vec<Identifier> = contradicting
            .into_iter()
            .filter(|id| self.whose(id).is_none() && !is_typed(id))
            .cloned()
            .collect();
        if strangers.is_empty() {
            return None;
        }
        let other = self.make();
        for identifier in strangers {
            self.identify(identifier, other);
        }
        Some(other)
    }

    /// Returns what was learnt.
    pub(super) const fn learnt(&self) -> &Learnt {
        &self.learnt
    }

    /// Notes where the records went.
    pub(super) fn note(&self, placings: &mut Placings) {
        if self.placed.is_empty() {
            return;
        }
        placings.judge = self.linking.judge_name();
        placings.first_person = self.first_person;
        placings.made = u32::try_from(self.learnt.made.len()).unwrap_or(u32::MAX);
        placings.placed.extend(self.placed.iter().cloned());
        let joined = self.learnt.joinings.iter().map(|joining| placing::Joined {
            person: self.whom(joining.person),
            into: self.whom(joining.into),
            why: joining.why.clone(),
        });
        placings.joined.extend(joined);
    }

    /// Asks staff where it is in doubt who is one, once the records are written.
    pub(super) fn ask(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let doubts = self.learnt.doubts.iter().map(|(person, other, record)| {
            let note = "The numbers of a record name both, and nobody is told of it before";
            self.review((*person, *other), *record, DOUBT_URGENCY, note)
        });
        let reviews = self.reviews.iter().map(|(person, other, record, why)| {
            self.review((*person, *other), *record, REVIEW_URGENCY, why.as_str())
        });
        let tasks: Vec<NewTask> = doubts.chain(reviews).flatten().collect();
        task::open(tx, &tasks, self.moment.now)
    }

    /// Asks whether two are one person; nothing where they are one by now.
    fn review(
        &self,
        (one, other): (PersonId, PersonId),
        record: RecordId,
        urgency: u8,
        why: &str,
    ) -> Option<NewTask> {
        let (one, other) = (self.current(one), self.current(other));
        (one != other).then(|| {
            let (first, second) = (one.min(other), one.max(other));
            NewTask {
                kind: TaskKind::IdentityDoubt,
                subject: merge::subject(first, second),
                facility: None,
                person: Some(one),
                other: Some(other),
                record: Some(record),
                event: None,
                urgency,
                due_at: None,
                note: format!("{why}: savin-hub persons review {first} {second}"),
            }
        })
    }

    /// Whom a record's numbers name, each once, in their order.
    fn found(&self, incoming: &Identity) -> Vec<PersonId> {
        let mut found: Vec<PersonId> = Vec::new();
        for person in incoming.identifiers.iter().filter_map(|id| self.whose(id)) {
            if !found.contains(&person) {
                found.push(person);
            }
        }
        found
    }

    fn whose(&self, identifier: &Identifier) -> Option<PersonId> {
        let known = self.known.get(identifier).copied().flatten();
        known.map(|person| self.current(person))
    }

    fn current(&self, mut person: PersonId) -> PersonId {
        while let Some(into) = self.joined.get(&person) {
            person = *into;
        }
        person
    }

    /// Makes one of two, the one that was known first, and returns it.
    fn join(&mut self, one: PersonId, other: PersonId, incoming: &Identity) -> PersonId {
        let (into, gone) = (one.min(other), one.max(other));
        let joining = Joining {
            person: gone,
            into,
            why: self.linking.why(incoming, other),
            decision: None,
        };
        self.learnt.joinings.push(joining);
        self.linking.join(gone, into);
        self.joined.insert(gone, into);
        into
    }

    fn identify(&mut self, identifier: Identifier, person: PersonId) {
        self.known.insert(identifier.clone(), Some(person));
        let incoming = Identity {
            faces: Vec::new(),
            identifiers: vec![identifier.clone()],
        };
        self.linking.learn(person, &incoming);
        self.learnt.identified.push((identifier, person));
    }

    fn make(&mut self) -> PersonId {
        let made = i64::try_from(self.learnt.made.len()).unwrap_or(i64::MAX);
        let number = self.first_person.saturating_add(made);
        let person = PersonId::numbered(&self.key, self.moment.now, number);
        self.learnt.made.push(person);
        person
    }

    /// Says who a person is among those whom this step made, who stand in their order.
    fn whom(&self, person: PersonId) -> Whom {
        let made = self.learnt.made.binary_search(&person).ok();
        let made = made.and_then(|place| u32::try_from(place).ok());
        made.map_or(Whom::Known(person), Whom::Made)
    }
}

/// Sets a bit for each number of a record of which something holds.
fn bits(incoming: &Identity, holds: impl Fn(&Identifier) -> bool) -> u64 {
    let numbers = incoming.identifiers.iter().take(64).enumerate();
    let set = numbers.filter(|(_, number)| holds(number));
    set.fold(0, |bits, (place, _)| bits | 1 << place)
}

/// Says whether somebody whom a number names is another than the record is about.
fn is_somebody_else(choice: &Choice<PersonId>, other: PersonId) -> bool {
    choice.reviews.contains(&(other, Why::OtherPerson))
}

/// Takes as many numbers of persons as records may make: each its own, and one whom its numbers name.
fn numbers_for_new_persons(tx: &mut Tx<'_>, records: usize) -> Result<i64, StoreError> {
    if records == 0 {
        return Ok(0);
    }
    tx.take_numbers("person", 2 * records as u64)
}

#[cfg(test)]
mod tests;
