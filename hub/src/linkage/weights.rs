//! The weights: a table of data with the share of one person's pairs and of strangers' pairs at each
//! level of agreement, and the thresholds.

use std::collections::BTreeMap;

use savin_shared::hash::Hash;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The table that is shipped.
const SHIPPED: &str = include_str!("../../data/linkage.toml");

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Surnames.
    Surname,
    /// Given names.
    Given,
    /// Middle names.
    Middle,
    /// Junior, senior and numbers.
    Suffix,
    /// Birth dates.
    Birth,
    /// Sex.
    Sex,
    /// Addresses.
    Address,
    /// The state's fingerprint-based numbers.
    StateId,
    /// MDOC numbers.
    OffenderId,
    /// FBI numbers.
    FbiId,
    /// One agency's own numbers for persons.
    PersonNumber,
}

impl Comparison {
    /// Every comparison, in the order in which it is shown.
    pub const ALL: [Self; 11] = [
        Self::Surname,
        Self::Given,
        Self::Middle,
        Self::Suffix,
        Self::Birth,
        Self::Sex,
        Self::Address,
        Self::StateId,
        Self::OffenderId,
        Self::FbiId,
        Self::PersonNumber,
    ];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::Given => "given",
            Self::Middle => "middle",
            Self::Suffix => "suffix",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Address => "address",
            Self::StateId => "state-id",
            Self::OffenderId => "offender-id",
            Self::FbiId => "fbi-id",
            Self::PersonNumber => "person-number",
        }
    }

    /// Says whether it compares numbers that were given to the person, and not what the person is.
    #[must_use]
    pub const fn is_identifier(self) -> bool {
        match self {
            Self::StateId | Self::OffenderId | Self::FbiId | Self::PersonNumber => true,
            Self::Surname
            | Self::Given
            | Self::Middle
            | Self::Suffix
            | Self::Birth
            | Self::Sex
            | Self::Address => false,
        }
    }
}

/// How two values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They are the same.
    Exact,
    /// A compound surname shares a word.
    Part,
    /// Surname and given name, given and middle name, or day and month stand in each other's place.
    Swapped,
    /// One is a nickname of the other.
    Nickname,
    /// One is only an initial, the other's.
    Initial,
    /// One was typed wrongly.
    Typo,
    /// They sound alike.
    Sound,
    /// Both are the first of January of one year, as systems write that only the year is known.
    Placeholder,
    /// A number differs in one character; a birth date only in its year.
    Near,
    /// Birth dates of one year.
    Year,
    /// They are different.
    Different,
    /// One or both are not known: that says nothing.
    Missing,
}

impl Level {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Part => "part",
            Self::Swapped => "swapped",
            Self::Nickname => "nickname",
            Self::Initial => "initial",
            Self::Typo => "typo",
            Self::Sound => "sound",
            Self::Placeholder => "placeholder",
            Self::Near => "near",
            Self::Year => "year",
            Self::Different => "different",
            Self::Missing => "missing",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// What is compared.
    pub comparison: Comparison,
    /// How it agrees.
    pub level: Level,
    /// The share of one person's pairs that agree so.
    pub m: f64,
    /// The share of strangers' pairs that agree so; without it, how frequent the name is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
    /// The share of strangers' pairs that are written so that they could agree so, beside how frequent
    /// the name is: of middle names both in full, of surnames one of several words. Without it all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among: Option<f64>,
}

impl Weight {
    /// Returns what it counts, in bits, where names agree that this share of people has.
    #[must_use]
    pub fn bits(&self, share: f64) -> f64 {
        let by_chance = self.u.unwrap_or(share * self.among.unwrap_or(1.0));
        (self.m / by_chance).log2()
    }
}

/// The table with its thresholds, all in bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// From where records are joined without a person.
    pub join_bits: f64,
    /// From where they go to a person.
    pub review_bits: f64,
    /// Below what a person's particulars speak against a number that agrees.
    pub veto_bits: f64,
    /// How far the best candidate must be before the next.
    pub rival_bits: f64,
    /// The least population that is reckoned with.
    pub population_least: u32,
    /// The rows.
    pub weights: Vec<Weight>,
}

/// A table that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    table: Table,
    rows: BTreeMap<(Comparison, Level), Weight>,
}

impl Weights {
    /// Returns the shipped table.
    ///
    /// # Errors
    /// Returns [`WeightsError`] when the program was built with a wrong one.
    pub fn shipped() -> Result<Self, WeightsError> {
        Self::parse(SHIPPED)
    }

