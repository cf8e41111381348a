//! By which rules the intake decides what no signature says: whom a record is about, who are one, where somebody
//! is held, and which events follow.
//!
//! Every step keeps the number of its rules. A registry is made anew by the decisions of then where those were
//! other rules, so that a newer program never takes a sound log for one that was changed.

use crate::linkage::weights::Weights;

/// The number of this program's rules: in `linkage`, in `registry` and here.
///
/// Raise it with every change by which the same deltas may be decided otherwise; the test beside it fails until that
/// was done. Old logs then go by what their steps kept.
pub const RULES: u32 = 4;

/// What these rules made of an invented population, and under which shipped table of weights: renewed with the
/// number, never without it.
#[cfg(test)]
const GOLDEN: Golden = Golden {
    rules: 4,
    table: "e66bf26b",
    outcome: "b53e48a7843fcd5a",
};

/// Names the rules of a step that compared nobody.
pub(super) fn name() -> String {
    format!("rules {RULES}")
}

/// Names the rules of a step with the table of weights by which it compared: what these decided, others may decide
/// otherwise.
pub(super) fn name_with(weights: &Weights) -> String {
    format!("{} {}", name(), weights.version())
}

/// Returns the number of the rules that a step names; nothing of a program whose rules had none.
pub(super) fn number(name: &str) -> Option<u32> {
    let number = name.strip_prefix("rules ")?.split(' ').next()?;
    number.parse().ok()
}

/// The rules, the table and the digest of what they decided, as they were when somebody last looked.
#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
struct Golden {
    rules: u32,
    table: &'static str,
    outcome: &'static str,
}

#[cfg(test)]
mod tests;
