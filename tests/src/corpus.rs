//! The published corpus of the guard: jails fitted to published statistics, their exports damaged in
//! every way that was ever seen, and true bulk days, each taken by the real capture pipeline.
//!
//! Everything follows from a seed, so that a figure can be looked into.

pub mod bulk;
pub mod damage;
pub mod jail;
pub mod pipeline;
pub mod run;
pub mod series;
pub mod table;
