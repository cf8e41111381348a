//! Draws sheets as a PDF whose every mark is in its tree of tags.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{Metadata, TextDirection};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, Tag, TagGroup, TagTree,
};
use krilla::{Document, SerializeSettings};

use super::envelope::{INCH, SHEET};
use super::fit::{
    BAR_FULL, BAR_PITCH, BAR_TRACKER, BAR_WIDTH, Drawing, Piece, Role, SQUARES, Sheet,
};
use super::text::{Line, Typesetter};
use super::{Block, Letter, PageError, Sides};
use crate::barcode::imb::{Bar, Bars};
use crate::barcode::qr::Squares;

/// Draws sheets one after the other, each beginning on the front of a sheet of paper: where both sides
/// are printed, a letter of one page is followed by an empty one.
///
/// # Errors
/// Returns [`PageError::Refused`] where the result is not PDF/UA-1.
pub fn pdf(typesetter: &Typesetter, sheets: &[Sheet], sides: Sides) -> Result<Vec<u8>, PageError> {
    let mut document = document()?;
    let mut tree = TagTree::new();
    let mut outline = Outline::new();
    let mut index = 0;
    for sheet in sheets {
        let mut part = TagGroup::new(Tag::Part.with_lang(Some(sheet.letter.language.clone())));
        let mut tagged = Tagged::default();
        for pieces in &sheet.pages {
            let mut page = document.start_page_with(page_settings());
            let mut surface = page.surface();
            for piece in pieces {
                tagged.draw(&mut surface, typesetter, piece);
            }
            surface.finish();
            page.finish();
            for (title, y) in headings(sheet, pieces) {
                outline.push_child(entry(title, index, y));
            }
            index += 1;
        }
        // A single letter ends where it ends; in a batch the next one must not land on its back.
        if sheets.len() > 1 && sheet.sides() < sides.count() {
            document.start_page_with(page_settings()).finish();
            index += 1;
        }
        for group in tagged.groups(&sheet.letter) {
            part.push(group);
        }
        tree.push(part);
    }
    let first = sheets.first().map(|sheet| &sheet.letter);
    let text = |of: fn(&Letter) -> &String| first.map(of).cloned().unwrap_or_default();
    let metadata = Metadata::new()
        .title(text(|letter| &letter.title))
        .language(text(|letter| &letter.language))
        .text_direction(TextDirection::LeftToRight);
    finish(document, metadata, (tree, outline))
}

/// Begins a document that is held to PDF/UA-1.
pub(super) fn document() -> Result<Document, PageError> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PageError::Refused(format!("{error:?}")))?;
    Ok(Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: true,
        ..SerializeSettings::default()
    }))
}

/// Ends a document.
pub(super) fn finish(
    mut document: Document,
    metadata: Metadata,
    (tree, outline): (TagTree, Outline),
) -> Result<Vec<u8>, PageError> {
    document.set_metadata(metadata);
    document.set_outline(outline);
    document.set_tag_tree(tree);
    // An error of the library quotes no text.
    document
        .finish()
        .map_err(|error| PageError::Refused(format!("{error:?}")))
}

pub(super) fn page_settings() -> PageSettings {
    let (width, height) = (SHEET.width * INCH, SHEET.height * INCH);
    PageSettings::from_wh(width, height).unwrap_or_default()
}

/// Returns the headings of a page, each with where it stands.
fn headings<'a>(sheet: &'a Sheet, pieces: &'a [Piece]) -> impl Iterator<Item = (&'a str, f32)> {
    pieces.iter().filter_map(|piece| {
        let Role::Block(index) = piece.role else {
            return None;
        };
        let (Block::Title(text) | Block::Heading(text)) = sheet.letter.blocks.get(index)? else {
            return None;
        };
        let (_, y, _) = piece.lines.first()?;
        Some((text.as_str(), *y))
    })
}

/// Returns an entry of the outline that leads to a point of a page.
pub(super) fn entry(title: &str, page: usize, y: f32) -> OutlineNode {
    let destination = XyzDestination::new(page, Point::from_xy(0.0, y));
    OutlineNode::new(title.to_owned(), destination)
}

/// The marks of a letter by the part that they belong to, in the order of reading.
#[derive(Default)]
struct Tagged {
    order: Vec<Role>,
    marks: BTreeMap<usize, Vec<Node>>,
}

impl Tagged {
    fn draw(&mut self, surface: &mut Surface<'_>, typesetter: &Typesetter, piece: &Piece) {
        for (x, y, line) in piece
            .lines
            .iter()
            .filter(|(_, _, line)| !line.glyphs.is_empty())
        {
            let mark = draw_line(surface, typesetter, line, *x, *y);
            self.note(piece.role, mark);
        }
        if let Some(drawing) = &piece.drawing {
            let mark = surface.start_tagged(ContentTag::Other);
            match drawing {
                Drawing::Bars(x, y, bars) => draw_bars(surface, bars, *x, *y),
                Drawing::Squares(squares) => draw_squares(surface, squares),
            }
            surface.end_tagged();
            self.note(piece.role, mark);
        }
    }

