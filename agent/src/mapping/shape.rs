//! What an export looks like: its columns, what kind of values stand in those that are taken, and how
//! many people it says each thing of. None of it is about anybody.

use std::collections::{BTreeMap, BTreeSet};

use savin_shared::hash::Hash;
use serde::{Deserialize, Serialize};

use super::binding::Binding;
use super::field::Field;
use super::profile::Profile;
use crate::format::cells::{Cells, column_key};

/// Rows whose values are looked at: the first so many show what a column holds.
const SAMPLE_MAX: u64 = 1000;

/// A share of the records, in hundredths, by which what is said of them may change.
const SHARE_MAX: u64 = 10;

/// Records of which something else may be said without a word.
const RECORDS_MAX: u64 = 5;

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Digits alone.
    Number,
    /// Digits with what stands between them in dates, times and amounts.
    Figures,
    /// Anything else.
    Text,
}

impl Kind {
    fn of(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let is_mark = |c: char| c.is_ascii_digit() || "/-:.,$+ TZ".contains(c);
        Some(if value.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Number
        } else if value.contains(|c: char| c.is_ascii_digit()) && value.chars().all(is_mark) {
            Self::Figures
        } else {
            Self::Text
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Figures => "dates or amounts",
            Self::Text => "text",
        }
    }
}

/// What an export looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Its columns as they are compared, each with its name.
    pub columns: BTreeMap<String, String>,
    /// The kinds of values seen in each column that is taken.
    pub kinds: BTreeMap<String, BTreeSet<Kind>>,
    /// How many records it said each thing of.
    pub states: BTreeMap<String, u64>,
}

/// How an export looks other than the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reshaped {
    /// Columns that were not there.
    pub added: Vec<String>,
    /// Columns that are gone.
    pub gone: Vec<String>,
    /// Columns of which no value is of a kind that was seen in them, with the kinds of now and before.
    pub turned: Vec<(String, String)>,
    /// What is said of another share of the records: how many of all now, and before.
    pub shifted: Vec<(String, [u64; 2], [u64; 2])>,
}

impl Shape {
    /// Begins with a header.
    #[must_use]
    pub fn new(header: &[String]) -> Self {
        let column = |name: &String| (column_key(name), name.trim().to_owned());
        Self {
            columns: header.iter().map(column).collect(),
            ..Self::default()
        }
    }

    /// Returns a hash of the columns, in whatever order they stand.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let keys: Vec<&str> = self.columns.keys().map(String::as_str).collect();
        Hash::of(keys.join("\n").as_bytes())
    }

    /// Adds the kinds that were seen in an earlier export of the same columns.
    #[must_use]
    pub fn with_kinds_of(mut self, before: &Self) -> Self {
        for (column, kinds) in &before.kinds {
            if self.columns.contains_key(column) {
                self.kinds.entry(column.clone()).or_default().extend(kinds);
            }
        }
        self
    }

    /// Compares it with the one before.
    #[must_use]
    pub fn since(&self, before: &Self) -> Reshaped {
        let missing = |from: &Self, to: &Self| -> Vec<String> {
            let missing = from.columns.iter();
            missing
                .filter(|(key, _)| !to.columns.contains_key(*key))
                .map(|(_, name)| name.clone())
                .collect()
        };
        Reshaped {
            added: missing(self, before),
            gone: missing(before, self),
            turned: self.turned(before),
            shifted: self.shifted(before),
        }
    }

    fn turned(&self, before: &Self) -> Vec<(String, String)> {
        let pairs = self.kinds.iter().filter_map(|(column, now)| {
            let then = before.kinds.get(column)?;
            let is_turned = !now.is_empty() && !then.is_empty() && now.is_disjoint(then);
            let name = self.columns.get(column).unwrap_or(column);
            is_turned.then(|| (name.clone(), format!("{}, not {}", words(now), words(then))))
        });
        pairs.collect()
    }

    fn shifted(&self, before: &Self) -> Vec<(String, [u64; 2], [u64; 2])> {
        let (all, all_before) = (self.records(), before.records());
        if all == 0 || all_before == 0 {
            return Vec::new();
        }
        let states: BTreeSet<&String> = self.states.keys().chain(before.states.keys()).collect();
        let mut shifted = Vec::new();
        for state in states {
            let count = |shape: &Self| shape.states.get(state).copied().unwrap_or(0);
            let (now, then) = (count(self), count(before));
            let share =
                (now.saturating_mul(100) / all).abs_diff(then.saturating_mul(100) / all_before);
            if share > SHARE_MAX && now.abs_diff(then) > RECORDS_MAX {
                shifted.push((state.clone(), [now, all], [then, all_before]));
            }
        }
        shifted
    }

    fn records(&self) -> u64 {
        self.states.values().sum()
    }
}

impl Reshaped {
    /// Says whether the columns are others: what their values mean may be too.
    #[must_use]
    pub fn has_other_columns(&self) -> bool {
        !self.added.is_empty() || !self.gone.is_empty() || !self.turned.is_empty()
    }

