//! Where on a folded sheet the windows of an envelope are.

/// Points of an inch.
pub(super) const INCH: f32 = 72.0;

/// The sheet: US Letter, in inches.
pub(super) const SHEET: Area = Area {
    left: 0.0,
    top: 0.0,
    width: 8.5,
    height: 11.0,
};

/// How much nearer to an area the edge of its window may come when the sheet slides, in inches: what the
/// post wants to stay clear around an address when a piece is tapped on a table.
pub const CLEAR: f32 = 0.125;

/// Where a sheet in thirds is folded first, in inches from its top.
pub(super) const FOLD: f32 = 11.0 / 3.0;

/// The least that an area must hold: two lines.
const LEAST: (f32, f32) = (2.0, 0.4);

/// A rectangle on the sheet, in inches from its left and top edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From the left edge of the sheet.
    pub left: f32,
    /// From its top edge.
    pub top: f32,
    /// How wide.
    pub width: f32,
    /// How high.
    pub height: f32,
}

/// What may be printed into the windows of an envelope, and where the text below may begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// For the return address. The window is larger by [`CLEAR`] on each side.
    pub sender: Area,
    /// For the address and its barcode, likewise.
    pub recipient: Area,
    /// Where the text begins, in inches from the top: below the first fold, so that no window shows any
    /// of it wherever the sheet slides to.
    pub body_top: f32,
}

/// An envelope for which no letter can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// An area that leaves the sheet.
    #[error("an area leaves the sheet or comes nearer than 1/8 inch to its edge")]
    Outside,
    /// An area that is too small.
    #[error("an area is smaller than 2 inches by 0.4")]
    Small,
    /// Areas in each other's windows.
    #[error("the areas lie in each other's windows")]
    Overlap,
    /// A text that a window may show.
    #[error("the text begins above the first fold, or so low that nothing fits below it")]
    Body,
}

impl Area {
    /// Returns its right edge.
    #[must_use]
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Returns its lower edge.
    #[must_use]
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// Returns the area that is larger by so much on each side.
    #[must_use]
    pub fn grown(&self, by: f32) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            width: by.mul_add(2.0, self.width),
            height: by.mul_add(2.0, self.height),
        }
    }

    fn holds(&self, other: &Self) -> bool {
        other.left >= self.left
            && other.top >= self.top
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }
}

impl Envelope {
    /// A #10 envelope with two windows, by the areas that a print vendor guarantees.
    pub const NUMBER_10: Self = Self {
        sender: Area {
            left: 0.5,
            top: 0.5,
            width: 3.5,
            height: 0.792,
        },
        recipient: Area {
            left: 0.5,
            top: 2.042,
            width: 3.5,
            height: 0.875,
        },
        body_top: 3.75,
    };

    /// A #9 envelope with two windows.
    pub const NUMBER_9: Self = Self {
        sender: Area {
            left: 0.7875,
            top: 0.5625,
            width: 3.125,
            height: 1.0,
        },
        recipient: Area {
            left: 0.7875,
            top: 2.2125,
            width: 3.625,
            height: 0.8,
        },
        body_top: 3.75,
    };

    /// Returns a known envelope by its name in settings.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "number-10" => Some(Self::NUMBER_10),
            "number-9" => Some(Self::NUMBER_9),
            _ => None,
        }
    }

    /// Makes sure that letters can be made for it.
    ///
    /// # Errors
    /// Returns [`EnvelopeError`] with the first thing that is wrong.
    pub fn checked(self) -> Result<Self, EnvelopeError> {
        let windows = [self.sender, self.recipient].map(|area| area.grown(CLEAR));
        if !windows.iter().all(|window| SHEET.holds(window)) {
            return Err(EnvelopeError::Outside);
        }
        let is_small = |area: &Area| area.width < LEAST.0 || area.height < LEAST.1;
        if is_small(&self.sender) || is_small(&self.recipient) {
            return Err(EnvelopeError::Small);
        }
        let [sender, recipient] = windows;
        if sender.meets(&self.recipient) || recipient.meets(&self.sender) {
            return Err(EnvelopeError::Overlap);
        }
        let lowest = sender.bottom().max(recipient.bottom()).max(FOLD);
        if self.body_top < lowest || self.body_top > 6.0 {
            return Err(EnvelopeError::Body);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, Envelope, EnvelopeError};

    #[test]
    fn knows_envelopes_for_which_letters_can_be_made() {
        for name in ["number-10", "number-9"] {
            Envelope::named(name).unwrap().checked().unwrap();
        }
        assert_eq!(Envelope::named("number-11"), None);
    }

    #[test]
    fn refuses_what_would_show_or_hide_something() {
        let good = Envelope::NUMBER_10;
        let recipient = |change: fn(&mut Area)| {
            let mut envelope = good;
            change(&mut envelope.recipient);
            envelope.checked()
        };
        assert_eq!(
            recipient(|area| area.left = 0.1),
            Err(EnvelopeError::Outside)
        );
        assert_eq!(
            recipient(|area| area.width = 8.0),
            Err(EnvelopeError::Outside)
        );
        assert_eq!(
            recipient(|area| area.height = 0.3),
            Err(EnvelopeError::Small)
        );
        assert_eq!(
            recipient(|area| area.top = 1.3),
            Err(EnvelopeError::Overlap)
        );
        let shown = Envelope {
            body_top: 3.375,
            ..good
        };
        assert_eq!(shown.checked(), Err(EnvelopeError::Body));
        let late = Envelope {
            body_top: 9.0,
            ..good
        };
        assert_eq!(late.checked(), Err(EnvelopeError::Body));
        assert_eq!(recipient(|area| area.top = 3.5), Err(EnvelopeError::Body));
    }
}
