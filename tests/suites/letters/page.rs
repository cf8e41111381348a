//! The page: windows, file, codes, and the standard.

use std::path::Path;

use anyhow::{Context as _, ensure};
use savin_letter::page::{Area, CLEAR, Envelope, Typesetter, alignment};

use crate::paper::{Ink, Word, words};
use crate::sample::{self, SETTING, TOKEN};

/// How far a sheet of letter size slides in a #10 envelope, in inches: half of what is free on each side,
/// and down by all of it.
const SLIDES: (f64, f64) = (0.5, 0.46);

fn is_inside(area: &Area, word: &Word) -> bool {
    let area = [area.left, area.top, area.right(), area.bottom()].map(f64::from);
    let [left, top, right, bottom] = area;
    word.left >= left
        && word.right <= right
        && word.top >= top - 0.01
        && word.bottom <= bottom + 0.01
}

#[test]
fn every_address_line_stands_in_its_window_with_an_eighth_of_an_inch_clear() -> anyhow::Result<()> {
    for sample in sample::all()? {
        let words = words(&sample.file)?;
        let windows = [
            (SETTING.envelope.sender, &sample.letter.sender),
            (SETTING.envelope.recipient, &sample.letter.recipient),
        ];
        for (area, lines) in windows {
            // The area is what is printed in; its window is larger by an eighth on each side.
            let seen: Vec<&str> = words
                .iter()
                .filter(|word| is_inside(&area, word))
                .map(|word| word.text.as_str())
                .collect();
            let expected: Vec<&str> = lines.iter().flat_map(|line| line.split(' ')).collect();
            // Without blanks, which poppler finds by gaps: a mark may be wider than its letter.
            let (seen, expected) = (seen.concat(), expected.concat());
            ensure!(seen == expected, "{}: {seen}, not {expected}", sample.name);
        }
    }
    Ok(())
}

#[test]
fn no_window_shows_anything_else_wherever_the_sheet_slides() -> anyhow::Result<()> {
    for sample in sample::all()? {
        let ink = Ink::of(&sample.file, 150)?;
        let mut inked = 0;
        for window in [SETTING.envelope.sender, SETTING.envelope.recipient] {
            let hole = window.grown(CLEAR);
            let [left, top, right, bottom] =
                [hole.left, hole.top, hole.right(), hole.bottom()].map(f64::from);
            for (x, y) in ink.places() {
                let is_near =
                    x > left - SLIDES.0 && x < right + SLIDES.0 && y > top && y < bottom + SLIDES.1;
                if !is_near {
                    continue;
                }
                let areas = [SETTING.envelope.sender, SETTING.envelope.recipient];
                let is_address = areas.iter().any(|area| {
                    let [left, top, right, bottom] =
                        [area.left, area.top, area.right(), area.bottom()].map(f64::from);
                    x >= left - 0.01 && x <= right + 0.01 && y >= top - 0.01 && y <= bottom + 0.01
                });
                ensure!(is_address, "{}: ink at {x:.2}, {y:.2} inches", sample.name);
                inked += 1;
            }
        }
        ensure!(inked > 1000, "{}: the windows are empty", sample.name);
    }
    Ok(())
}

#[test]
fn the_barcode_is_read_off_the_paper() -> anyhow::Result<()> {
    let sample = sample::named("usual")?;
    let ink = Ink::of(&sample.file, 600)?;
    let area = SETTING.envelope.recipient;
    let (left, top) = (f64::from(area.left), f64::from(area.top));
    // The rows at which each kind of bar differs, by the measures of USPS-B-3200.
    let first = (0..200).map(|step| top + f64::from(step) / 1000.0);
    let dark_rows: Vec<f64> = first
        .filter(|y| (0..65).any(|bar| ink.is_dark(left + f64::from(bar) / 22.0 + 0.01, *y)))
        .collect();
    let (upper, lower) = (dark_rows.first(), dark_rows.last());
    let (upper, lower) = (upper.context("bars")?, lower.context("bars")?);
    let height = lower - upper;
    ensure!(
        (0.125..=0.165).contains(&height),
        "bars of {height:.3} inches"
    );
    let read: String = (0..65)
        .map(|bar| {
            let x = left + f64::from(bar) / 22.0 + 0.01;
            match (ink.is_dark(x, upper + 0.02), ink.is_dark(x, lower - 0.02)) {
                (true, true) => 'F',
                (true, false) => 'A',
                (false, true) => 'D',
                (false, false) => 'T',
            }
        })
        .collect();
    ensure!(read == sample::bars()?.to_string(), "read {read}");
    Ok(())
}

#[test]
fn the_readers_code_is_read_off_the_paper() -> anyhow::Result<()> {
    for sample in sample::all()? {
        let file = &sample.file;
        let picture = file.with_extension("");
        let (file, stem) = (
            file.to_str().context("a path")?,
            picture.to_str().context("a path")?,
        );
        crate::run(
            "pdftoppm",
            &["-png", "-r", "150", "-l", "1", "-singlefile", file, stem],
        )?;
        let png = format!("{stem}.png");
        let read = crate::run(
            "zbarimg",
            &["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", &png],
        )?;
        let read = String::from_utf8(read)?;
        ensure!(read.trim() == TOKEN, "{}: read {read}", sample.name);
    }
    Ok(())
}

#[test]
fn the_file_is_sound_and_accessible() -> anyhow::Result<()> {
    let folder = crate::folder()?;
    let mut files = Vec::new();
    for sample in sample::all()? {
        files.push(sample.file.clone());
    }
    let page = folder.join("alignment.pdf");
    std::fs::write(
        &page,
        alignment(&mut Typesetter::new()?, &Envelope::NUMBER_10)?,
    )?;
    files.push(page);
    for file in files {
        let file = file.to_str().context("a path")?;
        crate::run("qpdf", &["--check", file])?;
        let fonts = String::from_utf8(crate::run("pdffonts", &[file])?)?;
        ensure!(
            fonts
                .lines()
                .skip(2)
                .all(|line| line.contains("yes yes yes")),
            "{fonts}"
        );
        // It ends with an error where it finds anything.
        let check =
            "import sys; from pdfua.cli import main; sys.exit(main(['check', sys.argv[1]]))";
        crate::python(check, &[file])?;
    }
    Ok(())
}

#[test]
fn what_is_copied_out_of_the_page_is_what_was_written() -> anyhow::Result<()> {
    for sample in sample::all()? {
        let file = &sample.file;
        let text = crate::run(
            "pdftotext",
            &["-raw", file.to_str().context("a path")?, "-"],
        )?;
        let text = String::from_utf8(text)?;
        let gap = if sample.name == "choctaw" { "" } else { " " };
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(gap);
        let text = words(&text);
        for line in &sample.letter.recipient {
            ensure!(
                text.contains(&words(line)),
                "{}: {line} is not in {text}",
                sample.name
            );
        }
    }
    Ok(())
}

#[test]
fn samples_stay_on_one_sheet() -> anyhow::Result<()> {
    let pages = |file: &Path| -> anyhow::Result<String> {
        let file = file.to_str().context("a path")?;
        let told = String::from_utf8(crate::run("pdfinfo", &[file])?)?;
        let line = told.lines().find(|line| line.starts_with("Pages:"));
        Ok(line
            .context("a number of pages")?
            .replace("Pages:", "")
            .trim()
            .to_owned())
    };
    for (name, expected) in [("usual", "1"), ("long", "1"), ("back", "2")] {
        let sample = sample::named(name)?;
        let found = pages(&sample.file)?;
        ensure!(found == expected, "{name}: {found} pages");
    }
    Ok(())
}