    /// Says what is other, one sentence each, without any value.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.added.is_empty() {
            sentences.push(format!("its columns {} are new", self.added.join(", ")));
        }
        if !self.gone.is_empty() {
            sentences.push(format!("its columns {} are gone", self.gone.join(", ")));
        }
        let turned = self.turned.iter();
        sentences.extend(turned.map(|(column, what)| format!("its column {column} holds {what}")));
        let shifted = self.shifted.iter();
        sentences.extend(shifted.map(|(state, [now, all], [then, all_then])| {
            format!(
                "it says {state} of {now} of {all} records, and said so of {then} of {all_then}"
            )
        }));
        sentences
    }
}

fn words(kinds: &BTreeSet<Kind>) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    words.join(" and ")
}

/// Looks at the values of the columns that are taken, and at no other.
#[derive(Debug)]
pub struct Look {
    shape: Shape,
    places: Vec<(usize, String)>,
    left: u64,
}

impl Look {
    /// Begins with an export's header, as the profile is bound to it.
    #[must_use]
    pub fn new(profile: &Profile, binding: &Binding, header: &[String]) -> Self {
        let fields = profile.columns.keys().copied();
        let places: BTreeSet<usize> = fields
            .flat_map(|field: Field| binding.places(field))
            .collect();
        let key = |place| Some((place, column_key(header.get::<usize>(place)?)));
        Self {
            shape: Shape::new(header),
            places: places.into_iter().filter_map(key).collect(),
            left: SAMPLE_MAX,
        }
    }

    /// Looks at one row.
    pub fn see(&mut self, cells: &dyn Cells) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        for (place, column) in &self.places {
            let Some(kind) = cells.cell(*place).and_then(Kind::of) else {
                continue;
            };
            if let Some(kinds) = self.shape.kinds.get_mut(column) {
                kinds.insert(kind);
            } else {
                self.shape
                    .kinds
                    .insert(column.clone(), BTreeSet::from([kind]));
            }
        }
    }

    /// Returns what the export looks like, given how many records it said what of.
    #[must_use]
    pub fn finish(self, states: BTreeMap<String, u64>) -> Shape {
        Shape {
            states,
            ..self.shape
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape};

    fn shape(header: &[&str], kinds: &[(&str, &[Kind])], states: &[(&str, u64)]) -> Shape {
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let mut shape = Shape::new(&header);
        let kinds = kinds.iter();
        shape.kinds = kinds
            .map(|(column, kinds)| ((*column).to_owned(), kinds.iter().copied().collect()))
            .collect();
        let states = states.iter();
        shape.states = states
            .map(|(state, count)| ((*state).to_owned(), *count))
            .collect();
        shape
    }

    #[test]
    fn knows_kinds_of_values() {
        for (value, kind) in [
            (" ", None),
            ("0042", Some(Kind::Number)),
            ("06/01/2026 09:30", Some(Kind::Figures)),
            ("$1,000.00", Some(Kind::Figures)),
            ("2026-06-01T09:30:00Z", Some(Kind::Figures)),
            ("A-12", Some(Kind::Text)),
            ("-", Some(Kind::Text)),
        ] {
            assert_eq!(Kind::of(value), kind, "{value}");
        }
    }

    #[test]
    fn is_the_same_in_any_order_and_spelling_of_its_columns() {
        let one = shape(&["Booking No", "Status", "Cell"], &[], &[]);
        let other = shape(&["CELL", "booking_no", "Status "], &[], &[]);
        assert_eq!(one.hash(), other.hash());
        assert!(!other.since(&one).has_other_columns());
        let wider = shape(&["Booking No", "Status", "Zone"], &[], &[]);
        assert_ne!(wider.hash(), one.hash());
        let since = wider.since(&one);
        assert!(since.has_other_columns());
        let said = since.sentences();
        assert_eq!(
            said,
            ["its columns Zone are new", "its columns Cell are gone"]
        );
    }

    #[test]
    fn says_when_a_column_holds_something_else() {
        let before = shape(&["out"], &[("out", &[Kind::Figures])], &[]);
        let mixed = shape(&["out"], &[("out", &[Kind::Figures, Kind::Text])], &[]);
        assert!(!mixed.since(&before).has_other_columns());
        let turned = shape(&["out"], &[("out", &[Kind::Text])], &[]);
        let since = turned.since(&before);
        let said = since.sentences();
        assert_eq!(said, ["its column out holds text, not dates or amounts"]);
        // What was seen once is no news.
        let known = mixed.with_kinds_of(&before);
        assert!(!turned.since(&known).has_other_columns());
    }

    #[test]
    fn says_when_another_share_is_said_to_be_let_go() {
        let before = shape(&["no"], &[], &[("InCustody", 95), ("OnLeave", 5)]);
        let usual = shape(
            &["no"],
            &[],
            &[("InCustody", 88), ("OnLeave", 5), ("Escaped", 5)],
        );
        assert!(usual.since(&before).sentences().is_empty());
        let shifted = shape(
            &["no"],
            &[],
            &[("InCustody", 60), ("OutOfCustody(Unknown)", 40)],
        );
        let since = shifted.since(&before);
        assert!(!since.has_other_columns());
        assert_eq!(
            since.sentences(),
            [
                "it says InCustody of 60 of 100 records, and said so of 95 of 100",
                "it says OutOfCustody(Unknown) of 40 of 100 records, and said so of 0 of 100"
            ]
        );
    }
}
