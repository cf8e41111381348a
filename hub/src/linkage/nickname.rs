//! Nicknames, from a table: whom "Bill" may be.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table: a name and what those who bear it are called.
const TABLE: &str = include_str!("../../data/nicknames.csv");

static NAMES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in TABLE.lines() {
        let mut words = line.split(',');
        let Some(full) = words.next() else { continue };
        names.entry(full).or_default().push(full);
        for nickname in words {
            names.entry(nickname).or_default().push(full);
        }
    }
    names
});

/// Returns the names that a given name may stand for, itself first; itself alone where the table does
/// not have it.
#[must_use]
pub fn full_names(given: &str) -> Vec<&str> {
    let mut all = vec![given];
    let known = NAMES.get(given).into_iter().flatten();
    all.extend(known.copied().filter(|full| *full != given));
    all
}

/// Lists what those are called who have a given name, by the table.
pub fn nicknames(given: &str) -> impl Iterator<Item = &'static str> {
    let line = TABLE
        .lines()
        .find(|line| line.split(',').next() == Some(given));
    line.into_iter().flat_map(|line| line.split(',').skip(1))
}

/// Says whether two given names may be one person's by the table: "Bill" and "William", "Bob" and
/// "Rob".
#[must_use]
pub fn may_be_one(one: &str, other: &str) -> bool {
    let others = full_names(other);
    full_names(one).iter().any(|full| others.contains(full))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, full_names, may_be_one};

    #[test]
    fn knows_who_bill_may_be() {
        assert!(NAMES.len() > 400);
        assert_eq!(full_names("bill"), ["bill", "william"]);
        assert_eq!(full_names("avery"), ["avery"]);
        for (one, other) in [("bill", "william"), ("bob", "rob"), ("kathy", "catherine")] {
            assert!(may_be_one(one, other), "{one} {other}");
            assert!(may_be_one(other, one), "{other} {one}");
        }
        assert!(!may_be_one("bill", "robert"));
    }
}
