//! Many to be told at once: one release that thousands asked about, and escapes in the midst of it, from
//! the row of a jail's database to the mail server and the telephones, by the real programs.

mod seen;
mod stage;

pub use seen::{Seen, Told, What};
pub use stage::{Burst, Size};
