//! The measurement: a registry of people as one agency each wrote them down, and records of others and
//! of the same that arrive.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use savin_hub::ids::PersonId;
use savin_hub::intake::whom;
use savin_hub::linkage::face::Identity;
use savin_hub::store::registry::{SCHEMA, face, person};
use savin_hub::store::{Place, Store};

use savin_shared::record::Record;

use super::patterns::{PATTERNS, Pattern};
use super::people::{Somebody, people};
use super::writing::{Known, Written, recorded, write};
use crate::clock::{monotonic, processor};
use crate::dice::Dice;

/// Persons that are stored in one transaction.
const CHUNK: usize = 5_000;

/// How large a measurement is.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Persons of the registry.
    pub persons: usize,
    /// Records that arrive: seven in ten of persons whom the registry has.
    pub records: usize,
    /// From which everything follows.
    pub seed: u64,
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Records of persons whom the registry has.
    pub known: usize,
    /// Those of them that have a number of a kind of which the registry has one of that person.
    pub numbered: usize,
    /// Those of these that were joined with their person.
    pub numbered_right: usize,
    /// Records of others.
    pub strangers: usize,
    /// Records that were joined with their person.
    pub right: usize,
    /// Records that were joined with somebody else.
    pub wrong: usize,
    /// Records that were joined with nobody, and of which staff is asked.
    pub asked: usize,
    /// Those of them for which the right person is among those who are shown.
    pub asked_right: usize,
    /// How long each record took.
    pub took: Vec<Duration>,
    /// For how long all of them kept a core busy, their making too.
    pub busy: Duration,
}

impl Counts {
    /// Returns which share of the joinings was right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        let joined = self.right + self.wrong;
        if joined == 0 {
            1.0
        } else {
            self.right as f64 / joined as f64
        }
    }

    /// Returns which share of the records of known persons was joined with their person.
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.right as f64 / self.known.max(1) as f64
    }

    /// Returns the same of records that have a number of a kind of which the registry has one.
    #[must_use]
    pub fn numbered_recall(&self) -> f64 {
        self.numbered_right as f64 / self.numbered.max(1) as f64
    }

    /// Returns how long so many of a thousand records took at most.
    #[must_use]
    pub fn per_mille(&self, many: usize) -> Duration {
        let mut sorted = self.took.clone();
        sorted.sort();
        let place = sorted.len().saturating_sub(1) * many / 1_000;
        sorted.get(place).copied().unwrap_or_default()
    }
}

/// A registry of generated people, and those of whom it knows nothing.
#[derive(Debug)]
pub struct Registry {
    store: Store,
    /// Those whom it knows, each with the kinds of numbers that it has of them.
    known: Vec<(Somebody, [bool; 3])>,
    strangers: Vec<Somebody>,
}

impl Registry {
    /// Makes people, and stores what one agency each wrote of most of them.
    ///
    /// # Errors
    /// Returns an error when the database refuses.
    pub fn fill(place: &Place, extent: Extent, known: Known) -> anyhow::Result<Self> {
        let store = Store::open(place, &SCHEMA)?;
        let strangers = (extent.records * 2 / 5).max(1);
        // Strangers stand among the others, so that they have twins and fathers in the registry.
        let all = people(extent.persons + strangers, extent.seed);
        let every = all.len() / strangers;
        let (mut registry, mut others) = (Vec::new(), Vec::new());
        for somebody in all {
            if somebody.number % every == every - 1 && others.len() < strangers {
                others.push(somebody);
            } else {
                registry.push(somebody);
            }
        }
        let mut dice = Dice::new(extent.seed ^ 0xFACE);
        let mut kinds = Vec::with_capacity(registry.len());
        for chunk in registry.chunks(CHUNK) {
            let written = chunk
                .iter()
                .map(|somebody| write(somebody, known, &mut dice))
                .collect::<anyhow::Result<Vec<_>>>()?;
            put(&store, &written)?;
            kinds.extend(written.iter().map(|written| numbers_of(&written.record)));
        }
        Ok(Self {
            store,
            known: registry.into_iter().zip(kinds).collect(),
            strangers: others,
        })
    }

    /// Lets records arrive, and counts whom the hub would take each for.
    ///
    /// # Errors
    /// Returns an error when the database refuses.
    pub fn measure(&self, extent: Extent, known: Known) -> anyhow::Result<Counts> {
        let mut dice = Dice::new(extent.seed ^ 0xD1CE);
        let mut counts = Counts::default();
        let before = processor(std::process::id())?;
        for _ in 0..extent.records {
            let is_known = dice.below(10) < 7;
            let (somebody, kinds) = if is_known {
                let picked = dice.pick(&self.known).context("nobody is known")?;
                (&picked.0, picked.1)
            } else {
                let picked = dice.pick(&self.strangers);
                (picked.context("there are no strangers")?, [false; 3])
            };
            let written = write(somebody, known, &mut dice)?;
            let own = numbers_of(&written.record);
            let is_numbered = own.iter().zip(kinds).any(|(own, known)| *own && known);
            let began = monotonic();
            let choice = self
                .store
                .read_now("whom", move |tx| whom(tx, &written.agency, &written.record))?;
            counts.took.push(monotonic().duration_since(began));
            let right = is_known.then(|| id(somebody.number));
            let is_right = right.is_some() && choice.joined == right;
            counts.known += usize::from(is_known);
            counts.numbered += usize::from(is_numbered);
            counts.numbered_right += usize::from(is_numbered && is_right);
            counts.strangers += usize::from(!is_known);
            match choice.joined {
                Some(_) if is_right => counts.right += 1,
                Some(_) => counts.wrong += 1,
                None if choice.reviews.is_empty() => {}
                None => {
                    counts.asked += 1;
                    let shown = choice.reviews.iter().take(3);
                    let mut shown = shown.filter(|(person, _)| Some(*person) == right);
                    counts.asked_right += usize::from(shown.next().is_some());
                }
            }
        }
        counts.busy = processor(std::process::id())?.saturating_sub(before);
        Ok(counts)
    }
}

