//! Learning the weights from the registry: how the records of one person agree, by numbers that agree,
//! and how those of strangers do.

use std::collections::BTreeMap;

use super::comparing::Compared;
use super::weights::{Comparison, Level, Table, Weight, Weights};

/// As how many pairs of one person the present table counts beside what was seen.
const PRESENT_PAIRS: f64 = 500.0;

/// As how many pairs of strangers the present table counts: what is rare needs many.
const PRESENT_STRANGERS: f64 = 200_000.0;

/// What was counted of pairs of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    same: BTreeMap<(Comparison, Level), u32>,
    strangers: BTreeMap<(Comparison, Level), u32>,
}

impl Tally {
    /// Counts a pair of one person.
    pub fn same(&mut self, compared: &Compared) {
        count(&mut self.same, compared);
    }

    /// Counts a pair of strangers.
    pub fn strangers(&mut self, compared: &Compared) {
        count(&mut self.strangers, compared);
    }

    /// Returns how many pairs of one person were compared by something.
    #[must_use]
    pub fn pairs(&self, comparison: Comparison) -> u32 {
        of(&self.same, comparison)
    }

    /// Returns a table with what was counted, beside what the present one says. Numbers keep their
    /// weights: by them the pairs were found. So do the thresholds. How often names are written so that
    /// they could agree moves with how often they do, since it says nothing of whose they are.
    #[must_use]
    pub fn learn(&self, present: &Weights) -> Table {
        let table = present.table();
        let learnt = |weight: &Weight| {
            if weight.comparison.is_identifier() {
                return *weight;
            }
            let row = (weight.comparison, weight.level);
            let share = |seen: &BTreeMap<_, u32>, before: f64, as_pairs: f64| {
                let here = f64::from(seen.get(&row).copied().unwrap_or(0));
                let all = f64::from(of(seen, weight.comparison));
                rounded((here + before * as_pairs) / (all + as_pairs))
            };
            let m = share(&self.same, weight.m, PRESENT_PAIRS);
            let among = |among: f64| rounded((among * m / weight.m).min(1.0));
            Weight {
                m,
                among: weight.among.map(among),
                u: weight
                    .u
                    .map(|u| share(&self.strangers, u, PRESENT_STRANGERS)),
                ..*weight
            }
        };
        Table {
            weights: table.weights.iter().map(learnt).collect(),
            ..table.clone()
        }
    }
}

fn count(tally: &mut BTreeMap<(Comparison, Level), u32>, compared: &Compared) {
    for line in &compared.lines {
        let counted = tally.entry((line.comparison, line.level)).or_default();
        *counted = counted.saturating_add(1);
    }
}

fn of(tally: &BTreeMap<(Comparison, Level), u32>, comparison: Comparison) -> u32 {
    let levels = tally.iter().filter(|((of, _), _)| *of == comparison);
    levels.map(|(_, counted)| *counted).sum()
}

/// Keeps five digits that say something, so that a table can be read and compared.
fn rounded(share: f64) -> f64 {
    format!("{share:.4e}").parse().unwrap_or(share)
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::linkage::comparing::{Compared, Line};
    use crate::linkage::weights::{Comparison, Level, Weights};

    fn compared(comparison: Comparison, level: Level) -> Compared {
        Compared {
            lines: vec![Line {
                comparison,
                level,
                bits: 0.0,
            }],
        }
    }

    #[test]
    fn learns_what_was_seen_and_keeps_what_was_not() {
        let present = Weights::shipped().unwrap();
        let mut tally = Tally::default();
        // A registry in which every fifth birth date is typed wrongly.
        for number in 0..5_000 {
            let level = if number % 5 == 0 {
                Level::Typo
            } else {
                Level::Exact
            };
            tally.same(&compared(Comparison::Birth, level));
            tally.same(&compared(Comparison::StateId, Level::Exact));
        }
        let learnt = Weights::check(tally.learn(&present)).unwrap();
        let m = |weights: &Weights, comparison, level| weights.row(comparison, level).unwrap().m;
        let typo = m(&learnt, Comparison::Birth, Level::Typo);
        assert!((0.17..0.20).contains(&typo), "{typo}");
        assert_eq!(tally.pairs(Comparison::Birth), 5_000);
        for kept in [Comparison::Sex, Comparison::StateId] {
            let before = m(&present, kept, Level::Exact);
            assert!((m(&learnt, kept, Level::Exact) - before).abs() < 1e-6);
        }
        assert_ne!(learnt.version(), present.version());
        // Whoever writes fewer middle names in full changes nothing of what they count where they agree.
        let mut initials = Tally::default();
        (0..5_000).for_each(|_| initials.same(&compared(Comparison::Middle, Level::Initial)));
        let learnt = Weights::check(initials.learn(&present)).unwrap();
        assert!(m(&learnt, Comparison::Middle, Level::Exact) < 0.06);
        let bits = |weights: &Weights| weights.bits(Comparison::Middle, Level::Exact, 0.001);
        assert!((bits(&learnt) - bits(&present)).abs() < 0.001);
        let same = Weights::check(Tally::default().learn(&present)).unwrap();
        assert_eq!(same.version(), present.version());
    }
}
