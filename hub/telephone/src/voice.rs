//! The voice of calls: phrases that are recorded or rendered once, a grammar that puts values into
//! such phrases, and a text-to-speech command for names, which nobody can record beforehand.

pub mod catalogue;
pub mod engine;
pub mod grammar;
mod level;
pub mod phrases;
pub mod speaker;