    fn note(&mut self, role: Role, mark: Identifier) {
        let index = self.order.iter().position(|known| *known == role);
        let index = index.unwrap_or_else(|| {
            self.order.push(role);
            self.order.len() - 1
        });
        self.marks.entry(index).or_default().push(Node::from(mark));
    }

    /// Returns a group for each part.
    fn groups(self, letter: &Letter) -> Vec<TagGroup> {
        let Self { order, mut marks } = self;
        order
            .into_iter()
            .enumerate()
            .map(|(index, role)| {
                let children = marks.remove(&index).unwrap_or_default();
                group(role, letter, children)
            })
            .collect()
    }
}

fn group(role: Role, letter: &Letter, children: Vec<Node>) -> TagGroup {
    match role {
        Role::Bars => TagGroup::with_children(Tag::Figure(Some(letter.bars_alt.clone())), children),
        Role::Squares => {
            TagGroup::with_children(Tag::Figure(Some(letter.squares_alt.clone())), children)
        }
        Role::Block(index) => match letter.blocks.get(index) {
            Some(Block::Title(text)) => heading(NonZeroU16::MIN, text, children),
            Some(Block::Heading(text)) => {
                heading(NonZeroU16::MIN.saturating_add(1), text, children)
            }
            Some(Block::Paragraph(_) | Block::Code(_)) | None => {
                TagGroup::with_children(Tag::P, children)
            }
        },
        Role::Sender | Role::Recipient | Role::Number | Role::Continued => {
            TagGroup::with_children(Tag::P, children)
        }
    }
}

pub(super) fn heading(level: NonZeroU16, text: &str, children: Vec<Node>) -> TagGroup {
    TagGroup::with_children(Tag::Hn(level, Some(text.to_owned())), children)
}

/// Draws a line as one mark.
pub(super) fn draw_line(
    surface: &mut Surface<'_>,
    typesetter: &Typesetter,
    line: &Line,
    x: f32,
    y: f32,
) -> Identifier {
    let mark = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
    draw_glyphs(surface, typesetter, line, x, y);
    surface.end_tagged();
    mark
}

fn draw_glyphs(surface: &mut Surface<'_>, typesetter: &Typesetter, line: &Line, x: f32, y: f32) {
    let start = Point::from_xy(x, y + line.baseline);
    let font = typesetter.font(line.face.weight);
    surface.draw_glyphs(start, &line.glyphs, font, &line.text, line.face.size, false);
}

/// Draws something that is no part of what is read.
pub(super) fn draw_artifact(surface: &mut Surface<'_>, draw: impl FnOnce(&mut Surface<'_>)) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(
        ArtifactType::Layout,
    )));
    draw(surface);
    surface.end_tagged();
}

/// Draws the post's barcode with its left upper corner at a point.
pub(super) fn draw_bars(surface: &mut Surface<'_>, bars: &Bars, x: f32, y: f32) {
    let reach = (BAR_FULL - BAR_TRACKER) / 2.0;
    let mut left = x;
    let mut path = PathBuilder::new();
    for bar in bars.iter() {
        let (top, height) = match bar {
            Bar::Tracker => (reach, BAR_TRACKER),
            Bar::Descender => (reach, BAR_FULL - reach),
            Bar::Ascender => (0.0, BAR_FULL - reach),
            Bar::Full => (0.0, BAR_FULL),
        };
        if let Some(rect) = Rect::from_xywh(left, y + top, BAR_WIDTH, height) {
            path.push_rect(rect);
        }
        left += BAR_PITCH;
    }
    fill(surface, path);
}

fn draw_squares(surface: &mut Surface<'_>, squares: &Squares) {
    let count = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
    let unit = SQUARES.width * INCH / count(squares.side().max(1));
    let (left, top) = (SQUARES.left * INCH, SQUARES.top * INCH);
    let mut path = PathBuilder::new();
    for (row, column, length) in squares.runs() {
        let x = count(column).mul_add(unit, left);
        let y = count(row).mul_add(unit, top);
        if let Some(rect) = Rect::from_xywh(x, y, unit * count(length), unit) {
            path.push_rect(rect);
        }
    }
    fill(surface, path);
}

fn fill(surface: &mut Surface<'_>, path: PathBuilder) {
    if let Some(path) = path.finish() {
        surface.set_stroke(None);
        surface.set_fill(Some(krilla::paint::Fill::default()));
        surface.draw_path(&path);
    }
}
