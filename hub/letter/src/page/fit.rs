//! What stands where: the addresses into the windows, the text below the fold, in the largest size in
//! which it stays on its page.

use super::envelope::{Area, FOLD, INCH, SHEET};
use super::text::{Face, Line, Typesetter, Weight};
use super::{Block, Letter, PageError, Setting};
use crate::barcode::imb::Bars;
use crate::barcode::qr::Squares;

/// Sizes of the text that are tried, in points; none is smaller than 12.
const SIZES: [f32; 3] = [14.0, 13.0, 12.0];

/// Sizes of an address that are tried: from what is easy to read to the least that the post's readers
/// take (Publication 28, 43).
const ADDRESS_SIZES: [f32; 9] = [12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0];

/// The margin of the text on each side, in inches.
const MARGIN: f32 = 1.0;

/// Where the text ends, in inches from the top.
const BODY_BOTTOM: f32 = 10.4;

/// Where it begins on the back.
const BACK_TOP: f32 = 1.0;

/// The barcode's measures in points, each within the bounds of USPS-B-3200: 22 bars an inch.
pub(super) const BAR_PITCH: f32 = INCH / 22.0;
pub(super) const BAR_WIDTH: f32 = 1.4;
pub(super) const BAR_FULL: f32 = 9.6;
pub(super) const BAR_TRACKER: f32 = 3.5;

/// How far an address keeps from the sides of its area: letters may reach beyond where they stand.
const ADDRESS_INSET: f32 = 2.0;

/// What stays clear above and below the barcode.
const BAR_CLEAR: f32 = 2.6;

/// The reader's code: right of the windows, wherever the sheet slides to, with room to its edge.
pub(super) const SQUARES: Area = Area {
    left: 6.25,
    top: 0.6,
    width: 1.25,
    height: 1.25,
};

/// The words under it: what the hand needs where no reader is.
const UNDER_SQUARES: Area = Area {
    left: 5.25,
    top: 1.95,
    width: 2.25,
    height: FOLD - 1.95 - 0.5,
};

/// A part of a page that belongs together, in the order of reading.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Which of the letter's parts it is, or continues.
    pub(super) role: Role,
    /// Its lines, each with the point where it begins.
    pub(super) lines: Vec<(f32, f32, Line)>,
    /// What is drawn of it that is no text.
    pub(super) drawing: Option<Drawing>,
}

/// What a piece is to a reader who does not see the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Sender,
    Recipient,
    Bars,
    Squares,
    Number,
    /// A block of the text, by its index.
    Block(usize),
    /// That the text goes on.
    Continued,
}

/// A drawing, with the left upper corner where it begins.
#[derive(Debug, Clone)]
pub(super) enum Drawing {
    Bars(f32, f32, Bars),
    Squares(Squares),
}

/// A letter with everything in its place.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub(super) letter: Letter,
    /// Its pages: the front, and perhaps the back.
    pub(super) pages: Vec<Vec<Piece>>,
}

impl Sheet {
    /// Returns how many of its two sides are printed.
    #[must_use]
    pub const fn sides(&self) -> usize {
        self.pages.len()
    }

    /// Returns the lines that stand in the windows: the return address, then the address.
    #[must_use]
    pub fn in_windows(&self) -> Vec<String> {
        let is_shown = |piece: &&Piece| matches!(piece.role, Role::Sender | Role::Recipient);
        let pieces = self.pages.iter().flatten().filter(is_shown);
        let lines = pieces.flat_map(|piece| piece.lines.iter());
        let mut texts: Vec<String> = lines.map(|(_, _, line)| line.text.to_string()).collect();
        texts.dedup();
        texts
    }
}

impl Typesetter {
    /// Puts a letter's parts into their places.
    ///
    /// # Errors
    /// Returns [`PageError`] for an address that fits into no window, and for a text that is too long.
    pub fn sheet(&mut self, letter: Letter, setting: &Setting) -> Result<Sheet, PageError> {
        let mut front = self.outside(&letter, setting)?;
        front.extend(self.corner(&letter));
        let top = setting.envelope.body_top * INCH;
        for size in SIZES {
            if let Some(body) = self.body(&letter, size, top, 1) {
                front.extend(body.into_iter().flatten());
                let pages = vec![front];
                return Ok(Sheet { letter, pages });
            }
        }
        let [.., smallest] = SIZES;
        let body = self.body(&letter, smallest, top, setting.sides.count());
        let mut pages = body.ok_or(PageError::Long)?;
        if let Some(first) = pages.first_mut() {
            first.extend(self.continued(&letter));
            front.append(first);
            *first = front;
        }
        Ok(Sheet { letter, pages })
    }

    /// Places what the windows show.
    fn outside(&mut self, letter: &Letter, setting: &Setting) -> Result<Vec<Piece>, PageError> {
        let mut pieces = Vec::new();
        let sender = points(setting.envelope.sender);
        let lines = self
            .address(&letter.sender, sender)
            .ok_or(PageError::Sender)?;
        pieces.push(piece(Role::Sender, lines));
        let mut area = points(setting.envelope.recipient);
        let bars = letter.bars.clone().map(|bars| Piece {
            role: Role::Bars,
            lines: Vec::new(),
            drawing: Some(Drawing::Bars(area.left, area.top + BAR_CLEAR, bars)),
        });
        if bars.is_some() {
            let taken = BAR_CLEAR.mul_add(2.0, BAR_FULL);
            area.top += taken;
            area.height -= taken;
        }
        let lines = self.address(&letter.recipient, area);
        let lines = lines.ok_or(PageError::Recipient)?;
        pieces.push(piece(Role::Recipient, lines));
        pieces.extend(bars);
        Ok(pieces)
    }

