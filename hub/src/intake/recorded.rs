//! Whom records are about, as it was decided when they came: nobody is looked for and nobody is compared.

use savin_shared::ids::AgencyId;
use savin_shared::record::Record;

use super::Moment;
use super::course::refused;
use super::learnt::Learnt;
use super::linking::identity;
use crate::ids::{PersonId, RecordId};
use crate::linkage::face::Identity;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::merge::Joining;
use crate::store::registry::placing::{Placing, Placings, Whom};
use crate::store::registry::record::RecordRow;
use crate::store::registry::step;

/// Placements that are taken as they are.
#[derive(Debug)]
pub(super) struct Recorded<'a> {
    placed: std::slice::Iter<'a, Placing>,
    learnt: Learnt,
}

impl<'a> Recorded<'a> {
    /// Makes everybody whom the step made, and joins whom it joined, where the step begins with this.
    pub(super) fn load(
        tx: &mut Tx<'_>,
        (placings, is_first): (&'a Placings, bool),
        moment: Moment,
    ) -> Result<Self, StoreError> {
        if !is_first {
            return Ok(Self {
                placed: [].iter(),
                learnt: Learnt::default(),
            });
        }
        let key = step::begin(tx, moment.random)?.person_key;
        let made = (placings.first_person..).zip(0..placings.made);
        let made = made.map(|(number, _)| PersonId::numbered(&key, moment.now, number));
        let mut learnt = Learnt::default();
        learnt.made.extend(made);
        for joined in &placings.joined {
            let joining = Joining {
                person: who(&learnt, joined.person)?,
                into: who(&learnt, joined.into)?,
                why: joined.why.clone(),
                decision: None,
            };
            learnt.joinings.push(joining);
        }
        Ok(Self {
            placed: placings.placed.iter(),
            learnt,
        })
    }

    /// Places a record where it went, and learns of it what was learnt.
    pub(super) fn place(
        &mut self,
        agency: &AgencyId,
        record: &Record,
        id: RecordId,
        before: Option<&RecordRow>,
    ) -> Result<PersonId, StoreError> {
        let placing = self.placed.next().filter(|placing| placing.record == id.0);
        let placing = placing.ok_or_else(|| refused("another record was placed then"))?;
        let incoming = identity(agency, record);
        let taught = who(&self.learnt, placing.taught)?;
        if let Some((stranger, names)) = placing.stranger {
            let stranger = who(&self.learnt, stranger)?;
            self.identify(&incoming, names, stranger)?;
        }
        self.identify(&incoming, placing.names, taught)?;
        self.learnt.teach(taught, &incoming, record);
        self.learnt.give(id, before.map(|row| row.person), taught);
        let person = who(&self.learnt, placing.person.unwrap_or(placing.taught))?;
        for other in &placing.doubts {
            let other = who(&self.learnt, *other)?;
            self.learnt.doubts.push((person, other, id));
        }
        Ok(person)
    }

    fn identify(
        &mut self,
        incoming: &Identity,
        names: u64,
        person: PersonId,
    ) -> Result<(), StoreError> {
        let numbers = &incoming.identifiers;
        if names.checked_shr(u32::try_from(numbers.len()).unwrap_or(u32::MAX)) > Some(0) {
            return Err(refused("a record had other numbers then"));
        }
        let named = numbers.iter().enumerate();
        let named = named.filter(|(place, _)| names >> place & 1 == 1);
        let named = named.map(|(_, number)| (number.clone(), person));
        self.learnt.identified.extend(named);
        Ok(())
    }

    /// Returns what was learnt.
    pub(super) const fn learnt(&self) -> &Learnt {
        &self.learnt
    }
}

fn who(learnt: &Learnt, whom: Whom) -> Result<PersonId, StoreError> {
    match whom {
        Whom::Known(person) => Ok(person),
        Whom::Made(number) => {
            let made = learnt
                .made
                .get(usize::try_from(number).unwrap_or(usize::MAX));
            made.copied()
                .ok_or_else(|| refused("a record is about somebody whom its step did not make"))
        }
    }
}
