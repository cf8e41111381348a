//! Asking about what is not sure, at a terminal: an empty answer takes the guess.

use std::io::{self, BufRead as _, Write as _};

use anyhow::Context as _;
use savin_shared::record::custody::CustodyState;

use crate::cli::output::Output;
use crate::mapping::field::Field;
use crate::mapping::guess::sample::Sample;
use crate::mapping::guess::{Guess, Role, names};
use crate::mapping::profile::Mode;

/// Asks about everything that is not sure.
pub(super) fn unsure(guess: &mut Guess, sample: &Sample, output: &Output) -> anyhow::Result<()> {
    output.line("An empty answer takes the guess in brackets.")?;
    if !guess.mode.is_sure {
        mode(guess)?;
    }
    columns(guess)?;
    guess.settle(sample);
    if guess.key.value.is_empty() {
        number(guess, sample)?;
    }
    words(guess)
}

fn mode(guess: &mut Guess) -> anyhow::Result<()> {
    let usual = guess.mode.value;
    loop {
        let answer = answer(&format!(
            "Does each export list everybody (r, roster) or only what happened (t, transactions)? [{}]",
            if usual == Mode::Roster { "r" } else { "t" }
        ))?;
        guess.mode.value = match answer.as_str() {
            "" => usual,
            "r" | "roster" => Mode::Roster,
            "t" | "transactions" => Mode::Transactions,
            _ => continue,
        };
        guess.mode.is_sure = true;
        return Ok(());
    }
}

fn columns(guess: &mut Guess) -> anyhow::Result<()> {
    let kind = guess.kind.value;
    for place in 0..guess.columns.len() {
        let Some(column) = guess.columns.get(place) else {
            continue;
        };
        let Role::Field(field) = column.role.value else {
            continue;
        };
        if column.role.is_sure {
            continue;
        }
        let question = format!(
            "{:?} ({}): {}? [{}, or another field, or - to drop it]",
            column.name,
            column.looks,
            column.role.why,
            field.name()
        );
        let role = loop {
            let answer = answer(&question)?;
            let named = Field::parse(&answer).filter(|named| names::belongs(*named, kind));
            match answer.as_str() {
                "" => break Role::Field(field),
                "-" => break Role::Dropped,
                _ => {
                    if let Some(named) = named {
                        break Role::Field(named);
                    }
                }
            }
        };
        take(guess, place, role);
    }
    Ok(())
}

/// Gives a column its part; whatever had the field before is dropped.
fn take(guess: &mut Guess, place: usize, role: Role) {
    for (other, column) in guess.columns.iter_mut().enumerate() {
        if other == place {
            column.role.value = role;
            column.role.is_sure = true;
            column.role.why = "you said so".to_owned();
        } else if column.role.value == role && role != Role::Dropped {
            column.role.value = Role::Dropped;
        }
    }
}

fn number(guess: &mut Guess, sample: &Sample) -> anyhow::Result<()> {
    let question = "Which column holds the booking number, another one for each booking? [none]";
    loop {
        let answer = answer(question)?;
        if answer.is_empty() {
            return Ok(());
        }
        let named = |name: &str| name.trim().eq_ignore_ascii_case(&answer);
        let Some(place) = guess.columns.iter().position(|column| named(&column.name)) else {
            continue;
        };
        take(guess, place, Role::Field(Field::RecordNumber));
        guess.settle(sample);
        return Ok(());
    }
}

/// Asks what each word means that is not taken; only the answer ends anybody's custody.
fn words(guess: &mut Guess) -> anyhow::Result<()> {
    let unsure = guess.words.iter_mut().chain(&mut guess.hidden);
    for word in unsure.filter(|word| !word.is_taken && is_state(word.field)) {
        let meaning = word.meaning.clone().unwrap_or_else(|| "Unknown".to_owned());
        let question = format!(
            "{} {:?}, seen {} times, means {meaning}? [y takes it, or another state; empty leaves it for later]",
            word.field.name(),
            word.word,
            word.seen,
        );
        loop {
            let answer = answer(&question)?;
            match answer.as_str() {
                "" => break,
                "y" | "yes" => word.meaning = Some(meaning.clone()),
                state if CustodyState::parse(state).is_some() => {
                    word.meaning = Some(state.to_owned());
                }
                _ => continue,
            }
            word.is_taken = true;
            break;
        }
    }
    Ok(())
}

/// Says whether the words of a field state custody.
const fn is_state(field: Field) -> bool {
    matches!(
        field,
        Field::Status | Field::Location | Field::ReleaseReason | Field::Classification
    )
}

fn answer(question: &str) -> anyhow::Result<String> {
    let mut out = io::stdout().lock();
    write!(out, "{question} ").context("failed to ask")?;
    out.flush().context("failed to ask")?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    // The end of the input leaves everything else as it was guessed.
    read.context("failed to read the answer")?;
    Ok(line.trim().to_owned())
}
