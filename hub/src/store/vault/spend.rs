//! What telling has cost, by day, month and channel, and what a person allowed besides the budget.

use jiff::Timestamp;

use super::notice::channel as read_channel;
use crate::ids::NoticeId;
use crate::notification::bounds::money::Money;
use crate::notification::channel::Channel;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::{Row, count, time};
use crate::values;

/// What was spent by one way in a day or month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// In which.
    pub period: String,
    /// By which way.
    pub channel: Channel,
    /// How much.
    pub amount: Money,
    /// For how many tries.
    pub tries: u64,
}

/// What is counted beside what telling costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Calls that came in.
    Incoming,
    /// Calls to operators, for whoever called and for whoever was called.
    Operator,
}

impl CallKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Operator => "operator",
        }
    }
}

/// What calls of a kind have cost in a day or month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCost {
    /// In which.
    pub period: String,
    /// How much.
    pub amount: Money,
    /// How many calls that are over.
    pub calls: u64,
    /// Their minutes, each that was begun.
    pub minutes: u64,
}

/// What was set aside for a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// How much.
    pub amount: Money,
    /// When the try began: to its day and month it counts.
    pub at: Timestamp,
}

/// How the sums of one day or month change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// Of which.
    pub period: &'a str,
    /// By which way.
    pub channel: Channel,
    /// What is taken back.
    pub less: Money,
    /// What is added.
    pub more: Money,
    /// Tries that are added, or taken back.
    pub tries: i64,
}

/// Sets a sum aside for a try that was noted.
///
/// # Errors
/// Returns [`StoreError`] when there is no such try or the database refuses.
pub fn set_aside(
    tx: &mut Tx<'_>,
    (notice, number): (NoticeId, i64),
    amount: Money,
) -> Result<(), StoreError> {
    tx.execute_one(
        "attempt",
        "UPDATE attempt SET cost = $3 WHERE notice_id = $1 AND number = $2",
        &[
            notice.as_bytes().into(),
            number.into(),
            count(amount.millionths()),
        ],
    )
}

/// Returns what was set aside for the try of a notice that is under way.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn aside(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    number: i64,
) -> Result<Option<SetAside>, StoreError> {
    let row = tx.query_optional(
        "SELECT cost, attempted_at FROM attempt
         WHERE notice_id = $1 AND number = $2 AND cost IS NOT NULL AND finished_at IS NULL",
        values![notice.as_bytes(), number],
    )?;
    let aside = |row: Row| {
        Ok(SetAside {
            amount: Money::from_millionths(row.count(0)?),
            at: row.time(1)?,
        })
    };
    row.map(aside).transpose()
}

/// Changes the sums of a day or month.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn change(tx: &mut Tx<'_>, change: Change<'_>) -> Result<(), StoreError> {
    let signed = |sum: Money| i64::try_from(sum.millionths()).unwrap_or(i64::MAX);
    let by = signed(change.more).saturating_sub(signed(change.less));
    tx.execute_one(
        "spend",
        "INSERT INTO spend (period, channel, amount, tries) VALUES ($1, $2, $3, $4)
         ON CONFLICT (period, channel) DO UPDATE SET amount = spend.amount + excluded.amount,
             tries = spend.tries + excluded.tries",
        &[
            change.period.into(),
            change.channel.as_str().into(),
            by.into(),
            change.tries.into(),
        ],
    )
}

/// Loads what was spent in a day or month, by each way.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn of_period(tx: &mut Tx<'_>, period: &str) -> Result<Vec<Spent>, StoreError> {
    tx.query(
        "SELECT channel, amount, tries FROM spend WHERE period = $1 ORDER BY channel",
        values![period],
    )?
    .iter()
    .map(|row| {
        Ok(Spent {
            period: period.to_owned(),
            channel: read_channel(row, 0)?,
            amount: Money::from_millionths(row.count(1)?),
            tries: row.count(2)?,
        })
    })
    .collect()
}

/// Adds what calls of a kind have cost to the sums of a day or month.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn count_call(tx: &mut Tx<'_>, kind: CallKind, more: &CallCost) -> Result<(), StoreError> {
    tx.execute_one(
        "call_spend",
        "INSERT INTO call_spend (kind, period, amount, calls, minutes) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (kind, period) DO UPDATE SET amount = call_spend.amount + excluded.amount,
             calls = call_spend.calls + excluded.calls,
             minutes = call_spend.minutes + excluded.minutes",
        &[
            kind.as_str().into(),
            more.period.as_str().into(),
            count(more.amount.millionths()),
            count(more.calls),
            count(more.minutes),
        ],
    )
}

/// Loads what calls of a kind have cost in a day or month.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn calls(tx: &mut Tx<'_>, kind: CallKind, period: &str) -> Result<CallCost, StoreError> {
    let row = tx.query_optional(
        "SELECT amount, calls, minutes FROM call_spend WHERE kind = $1 AND period = $2",
        values![kind.as_str(), period],
    )?;
    let (amount, calls, minutes) = match row {
        Some(row) => (row.count(0)?, row.count(1)?, row.count(2)?),
        None => (0, 0, 0),
    };
    Ok(CallCost {
        period: period.to_owned(),
        amount: Money::from_millionths(amount),
        calls,
        minutes,
    })
}

/// Allows a sum besides the budget of a day or month, added to what was allowed before.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn raise(
    tx: &mut Tx<'_>,
    period: &str,
    amount: Money,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "budget_raise",
        "INSERT INTO budget_raise (period, amount, raised_at) VALUES ($1, $2, $3)
         ON CONFLICT (period) DO UPDATE SET amount = budget_raise.amount + excluded.amount,
             raised_at = excluded.raised_at",
        &[period.into(), count(amount.millionths()), time(now)],
    )
}

/// Returns what was allowed besides the budget of a day or month.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn raised(tx: &mut Tx<'_>, period: &str) -> Result<Money, StoreError> {
    let row = tx.query_optional(
        "SELECT amount FROM budget_raise WHERE period = $1",
        values![period],
    )?;
    let amount = row.map_or(Ok(0), |row| row.count(0))?;
    Ok(Money::from_millionths(amount))
}
