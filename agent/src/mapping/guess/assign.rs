//! Which column fills which field: the best by name whose content does not contradict, then by content
//! alone.

use savin_shared::record::RecordKind;

use super::names::{self, FIT_SURE, Fit};
use super::sample::{Column, Sample};
use super::{ColumnGuess, Role, Told};
use super::{nested, never, words};
use crate::format::cells::column_key;
use crate::mapping::field::Field;

/// How well content alone fits a field.
const FIT_CONTENT: Fit = 50;

/// How much worse a name fits whose column is empty in the sample.
const FIT_EMPTY: Fit = 20;

struct Candidate {
    place: usize,
    field: Field,
    fit: Fit,
    why: String,
}

/// Says what each column is for.
pub(super) fn columns(sample: &Sample, kind: RecordKind) -> Vec<ColumnGuess> {
    let rows = sample.rows();
    let mut guesses: Vec<ColumnGuess> = sample
        .columns
        .iter()
        .map(|column| ColumnGuess {
            name: column.name.clone(),
            looks: column.looks(rows),
            role: at_first(column, sample),
        })
        .collect();
    let (mut candidates, refused) = candidates(sample, kind);
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.fit));
    for candidate in candidates {
        let is_taken = guesses
            .iter()
            .any(|guess| guess.role.value == Role::Field(candidate.field));
        let Some(guess) = guesses.get_mut(candidate.place) else {
            continue;
        };
        if guess.role.value != Role::Dropped {
            continue;
        }
        let field = candidate.field;
        guess.role = if is_taken {
            told(
                Role::Dropped,
                true,
                format!("{} comes from a better column", field.name()),
            )
        } else if matches!(field, Field::Facility | Field::Age) {
            told(Role::Dropped, true, unasked(field))
        } else {
            told(Role::Field(field), candidate.fit >= FIT_SURE, candidate.why)
        };
    }
    whole_or_parts(&mut guesses);
    times(&mut guesses, sample);
    for candidate in refused {
        let is_filled = guesses
            .iter()
            .any(|guess| guess.role.value == Role::Field(candidate.field));
        if let Some(guess) = guesses.get_mut(candidate.place)
            && guess.role.value == Role::Dropped
            && !is_filled
        {
            let Candidate { field, why, .. } = candidate;
            let next = if field.is_time() || field == Field::BirthDate {
                "; if it is one, name it and say in [times_of] how it is written"
            } else {
                ""
            };
            let why = format!("{} {why}{next}", field.name());
            guess.role = told(Role::Dropped, false, why);
        }
    }
    guesses
}

fn told(value: Role, is_sure: bool, why: impl Into<String>) -> Told<Role> {
    Told {
        value,
        is_sure,
        why: why.into(),
    }
}

/// Says whether a profile can name a column: by a name, and one that no other column has.
fn is_named(column: &Column, sample: &Sample) -> bool {
    let key = column_key(&column.name);
    let same = sample.columns.iter();
    let same = same.filter(|other| column_key(&other.name) == key);
    !key.is_empty() && same.count() == 1
}

fn at_first(column: &Column, sample: &Sample) -> Told<Role> {
    match never::why(&column.name).or_else(|| column.is_secret()) {
        Some(why) => told(Role::Never, true, why),
        None if !is_named(column, sample) => {
            let why = "it has no name, or that of another column: have it renamed to use it";
            told(Role::Dropped, false, why)
        }
        None => told(Role::Dropped, true, "nothing that a notice needs"),
    }
}

/// Why a field is not taken though a column holds it.
fn unasked(field: Field) -> &'static str {
    if field == Field::Facility {
        "needs [values.facility] with codes of your enrolment: see the guide"
    } else {
        "only a rule on juveniles would need it"
    }
}

/// Returns who may fill which field, and who would by name alone, though its content contradicts.
fn candidates(sample: &Sample, kind: RecordKind) -> (Vec<Candidate>, Vec<Candidate>) {
    let rows = sample.rows();
    let mut candidates = Vec::new();
    for (place, column) in sample.columns.iter().enumerate() {
        if !is_named(column, sample) {
            continue;
        }
        for (field, fit) in nested::fields(&column.name, kind) {
            // One that holds nothing gives way to one that does.
            let fit = if column.filled == 0 {
                fit.saturating_sub(FIT_EMPTY)
            } else {
                fit
            };
            let (field, fit) = corrected(field, fit, column);
            if !sample.may_fill(field, &column.name) {
                continue;
            }
            match fits(field, column, rows) {
                Ok(proof) => candidates.push(Candidate {
                    place,
                    field,
                    fit,
                    why: format!("by its name{proof}"),
                }),
                Err(_) if fit < FIT_SURE => {}
                Err(against) => {
                    let why = format!("by its name, though {against}");
                    let fit = FIT_CONTENT - 10;
                    candidates.push(Candidate {
                        place,
                        field,
                        fit,
                        why,
                    });
                }
            }
        }
        let by_content = by_content(place, column);
        candidates.extend(by_content.filter(|found| sample.may_fill(found.field, &column.name)));
    }
    // What contradicts its name is not taken where that would matter.
    candidates
        .into_iter()
        .partition(|candidate| candidate.fit >= FIT_CONTENT || !needs_proof(candidate.field))
}

