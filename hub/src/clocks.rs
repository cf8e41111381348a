//! Statutory deadlines: a table of data, and what starts, ends, warns and is missed by it.
//!
//! Days are counted in the state's own zone, so that thirty days before a hearing at nine is nine
//! o'clock whatever the clocks did between; business days leave out weekends and legal holidays; hours are
//! hours that pass.

pub mod holidays;
pub mod table;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;

use crate::registry::details::Details;
use holidays::Holidays;
use table::{Anchor, ClockRule, Direction, MetBy, Place, Table, Unit};

/// What a clock may be started or ended by.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    /// What happened.
    pub code: EventCode,
    /// How it came to be known.
    pub origin: Origin,
    /// When the agency says that it did.
    pub effective_at: Option<Timestamp>,
    /// When the hub made it durable.
    pub received_at: Timestamp,
    /// Its particulars.
    pub details: &'a Details,
    /// Whether the state holds the person: a prison or regional facility, and no county jail.
    pub is_state: bool,
}

/// Where a clock stands. The words are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockState {
    /// It runs.
    Running,
    /// What it asks for was done in time.
    Met,
    /// It passed without.
    Missed,
    /// It had passed when the hub learned of it.
    Late,
    /// It passed, and whether every registrant was told is the vault's to say.
    Passed,
    /// Something else happened, so that it asks for nothing any more.
    Void,
}

impl ClockState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Met,
        Self::Missed,
        Self::Late,
        Self::Passed,
        Self::Void,
    ];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Late => "late",
            Self::Passed => "passed",
            Self::Void => "void",
        }
    }

    /// Returns the state of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What is next to be done about a running clock. The words are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Tell the fact again, since its window opens.
    Remind,
    /// Bring it to a person.
    Warn,
    /// See whether it was met.
    End,
}

impl Step {
    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::Warn => "warn",
            Self::End => "end",
        }
    }

    /// Returns the step of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Remind, Self::Warn, Self::End]
            .into_iter()
            .find(|step| step.as_str() == word)
    }
}

/// A clock that an event starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// When its window opens, where it has one.
    pub opens_at: Option<Timestamp>,
    /// When it comes to a person.
    pub warns_at: Timestamp,
    /// When it has passed.
    pub due_at: Timestamp,
    /// Where it stands at once: running, or met or late where all is known already.
    pub state: ClockState,
    /// Whether what starts it is told again when its window opens.
    pub is_told_again: bool,
}

impl Started {
    /// Returns what is first to be done, and when.
    #[must_use]
    pub fn first_step(&self) -> (Step, Timestamp) {
        match self.opens_at.filter(|_| self.is_told_again) {
            Some(opens_at) => (Step::Remind, opens_at),
            None => (Step::Warn, self.warns_at),
        }
    }
}

/// Says whether what started a clock is told again when its window opens. A day that became known within the window
/// is told then by itself; a message that an order was served says nothing of its end.
#[must_use]
pub fn is_told_again(code: EventCode, opens_at: Option<Timestamp>, received_at: Timestamp) -> bool {
    let says_the_day = matches!(
        code,
        EventCode::ReleaseScheduled | EventCode::ReleaseDateChanged
    );
    !says_the_day || opens_at.is_some_and(|opens_at| received_at < opens_at)
}

/// Returns the clocks of a table that an event starts.
#[must_use]
pub fn started<'t>(
    table: &'t Table,
    cause: &Cause<'_>,
    zone: &TimeZone,
) -> Vec<(&'t ClockRule, Started)> {
    let applies = |rule: &&ClockRule| {
        rule.starts.contains(&cause.code)
            && rule.kind.fits(cause.details.kind.as_deref())
            && (rule.place == Place::Any || cause.is_state)
    };
    table
        .rules()
        .iter()
        .filter(applies)
        .filter_map(|rule| Some((rule, start(rule, cause, (zone, table.holidays()))?)))
        .collect()
}

