//! A generated population, to measure how well persons are told apart: invented people with real
//! patterns of names, families and twins, and records of them with faults at stated rates.
//!
//! Everything follows from a seed, so that a figure can be looked into.

pub mod measuring;
pub mod names;
pub mod patterns;
pub mod people;
pub mod table;
pub mod writing;
