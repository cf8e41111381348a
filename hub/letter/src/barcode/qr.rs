//! A QR code, for what may be read by anybody: an address on the web and a token that says nothing.

use qrcode::{EcLevel, QrCode};

/// Characters at most: what is still read from a square of an inch.
const CHARS_MAX: usize = 78;

/// Why a text becomes no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Blanks, letters beyond ASCII: words, and so perhaps a name.
    #[error("a code holds an address on the web and a token, and no words")]
    Words,
    /// Too long.
    #[error("a code holds at most {CHARS_MAX} characters")]
    Long,
}

/// The squares of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squares {
    side: usize,
    dark: Vec<bool>,
}

impl Squares {
    /// Encodes an address with a token, or a token alone, so that a seventh of it may be damaged.
    ///
    /// # Errors
    /// Returns [`QrError`] for anything else.
    pub fn of(text: &str) -> Result<Self, QrError> {
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(QrError::Words);
        }
        if text.len() > CHARS_MAX {
            return Err(QrError::Long);
        }
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        // That many bytes always find a place.
        let code = code.map_err(|_| QrError::Long)?;
        Ok(Self {
            side: code.width(),
            dark: code
                .to_colors()
                .iter()
                .map(|color| *color == qrcode::Color::Dark)
                .collect(),
        })
    }

    /// Returns how many squares stand on each side.
    #[must_use]
    pub const fn side(&self) -> usize {
        self.side
    }

    /// Returns the runs of dark squares: row, first column, and how many.
    #[must_use]
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (row, squares) in self.dark.chunks(self.side).enumerate() {
            for (column, _) in squares.iter().enumerate().filter(|(_, dark)| **dark) {
                match runs.last_mut() {
                    Some((last, first, count)) if *last == row && *first + *count == column => {
                        *count += 1;
                    }
                    _ => runs.push((row, column, 1)),
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::{QrError, Squares};

    #[test]
    fn draws_every_dark_square_once() {
        let squares = Squares::of("https://information.example/l/7F3K9Q").unwrap();
        let drawn: usize = squares.runs().iter().map(|(_, _, count)| count).sum();
        let dark = squares.dark.iter().filter(|dark| **dark).count();
        assert_eq!(drawn, dark);
        assert_eq!(squares.dark.len(), squares.side() * squares.side());
        // The finder in the corner begins with seven dark squares.
        assert_eq!(squares.runs().first(), Some(&(0, 0, 7)));
    }

    #[test]
    fn holds_no_words() {
        for wrong in ["", "Avery Sample", "José", "a\nb"] {
            assert_eq!(Squares::of(wrong), Err(QrError::Words), "{wrong}");
        }
        assert_eq!(Squares::of(&"a".repeat(79)), Err(QrError::Long));
        Squares::of(&"a".repeat(78)).unwrap();
    }
}
