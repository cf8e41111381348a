//! Invented letters: usual ones, long ones, and in the letters of four languages.

use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Context as _, bail};
use savin_letter::barcode::imb::{Bars, Mailer, Routing};
use savin_letter::barcode::qr::Squares;
use savin_letter::page::{Block, Envelope, Letter, Setting, Sides, Typesetter, pdf};

/// How the samples are made.
pub(crate) const SETTING: Setting = Setting {
    envelope: Envelope::NUMBER_10,
    sides: Sides::Two,
};

/// What the reader's code of each sample holds.
pub(crate) const TOKEN: &str = "https://information.example/l/7F3K9Q2M";

/// A sample by its name, with its file.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) letter: Letter,
    pub(crate) file: PathBuf,
}

/// Makes all samples once and leaves them to be looked at.
pub(crate) fn all() -> anyhow::Result<&'static [Sample]> {
    static MADE: LazyLock<anyhow::Result<Vec<Sample>>> = LazyLock::new(make);
    match &*MADE {
        Ok(samples) => Ok(samples),
        Err(failure) => bail!("{failure:#}"),
    }
}

fn make() -> anyhow::Result<Vec<Sample>> {
    let mut typesetter = Typesetter::new()?;
    let long_name = "María de los Ángeles Fernández-Villavicencio Oñate";
    let street = "12345 North Martin Luther King Junior Boulevard";
    let ocean = "Ocean Springs MS 39564-1234";
    let post_box = "PO Box 220";
    let jackson = "Jackson MS 39205-0220";
    let choctaw = "A\u{331} chi\u{331} o\u{331}ka ʋ";
    let samples = [
        (
            "usual",
            letter("en", &["Avery Sample", post_box, jackson], 1)?,
        ),
        (
            "long",
            letter("es", &[long_name, street, "Apartment 1234-B", ocean], 2)?,
        ),
        ("back", letter("es", &[long_name, post_box, jackson], 5)?),
        (
            "vietnamese",
            letter("vi", &["Nguyễn Thị Phương Thảo", post_box, jackson], 1)?,
        ),
        (
            "choctaw",
            letter("cho", &[choctaw, post_box, "Choctaw MS 39350"], 1)?,
        ),
    ];
    let mut made = Vec::new();
    for (name, letter) in samples {
        let sheet = typesetter.sheet(letter.clone(), &SETTING)?;
        let bytes = pdf(&typesetter, &[sheet], SETTING.sides)?;
        let file = crate::folder()?.join(format!("{name}.pdf"));
        std::fs::write(&file, &bytes)?;
        made.push(Sample { name, letter, file });
    }
    Ok(made)
}

/// Returns the sample of a name.
pub(crate) fn named(name: &str) -> anyhow::Result<&'static Sample> {
    let found = all()?.iter().find(|sample| sample.name == name);
    found.context("there is no such sample")
}

/// Returns the barcode of every sample.
pub(crate) fn bars() -> anyhow::Result<Bars> {
    let tracking = Mailer::parse("040", "123456")?.tracking(90_210)?;
    Ok(Bars::of(&tracking, Routing::parse("392050220")?))
}

fn letter(language: &str, recipient: &[&str], times: usize) -> anyhow::Result<Letter> {
    let [title, what, told, code] = match language {
        "es" => [
            "Un aviso para usted",
            "Qué pasó",
            "La persona por la que usted preguntó quedó en libertad. ¿Pingüino o niña? Léalo con calma.",
            "Su código",
        ],
        "vi" => [
            "Thông báo cho quý vị",
            "Chuyện gì đã xảy ra",
            "Kính gửi quý vị. Người mà quý vị hỏi đã được thả. Xin vui lòng đọc thư này.",
            "Mã của quý vị",
        ],
        "cho" => [
            "A\u{331}nowa",
            "Nanta",
            "Chi\u{331} o\u{331} a\u{331} ʋlhpesa, ʋbanumpa i\u{331}.",
            "Holisso",
        ],
        _ => [
            "A notice for you",
            "What happened",
            "The person you asked about was released. The time was June 1, 2026, 1:30 p.m.",
            "Your code",
        ],
    };
    let mut blocks = vec![Block::Title(title.to_owned())];
    for _ in 0..times {
        blocks.push(Block::Heading(what.to_owned()));
        blocks.extend([told, told].map(|words| Block::Paragraph(format!("{words} {words}"))));
    }
    blocks.push(Block::Heading(code.to_owned()));
    blocks.push(Block::Code("482 100".to_owned()));
    Ok(Letter {
        language: language.to_owned(),
        title: title.to_owned(),
        sender: ["PO Box 100", "Jackson MS 39205"]
            .map(str::to_owned)
            .to_vec(),
        recipient: recipient.iter().map(|line| (*line).to_owned()).collect(),
        bars: Some(bars()?),
        bars_alt: "Barcode of the post".to_owned(),
        squares: Some(Squares::of(TOKEN)?),
        squares_alt: "Code with the number of this letter".to_owned(),
        number: "Number: 7F3K 9Q2M".to_owned(),
        continued: "More on the back.".to_owned(),
        blocks,
    })
}
