//! Reading a source once: every row mapped and compared with the shadow.

use std::collections::BTreeSet;

use savin_shared::clock::ObservedAt;

use super::refusal::Refusal;
use super::rows::{Rows, RowsError};
use super::{CaptureError, Feed, Now};
use crate::diff::{Diff, Differ};
use crate::journal::{Journal, feed, shadow};
use crate::mapping::Mapper;
use crate::mapping::binding::{Binding, BindingError};
use crate::mapping::profile::Mode;
use crate::mapping::shape::{Look, Shape};
use crate::mapping::tally::Tally;

/// What an export holds, compared with the shadow.
pub(super) struct Read {
    pub(super) diff: Diff,
    pub(super) tally: Tally,
    pub(super) dropped: Vec<String>,
    pub(super) rows: u64,
    /// What the export looks like.
    pub(super) shape: Shape,
}

/// Why an export could not be read.
pub(super) enum ReadError {
    Refused(Refusal),
    Failed(CaptureError),
}

impl From<RowsError> for ReadError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Format(error) => Self::Refused(Refusal::Format(error)),
        }
    }
}

impl From<BindingError> for ReadError {
    fn from(error: BindingError) -> Self {
        Self::Refused(Refusal::Header(error))
    }
}

impl<E: Into<CaptureError>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Maps every row and compares it with the shadow.
pub(super) fn read(
    journal: &mut Journal,
    feed: &Feed,
    rows: &mut dyn Rows,
    now: Now,
) -> Result<Read, ReadError> {
    let binding = Binding::new(&feed.profile, rows.columns())?;
    let mut look = Look::new(&feed.profile, &binding, rows.columns());
    let (shadow, told, state) = journal.read(|tx| {
        let told = match feed.profile.mode {
            Mode::Transactions => feed::told(tx, &feed.name)?,
            Mode::Roster => BTreeSet::new(),
        };
        Ok((
            shadow::load(tx, &feed.name)?,
            told,
            feed::load(tx, &feed.name)?,
        ))
    })?;
    let began_at = state.map_or(now.at, |state| state.began_at);
    let mut differ =
        Differ::new(&feed.profile, shadow, told).after(now.is_history.then_some(began_at));
    let mut mapper = Mapper::new(&feed.profile, binding, &feed.facility, ObservedAt(now.at))
        .counting(rows.place());
    let mut count = 0;
    while let Some((line, cells)) = rows.next_row()? {
        count += 1;
        look.see(cells);
        differ.see(mapper.map(line, cells));
    }
    let (mut tally, binding) = mapper.finish();
    tally.source = rows.remarks();
    let dropped = binding.dropped().to_vec();
    let diff = differ.finish()?;
    for lines in diff.conflicts.values() {
        tally.contradict(lines);
    }
    let states = tally.states.iter();
    let shape = look.finish(
        states
            .map(|(state, count)| (state.to_string(), *count))
            .collect(),
    );
    Ok(Read {
        diff,
        shape,
        tally,
        dropped,
        rows: count,
    })
}