    /// Reads a table in TOML.
    ///
    /// # Errors
    /// Returns [`WeightsError`] for one that is not readable or whose shares are none.
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        Self::check(toml::from_str(text)?)
    }

    /// Checks a table.
    ///
    /// # Errors
    /// Returns [`WeightsError`] for shares outside 0 to 1, rows given twice, and thresholds in the
    /// wrong order.
    pub fn check(table: Table) -> Result<Self, WeightsError> {
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        let mut rows = BTreeMap::new();
        for weight in &table.weights {
            let (comparison, level) = (weight.comparison, weight.level);
            let shares = [Some(weight.m), weight.u, weight.among];
            if !shares.into_iter().flatten().all(is_share) {
                return Err(WeightsError::Share(comparison, level));
            }
            if rows.insert((comparison, level), *weight).is_some() {
                return Err(WeightsError::Twice(comparison, level));
            }
        }
        let is_ordered = table.join_bits > table.review_bits && table.rival_bits >= 0.0;
        if !is_ordered || table.population_least == 0 {
            return Err(WeightsError::Thresholds);
        }
        Ok(Self { table, rows })
    }

    /// Returns the table.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// Returns a row.
    #[must_use]
    pub fn row(&self, comparison: Comparison, level: Level) -> Option<Weight> {
        self.rows.get(&(comparison, level)).copied()
    }

    /// Returns what a level of agreement counts, in bits; `share` is how frequent the name is by
    /// which names agree. What the table does not have counts nothing.
    #[must_use]
    pub fn bits(&self, comparison: Comparison, level: Level, share: f64) -> f64 {
        self.row(comparison, level)
            .map_or(0.0, |row| row.bits(share))
    }

    /// Returns the name of this table: what it holds, in eight hexadecimal digits.
    #[must_use]
    pub fn version(&self) -> String {
        let text = serde_json::to_string(&self.table).unwrap_or_default();
        let hash = Hash::tagged("savin/linkage-weights/1", &[text.as_bytes()]);
        hash.as_bytes()
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A table of weights is not usable.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// It is not readable.
    #[error("the table of linkage weights is not readable")]
    Toml(#[from] toml::de::Error),
    /// A share is none.
    #[error("{} {} has a share that is not above 0 and at most 1", .0.as_str(), .1.as_str())]
    Share(Comparison, Level),
    /// A row is there twice.
    #[error("{} {} is given twice", .0.as_str(), .1.as_str())]
    Twice(Comparison, Level),
    /// The thresholds contradict each other.
    #[error(
        "join_bits must be above review_bits, rival_bits not below 0, population_least above 0"
    )]
    Thresholds,
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Level, Weights, WeightsError};

    #[test]
    fn ships_a_table_whose_levels_fall_from_agreement_to_difference() {
        let weights = Weights::shipped().unwrap();
        for comparison in Comparison::ALL {
            let bits = |level| weights.bits(comparison, level, 0.001);
            assert!(bits(Level::Exact) > 0.0, "{comparison:?}");
            assert!(bits(Level::Different) < 0.0, "{comparison:?}");
            assert!(bits(Level::Missing).abs() < f64::EPSILON, "{comparison:?}");
        }
        assert_eq!(weights.version().len(), 8);
    }

    #[test]
    fn counts_an_agreement_by_how_rare_it_is_among_those_that_could_agree() {
        let head = "join_bits = 9.0\nreview_bits = 0.0\nveto_bits = -3.0\nrival_bits = 8.0\n\
                    population_least = 1000\n";
        let row = "{ comparison = 'middle', level = 'exact', m = 0.5, among = 0.5 }";
        let weights = Weights::parse(&format!("{head}weights = [{row}]")).unwrap();
        let bits = weights.bits(Comparison::Middle, Level::Exact, 1.0 / 1024.0);
        assert!((bits - 10.0).abs() < 1e-9, "{bits}");
    }

    #[test]
    fn refuses_a_table_that_cannot_be() {
        let head = "join_bits = 9.0\nreview_bits = 0.0\nveto_bits = -3.0\nrival_bits = 8.0\n\
                    population_least = 1000\n";
        let table = |rows: &str| Weights::parse(&format!("{head}weights = [{rows}]"));
        let row = "{ comparison = 'sex', level = 'exact', m = 0.9, u = 0.5 }";
        assert!(table(row).is_ok());
        let twice = table(&format!("{row}, {row}")).unwrap_err();
        assert!(matches!(twice, WeightsError::Twice(_, _)), "{twice}");
        let zero = table("{ comparison = 'sex', level = 'exact', m = 0.0 }").unwrap_err();
        assert!(matches!(zero, WeightsError::Share(_, _)), "{zero}");
        let among = table("{ comparison = 'middle', level = 'exact', m = 0.6, among = 1.5 }");
        assert!(matches!(among, Err(WeightsError::Share(_, _))));
        assert!(table("{ comparison = 'shoe', level = 'exact', m = 0.5 }").is_err());
        let order = Weights::parse(
            "join_bits = 0.0\nreview_bits = 1.0\nveto_bits = 0.0\nrival_bits = 1.0\n\
             population_least = 1\nweights = []",
        );
        assert!(matches!(order, Err(WeightsError::Thresholds)));
    }
}
