//! A letter as a page: tagged for those who hear it (PDF/UA-1), in large plain type, folded in thirds
//! for an envelope with two windows, of which each shows an address and nothing else.
//!
//! Equal letters give equal bytes: no clock, no chance, no font of the machine.

mod alignment;
mod draw;
mod envelope;
mod fit;
mod text;

pub use alignment::alignment;
pub use draw::pdf;
pub use envelope::{Area, CLEAR, Envelope, EnvelopeError};
pub use fit::Sheet;
pub use text::{FontError, Typesetter};

use crate::barcode::imb::Bars;
use crate::barcode::qr::Squares;

/// Everything that stands in a letter, in words that are already chosen.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The language of the text, as in BCP 47.
    pub language: String,
    /// The title of the document: neutral, since a file list shows it.
    pub title: String,
    /// The return address: neutral, since the envelope shows it.
    pub sender: Vec<String>,
    /// The name and address of whom it is for.
    pub recipient: Vec<String>,
    /// The post's barcode, where the sender has a number from the post.
    pub bars: Option<Bars>,
    /// What the barcode is, for those who hear the page.
    pub bars_alt: String,
    /// The reader's code.
    pub squares: Option<Squares>,
    /// What the code is, for those who hear the page.
    pub squares_alt: String,
    /// The number of the letter, in a sentence.
    pub number: String,
    /// That the text goes on behind; stands only where it does.
    pub continued: String,
    /// The text.
    pub blocks: Vec<Block>,
}

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The one title.
    Title(String),
    /// A heading under it.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A code, for the eye to find.
    Code(String),
}

/// How letters are made: the envelope and the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// What may be printed where.
    pub envelope: Envelope,
    /// How many sides of the sheet are printed.
    pub sides: Sides,
}

/// How many sides of a sheet are printed. A letter is always one sheet, so that no sheet of it gets into
/// another's envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The front only.
    One,
    /// The front, and the back where the text is long.
    Two,
}

/// A letter that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// An address for which the window is too small.
    #[error("the address does not fit in its window")]
    Recipient,
    /// A return address for which the window is too small.
    #[error("the return address does not fit in its window; shorten it in the settings")]
    Sender,
    /// A text for which the sheet is too small.
    #[error("the text does not fit on one sheet")]
    Long,
    /// The pages were refused by the check for PDF/UA.
    #[error("the page is not PDF/UA: {0}")]
    Refused(String),
}

impl Block {
    /// Returns its words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Title(text) | Self::Heading(text) | Self::Paragraph(text) | Self::Code(text) => {
                text
            }
        }
    }
}

impl Sides {
    const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

#[cfg(test)]
mod tests;