fn start(rule: &ClockRule, cause: &Cause<'_>, calendar: (&TimeZone, &Holidays)) -> Option<Started> {
    let anchor = match rule.of {
        Anchor::Scheduled => cause.details.scheduled_at?,
        // What gives no time of its own is counted from when it became known.
        Anchor::Effective => cause.effective_at.unwrap_or(cause.received_at),
        Anchor::Received => cause.received_at,
    };
    let (opens_at, due_at) = match rule.direction {
        Direction::Before => {
            let due_at = moved(rule, anchor, -1, calendar)?;
            (told_from(rule, due_at), due_at)
        }
        Direction::Within => (Some(moved(rule, anchor, -1, calendar)?), anchor),
        Direction::After => (None, moved(rule, anchor, 1, calendar)?),
    };
    let warns_at = due_at.checked_sub(rule.warn).ok()?;
    let state = match rule.met_by {
        MetBy::Receipt if cause.received_at <= due_at => ClockState::Met,
        MetBy::Receipt
        | MetBy::Notice
        | MetBy::Reminder
        | MetBy::AgencyNotice
        | MetBy::Person
        | MetBy::Event
            if due_at <= cause.received_at =>
        {
            ClockState::Late
        }
        MetBy::Receipt
        | MetBy::Notice
        | MetBy::Reminder
        | MetBy::AgencyNotice
        | MetBy::Person
        | MetBy::Event => ClockState::Running,
    };
    // A first roster brings old facts to light: what had passed before the hub could know is nobody's
    // omission. But of a day that is still to come whoever is to be told of it is told at once, and it has passed
    // with that day.
    let is_old = matches!(cause.origin, Origin::Baseline | Origin::Rebaseline);
    let is_near = cause.origin == Origin::Baseline
        && state == ClockState::Late
        && rule.of == Anchor::Scheduled
        && rule.met_by != MetBy::Receipt
        && cause.received_at < anchor;
    if is_old && state != ClockState::Running && !is_near {
        return None;
    }
    let (due_at, state) = if is_near {
        (anchor, ClockState::Running)
    } else {
        (due_at, state)
    };
    Some(Started {
        opens_at,
        warns_at: warns_at.max(cause.received_at),
        due_at,
        state,
        // Offices are told when their window opens, and by nothing before.
        is_told_again: rule.met_by == MetBy::AgencyNotice
            || is_told_again(cause.code, opens_at, cause.received_at),
    })
}

/// Returns from when on an office is told what the law has it told by a deadline: twice as long before it as
/// a person is warned, so that there is time to ask where nobody confirms. A year before it would be
/// forgotten, and may be otherwise by then.
fn told_from(rule: &ClockRule, due_at: Timestamp) -> Option<Timestamp> {
    (rule.met_by == MetBy::AgencyNotice)
        .then(|| due_at.checked_sub(rule.warn * 2).ok())
        .flatten()
}

/// Moves an anchor by what a rule gives: days as they stand in the state's calendar, hours as they
/// pass. A business day ends, as every other here, at the hour at which it was begun to count.
fn moved(
    rule: &ClockRule,
    anchor: Timestamp,
    sign: i64,
    (zone, holidays): (&TimeZone, &Holidays),
) -> Option<Timestamp> {
    let amount = i64::from(rule.amount) * sign;
    match rule.unit {
        Unit::Hours => anchor.checked_add(SignedDuration::from_hours(amount)).ok(),
        Unit::Days => {
            let moved = anchor
                .to_zoned(zone.clone())
                .checked_add(Span::new().days(amount));
            moved.ok().map(|zoned| zoned.timestamp())
        }
        Unit::BusinessDays => {
            let from = anchor.to_zoned(zone.clone());
            let day = holidays.moved(from.date(), amount)?;
            let moved = day.to_datetime(from.time()).to_zoned(zone.clone());
            moved.ok().map(|zoned| zoned.timestamp())
        }
    }
}

/// Says whether and how a running clock ends by a later event of the same record.
#[must_use]
pub fn ended_by(rule: &ClockRule, code: EventCode) -> Option<ClockState> {
    if !rule.ends.contains(&code) {
        return None;
    }
    Some(match rule.met_by {
        MetBy::Event => ClockState::Met,
        MetBy::Receipt | MetBy::Notice | MetBy::Reminder | MetBy::AgencyNotice | MetBy::Person => {
            ClockState::Void
        }
    })
}

/// Says how a clock ends that has passed, given whether what it asks for is known to be done.
#[must_use]
pub const fn passed(met_by: MetBy, is_done: bool) -> ClockState {
    match met_by {
        MetBy::Notice | MetBy::Reminder => ClockState::Passed,
        MetBy::Receipt | MetBy::AgencyNotice | MetBy::Person | MetBy::Event => {
            if is_done {
                ClockState::Met
            } else {
                ClockState::Missed
            }
        }
    }
}

#[cfg(test)]
mod tests;
