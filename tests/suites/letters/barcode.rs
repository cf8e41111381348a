//! The post's barcode beside two other writers of it.

use anyhow::{Context as _, ensure};
use savin_letter::barcode::imb::{Bars, Routing, Tracking};
use savin_tests::dice::Dice;

/// Draws a code at random: 20 digits that track, and one of the four lengths that route.
fn code(dice: &mut Dice) -> (String, String) {
    let mut digits =
        |count: usize| -> String { (0..count).map(|_| dice.below(10).to_string()).collect() };
    let (first, rest, routing) = (digits(1), digits(18), digits(11));
    let second = dice.below(5);
    let length = [0, 5, 9, 11]
        .get(dice.below(4))
        .copied()
        .unwrap_or_default();
    let routing = routing.chars().take(length).collect();
    (format!("{first}{second}{rest}"), routing)
}

fn ours(tracking: &str, routing: &str) -> anyhow::Result<String> {
    Ok(Bars::of(&Tracking::parse(tracking)?, Routing::parse(routing)?).to_string())
}

/// Reads the bars off what zint prints for its rows: upper, middle and lower squares of every other column.
fn zint(tracking: &str, routing: &str) -> anyhow::Result<String> {
    let code = if routing.is_empty() {
        tracking.to_owned()
    } else {
        format!("{tracking}-{routing}")
    };
    let dump = String::from_utf8(crate::run("zint", &["-b", "85", "-d", &code, "--dump"])?)?;
    let rows: Vec<Vec<bool>> = dump
        .lines()
        .map(|line| {
            let digits = line.chars().filter_map(|c| c.to_digit(16));
            digits
                .flat_map(|digit| (0..4).rev().map(move |bit| digit >> bit & 1 == 1))
                .collect()
        })
        .collect();
    let [upper, _, lower] = rows.as_slice() else {
        anyhow::bail!("three rows, not {dump}");
    };
    let is_set = |row: &[bool], bar: usize| row.get(bar * 2).copied().unwrap_or_default();
    Ok((0..65)
        .map(|bar| match (is_set(upper, bar), is_set(lower, bar)) {
            (false, false) => 'T',
            (false, true) => 'D',
            (true, false) => 'A',
            (true, true) => 'F',
        })
        .collect())
}

#[test]
fn zint_draws_the_same_bars() -> anyhow::Result<()> {
    let mut dice = Dice::new(85);
    for _ in 0..60 {
        let (tracking, routing) = code(&mut dice);
        let (ours, theirs) = (ours(&tracking, &routing)?, zint(&tracking, &routing)?);
        ensure!(ours == theirs, "{tracking} {routing}: {ours}, not {theirs}");
    }
    Ok(())
}

#[test]
fn reportlab_draws_the_same_bars() -> anyhow::Result<()> {
    let mut dice = Dice::new(3200);
    let codes: Vec<(String, String)> = (0..2000).map(|_| code(&mut dice)).collect();
    let script = "import sys
from reportlab.graphics.barcode.usps4s import USPS_4State
for line in sys.argv[1].split(';'):
    tracking, routing = line.split(' ')
    print(USPS_4State(tracking, routing).barcodes)";
    let lines: Vec<String> = codes.iter().map(|(a, b)| format!("{a} {b}")).collect();
    let told = crate::python(script, &[&lines.join(";")])?;
    let mut theirs = told.lines();
    for (tracking, routing) in &codes {
        let (ours, theirs) = (
            ours(tracking, routing)?,
            theirs.next().context("an answer")?,
        );
        ensure!(ours == theirs, "{tracking} {routing}: {ours}, not {theirs}");
    }
    Ok(())
}
