//! The charges of one row: one, or as many as a cell lists between separators. Their other columns list as
//! many, in the same order: nothing is guessed where they do not.

use savin_shared::limits::LIST_MAX;
use savin_shared::record::custody::{Charge, Disposition};

use super::field::Field;
use super::row::RowReader;
use super::tally::Problem;

/// The values of a list, each nothing where its place is empty.
type List = Vec<Option<String>>;

/// The lists of one row.
struct Lists {
    statutes: List,
    texts: List,
    levels: List,
    /// Nothing where the export has no such column.
    dispositions: Option<List>,
    times: List,
}

/// Reads the row's charges but those that were expunged or sealed.
///
/// # Errors
/// Returns the problem of a row whose columns list another number of charges: nobody can tell whose is which.
pub(super) fn charges(row: &mut RowReader<'_>) -> Result<Vec<Charge>, Problem> {
    let Some(separator) = row.profile.charge_separator.as_deref() else {
        return Ok(charge(row).into_iter().collect());
    };
    let lists = lists(row, separator)?;
    let mut charges = Vec::new();
    for place in 0..lists.texts.len() {
        let of = |list: &List| list.get(place).cloned().flatten();
        let (statute, text) = (of(&lists.statutes), of(&lists.texts));
        let word = lists.dispositions.as_ref().map(of);
        let is_sealed = matches!(&word, Some(Some(word)) if row.is_sealing(word));
        if is_sealed || (statute.is_none() && text.is_none()) {
            continue;
        }
        let disposition = word.map(|word| Disposition {
            kind: row.disposition_of(word),
            at: of(&lists.times).and_then(|text| row.effective_in(Field::DispositionAt, &text)),
        });
        charges.push(Charge {
            statute,
            text,
            level: of(&lists.levels),
            disposition,
        });
    }
    // In one order however the agency lists them, so that another order is no change.
    charges.sort();
    charges.dedup();
    charges.truncate(LIST_MAX);
    Ok(charges)
}

/// Says whether every charge of the row was expunged, or its disposition sealed.
pub(super) fn are_sealed(row: &RowReader<'_>) -> bool {
    let Some(separator) = row.profile.charge_separator.as_deref() else {
        return row.is_charge_sealed();
    };
    let listed = lists(row, separator)
        .ok()
        .and_then(|lists| lists.dispositions);
    let is_sealing =
        |word: &Option<String>| word.as_deref().is_some_and(|word| row.is_sealing(word));
    listed.is_some_and(|words| !words.is_empty() && words.iter().all(is_sealing))
}

/// Reads the row's only charge, if it has one. That it is not sealed was looked at before.
fn charge(row: &mut RowReader<'_>) -> Option<Charge> {
    let (statute, text) = (row.text(Field::ChargeStatute), row.text(Field::ChargeText));
    if statute.is_none() && text.is_none() {
        return None;
    }
    let disposition = row.disposition().map(|kind| Disposition {
        kind,
        at: row.effective(Field::DispositionAt),
    });
    Some(Charge {
        statute,
        text,
        level: row.text(Field::ChargeLevel),
        disposition,
    })
}

/// Reads every list, each as long as that of the charges.
fn lists(row: &RowReader<'_>, separator: &str) -> Result<Lists, Problem> {
    let of = |field| row.list(field, separator);
    let (statutes, texts) = (of(Field::ChargeStatute), of(Field::ChargeText));
    let count = [&statutes, &texts].map(last).into_iter().max();
    let count = count.unwrap_or(0);
    let fitted = |field, list| fitted(row, (field, list), count);
    let has_dispositions = row.has_column(Field::Disposition);
    let dispositions = fitted(Field::Disposition, of(Field::Disposition))?;
    Ok(Lists {
        statutes: fitted(Field::ChargeStatute, statutes)?,
        texts: fitted(Field::ChargeText, texts)?,
        levels: fitted(Field::ChargeLevel, of(Field::ChargeLevel))?,
        dispositions: has_dispositions.then_some(dispositions),
        times: fitted(Field::DispositionAt, of(Field::DispositionAt))?,
    })
}

/// Counts the values of a list up to the last that is one.
fn last(list: &List) -> usize {
    list.iter()
        .rposition(Option::is_some)
        .map_or(0, |place| place + 1)
}

/// Makes a list as long as that of the charges: an empty cell says nothing of any, and a separator may stand at
/// the end.
fn fitted(
    row: &RowReader<'_>,
    (field, mut list): (Field, List),
    count: usize,
) -> Result<List, Problem> {
    let is_empty = last(&list) == 0;
    if !is_empty && (list.len() < count || last(&list) > count) {
        return Err(row.problem(
            field,
            "lists another number of values than there are charges",
        ));
    }
    list.resize(count, None);
    Ok(list)
}