fn by_content(place: usize, column: &Column) -> Option<Candidate> {
    let (field, why) = if column.is_names() {
        (Field::Name, "its cells look like LAST, FIRST")
    } else if column.is_births() {
        (Field::BirthDate, "its cells are dates of long ago")
    } else if column.is_sexes() && !column.is_flags() {
        (Field::Sex, "its cells are M and F")
    } else {
        return None;
    };
    Some(Candidate {
        place,
        field,
        fit: FIT_CONTENT,
        why: why.to_owned(),
    })
}

/// Moves a name to the field that its content is of.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most names need no correction"
)]
fn corrected(field: Field, fit: Fit, column: &Column) -> (Field, Fit) {
    match field {
        Field::ReleasedAt if column.is_ahead() => (Field::ScheduledReleaseAt, fit),
        // A jail may write there how somebody was let go.
        Field::Disposition if words::are_of_releases(&column.words) => (Field::ReleaseReason, fit),
        Field::ChargeText if column.is_codes() => (Field::ChargeStatute, fit),
        Field::ChargeStatute if column.is_wordy() => (Field::ChargeText, fit),
        _ => (field, fit),
    }
}

/// Says whether a field may be wrong only at somebody's cost.
const fn needs_proof(field: Field) -> bool {
    field.is_time()
        || matches!(
            field,
            Field::BirthDate | Field::RecordNumber | Field::Name | Field::Sealed | Field::Juvenile
        )
}

/// Holds a field's name against the content: what speaks for it, or what against.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most fields can hold any text"
)]
fn fits(field: Field, column: &Column, rows: u64) -> Result<&'static str, &'static str> {
    if column.filled == 0 {
        return Ok("; it is empty in this sample");
    }
    let few = column.distinct() <= 12;
    match field {
        Field::BirthDate if column.is_births() => Ok(", and its cells are dates of long ago"),
        Field::BirthDate if column.is_dates() => Ok(", and its cells are dates"),
        Field::BirthDate => Err("its cells are no dates"),
        _ if field.is_time() && column.is_births() => Err("its cells are dates of long ago"),
        _ if field.is_time() && column.is_dates() => Ok(", and its cells are dates"),
        _ if field.is_time() => Err("its cells are no dates"),
        Field::RecordNumber | Field::PersonNumber | Field::Name | Field::Surname
            if column.is_dates()
                && !column.is_wordy()
                && (column.has_time() || column.distinct() * 5 < rows) =>
        {
            Err("its cells are dates")
        }
        Field::RecordNumber if column.distinct() * 20 < rows => Err("few of its cells differ"),
        Field::RecordNumber if column.filled == rows => Ok(", and it is never empty"),
        Field::RecordNumber => Ok(", though it is sometimes empty"),
        Field::Name if column.is_numbers() => Err("its cells are numbers"),
        Field::Name if column.is_names() => Ok(", and its cells look like LAST, FIRST"),
        Field::Sex if column.is_sexes() => Ok(", and its cells are M and F"),
        Field::Sex if !few => Err("its cells are too many words"),
        Field::Sealed | Field::Juvenile if !few => Err("its cells are too many words"),
        Field::RecordType | Field::Schedule | Field::Service if column.words.is_empty() => {
            Err("its cells are too many words")
        }
        _ => Ok(""),
    }
}

/// Takes a name whole or in parts, and not both.
fn whole_or_parts(guesses: &mut [ColumnGuess]) {
    let has = |field| {
        guesses
            .iter()
            .any(|guess| guess.role.value == Role::Field(field))
    };
    let has_parts = has(Field::Surname) && has(Field::Given);
    for guess in guesses {
        if has_parts && guess.role.value == Role::Field(Field::Name) {
            guess.role = told(
                Role::Dropped,
                true,
                "its parts stand in columns of their own",
            );
        }
    }
}

/// Gives a column of times of day to the date that it belongs to.
fn times(guesses: &mut [ColumnGuess], sample: &Sample) {
    let header: Vec<String> = sample
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    for (place, column) in sample.columns.iter().enumerate() {
        if !column.is_clock() {
            continue;
        }
        let Some(date) = names::date_of(&column.name, &header) else {
            continue;
        };
        let field = guesses.get(date).map(|guess| guess.role.value);
        let has_time = sample.columns.get(date).is_some_and(Column::has_time);
        if let Some(Role::Field(field)) = field
            && field.is_time()
            && let Some(guess) = guesses.get_mut(place)
            && guess.role.value == Role::Dropped
        {
            let why = if has_time {
                "the time of its date, which has one already"
            } else {
                "the time of its date"
            };
            guess.role = told(Role::TimeOf(field), true, why);
        }
    }
}
