//! Addresses beside another reading of Publication 28, where it answers.

use anyhow::{Context as _, ensure};
use savin_letter::address::Typed;
use savin_tests::dice::Dice;

fn pick<'a>(dice: &mut Dice, from: &[&'a str]) -> &'a str {
    dice.pick(from).copied().unwrap_or_default()
}

#[test]
fn scourgify_reads_streets_alike() -> anyhow::Result<()> {
    let addresses = invented();
    let script = "import sys
from scourgify import normalize_address_record
for line in sys.argv[1].split(';'):
    try:
        found = normalize_address_record({'address_line_1': line, 'city': 'Jackson', 'state': 'MS', 'postal_code': '39201'})
        print('%s|%s' % (found['address_line_1'], found['address_line_2'] or ''))
    except Exception:
        print()";
    let told = crate::python(script, &[&addresses.join(";")])?;
    let answers: Vec<&str> = told.lines().collect();
    let (mut answered, mut unlike) = (0, Vec::new());
    for (index, address) in addresses.iter().enumerate() {
        let answer = answers.get(index).context("an answer each")?;
        if answer.is_empty() {
            continue;
        }
        answered += 1;
        let typed = Typed {
            street: address,
            city: "Jackson",
            state: "MS",
            zip: "39201",
            unit: "",
        };
        let ours = typed.standard();
        let ours = format!("{}|{}", ours.street, ours.unit);
        if ours != *answer {
            unlike.push(format!("{address}: {ours}, not {answer}"));
        }
    }
    ensure!(answered > 300, "{answered} answers");
    // It guesses the parts of a street from the whole, and now and then leaves a suffix in the name.
    ensure!(
        unlike.len() * 50 <= answered,
        "{} of {answered}:\n{}",
        unlike.len(),
        unlike.join("\n")
    );
    Ok(())
}

/// Invents addresses: streets with and without directions, in several writings, and units.
fn invented() -> Vec<String> {
    let mut dice = Dice::new(28);
    let before = ["", "", "", "North ", "S ", "East ", "SW "];
    let names = [
        "Magnolia",
        "Old Canton",
        "Martin Luther King",
        "Capitol",
        "Pecan Ridge",
        "Azalea",
        "Lamar",
    ];
    let suffixes = [
        "Street",
        "St.",
        "Avenue",
        "Ave",
        "Road",
        "Drive",
        "Boulevard",
        "Blvd.",
        "Lane",
        "Circle",
        "Court",
        "Place",
        "Cove",
        "Trail",
        "Parkway",
    ];
    let after = ["", "", "", "", " North", " SE"];
    let units = [
        "",
        "",
        ", Apt 4",
        ", Apartment 12B",
        ", Suite 100",
        ", Unit 7",
        " # 3",
        ", Lot 22",
    ];
    (0..400)
        .map(|_| {
            let number = 1 + dice.below(9999);
            let parts = [before.as_slice(), &names].map(|from| pick(&mut dice, from));
            let [first, name] = parts;
            let ends = [suffixes.as_slice(), &after, &units].map(|from| pick(&mut dice, from));
            let [suffix, last, unit] = ends;
            format!("{number} {first}{name} {suffix}{last}{unit}")
        })
        .collect()
}
