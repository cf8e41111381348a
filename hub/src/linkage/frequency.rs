//! How frequent names are: by the registry's own count of persons, and by published shares as long as
//! that has seen too few.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// Published shares of common names (United States census).
const TABLE: &str = include_str!("../../data/name_frequencies.csv");

/// As how many persons the published shares count beside the registry's own.
const PUBLISHED_PERSONS: f64 = 20_000.0;

/// The share of a name that is in no list.
const UNLISTED: f64 = 1.0 / 40_000.0;

static PUBLISHED: LazyLock<BTreeMap<(Part, &'static str), f64>> = LazyLock::new(|| {
    let mut shares = BTreeMap::new();
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split(',');
        let row = (cells.next(), cells.next(), cells.next());
        let (Some(part), Some(word), Some(share)) = row else {
            continue;
        };
        if let (Some(part), Ok(share)) = (Part::parse(part), share.parse::<f64>()) {
            shares.insert((part, word), share / 100_000.0);
        }
    }
    shares
});

/// Which part of a name a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A surname.
    Surname,
    /// A given name.
    Given,
}

impl Part {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::Given => "given",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Surname, Self::Given]
            .into_iter()
            .find(|part| part.as_str() == word)
    }
}

/// The registry's counts, as far as a question needs them. Printed without names.
#[derive(Clone, Default)]
pub struct Frequencies {
    /// Persons in the registry.
    pub population: u32,
    /// Persons who have a word in a part of their name.
    pub persons: BTreeMap<(Part, String), u32>,
}

impl fmt::Debug for Frequencies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Frequencies")
            .field("population", &self.population)
            .finish_non_exhaustive()
    }
}

impl Frequencies {
    /// Returns the share of people who have a name.
    #[must_use]
    pub fn share(&self, part: Part, word: &str) -> f64 {
        let published = PUBLISHED.get(&(part, word)).copied().unwrap_or(UNLISTED);
        let counted = self.persons.get(&(part, word.to_owned()));
        let counted = f64::from(counted.copied().unwrap_or(0));
        (counted + PUBLISHED_PERSONS * published) / (f64::from(self.population) + PUBLISHED_PERSONS)
    }
}

/// Lists the published shares, the most common first: what an invented population is drawn from.
pub fn published(part: Part) -> impl Iterator<Item = (&'static str, f64)> {
    PUBLISHED
        .iter()
        .filter(move |((of, _), _)| *of == part)
        .map(|((_, word), share)| (*word, *share))
}

#[cfg(test)]
mod tests {
    use super::{Frequencies, PUBLISHED, Part};

    #[test]
    fn learns_from_the_registry_what_the_published_shares_do_not_know() {
        assert!(PUBLISHED.len() > 150);
        let mut frequencies = Frequencies::default();
        let smith = frequencies.share(Part::Surname, "smith");
        assert!((0.009..0.011).contains(&smith), "{smith}");
        assert!(frequencies.share(Part::Surname, "muestra") < smith / 100.0);
        frequencies.population = 1_000_000;
        let key = (Part::Surname, "muestra".to_owned());
        frequencies.persons.insert(key, 50_000);
        let muestra = frequencies.share(Part::Surname, "muestra");
        assert!((0.04..0.06).contains(&muestra), "{muestra}");
    }
}
