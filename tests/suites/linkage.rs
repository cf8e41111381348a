//! How well persons are told apart, on generated people with faults at stated rates.

use std::collections::BTreeMap;

use savin_hub::linkage::comparing::compare;
use savin_hub::linkage::face::Identity;
use savin_hub::linkage::frequency::Frequencies;
use savin_hub::linkage::judging::{Verdict, Why, judge};
use savin_hub::linkage::weights::Weights;
use savin_tests::dice::Dice;
use savin_tests::population::measuring::{Counts, Extent, measure, measure_patterns};
use savin_tests::population::people::people;
use savin_tests::population::writing::{Known, write};

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

/// The people and the seed of `--bench scale`.
const HELD: (usize, u64) = (300_000, 2026);

#[test]
fn places_nobody_with_whoever_has_their_mistyped_number() -> anyhow::Result<()> {
    let (weights, population) = (Weights::shipped()?, u32::try_from(HELD.0)?);
    let mut dice = Dice::new(HELD.1 ^ 0xFACE);
    let mut owners = BTreeMap::new();
    let mut identities: Vec<Identity> = Vec::new();
    let (mut pairs, mut placed) = (0, Vec::new());
    for somebody in people(HELD.0, HELD.1) {
        let written = write(&somebody, Known::Numbers, &mut dice)?;
        let identity = Identity::of(&written.agency, &written.record);
        for number in &identity.identifiers {
            let owner = *owners.entry(number.clone()).or_insert(somebody.number);
            if owner == somebody.number {
                continue;
            }
            pairs += 1;
            let compared = compare(
                &identity,
                &identities[owner],
                &weights,
                &Frequencies::default(),
            );
            let judged = judge(compared, &weights, population);
            if judged.verdict != Verdict::Review(Why::OtherPerson) {
                placed.push(judged);
            }
        }
        identities.push(identity);
    }
    assert!(
        pairs > 100 && placed.is_empty(),
        "{} of {pairs}: {placed:#?}",
        placed.len()
    );
    Ok(())
}

/// Of so many cases of a pattern of two people so many may be joined: of names that the table itself takes for one,
/// and of whoever has by chance the middle name of the other.
const WRONG_MAX: usize = 5;

#[test]
fn joins_no_family_and_no_namesakes_and_finds_most_by_other_spellings() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let extent = Extent {
        persons: 4_000,
        records: 60,
        seed: 9,
    };
    let found = measure_patterns(folder.path(), extent)?;
    for found in &found {
        anyhow::ensure!(found.elsewhere == 0, "{found:?}");
        let most = found.arrived * 9 / 10;
        if found.pattern.is_one {
            // Whom the hub does not find by itself a person is shown.
            anyhow::ensure!(found.joined + found.asked >= most, "{found:?}");
        } else {
            anyhow::ensure!(found.joined <= WRONG_MAX, "{found:?}");
        }
    }
    Ok(())
}
