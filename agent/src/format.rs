//! From the bytes of an export to rows of cells under named columns.
//!
//! Nothing here knows what a column means: that is `mapping`'s. A format that ends too early is
//! refused as a whole, since half a file is valid in most of them.

pub mod cells;
pub mod csv;
pub mod encoding;
