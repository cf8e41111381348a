//! A CSV of a hundred thousand rows: parsed, hashed and compared with what is known.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use savin_agent::capture::report::{Outcome, Report};
use savin_agent::capture::{Feed, Now, take_file};
use savin_agent::config::load_profile;
use savin_agent::journal::Journal;
use savin_agent::signer::Signer;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;
use savin_tests::clock::{monotonic, wall};

use crate::machine::Machine;
use crate::table::{Table, share};

const ROWS: usize = 100_000;
const ROUNDS: usize = 5;

/// A profile with the columns that a jail's list usually has.
pub(crate) const PROFILE: &str = r#"
name = "bench"
kind = "custody"
mode = "roster"
zone = "America/Chicago"

[columns]
record_number = "Booking"
person_number = "Jacket"
name = "Name"
birth_date = "Born"
sex = "Sex"
race = "Race"
booked_at = "Booked"
status = "Status"
status_at = "Since"
location = "Cell"
classification = "Level"
charge_text = "Charge"

[values.status]
IN = "InCustody"
LEAVE = "OnLeave"
"#;

/// Writes a list; those whose number is below `moved` are in another cell.
pub(crate) fn list(rows: usize, moved: usize) -> anyhow::Result<String> {
    let mut text =
        "Booking,Jacket,Name,Born,Sex,Race,Booked,Status,Since,Cell,Level,Charge\n".to_owned();
    for number in 0..rows {
        let cell = if number < moved { "Z-1" } else { "A-1" };
        let (day, month) = (number % 28 + 1, number % 12 + 1);
        let given = ["Avery", "Basil", "Juniper", "Minna", "Orrin", "Tansy"];
        let given = given.get(number % 6).copied().unwrap_or_default();
        let charge = [
            "BURGLARY",
            "SIMPLE ASSAULT",
            "GRAND LARCENY",
            "CONTEMPT OF COURT",
        ];
        let charge = charge.get(number % 4).copied().unwrap_or_default();
        writeln!(
            text,
            "26-{number:06},J{:05},\"SAMPLE{number}, {given}\",19{}-{month:02}-{day:02},{},{},\
             2026-{month:02}-{day:02} 08:{:02}:00,IN,2026-{month:02}-{day:02} 09:{:02}:00,\
             {cell}{},{},{charge}",
            number * 7,
            60 + number % 40,
            if number % 5 == 0 { "F" } else { "M" },
            if number % 3 == 0 { "W" } else { "B" },
            number % 60,
            number % 60,
            number % 80,
            if number % 2 == 0 { "MED" } else { "MIN" },
        )?;
    }
    Ok(text)
}

/// Measures.
pub(crate) fn measure(machine: &Machine, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.toml");
    std::fs::write(&path, PROFILE).context("failed to write a profile")?;
    let agent = AgentId::from_bytes([0; 16]);
    let mut journal = Journal::scratch(agent, Epoch::from_bytes([1; 16]))?;
    let signer = Signer::new(agent, SigningKey::from_seed(&[2; 32])?);
    let feed = Feed {
        name: FeedName::new("bench")?,
        facility: FacilityCode::new("BENCH")?,
        profile: load_profile(&path)?,
        cadence: SignedDuration::from_hours(24),
    };
    let mut day = wall() - SignedDuration::from_hours(24 * 60);
    let mut take = |text: &str| -> anyhow::Result<(Report, Duration)> {
        day += SignedDuration::from_hours(24);
        let began = monotonic();
        let report = take_file(
            &mut journal,
            &signer,
            &feed,
            ("list.csv", text.as_bytes()),
            now(day),
        )?;
        Ok((report, began.elapsed()))
    };
    take(&list(ROWS, 0)?)?;
    let (mut changed, mut same) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for round in 1..=ROUNDS {
        let text = list(ROWS, round * ROWS / 100)?;
        bytes = text.len();
        let (report, took) = take(&text)?;
        let deltas: u64 = report
            .batches
            .iter()
            .map(|batch| batch.header.deltas())
            .sum();
        ensure!(deltas == ROWS as u64 / 100, "{deltas} deltas");
        changed.push(took);
        let (report, took) = take(&text)?;
        ensure!(report.outcome == Outcome::Repeat, "{:?}", report.outcome);
        same.push(took);
    }
    let (changed, same) = (share(&changed, 500), share(&same, 500));
    let hashing = bytes as f64 / 1e6 / machine.hash_mb_s;
    table.row(
        "CSV of 100,000 rows, 1,000 of them changed: parsed, hashed, compared, stored",
        &format!("{:.3} s", changed.as_secs_f64()),
        "0.5 s",
        &format!(
            "{:.1} x SHA-256 of its {:.1} MB",
            changed.as_secs_f64() / hashing,
            bytes as f64 / 1e6
        ),
    )?;
    table.row(
        "the same file again",
        &format!("{:.3} s", same.as_secs_f64()),
        "",
        &format!("{:.1} x SHA-256 of it", same.as_secs_f64() / hashing),
    )
}

fn now(at: Timestamp) -> Now {
    Now {
        at,
        exported_at: at,
        is_history: false,
        secret: [3; 16],
    }
}
