//! How each feed stands, and the history that the guard is fitted to.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension as _, Transaction, params};
use savin_shared::hash::Hash;
use savin_shared::ids::FeedName;

use super::{JournalError, storable, stored_count, stored_hash, stored_time};
use crate::diff::Told;
use crate::guard::{self, HISTORY_DAYS, WINDOW_MINUTES};

/// How a feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// When the source was first looked at.
    pub began_at: Timestamp,
    /// When the agent last looked at the source, whether it could be read or not.
    pub seen_at: Timestamp,
    /// When what it holds was last taken.
    pub captured_at: Option<Timestamp>,
    /// When what it holds last changed.
    pub changed_at: Option<Timestamp>,
    /// The date of the export that was taken last; of a database, when it was last seen to hold what
    /// was taken.
    pub exported_at: Option<Timestamp>,
    /// Records that it lists.
    pub listed: u64,
    /// Why what it holds now was refused, if it was.
    pub refusal: Option<String>,
    /// Which rows of what was taken were set aside: of a roster of the last, of transactions of the
    /// last that held such rows, since they do not come again by themselves.
    pub set_aside: Option<String>,
    /// The hash of the bytes that were taken last.
    pub last_content: Option<Hash>,
    /// Of transactions, whether all that was there when the agent first looked is taken: what comes
    /// after that is news.
    pub is_level: bool,
}

impl FeedState {
    /// Begins with a feed of which nothing was taken yet.
    #[must_use]
    pub const fn begin(at: Timestamp) -> Self {
        Self {
            began_at: at,
            seen_at: at,
            captured_at: None,
            changed_at: None,
            exported_at: None,
            listed: 0,
            refusal: None,
            set_aside: None,
            last_content: None,
            is_level: false,
        }
    }
}

/// An export that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The hash of its bytes.
    pub content: Hash,
    /// Its file's name, or the query's.
    pub name: String,
    /// Its date.
    pub exported_at: Timestamp,
}

/// Loads how a feed stands; a feed that was never seen has no state.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn load(tx: &Transaction<'_>, feed: &FeedName) -> Result<Option<FeedState>, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT seen_at, captured_at, changed_at, exported_at, listed, refusal, last_content,
             is_level, set_aside, began_at
         FROM feed WHERE feed = ?1",
    )?;
    let mut rows = statement.query([feed.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let time = |place| -> Result<Option<Timestamp>, JournalError> {
        let micros: Option<i64> = row.get(place)?;
        micros.map(stored_time).transpose()
    };
    let content: Option<Vec<u8>> = row.get(6)?;
    Ok(Some(FeedState {
        seen_at: stored_time(row.get(0)?)?,
        captured_at: time(1)?,
        changed_at: time(2)?,
        exported_at: time(3)?,
        listed: stored_count(row.get(4)?)?,
        refusal: row.get(5)?,
        last_content: content.map(|content| stored_hash(&content)).transpose()?,
        is_level: row.get(7)?,
        set_aside: row.get(8)?,
        began_at: stored_time(row.get(9)?)?,
    }))
}

/// Stores how a feed stands.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn store(tx: &Transaction<'_>, feed: &FeedName, state: &FeedState) -> Result<(), JournalError> {
    let micros = |time: Option<Timestamp>| time.map(Timestamp::as_microsecond);
    let mut statement = tx.prepare_cached(
        "INSERT INTO feed (feed, seen_at, captured_at, changed_at, exported_at, listed, refusal,
             last_content, is_level, set_aside, began_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (feed) DO UPDATE SET seen_at = ?2, captured_at = ?3, changed_at = ?4,
             exported_at = ?5, listed = ?6, refusal = ?7, last_content = ?8,
             is_level = ?9, set_aside = ?10",
    )?;
    statement.execute(params![
        feed.as_str(),
        state.seen_at.as_microsecond(),
        micros(state.captured_at),
        micros(state.changed_at),
        micros(state.exported_at),
        storable(state.listed),
        state.refusal,
        state
            .last_content
            .as_ref()
            .map(|hash| hash.as_bytes().as_slice()),
        state.is_level,
        state.set_aside,
        state.began_at.as_microsecond(),
    ])?;
    Ok(())
}

/// Returns when an export with these bytes was taken, if ever.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn taken_before(
    tx: &Transaction<'_>,
    feed: &FeedName,
    content: &Hash,
) -> Result<Option<Timestamp>, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT taken_at FROM export WHERE feed = ?1 AND content = ?2")?;
    let taken_at: Option<i64> = statement
        .query_row(params![feed.as_str(), content.as_bytes()], |row| row.get(0))
        .optional()?;
    taken_at.map(stored_time).transpose()
}

