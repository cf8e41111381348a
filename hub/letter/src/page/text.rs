//! Text broken into lines of glyphs, in the one family of letters.

use std::ops::Range;
use std::sync::Arc;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::{
    FontContext, FontFamily, FontWeight, Layout, LayoutContext, LineHeight, OverflowWrap,
    StyleProperty, TextWrapMode,
};

use crate::together::together;

/// The family of every letter, by its name in the files.
const FAMILY: &str = "Libertinus Serif";

const REGULAR: &[u8] = include_bytes!("../../fonts/LibertinusSerif-Regular.otf");
const BOLD: &[u8] = include_bytes!("../../fonts/LibertinusSerif-Bold.otf");

/// What stands for a letter that the family does not have.
const UNKNOWN: &str = "?";

/// A file of letters that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the built-in letters cannot be read")]
pub struct FontError;

/// How a text is set; sizes in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    /// How large.
    pub(super) size: f32,
    /// From one line to the next.
    pub(super) leading: f32,
    /// How heavy.
    pub(super) weight: Weight,
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// One line, with everything that is drawn of it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The text of which the line is a part.
    pub(super) text: Arc<str>,
    /// How it is set.
    pub(super) face: Face,
    /// Where its letters stand, below the upper edge of the line.
    pub(super) baseline: f32,
    /// How wide it is, without blanks at its end.
    pub(super) width: f32,
    /// Its letters.
    pub(super) glyphs: Vec<KrillaGlyph>,
}

/// Sets text: made once, since reading the letters takes a while.
pub struct Typesetter {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    regular: Font,
    bold: Font,
}

impl std::fmt::Debug for Typesetter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Typesetter").finish_non_exhaustive()
    }
}

impl Typesetter {
    /// Reads the built-in letters.
    ///
    /// # Errors
    /// Returns [`FontError`] where they are damaged.
    pub fn new() -> Result<Self, FontError> {
        let mut collection = Collection::new(CollectionOptions {
            shared: false,
            system_fonts: false,
        });
        for bytes in [REGULAR, BOLD] {
            collection.register_fonts(Blob::new(Arc::new(bytes)), None);
        }
        let font = |bytes: &'static [u8]| Font::new(bytes.into(), 0).ok_or(FontError);
        collection.family_id(FAMILY).ok_or(FontError)?;
        Ok(Self {
            fonts: FontContext {
                collection,
                source_cache: SourceCache::default(),
            },
            layouts: LayoutContext::new(),
            regular: font(REGULAR)?,
            bold: font(BOLD)?,
        })
    }

    /// Returns the letters of a weight.
    pub(super) fn font(&self, weight: Weight) -> Font {
        match weight {
            Weight::Regular => self.regular.clone(),
            Weight::Bold => self.bold.clone(),
        }
    }

    /// Breaks a text into lines. A letter that the family does not have is set as a question mark.
    pub(super) fn lines(&mut self, text: &str, face: Face, width: f32) -> Vec<Line> {
        let mut text = cleaned(text);
        let mut layout = self.layout(&text, face, width);
        let missing = missing(&layout);
        if !missing.is_empty() {
            for range in missing.into_iter().rev() {
                text.replace_range(range, UNKNOWN);
            }
            layout = self.layout(&text, face, width);
        }
        let text: Arc<str> = text.into();
        layout
            .lines()
            .map(|line| {
                let metrics = line.metrics();
                let mut glyphs = Vec::new();
                for run in line.runs() {
                    for cluster in run.visual_clusters() {
                        let of_cluster = cluster.glyphs().collect::<Vec<_>>();
                        let ranges = ranges(&text, cluster.text_range(), of_cluster.len());
                        glyphs.extend(of_cluster.iter().zip(ranges).map(|(glyph, range)| {
                            let em = |length: f32| length / face.size;
                            KrillaGlyph::new(
                                GlyphId::new(glyph.id),
                                em(glyph.advance),
                                em(glyph.x),
                                em(glyph.y),
                                0.0,
                                range,
                                None,
                            )
                        }));
                    }
                }
                Line {
                    text: Arc::clone(&text),
                    face,
                    baseline: metrics.baseline - metrics.block_min_coord,
                    width: metrics.advance - metrics.hanging_advance,
                    glyphs,
                }
            })
            .collect()
    }

    fn layout(&mut self, text: &str, face: Face, width: f32) -> Layout<()> {
        let mut builder = self
            .layouts
            .ranged_builder(&mut self.fonts, text, 1.0, false);
        builder.push_default(FontFamily::named(FAMILY));
        builder.push_default(StyleProperty::FontSize(face.size));
        builder.push_default(LineHeight::Absolute(face.leading));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        builder.push_default(StyleProperty::FontWeight(match face.weight {
            Weight::Regular => FontWeight::NORMAL,
            Weight::Bold => FontWeight::BOLD,
        }));
        for whole in together(text) {
            builder.push(StyleProperty::TextWrapMode(TextWrapMode::NoWrap), whole);
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(width));
        layout
    }
}

