//! Many to be told at once: one release that thousands asked about, with escapes in the midst of it.
//!
//! By the real programs, from the row of a jail's database to the mail server and the telephones; and single
//! releases, one after the other.

mod releases;
mod seen;
mod stage;
mod taken_back;

pub use releases::releases;
pub use seen::{Seen, Told, What};
pub use stage::{Burst, Size};
pub use taken_back::TakenBack;
