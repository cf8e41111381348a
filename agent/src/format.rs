//! From the bytes of an export to rows of cells under named columns.
//!
//! Nothing here knows what a column means: that is `mapping`'s. A file is read as what it is, if the
//! profile allows that. One that ends too early is refused as a whole, since half a file is valid in
//! most formats.

mod biff;
mod calendar;
pub mod cells;
pub mod csv;
mod dbf;
pub mod encoding;
pub mod error;
mod fixed;
mod grid;
mod html;
mod json;
pub mod layout;
mod ole;
pub mod open;
pub mod outline;
pub mod packed;
pub mod pattern;
mod records;
mod sheet;
mod sniff;
mod xml;
mod zipped;

#[cfg(test)]
mod tests;
