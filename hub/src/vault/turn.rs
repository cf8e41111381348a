//! Whose turn it is: at which of her contact points a notice is tried next, and when, by its ladder.

use jiff::Timestamp;

use super::means::Means;
use crate::ids::{ContactId, NoticeId};
use crate::notification::ladder::{Next, Pressing, Tried};
use crate::notification::outcome::{Follows, Outcome};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::attempt;
use crate::store::vault::carrying::{After, DueNotice, Standing};
use crate::store::vault::contact::{self, ContactRow};

/// Returns where a fact is told next, of the contacts at which she is told in its channel; nothing where
/// none is left that may work.
pub(super) fn next(
    tx: &mut Tx<'_>,
    means: &Means,
    due: &DueNotice,
    told: &[ContactId],
    now: Timestamp,
) -> Result<Option<Next<ContactId>>, StoreError> {
    let tried = if due.attempts == 0 {
        Vec::new()
    } else {
        tried(tx, due.notice, told)?
    };
    let step = means.ladders.step(Pressing::of(due.rank), due.channel);
    Ok(step.next(told, &tried, now))
}

/// Returns what follows from a try that did not reach her and has just ended, and whether a person is
/// asked.
pub(super) fn after(
    tx: &mut Tx<'_>,
    means: &Means,
    (notice, standing, only): (NoticeId, &Standing, Option<ContactId>),
    outcome: Outcome,
    now: Timestamp,
) -> Result<(After, bool), StoreError> {
    let rows = contact::of_registrant(tx, standing.registrant)?;
    let pressing = Pressing::of(standing.rank);
    let last = attempt::last_contact(tx, notice)?;
    // Of the one just tried it is to be known what came of it, whatever was said of it meanwhile.
    let is_ours = |row: &&ContactRow| {
        is_called(row, pressing) || (row.is_told() && last == Some(row.contact))
    };
    let told = rows
        .iter()
        .filter(|row| row.channel == standing.channel)
        .filter(is_ours);
    let mut told: Vec<_> = told.map(|row| row.contact).collect();
    let at = last.or(told.first().copied());
    let at = at.unwrap_or(NOWHERE);
    if only.is_some() || !told.contains(&at) {
        told = vec![at];
    }
    let mut tried = tried(tx, notice, &told)?;
    tried.push(Tried {
        point: at,
        outcome,
        at: now,
    });
    let step = means.ladders.step(pressing, standing.channel);
    Ok(match step.next(&told, &tried, now) {
        None => (After::Ended(outcome), true),
        Some(next) => {
            let is_asked = next.is_tired && outcome.follows() != Follows::Unused;
            (After::Again(next.at, outcome), is_asked)
        }
    })
}

/// Returns when a message that came back is tried at another of her contact points, if there is one.
pub(super) fn elsewhere(
    tx: &mut Tx<'_>,
    means: &Means,
    tried: (NoticeId, &Standing, Option<ContactId>),
    outcome: Outcome,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(match after(tx, means, tried, outcome, now)?.0 {
        After::Again(at, _) => Some(at),
        After::Taken(_)
        | After::Ended(_)
        | After::Elsewhere(_)
        | After::Broken
        | After::Stopped => None,
    })
}

/// Stands for the contact point of a try that was made before they were kept.
const NOWHERE: ContactId = ContactId::from_bytes([0; 16]);

fn tried(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    told: &[ContactId],
) -> Result<Vec<Tried<ContactId>>, StoreError> {
    let first = told.first().copied().unwrap_or(NOWHERE);
    let ended = attempt::ended(tx, notice)?;
    Ok(ended
        .into_iter()
        .map(|(contact, outcome, at)| Tried {
            point: contact.unwrap_or(first),
            outcome,
            at,
        })
        .collect())
}

/// Says whether a fact goes to a contact by itself. A number that somebody called the wrong one is rung only where
/// nothing may keep the news from her.
fn is_called(row: &ContactRow, pressing: Pressing) -> bool {
    row.is_sure() || (row.is_told() && pressing == Pressing::Escape)
}

/// Returns the contacts of a channel to which a fact goes by itself.
pub(super) fn called(rows: &[ContactRow], due: &DueNotice) -> Vec<ContactId> {
    let pressing = Pressing::of(due.rank);
    let called = rows
        .iter()
        .filter(|row| row.channel == due.channel && is_called(row, pressing));
    called.map(|row| row.contact).collect()
}

/// Returns the contacts of a channel at which she is told: proved, and not turned off.
pub(super) fn told(rows: &[ContactRow], due: &DueNotice) -> Vec<ContactId> {
    let told = rows
        .iter()
        .filter(|row| row.channel == due.channel && row.is_told());
    told.map(|row| row.contact).collect()
}
