//! The way to the printer: a batch in the spool, and a real print service.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_letter::page::Typesetter;
use savin_letter::spool::printer::{Job, Printer, PrinterError, Standing};
use savin_letter::spool::{self, Numbered, Printed};
use savin_tests::clock::{monotonic, pause};
use savin_tests::cups::Cups;

use crate::sample::{self, SETTING};

/// How long a job may take on a printer that prints nothing.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_print_service_takes_every_letter_as_it_is() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut typesetter = Typesetter::new()?;
    let mut letters = Vec::new();
    for (index, sample) in sample::all()?.iter().enumerate() {
        letters.push(Numbered {
            number: format!("7F3K9Q2{index}"),
            sheet: typesetter.sheet(sample.letter.clone(), &SETTING)?,
        });
    }
    let batch = spool::write(
        folder.path(),
        "batch-1",
        letters,
        &typesetter,
        (SETTING.sides, Printed::ByHand),
    )?;
    let all = batch.all.as_ref().context("a file with all letters")?;
    let all = batch.folder.join(&all.file);
    crate::run("qpdf", &["--check", all.to_str().context("a path")?])?;

    let home = tempfile::tempdir()?;
    let cups = Cups::start(home.path())?;
    let printer = Printer::parse(&cups.printer("letters")?)?;
    for letter in &batch.letters {
        let pdf = std::fs::read(batch.folder.join(&letter.file))?;
        let job = Job {
            name: &letter.number,
            pdf: pdf.clone(),
            sides: SETTING.sides,
        };
        let job = printer.print(job)?;
        let deadline = monotonic() + PATIENCE;
        while printer.standing(job)? == Standing::Waiting {
            ensure!(monotonic() < deadline, "job {job} waits on");
            pause(Duration::from_millis(50));
        }
        ensure!(printer.standing(job)? == Standing::Done, "job {job} failed");
        ensure!(cups.sent(job)? == pdf, "job {job} is not the file");
    }

    let other = Printer::parse(&cups.printer("letters")?.replace("letters", "nowhere"))?;
    let job = Job {
        name: "7F3K9Q29",
        pdf: Vec::new(),
        sides: SETTING.sides,
    };
    let refused = other.print(job);
    ensure!(
        matches!(refused, Err(PrinterError::Refused(_))),
        "{refused:?}"
    );
    drop(cups);
    let silent = printer.standing(1);
    ensure!(matches!(silent, Err(PrinterError::Silent(_))), "{silent:?}");
    Ok(())
}
