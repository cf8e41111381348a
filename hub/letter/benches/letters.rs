//! How many letters a second one core makes: set, drawn, and written to a batch with its list.

use std::io::Write as _;
use std::time::Instant;

use savin_letter::barcode::imb::{Bars, Mailer, Routing};
use savin_letter::barcode::qr::Squares;
use savin_letter::page::{Block, Envelope, Letter, Setting, Sides, Typesetter, pdf};
use savin_letter::spool::{self, Numbered, Printed};

const LETTERS: u32 = 400;

const SETTING: Setting = Setting {
    envelope: Envelope::NUMBER_10,
    sides: Sides::Two,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut typesetter = Typesetter::new()?;
    let mailer = Mailer::parse("040", "123456")?;
    let letters: Vec<Letter> = (0..LETTERS)
        .map(|number| letter(&mailer, number))
        .collect::<Result<_, _>>()?;

    let start = now();
    let mut bytes = 0;
    for letter in &letters {
        let sheet = typesetter.sheet(letter.clone(), &SETTING)?;
        bytes += pdf(&typesetter, &[sheet], SETTING.sides)?.len();
    }
    let each = f64::from(LETTERS) / start.elapsed().as_secs_f64();
    let average = bytes / letters.len();

    let start = now();
    let mut numbered = Vec::new();
    for (number, letter) in letters.into_iter().enumerate() {
        numbered.push(Numbered {
            number: format!("{number:08}"),
            sheet: typesetter.sheet(letter, &SETTING)?,
        });
    }
    let folder = tempfile::tempdir()?;
    let printed = (SETTING.sides, Printed::ByJob);
    spool::write(folder.path(), "batch", numbered, &typesetter, printed)?;
    let batch = f64::from(LETTERS) / start.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{each:.0} letters/s, {average} bytes each; {batch:.0} letters/s as a batch with its files durable"
    )?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement takes the time itself"
)]
fn now() -> Instant {
    Instant::now()
}

fn letter(mailer: &Mailer, number: u32) -> Result<Letter, Box<dyn std::error::Error>> {
    let fact = "The person you asked about was released. The time was June 1, 2026, 1:30 p.m. We were not \
                told the reason.";
    let more = "To see the latest, to change how we reach you, or to stop: visit https://information.example \
                or call 1-800-555-0100. Somebody answers the phone day and night.";
    let mut blocks = vec![Block::Title("A notice for you".to_owned())];
    for heading in [
        "What happened",
        "What it means",
        "What you can do",
        "Whom to call",
    ] {
        blocks.push(Block::Heading(heading.to_owned()));
        blocks.extend([fact, more].map(|words| Block::Paragraph(words.to_owned())));
    }
    blocks.push(Block::Code(format!("{number:06}")));
    let lines = |lines: [&str; 3]| lines.map(str::to_owned).to_vec();
    Ok(Letter {
        language: "en".to_owned(),
        title: "Letter".to_owned(),
        sender: lines(["PO Box 100", "Jackson MS 39205", ""]),
        recipient: lines(["Avery Sample", "PO Box 220", "Jackson MS 39205-0220"]),
        bars: Some(Bars::of(
            &mailer.tracking(number.into())?,
            Routing::parse("392050220")?,
        )),
        bars_alt: "Barcode of the post".to_owned(),
        squares: Some(Squares::of(&format!(
            "https://information.example/l/{number:08}"
        ))?),
        squares_alt: "Code with the number of this letter".to_owned(),
        number: format!("Number of this letter: {number:08}"),
        continued: "More on the back.".to_owned(),
        blocks,
    })
}
