//! A printer of the print service on this machine, spoken to by the Internet Printing Protocol.
//!
//! Only this machine is spoken to: pages hold addresses, and the print service (CUPS) is what carries them
//! to a printer elsewhere, with TLS where the printer has it.

use std::time::Duration;

use ipp::attribute::IppAttribute;
use ipp::client::blocking::IppClient;
use ipp::model::{DelimiterTag, JobState};
use ipp::operation::builder::IppOperationBuilder;
use ipp::payload::IppPayload;
use ipp::prelude::{IppRequestResponse, Uri};
use ipp::value::IppValue;

use crate::page::Sides;

/// How long the print service may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Whose jobs these are, to the print service.
const USER: &str = "savin-letters";

/// Why something is not printed.
#[derive(Debug, thiserror::Error)]
pub enum PrinterError {
    /// An address that is none, or of another machine.
    #[error(
        "a printer is named as ipp://localhost:631/printers/NAME: let the print service of this machine \
         reach others"
    )]
    Address,
    /// The print service is not there, or does not answer.
    #[error("the print service does not answer: {0}")]
    Silent(String),
    /// The print service does not take the job.
    #[error("the print service refuses: {0}")]
    Refused(String),
}

/// A printer.
#[derive(Debug, Clone)]
pub struct Printer {
    uri: Uri,
}

/// A page on its way.
#[derive(Debug)]
pub struct Job<'a> {
    /// What the print service shows of it: the number of the letter, and nothing else.
    pub name: &'a str,
    /// The page.
    pub pdf: Vec<u8>,
    /// How many sides of the sheet are printed.
    pub sides: Sides,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits or is printed.
    Waiting,
    /// The printer has taken all of it. Whether paper came out, only a person sees.
    Done,
    /// It was cancelled or failed.
    Ended,
}

impl Printer {
    /// Takes the address of a printer.
    ///
    /// # Errors
    /// Returns [`PrinterError::Address`] for anything but a printer of this machine.
    pub fn parse(address: &str) -> Result<Self, PrinterError> {
        let uri: Uri = address.parse().map_err(|_| PrinterError::Address)?;
        let is_here = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if uri.scheme_str() == Some("ipp") && is_here && uri.path().len() > 1 {
            Ok(Self { uri })
        } else {
            Err(PrinterError::Address)
        }
    }

    /// Hands a page over, in its own size. Returns the number that the print service gave the job.
    ///
    /// # Errors
    /// Returns [`PrinterError`] where it is not taken.
    pub fn print(&self, job: Job<'_>) -> Result<i32, PrinterError> {
        let sides = match job.sides {
            Sides::One => "one-sided",
            Sides::Two => "two-sided-long-edge",
        };
        // A page that is scaled shows something else in its windows.
        let attributes = [
            ("print-scaling", "none"),
            ("sides", sides),
            ("media", "na_letter_8.5x11in"),
        ];
        let mut operation = IppOperationBuilder::print_job(
            self.uri.clone(),
            IppPayload::new(std::io::Cursor::new(job.pdf)),
        )
        .user_name(USER)
        .job_title(job.name)
        .document_format("application/pdf");
        for (name, value) in attributes {
            let value = IppValue::new_keyword(value).map_err(wrong)?;
            let attribute = IppAttribute::with_name(name, value).map_err(wrong)?;
            operation = operation.attribute(attribute);
        }
        let answer = self.send(operation.build().map_err(wrong)?)?;
        integer(&answer, IppAttribute::JOB_ID)
            .ok_or_else(|| PrinterError::Refused("it gave the job no number".to_owned()))
    }

    /// Says how a job stands.
    ///
    /// # Errors
    /// Returns [`PrinterError`] where the print service does not know it any more.
    pub fn standing(&self, job: i32) -> Result<Standing, PrinterError> {
        let operation = IppOperationBuilder::get_job_attributes(self.uri.clone(), job).build();
        let answer = self.send(operation.map_err(wrong)?)?;
        let state = integer(&answer, IppAttribute::JOB_STATE);
        let is = |known: JobState| state == Some(known as i32);
        Ok(if is(JobState::Completed) {
            Standing::Done
        } else if is(JobState::Canceled) || is(JobState::Aborted) {
            Standing::Ended
        } else {
            Standing::Waiting
        })
    }

    fn send(
        &self,
        request: impl Into<IppRequestResponse>,
    ) -> Result<IppRequestResponse, PrinterError> {
        let client = IppClient::builder(self.uri.clone())
            .request_timeout(TIMEOUT)
            .build();
        let answer = client
            .send(request)
            .map_err(|error| PrinterError::Silent(error.to_string()))?;
        let status = answer.header().status_code();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(PrinterError::Refused(status.to_string()))
        }
    }
}

fn wrong(error: impl std::fmt::Display) -> PrinterError {
    PrinterError::Refused(error.to_string())
}

fn integer(answer: &IppRequestResponse, name: &str) -> Option<i32> {
    let groups = answer.attributes().groups_of(DelimiterTag::JobAttributes);
    let value = groups.filter_map(|group| group.get(name)).next()?;
    if let IppValue::Integer(value) | IppValue::Enum(value) = value.value() {
        Some(*value)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Printer, PrinterError};

    #[test]
    fn speaks_to_this_machine_only() {
        for address in [
            "ipp://localhost/printers/letters",
            "ipp://localhost:631/printers/letters",
            "ipp://127.0.0.1:8631/printers/letters",
        ] {
            Printer::parse(address).unwrap();
        }
        for address in [
            "",
            "letters",
            "ipp://printer.example/printers/letters",
            "ipps://localhost/printers/letters",
            "http://localhost/printers/letters",
            "ipp://localhost/",
            "ipp://localhost@printer.example/printers/letters",
        ] {
            let refused = Printer::parse(address);
            assert!(matches!(refused, Err(PrinterError::Address)), "{address}");
        }
    }
}
