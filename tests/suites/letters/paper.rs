//! What is seen on the paper: words with their places, and ink.

use std::path::Path;

use anyhow::Context as _;

/// Points of an inch.
const INCH: f64 = 72.0;

/// A word, with its box in inches from the left upper corner.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// Returns the words of the first page.
pub(crate) fn words(file: &Path) -> anyhow::Result<Vec<Word>> {
    let file = file.to_str().context("a plain path")?;
    let found = crate::run("pdftotext", &["-bbox", "-l", "1", file, "-"])?;
    let found = String::from_utf8(found)?;
    found
        .lines()
        .filter(|line| line.trim_start().starts_with("<word "))
        .map(|line| {
            let number = |name: &str| -> anyhow::Result<f64> {
                let start = line.split(&format!("{name}=\"")).nth(1);
                let value = start.and_then(|rest| rest.split('"').next());
                Ok(value.context("a box")?.parse::<f64>()? / INCH)
            };
            let text = line
                .split('>')
                .nth(1)
                .and_then(|rest| rest.split('<').next());
            Ok(Word {
                text: text.unwrap_or_default().replace("&amp;", "&"),
                left: number("xMin")?,
                top: number("yMin")?,
                right: number("xMax")?,
                bottom: number("yMax")?,
            })
        })
        .collect()
}

/// A page as a printer makes it, in gray.
pub(crate) struct Ink {
    dots: f64,
    width: usize,
    grays: Vec<u8>,
}

impl Ink {
    /// Prints the first page with so many dots an inch.
    pub(crate) fn of(file: &Path, dots: u32) -> anyhow::Result<Self> {
        let file = file.to_str().context("a plain path")?;
        let resolution = dots.to_string();
        let options = ["-gray", "-r", resolution.as_str(), "-l", "1", file];
        let bytes = crate::run("pdftoppm", &options)?;
        // P5, width and height, 255, then the dots.
        let mut parts = bytes.splitn(4, u8::is_ascii_whitespace);
        let kind = parts.next().context("a picture")?;
        anyhow::ensure!(kind == b"P5", "a gray picture");
        let number = |part: Option<&[u8]>| -> anyhow::Result<usize> {
            Ok(std::str::from_utf8(part.context("a size")?)?.parse()?)
        };
        let width = number(parts.next())?;
        let height = number(parts.next())?;
        let grays = bytes.get(bytes.len() - width * height..).context("dots")?;
        Ok(Self {
            dots: f64::from(dots),
            width,
            grays: grays.to_vec(),
        })
    }

    /// Says whether there is ink at a point.
    pub(crate) fn is_dark(&self, left: f64, top: f64) -> bool {
        let place = |inches: f64| {
            format!("{:.0}", inches * self.dots)
                .parse()
                .unwrap_or(usize::MAX)
        };
        let at = place(top) * self.width + place(left);
        self.grays.get(at).is_some_and(|gray| *gray < 128)
    }

    /// Returns where there is ink, in inches.
    pub(crate) fn places(&self) -> impl Iterator<Item = (f64, f64)> {
        let inches = |dots: usize| f64::from(u32::try_from(dots).unwrap_or(u32::MAX)) / self.dots;
        let dark = self
            .grays
            .iter()
            .enumerate()
            .filter(|(_, gray)| **gray < 200);
        dark.map(move |(at, _)| (inches(at % self.width), inches(at / self.width)))
    }
}
