//! How well persons are told apart, on generated people with faults at stated rates.

use savin_tests::population::measuring::{Counts, Extent, measure};
use savin_tests::population::writing::Known;

fn counted(known: Known) -> anyhow::Result<Counts> {
    let folder = tempfile::tempdir()?;
    let extent = Extent {
        persons: 20_000,
        records: 16_000,
        seed: 7,
    };
    let counts = measure(folder.path(), extent, known)?;
    anyhow::ensure!(counts.known > 10_000 && counts.strangers > 4_000);
    Ok(counts)
}

#[test]
fn joins_by_numbers_and_hardly_ever_wrongly() -> anyhow::Result<()> {
    let counts = counted(Known::Numbers)?;
    assert!(counts.precision() >= 0.999_9, "{}", counts.precision());
    let recall = counts.numbered_recall();
    assert!(recall >= 0.95 && counts.numbered > 7_000, "{recall}");
    Ok(())
}

#[test]
fn joins_by_name_and_birth_date_and_hardly_ever_wrongly() -> anyhow::Result<()> {
    let counts = counted(Known::NameAndBirth)?;
    assert!(counts.precision() >= 0.999_9, "{}", counts.precision());
    assert!(counts.recall() >= 0.80, "{}", counts.recall());
    Ok(())
}

#[test]
fn joins_nobody_by_a_name_alone() -> anyhow::Result<()> {
    let counts = counted(Known::Name)?;
    assert_eq!((counts.right, counts.wrong), (0, 0));
    // Staff is asked about rare names, and is mostly shown the right person.
    assert!(
        counts.asked > 0 && counts.asked_right > 0,
        "{}",
        counts.asked
    );
    Ok(())
}
