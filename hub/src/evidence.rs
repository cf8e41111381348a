//! Evidence: the rules of an append-only log (RFC 6962) and of its signed checkpoints (C2SP
//! signed-note and tlog-checkpoint), and what is written into it. No clock, no key, no database.

pub mod certificate;
pub mod checkpoint;
pub mod file;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod office;
pub mod verify;
