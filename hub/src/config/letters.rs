//! `[letters]`: the return address, the envelope, and where letters lie until they are printed.

use std::path::PathBuf;

use savin_letter::barcode::imb::Mailer;
use savin_letter::page::{Area, Envelope, Setting, Sides};
use savin_letter::spool::printer::Printer;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};
use crate::channels::letter::AddressForm;

/// Lines of the return address, at most.
const SENDER_LINES_MAX: usize = 4;

/// The channel of letters.
#[derive(Debug)]
pub struct Letters {
    /// The return address: neutral, since the envelope shows it.
    pub sender: Vec<String>,
    /// Where batches lie.
    pub spool: PathBuf,
    /// The envelope and the paper.
    pub setting: Setting,
    /// In which form addresses stand on letters.
    pub form: AddressForm,
    /// Whose mail it is to the post, if it gave a number.
    pub mailer: Option<Mailer>,
    /// The printer, if this machine has one for letters.
    pub printer: Option<Printer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LettersDocument {
    sender: Spanned<Vec<String>>,
    #[serde(default)]
    spool: Option<PathBuf>,
    #[serde(default)]
    envelope: Option<Spanned<String>>,
    #[serde(default)]
    windows: Option<Spanned<WindowsDocument>>,
    #[serde(default)]
    sides: Option<Spanned<String>>,
    #[serde(default)]
    address: Option<Spanned<String>>,
    #[serde(default)]
    post: Option<Spanned<PostDocument>>,
    #[serde(default)]
    printer: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowsDocument {
    sender: AreaDocument,
    recipient: AreaDocument,
    body_top: f32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaDocument {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostDocument {
    mailer: String,
    service: String,
}

impl From<AreaDocument> for Area {
    fn from(document: AreaDocument) -> Self {
        let AreaDocument {
            left,
            top,
            width,
            height,
        } = document;
        Self {
            left,
            top,
            width,
            height,
        }
    }
}

impl Checker<'_> {
    pub(super) fn letters(&self, document: LettersDocument) -> Result<Letters, ConfigError> {
        let envelope = self.envelope(&document)?;
        let lines = document.sender.get_ref();
        let is_line = |line: &String| !line.trim().is_empty();
        if !(1..=SENDER_LINES_MAX).contains(&lines.len()) || !lines.iter().all(is_line) {
            return Err(self.wrong(document.sender.span(), "sender is 1 to 4 lines"));
        }
        let sides = match document
            .sides
            .as_ref()
            .map(|sides| sides.get_ref().as_str())
        {
            None | Some("two") => Sides::Two,
            Some("one") => Sides::One,
            Some(_) => {
                return Err(self.one_of(document.sides.as_ref(), "sides is \"one\" or \"two\""));
            }
        };
        let form = match document
            .address
            .as_ref()
            .map(|form| form.get_ref().as_str())
        {
            None | Some("typed") => AddressForm::Typed,
            Some("standard") => AddressForm::Standard,
            Some(_) => {
                let message = "address is \"typed\" or \"standard\"";
                return Err(self.one_of(document.address.as_ref(), message));
            }
        };
        let mailer = document.post.as_ref().map(|post| {
            let PostDocument { mailer, service } = post.get_ref();
            Mailer::parse(service, mailer)
                .map_err(|error| self.wrong(post.span(), &error.to_string()))
        });
        let printer = document.printer.as_ref().map(|named| {
            let parsed = Printer::parse(named.get_ref());
            parsed.map_err(|error| self.wrong(named.span(), &error.to_string()))
        });
        Ok(Letters {
            setting: Setting { envelope, sides },
            form,
            mailer: mailer.transpose()?,
            printer: printer.transpose()?,
            spool: self
                .base
                .join(document.spool.unwrap_or_else(|| "letters".into())),
            sender: document.sender.into_inner(),
        })
    }

    fn envelope(&self, document: &LettersDocument) -> Result<Envelope, ConfigError> {
        if let Some(windows) = &document.windows {
            let of = windows.get_ref();
            let envelope = Envelope {
                sender: of.sender.into(),
                recipient: of.recipient.into(),
                body_top: of.body_top,
            };
            let checked = envelope.checked();
            return checked.map_err(|error| self.wrong(windows.span(), &error.to_string()));
        }
        let Some(named) = &document.envelope else {
            return Ok(Envelope::NUMBER_10);
        };
        Envelope::named(named.get_ref()).ok_or_else(|| {
            let message = "envelope is \"number-10\" or \"number-9\"; others are described in \
                           [letters.windows]";
            self.wrong(named.span(), message)
        })
    }

    fn one_of(&self, word: Option<&Spanned<String>>, message: &str) -> ConfigError {
        self.wrong(word.map(Spanned::span).unwrap_or_default(), message)
    }
}
