//! Which events are told, how urgently, and in which words.

pub mod address;
pub mod fact;
pub mod rules;
pub mod sentence;
pub mod words;
