//! Names to draw from: common ones as often as the census finds them, and an invented tail of rare ones
//! that falls off as real tails do.

use savin_hub::linkage::frequency::{Part, published};

use crate::dice::Dice;

/// Surnames of the tail.
const SURNAMES: usize = 50_000;

/// Given names of the tail.
const GIVEN_NAMES: usize = 2_500;

/// The published given names that women have.
const WOMENS: [&str; 21] = [
    "mary",
    "patricia",
    "linda",
    "jennifer",
    "elizabeth",
    "barbara",
    "susan",
    "jessica",
    "sarah",
    "karen",
    "ashley",
    "amanda",
    "melissa",
    "angela",
    "kimberly",
    "lisa",
    "nicole",
    "stephanie",
    "amber",
    "crystal",
    "tiffany",
];

/// Of how many parts a share is counted.
const PARTS: f64 = 1e9;

/// Names with how often each is drawn.
#[derive(Debug)]
pub struct Names {
    words: Vec<String>,
    /// The sum of the shares up to each word.
    until: Vec<u64>,
}

impl Names {
    /// Lists surnames.
    #[must_use]
    pub fn surnames() -> Self {
        Self::new(Part::Surname, SURNAMES, 60.0, 11)
    }

    /// Lists given names.
    #[must_use]
    pub fn given() -> Self {
        Self::new(Part::Given, GIVEN_NAMES, 25.0, 13)
    }

    fn new(part: Part, tail: usize, flat: f64, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut shares: Vec<(String, f64)> = published(part)
            .map(|(word, share)| (word.to_owned(), share))
            .collect();
        let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
        let weight = |rank: usize| 1.0 / (rank as f64 + flat);
        let whole: f64 = (0..tail).map(weight).sum();
        for rank in 0..tail {
            shares.push((invented(&mut dice), rest * weight(rank) / whole));
        }
        let mut sum = 0.0;
        let until = shares.iter().map(|(_, share)| {
            sum += share;
            count(sum * PARTS)
        });
        let until = until.collect();
        Self {
            words: shares.into_iter().map(|(word, _)| word).collect(),
            until,
        }
    }

    /// Draws a name.
    #[must_use]
    pub fn draw(&self, dice: &mut Dice) -> &str {
        let drawn = dice.below(1_000_000_000) as u64;
        let place = self.until.partition_point(|until| *until <= drawn);
        let last = self.words.len().saturating_sub(1);
        self.words
            .get(place.min(last))
            .map_or("sample", String::as_str)
    }
}

/// Draws the surname of whoever a woman married: one of the common ones.
#[must_use]
pub fn married(dice: &mut Dice) -> String {
    let common: Vec<&str> = published(Part::Surname).map(|(word, _)| word).collect();
    dice.pick(&common).copied().unwrap_or("sample").to_owned()
}

/// Says whether women have a given name.
#[must_use]
pub fn is_womans(given: &str) -> bool {
    WOMENS.contains(&given) || given.ends_with('a')
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a thousand million is a small whole number"
)]
fn count(share: f64) -> u64 {
    share as u64
}

/// Makes a name of two or three syllables up.
fn invented(dice: &mut Dice) -> String {
    let begins = [
        "b", "br", "c", "ch", "d", "f", "fr", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r",
        "s", "sh", "st", "t", "tr", "v", "w", "z",
    ];
    let vowels = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
    let ends = [
        "", "n", "l", "r", "s", "ck", "nd", "rt", "ll", "tt", "m", "ng", "x",
    ];
    let mut word = String::new();
    for _ in 0..2 + dice.below(2) {
        for sounds in [&begins[..], &vowels[..]] {
            word.push_str(dice.pick(sounds).copied().unwrap_or_default());
        }
        if dice.one_in(2) {
            word.push_str(dice.pick(&ends).copied().unwrap_or_default());
        }
    }
    word
}