/// Says whether an export of this name and date was taken.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn was_taken(
    tx: &Transaction<'_>,
    feed: &FeedName,
    name: &str,
    exported_at: Timestamp,
) -> Result<bool, JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM export WHERE feed = ?1 AND name = ?2 AND exported_at = ?3)",
    )?;
    let exported_at = exported_at.as_microsecond();
    Ok(statement.query_row(params![feed.as_str(), name, exported_at], |row| row.get(0))?)
}

/// Remembers an export that was taken.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn remember_export(
    tx: &Transaction<'_>,
    feed: &FeedName,
    export: &Export,
    at: Timestamp,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO export (feed, content, name, exported_at, taken_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (feed, content) DO UPDATE SET name = ?3, exported_at = ?4, taken_at = ?5",
    )?;
    statement.execute(params![
        feed.as_str(),
        export.content.as_bytes(),
        export.name,
        export.exported_at.as_microsecond(),
        at.as_microsecond(),
    ])?;
    Ok(())
}

/// Loads the fingerprints of the transactions that a feed told before.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be read.
pub fn told(tx: &Transaction<'_>, feed: &FeedName) -> Result<BTreeSet<Hash>, JournalError> {
    let mut statement = tx.prepare_cached("SELECT hash FROM told WHERE feed = ?1 ORDER BY hash")?;
    let mut rows = statement.query([feed.as_str()])?;
    let mut told = BTreeSet::new();
    while let Some(row) = rows.next()? {
        told.insert(stored_hash(row.get_ref(0)?.as_blob().unwrap_or_default())?);
    }
    Ok(told)
}

/// Remembers transactions that were told. Of a record whose transactions have no time, those that the
/// export did not repeat are forgotten: the same words mean something new the next time.
///
/// # Errors
/// Returns [`JournalError`] when they cannot be written.
pub fn remember_told(
    tx: &Transaction<'_>,
    feed: &FeedName,
    told: &[Told],
    at: Timestamp,
) -> Result<(), JournalError> {
    let records: BTreeSet<_> = told.iter().filter_map(|told| told.record).collect();
    let mut statement = tx.prepare_cached("DELETE FROM told WHERE feed = ?1 AND record = ?2")?;
    for record in records {
        statement.execute(params![feed.as_str(), record.as_bytes()])?;
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO told (feed, hash, record, told_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (feed, hash) DO NOTHING",
    )?;
    for told in told {
        statement.execute(params![
            feed.as_str(),
            told.fingerprint.as_bytes(),
            told.record.as_ref().map(Hash::as_bytes),
            at.as_microsecond(),
        ])?;
    }
    Ok(())
}

/// Who came to a roster on a day and who left it, in one capture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passage {
    /// What is so.
    pub day: guard::Day,
    /// How many left who had been held, and a person let that pass.
    pub approved: u64,
}

/// Counts who came to a roster on a day and who left it; a day on which nobody did counts too.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn count_passage(
    tx: &Transaction<'_>,
    feed: &FeedName,
    day: Date,
    passage: Passage,
) -> Result<(), JournalError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO loss (feed, day, lost, approved, admitted, listed, span)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (feed, day) DO UPDATE SET lost = lost + ?3, approved = approved + ?4,
             admitted = admitted + ?5",
    )?;
    statement.execute(params![
        feed.as_str(),
        day_number(day),
        storable(passage.day.lost),
        storable(passage.approved),
        storable(passage.day.admitted),
        storable(passage.day.listed),
        storable(passage.day.span),
    ])?;
    Ok(())
}

/// Returns what a roster did on a day, apart from what a person let pass, and all that it did on each
/// day before it, the latest first.
///
/// A day of which nothing was counted yet spans those since the last of which something was.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn days(
    tx: &Transaction<'_>,
    feed: &FeedName,
    day: Date,
) -> Result<(guard::Day, Vec<guard::Day>), JournalError> {
    let mut statement = tx.prepare_cached(
        "SELECT day, lost, approved, admitted, listed, span FROM loss WHERE feed = ?1 AND day <= ?2
         ORDER BY day DESC LIMIT ?3",
    )?;
    let today = day_number(day);
    let limit = storable(guard::DAYS_MAX as u64 + 1);
    let mut rows = statement.query(params![feed.as_str(), today, limit])?;
    let (mut now, mut before, mut span) = (None, Vec::new(), 1);
    while let Some(row) = rows.next()? {
        let count = |place| stored_count(row.get(place)?);
        let (lost, approved) = (count(1)?, count(2)?);
        let number = row.get(0)?;
        let counted = guard::Day {
            lost,
            admitted: count(3)?,
            listed: count(4)?,
            span: count(5)?,
        };
        if number == today {
            now = Some(counted);
            continue;
        }
        if before.is_empty() {
            span = days_between(number, day)?;
        }
        before.push(guard::Day {
            lost: lost.saturating_add(approved),
            ..counted
        });
    }
    before.truncate(guard::DAYS_MAX);
    let nothing = guard::Day {
        span,
        ..guard::Day::default()
    };
    Ok((now.unwrap_or(nothing), before))
}