    /// Sets an address as large as it stays in its area: whole lines first, broken ones else.
    fn address(&mut self, texts: &[String], area: Area) -> Option<Vec<(f32, f32, Line)>> {
        let mut set = |size: f32| -> (bool, Vec<(f32, f32, Line)>) {
            let face = Face {
                size,
                leading: (size * 1.12).ceil(),
                weight: Weight::Regular,
            };
            let broken: Vec<Vec<Line>> = texts
                .iter()
                .map(|text| self.lines(text, face, ADDRESS_INSET.mul_add(-2.0, area.width)))
                .collect();
            let is_whole = broken.iter().all(|lines| lines.len() <= 1);
            let mut y = area.top;
            let lines = broken.into_iter().flatten().map(|line| {
                let at = y;
                y += face.leading;
                (area.left + ADDRESS_INSET, at, line)
            });
            (is_whole, lines.collect())
        };
        let fits = |lines: &[(f32, f32, Line)]| {
            let last = lines.last();
            last.is_none_or(|(_, y, line)| y + line.face.leading <= area.bottom())
        };
        for must_be_whole in [true, false] {
            for size in ADDRESS_SIZES {
                let (is_whole, lines) = set(size);
                if fits(&lines) && (is_whole || !must_be_whole) {
                    return Some(lines);
                }
            }
        }
        None
    }

    /// Places the reader's code and the number beside the windows.
    fn corner(&mut self, letter: &Letter) -> Vec<Piece> {
        let mut pieces = Vec::new();
        pieces.extend(letter.squares.clone().map(|squares| Piece {
            role: Role::Squares,
            lines: Vec::new(),
            drawing: Some(Drawing::Squares(squares)),
        }));
        let area = points(UNDER_SQUARES);
        let face = face(12.0, Weight::Regular);
        let mut y = area.top;
        let lines = self.lines(&letter.number, face, area.width);
        let lines = lines.into_iter().map(|line| {
            let at = y;
            y += face.leading;
            // Flush with the code above, which stands at the right.
            (area.right() - line.width, at, line)
        });
        pieces.push(piece(Role::Number, lines.collect()));
        pieces
    }

    /// Flows the text over so many pages; `None` where it needs more.
    fn body(
        &mut self,
        letter: &Letter,
        size: f32,
        top: f32,
        pages_max: usize,
    ) -> Option<Vec<Vec<Piece>>> {
        let area = points(Area {
            left: MARGIN,
            top: 0.0,
            width: MARGIN.mul_add(-2.0, SHEET.width),
            height: BODY_BOTTOM,
        });
        let mut pages = vec![Vec::new()];
        let mut y = top;
        let mut is_first = true;
        for (index, block) in letter.blocks.iter().enumerate() {
            let style = style(block, size);
            let lines = self.lines(block.text(), style.face, area.width);
            let before = if is_first { 0.0 } else { style.before };
            // A heading does not stand alone at the foot of a page.
            let together = match block {
                Block::Title(_) | Block::Heading(_) => {
                    let leading = style.face.leading;
                    lines.iter().map(|_| leading).sum::<f32>()
                        + 3.0 * face(size, Weight::Regular).leading
                }
                Block::Paragraph(_) | Block::Code(_) => style.face.leading,
            };
            y += before;
            let mut needed = together;
            for line in lines {
                if y + needed > area.bottom() {
                    if pages.len() == pages_max {
                        return None;
                    }
                    pages.push(Vec::new());
                    y = BACK_TOP * INCH;
                }
                needed = style.face.leading;
                let at = (area.left, y, line);
                y += style.face.leading;
                let page = pages.last_mut()?;
                match page.last_mut() {
                    Some(Piece { role, lines, .. }) if *role == Role::Block(index) => {
                        lines.push(at);
                    }
                    _ => page.push(piece(Role::Block(index), vec![at])),
                }
            }
            y += style.after;
            is_first = false;
        }
        Some(pages)
    }

    /// Says at the foot of the front that the text goes on behind.
    fn continued(&mut self, letter: &Letter) -> Option<Piece> {
        let face = face(12.0, Weight::Bold);
        let width = MARGIN.mul_add(-2.0, SHEET.width) * INCH;
        let lines = self.lines(&letter.continued, face, width);
        let line = lines.into_iter().next()?;
        let at = (MARGIN * INCH, BODY_BOTTOM.mul_add(INCH, 2.0), line);
        Some(piece(Role::Continued, vec![at]))
    }
}

/// How a block is set, and what stays free around it.
struct Style {
    face: Face,
    before: f32,
    after: f32,
}

fn style(block: &Block, size: f32) -> Style {
    let (face, before, after) = match block {
        Block::Title(_) => (face(size + 4.0, Weight::Bold), 2.0, 4.0),
        Block::Heading(_) => (face(size + 1.0, Weight::Bold), size * 0.5, 1.0),
        Block::Paragraph(_) => (face(size, Weight::Regular), 0.0, size * 0.35),
        Block::Code(_) => (face(size + 4.0, Weight::Bold), 0.0, size * 0.35),
    };
    Style {
        face,
        before,
        after,
    }
}

fn face(size: f32, weight: Weight) -> Face {
    Face {
        size,
        leading: (size * 1.25).ceil(),
        weight,
    }
}

fn piece(role: Role, lines: Vec<(f32, f32, Line)>) -> Piece {
    Piece {
        role,
        lines,
        drawing: None,
    }
}

fn points(area: Area) -> Area {
    Area {
        left: area.left * INCH,
        top: area.top * INCH,
        width: area.width * INCH,
        height: area.height * INCH,
    }
}
