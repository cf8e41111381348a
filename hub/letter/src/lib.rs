//! Letters: one tagged page for an envelope with two windows, and its way to the print shop.
//!
//! Nothing here knows a registrant: the hub hands in the words and the lines of an address.

pub mod address;
pub mod barcode;
pub mod page;
pub mod spool;
pub mod together;