/// Makes a population in a folder and measures it.
///
/// # Errors
/// Returns an error when the database refuses.
pub fn measure(folder: &Path, extent: Extent, known: Known) -> anyhow::Result<Counts> {
    let place = Place::File(folder.join(format!("{known:?}.sqlite")));
    Registry::fill(&place, extent, known)?.measure(extent, known)
}

/// What became of a pattern's records.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Which pattern.
    pub pattern: Pattern,
    /// Records that arrived.
    pub arrived: usize,
    /// Those that were joined with whom the pattern has them beside.
    pub joined: usize,
    /// Those that were joined with somebody else.
    pub elsewhere: usize,
    /// Those that were joined with nobody, and of which staff is asked.
    pub asked: usize,
}

/// Puts so many cases of each pattern among generated people, and counts whom the hub would take those for
/// who arrive, by name and birth date.
///
/// # Errors
/// Returns an error when the database refuses.
pub fn measure_patterns(folder: &Path, extent: Extent) -> anyhow::Result<Vec<Found>> {
    let known = Known::NameAndBirth;
    let place = Place::File(folder.join("patterns.sqlite"));
    let registry = Registry::fill(&place, extent, known)?;
    let mut arriving = Vec::new();
    // Beyond whomever the registry has.
    let mut of = 10 * extent.persons.max(1_000_000);
    let mut dice = Dice::new(extent.seed ^ 0xCA5E);
    for (index, pattern) in (0..).zip(PATTERNS) {
        let cases = pattern.cases(extent.records, extent.seed + index);
        let mut held = Vec::new();
        for case in cases {
            of += 1;
            let [one, two] = [1 + dice.below(40), 41 + dice.below(40)];
            held.push(recorded(of, case.held.subject(), one, &of.to_string())?);
            arriving.push((
                pattern,
                recorded(of, case.arrives.subject(), two, &of.to_string())?,
            ));
        }
        put(&registry.store, &held)?;
    }
    let mut found: Vec<Found> = PATTERNS
        .into_iter()
        .map(|pattern| Found {
            pattern,
            arrived: 0,
            joined: 0,
            elsewhere: 0,
            asked: 0,
        })
        .collect();
    for (pattern, written) in arriving {
        let beside = id(written.of);
        let choice = registry
            .store
            .read_now("whom", move |tx| whom(tx, &written.agency, &written.record))?;
        let of_pattern = found
            .iter_mut()
            .find(|found| found.pattern.name == pattern.name);
        let of_pattern = of_pattern.context("a pattern is not listed")?;
        of_pattern.arrived += 1;
        match choice.joined {
            Some(joined) if joined == beside => of_pattern.joined += 1,
            Some(_) => of_pattern.elsewhere += 1,
            None => of_pattern.asked += usize::from(!choice.reviews.is_empty()),
        }
    }
    Ok(found)
}

/// Says which kinds of numbers a record has.
const fn numbers_of(record: &Record) -> [bool; 3] {
    let subject = &record.subject;
    [
        subject.state_id.is_some(),
        subject.offender_id.is_some(),
        subject.fbi_id.is_some(),
    ]
}

fn put(store: &Store, written: &[Written]) -> anyhow::Result<()> {
    let mut persons = Vec::new();
    let (mut faces, mut numbers) = (Vec::new(), BTreeMap::new());
    for Written { of, agency, record } in written {
        let person = id(*of);
        persons.push(person);
        let identity = Identity::of(agency, record);
        faces.extend(identity.faces.into_iter().map(|face| (person, face)));
        for number in identity.identifiers {
            numbers.entry(number).or_insert(person);
        }
    }
    let numbers: Vec<_> = numbers.into_iter().collect();
    store.write_now("people", move |tx| {
        person::insert_many(tx, &persons, Timestamp::UNIX_EPOCH)?;
        person::identify_many(tx, &numbers)?;
        face::add_many(tx, &faces)
    })?;
    Ok(())
}

/// Returns the identifier of somebody, as random as real ones are.
fn id(number: usize) -> PersonId {
    let number = number as u64;
    let mixed = u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 64;
    PersonId::from_bytes((mixed | u128::from(number)).to_be_bytes())
}
