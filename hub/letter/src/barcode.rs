//! The two barcodes of a letter: the post's own below the address, and one for a reader inside.

pub mod imb;
pub mod qr;
