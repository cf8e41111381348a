//! Letters for long names and many languages: everything in its window, on its page, and in the tree.

use super::{Block, Envelope, Letter, PageError, Setting, Sides, Typesetter, pdf};
use crate::barcode::imb::{Bars, Mailer, Routing};
use crate::barcode::qr::Squares;

const SETTING: Setting = Setting {
    envelope: Envelope::NUMBER_10,
    sides: Sides::Two,
};

fn letter(recipient: &[&str], paragraphs: usize) -> Letter {
    let tracking = Mailer::parse("040", "123456").unwrap().tracking(7).unwrap();
    let mut blocks = vec![Block::Title("News".to_owned())];
    for number in 0..paragraphs {
        if number % 3 == 0 {
            blocks.push(Block::Heading(format!("Heading {number}")));
        }
        let words = "These are invented words in a sentence of a usual length. ".repeat(2);
        blocks.push(Block::Paragraph(format!("{number}. {words}")));
    }
    Letter {
        language: "en".to_owned(),
        title: "Letter".to_owned(),
        sender: ["PO Box 100", "Jackson MS 39205"]
            .map(str::to_owned)
            .to_vec(),
        recipient: recipient.iter().map(|line| (*line).to_owned()).collect(),
        bars: Some(Bars::of(&tracking, Routing::parse("39205").unwrap())),
        bars_alt: "Barcode of the post".to_owned(),
        squares: Some(Squares::of("https://information.example/l/7F3K9Q2M").unwrap()),
        squares_alt: "Code with the number of this letter".to_owned(),
        number: "Number of this letter: 7F3K 9Q2M".to_owned(),
        continued: "More on the back.".to_owned(),
        blocks,
    }
}

const ADDRESS: [&str; 3] = ["A. Sample", "PO Box 220", "Jackson MS 39205-0220"];

#[test]
fn gives_equal_bytes_for_equal_letters() {
    let draw = || {
        let mut typesetter = Typesetter::new().unwrap();
        let sheet = typesetter.sheet(letter(&ADDRESS, 4), &SETTING).unwrap();
        pdf(&typesetter, &[sheet], Sides::Two).unwrap()
    };
    let first = draw();
    assert!(first.starts_with(b"%PDF-1.7"));
    assert_eq!(first, draw());
}

#[test]
fn keeps_a_long_text_on_one_sheet_or_refuses_it() {
    let mut typesetter = Typesetter::new().unwrap();
    let mut sides = |paragraphs, sides| {
        let setting = Setting { sides, ..SETTING };
        let sheet = typesetter.sheet(letter(&ADDRESS, paragraphs), &setting);
        sheet.map(|sheet| sheet.sides())
    };
    assert_eq!(sides(6, Sides::One).unwrap(), 1);
    assert_eq!(sides(20, Sides::Two).unwrap(), 2);
    assert!(matches!(sides(20, Sides::One), Err(PageError::Long)));
    assert!(matches!(sides(60, Sides::Two), Err(PageError::Long)));
}

#[test]
fn sets_a_short_letter_larger_than_a_long_one() {
    let mut typesetter = Typesetter::new().unwrap();
    let mut size = |paragraphs| {
        let sheet = typesetter
            .sheet(letter(&ADDRESS, paragraphs), &SETTING)
            .unwrap();
        let pieces = sheet.pages.iter().flatten();
        let lines = pieces.flat_map(|piece| &piece.lines);
        let below = lines.filter(|(_, y, _)| *y > 270.0);
        below.fold(99.0_f32, |least, (_, _, line)| least.min(line.face.size))
    };
    assert!(size(2) > size(12));
    assert!(size(12) >= 12.0 && size(20) >= 12.0);
}

#[test]
fn loses_no_line_between_the_pages() {
    let mut typesetter = Typesetter::new().unwrap();
    let long = letter(&ADDRESS, 20);
    let sheet = typesetter.sheet(long.clone(), &SETTING).unwrap();
    let mut drawn = String::new();
    for (_, _, line) in sheet.pages.iter().flatten().flat_map(|piece| &piece.lines) {
        let start = line.glyphs.first().unwrap().text_range.start;
        let end = line.glyphs.last().unwrap().text_range.end;
        drawn.push_str(line.text.get(start..end).unwrap());
        drawn.push(' ');
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let drawn = squeezed(&drawn);
    assert!(drawn.contains("More on the back."));
    let drawn = drawn.replace("More on the back. ", "");
    for block in &long.blocks {
        assert!(
            drawn.contains(&squeezed(block.text())),
            "{block:?} in {drawn}"
        );
    }
}

#[test]
fn breaks_an_address_rather_than_letting_it_leave_its_window() {
    let mut typesetter = Typesetter::new().unwrap();
    let wide = "W".repeat(46);
    let sheet = typesetter
        .sheet(
            letter(&[&wide, "12 Elm St", "Jackson MS 39201"], 1),
            &SETTING,
        )
        .unwrap();
    assert_eq!(sheet.in_windows().len(), 5);
    for (x, y, line) in sheet.pages.iter().flatten().flat_map(|piece| &piece.lines) {
        assert!(x + line.width <= 612.0 - 36.0 && y + line.face.leading <= 792.0 - 36.0);
    }
    let many = vec!["12 Elm Street"; 9];
    let refused = typesetter.sheet(letter(&many, 1), &SETTING);
    assert!(matches!(refused, Err(PageError::Recipient)), "{refused:?}");
    let sender = Letter {
        sender: vec!["Line".to_owned(); 9],
        ..letter(&ADDRESS, 1)
    };
    assert!(matches!(
        typesetter.sheet(sender, &SETTING),
        Err(PageError::Sender)
    ));
}

#[test]
fn begins_each_letter_of_a_batch_on_its_own_sheet() {
    let mut typesetter = Typesetter::new().unwrap();
    let mut sheet = |paragraphs| {
        typesetter
            .sheet(letter(&ADDRESS, paragraphs), &SETTING)
            .unwrap()
    };
    let sheets = [sheet(2), sheet(20), sheet(2)];
    let pages = |sides| {
        let bytes = pdf(&typesetter, &sheets, sides).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.matches("/Type/Page/").count() + text.matches("/Type /Page\n").count()
    };
    assert_eq!(pages(Sides::Two), 6);
    assert_eq!(pages(Sides::One), 4);
}

#[test]
fn draws_the_page_for_alignment() {
    let mut typesetter = Typesetter::new().unwrap();
    for envelope in [Envelope::NUMBER_10, Envelope::NUMBER_9] {
        let page = super::alignment(&mut typesetter, &envelope).unwrap();
        assert!(page.starts_with(b"%PDF-1.7"));
    }
}