/// Counts the days of history after one day and before another.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn loss_days_between(
    tx: &Transaction<'_>,
    feed: &FeedName,
    (after, before): (Date, Date),
) -> Result<usize, JournalError> {
    let mut statement =
        tx.prepare_cached("SELECT count(*) FROM loss WHERE feed = ?1 AND day > ?2 AND day < ?3")?;
    let days = params![feed.as_str(), day_number(after), day_number(before)];
    let count = stored_count(statement.query_row(days, |row| row.get(0))?)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Explicit ends of custody in one capture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Those that were believed.
    pub passed: u64,
    /// Those that the guard held.
    pub held: u64,
    /// Those that had been held and that a person let pass.
    pub approved: u64,
    /// The releases among those that were believed or that a person let pass.
    pub given: guard::Given,
}

/// Counts custodies that have ended by explicit word.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be written.
pub fn count_ended(
    tx: &Transaction<'_>,
    feed: &FeedName,
    ended: Ended,
    at: Timestamp,
) -> Result<(), JournalError> {
    if ended == Ended::default() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO ended (feed, started_at, ended, held, approved, releases, dated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (feed, started_at) DO UPDATE SET ended = ended + ?3, held = held + ?4,
             approved = approved + ?5, releases = releases + ?6, dated = dated + ?7",
    )?;
    statement.execute(params![
        feed.as_str(),
        at.as_second(),
        storable(ended.passed),
        storable(ended.held),
        storable(ended.approved),
        storable(ended.given.releases),
        storable(ended.given.dated),
    ])?;
    Ok(())
}

/// Returns how many custodies have ended within the last window, and how many such words were held.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn ended(
    tx: &Transaction<'_>,
    feed: &FeedName,
    at: Timestamp,
) -> Result<(u64, u64), JournalError> {
    let since = at.as_second().saturating_sub(WINDOW_MINUTES * 60);
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(sum(ended), 0), coalesce(sum(held), 0) FROM ended
         WHERE feed = ?1 AND started_at > ?2",
    )?;
    let sums = statement.query_row(params![feed.as_str(), since], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok((stored_count(sums.0)?, stored_count(sums.1)?))
}

/// Returns how many releases a feed told of late, and how many of them with their time.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn given(
    tx: &Transaction<'_>,
    feed: &FeedName,
    at: Timestamp,
) -> Result<guard::Given, JournalError> {
    let days = i64::try_from(HISTORY_DAYS).unwrap_or(i64::MAX);
    let oldest = at.as_second().saturating_sub(days * 86_400);
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(sum(releases), 0), coalesce(sum(dated), 0) FROM ended
         WHERE feed = ?1 AND started_at > ?2",
    )?;
    let sums = statement.query_row(params![feed.as_str(), oldest], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(guard::Given {
        releases: stored_count(sums.0)?,
        dated: stored_count(sums.1)?,
    })
}

/// Returns how many ended by explicit word in the busiest window of each past day, with those that a
/// person let pass: where one export a day tells all of a day, that many are usual.
///
/// # Errors
/// Returns [`JournalError`] when it cannot be read.
pub fn busiest(
    tx: &Transaction<'_>,
    feed: &FeedName,
    at: Timestamp,
) -> Result<Vec<u64>, JournalError> {
    let window = WINDOW_MINUTES * 60;
    let since = at.as_second().saturating_sub(window);
    let days = i64::try_from(HISTORY_DAYS).unwrap_or(i64::MAX);
    let mut statement = tx.prepare_cached(
        "SELECT max(told) FROM (
             SELECT started_at / 86400 AS day, sum(ended + approved) AS told FROM ended
             WHERE feed = ?1 AND started_at > ?2 AND started_at <= ?3
             GROUP BY started_at / 86400, started_at / ?4
         ) GROUP BY day ORDER BY day",
    )?;
    let oldest = at.as_second().saturating_sub(days * 86_400);
    let mut rows = statement.query(params![feed.as_str(), oldest, since, window])?;
    let mut busiest = Vec::new();
    while let Some(row) = rows.next()? {
        busiest.push(stored_count(row.get(0)?)?);
    }
    Ok(busiest)
}

/// Counts the days from one that is written as a number to another, at least one.
fn days_between(number: i64, day: Date) -> Result<u64, JournalError> {
    let part = |value: i64| i8::try_from(value.rem_euclid(100)).unwrap_or_default();
    let year = i16::try_from(number / 10_000).unwrap_or_default();
    let Ok(before) = Date::new(year, part(number / 100), part(number)) else {
        return Err(JournalError::Damaged("a day does not exist"));
    };
    let days = before.until(day).map_or(1, |span| span.get_days());
    Ok(u64::try_from(days).unwrap_or(1).max(1))
}

fn day_number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}
