//! Doors to what the jail has: an export folder or a booking database, read and never written.

pub mod canary;
pub mod database;
pub mod folder;
pub mod watch;
