//! Calls by a carrier's web interface: to a simulator of the carrier, which fetches documents, presses keys
//! and signs what it asks; and beside what the vendor's own libraries make of the same.

mod calls;
mod line;
mod operator;
mod oracle;
mod told;
