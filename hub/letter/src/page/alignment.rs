//! The page by which somebody sees whether the printer and the envelope agree with the settings.

use krilla::geom::{PathBuilder, Rect};
use krilla::metadata::Metadata;
use krilla::outline::Outline;
use krilla::paint::Stroke;
use krilla::surface::Surface;
use krilla::tagging::{Tag, TagGroup, TagTree};

use super::draw::{
    document, draw_artifact, draw_bars, draw_line, entry, finish, heading, page_settings,
};
use super::envelope::{Area, CLEAR, FOLD, INCH, SHEET};
use super::text::{Face, Typesetter, Weight};
use super::{Envelope, PageError};
use crate::barcode::imb::{Bars, Routing, Tracking};

/// A tracking code of nobody.
const SAMPLE: &str = "00000000000000000000";

/// What the page says, below the fold.
const WORDS: [&str; 5] = [
    "Print this page without scaling (\"actual size\"), fold it at the marks in the margin, first at the \
     upper one, and put it into the envelope.",
    "Tap the envelope on a table on each of its four sides. Each time both inner rectangles must be whole \
     in their windows, and nothing else than the two rectangles of each window may be seen.",
    "The line below the words \"six inches\" must be six inches long. If it is not, the printer scales.",
    "If a rectangle is cut off or stands too near to an edge, measure the windows and change the \
     rectangles in the settings, under [letters.windows]. Then print this page again.",
    "six inches",
];

/// Draws the page for an envelope: both windows, what is printed in them, the folds, and a measure.
///
/// # Errors
/// Returns [`PageError`] where the page cannot be made.
pub fn alignment(typesetter: &mut Typesetter, envelope: &Envelope) -> Result<Vec<u8>, PageError> {
    let mut document = document()?;
    let mut page = document.start_page_with(page_settings());
    let mut surface = page.surface();
    draw_artifact(&mut surface, |surface| {
        for area in [envelope.sender, envelope.recipient] {
            outline(surface, area, 0.5);
            outline(surface, area.grown(CLEAR), 1.5);
        }
        for fold in [FOLD, FOLD * 2.0] {
            for left in [0.0, SHEET.width - 0.3] {
                rule(surface, left, fold, 0.3);
            }
        }
        rule(surface, 1.0, 10.0, 6.0);
        if let (Ok(tracking), Ok(routing)) = (Tracking::parse(SAMPLE), Routing::parse("")) {
            let area = envelope.recipient;
            let bars = Bars::of(&tracking, routing);
            draw_bars(
                surface,
                &bars,
                area.left * INCH,
                area.top.mul_add(INCH, 2.6),
            );
        }
    });
    let mut part = TagGroup::new(Tag::Part);
    let face = |weight| Face {
        size: 12.0,
        leading: 15.0,
        weight,
    };
    let mut y = envelope.body_top * INCH;
    let title = "Alignment of the two windows";
    let mut marks = Vec::new();
    for line in typesetter.lines(title, face(Weight::Bold), 468.0) {
        marks.push(draw_line(&mut surface, typesetter, &line, INCH, y).into());
        y += 22.0;
    }
    part.push(heading(std::num::NonZeroU16::MIN, title, marks));
    for (index, words) in WORDS.into_iter().enumerate() {
        if index + 1 == WORDS.len() {
            y = 9.75 * INCH;
        }
        let mut group = TagGroup::new(Tag::P);
        for line in typesetter.lines(words, face(Weight::Regular), 468.0) {
            group.push(draw_line(&mut surface, typesetter, &line, INCH, y));
            y += 15.0;
        }
        y += 6.0;
        part.push(group);
    }
    surface.finish();
    page.finish();
    let mut tree = TagTree::new();
    tree.push(part);
    let metadata = Metadata::new()
        .title(title.to_owned())
        .language("en".to_owned());
    let mut outline = Outline::new();
    outline.push_child(entry(title, 0, envelope.body_top * INCH));
    finish(document, metadata, (tree, outline))
}

fn outline(surface: &mut Surface<'_>, area: Area, width: f32) {
    let rect = Rect::from_xywh(
        area.left * INCH,
        area.top * INCH,
        area.width * INCH,
        area.height * INCH,
    );
    let mut path = PathBuilder::new();
    if let Some(rect) = rect {
        path.push_rect(rect);
    }
    stroke(surface, path, width);
}

/// Draws a line to the right, in inches.
fn rule(surface: &mut Surface<'_>, left: f32, top: f32, length: f32) {
    let mut path = PathBuilder::new();
    path.move_to(left * INCH, top * INCH);
    path.line_to((left + length) * INCH, top * INCH);
    stroke(surface, path, 0.75);
}

fn stroke(surface: &mut Surface<'_>, path: PathBuilder, width: f32) {
    if let Some(path) = path.finish() {
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke {
            width,
            ..Stroke::default()
        }));
        surface.draw_path(&path);
        surface.set_stroke(None);
        surface.set_fill(Some(krilla::paint::Fill::default()));
    }
}
