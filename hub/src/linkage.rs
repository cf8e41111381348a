//! One person, many identifiers: whether two records are about one person, in the open.
//!
//! Two [`Face`](face::Face)s are compared, each comparison has a level of agreement, and each level a
//! weight in bits that stands in a table (`data/linkage.toml`; Fellegi and Sunter, "A Theory for Record
//! Linkage", 1969). A name's weight is how rare the registry itself finds it. What is certain is
//! joined, what is doubtful goes to a person, and a name alone never joins anything.

pub mod comparing;
pub mod face;
pub mod frequency;
pub mod judging;
pub mod keys;
pub mod learning;
pub mod name;
pub mod nickname;
pub mod sound;
pub mod weights;