/// Writes a text without what is no letter: each blank or control character as one blank.
fn cleaned(text: &str) -> String {
    let plain = text.chars().map(|c| {
        // Marks that turn the direction could make an address read as another.
        let is_hidden = matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
        if c.is_control() || is_hidden { ' ' } else { c }
    });
    let plain: String = plain.collect();
    plain.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns where the family has no letter.
fn missing(layout: &Layout<()>) -> Vec<Range<usize>> {
    let mut missing = Vec::new();
    for line in layout.lines() {
        for run in line.runs() {
            let clusters = run.clusters();
            let unknown = clusters.filter(|cluster| cluster.glyphs().any(|glyph| glyph.id == 0));
            missing.extend(unknown.map(|cluster| cluster.text_range()));
        }
    }
    missing.sort_by_key(|range| range.start);
    missing
}

/// Says which letters each glyph of a cluster stands for: its own where there are as many, so that what
/// is copied out of the page has a base and its mark once each.
fn ranges(text: &str, cluster: Range<usize>, glyphs: usize) -> Vec<Range<usize>> {
    let part = text.get(cluster.clone()).unwrap_or_default();
    if part.chars().count() != glyphs {
        return vec![cluster; glyphs];
    }
    part.char_indices()
        .map(|(at, c)| cluster.start + at..cluster.start + at + c.len_utf8())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Face, Line, Typesetter, Weight};

    const FACE: Face = Face {
        size: 12.0,
        leading: 15.0,
        weight: Weight::Regular,
    };

    fn lines(text: &str, width: f32) -> Vec<Line> {
        Typesetter::new().unwrap().lines(text, FACE, width)
    }

    #[test]
    fn breaks_words_that_are_wider_than_the_line() {
        let long = format!("{} end", "Wolfeschlegelsteinhausenbergerdorff".repeat(3));
        let set = lines(&long, 200.0);
        assert!(set.len() >= 3, "{}", set.len());
        assert!(set.iter().all(|line| line.width <= 200.0));
        assert!(
            set.iter()
                .all(|line| line.baseline > 8.0 && line.baseline < 15.0)
        );
    }

    #[test]
    fn breaks_no_number_code_day_or_time() {
        for (text, whole) in [
            (
                "For news call 1-800-555-0100. Day and night.",
                vec!["1-800-555-0100"],
            ),
            (
                "De día o de noche llame al (601) 555-0123, o al 601 555 0124.",
                vec!["(601) 555-0123", "601 555 0124"],
            ),
            (
                "Go to a.example/seen and type 0C1G-60R4-0G20.",
                vec!["0C1G-60R4-0G20"],
            ),
            (
                "It was June 12, 2026, 11:30 p.m. there.",
                vec!["June 12", "11:30 p.m."],
            ),
            (
                "Fue el 12 de junio de 2026 a las 11:30 p. m. allí.",
                vec!["12 de junio de 2026", "las 11:30 p. m."],
            ),
        ] {
            for width in 112..460_u16 {
                let set = lines(text, f32::from(width));
                assert!(set.iter().all(|line| line.width <= f32::from(width)));
                let range = |line: &Line| {
                    let begin = line
                        .glyphs
                        .first()
                        .map_or(0, |glyph| glyph.text_range.start);
                    begin..line.glyphs.last().map_or(0, |glyph| glyph.text_range.end)
                };
                for whole in &whole {
                    let on_one = |line: &Line| line.text.get(range(line)).unwrap().contains(whole);
                    assert!(set.iter().any(on_one), "{whole} at {width}");
                }
            }
        }
    }

    #[test]
    fn has_the_letters_of_every_language_and_a_mark_for_others() {
        let known = "Kính gửi quý vị, niña pingüino; A\u{331} i\u{331} o\u{331} ʋ";
        let set = lines(known, 500.0);
        let [line] = set.as_slice() else {
            panic!("one line")
        };
        assert_eq!(&*line.text, known);
        // Each letter and mark stands for itself.
        assert!(line.glyphs.iter().all(|glyph| !glyph.text_range.is_empty()));
        let set = lines("Ana 王 Ruiz", 500.0);
        assert_eq!(set.first().map(|line| &*line.text), Some("Ana ? Ruiz"));
    }

    #[test]
    fn takes_out_what_is_no_letter() {
        let set = lines("12\tElm\u{202E} St\r\n\u{7}Apt", 500.0);
        assert_eq!(set.first().map(|line| &*line.text), Some("12 Elm St Apt"));
        assert!(lines("", 100.0).iter().all(|line| line.glyphs.is_empty()));
    }
}
