//! What became of everybody who was to be told, by the hub's own rows and its log of evidence, and by the
//! telephones that rang.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use savin_hub::evidence::leaf;
use savin_hub::ids::RegistrantId;
use savin_hub::notification::channel::Channel;
use savin_hub::store::conn::Tx;
use savin_hub::store::vault::{attempt, notice};
use savin_hub::store::{Store, StoreError, evidence};

/// Of what somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The release that everybody asked about.
    Release,
    /// One of the escapes.
    Escape(usize),
}

/// Who was registered.
#[derive(Debug, Clone)]
pub(super) struct Registered {
    pub(super) what: What,
    /// As it stands in an INVITE, if she is called.
    pub(super) number: Option<String>,
}

/// What became of one notice.
#[derive(Debug, Clone)]
pub struct Told {
    /// Of what it tells.
    pub what: What,
    /// By which channel.
    pub channel: Channel,
    /// When the row in the jail's database changed.
    pub came_at: Timestamp,
    /// Where in the log of evidence it was planned.
    pub planned_in: u64,
    /// Where in it the first try began, and when.
    pub began: Option<(u64, Timestamp)>,
    /// When the telephone rang.
    pub rang_at: Option<Timestamp>,
    /// When it was known what became of that try.
    pub over_at: Option<Timestamp>,
    /// Where it stands.
    pub state: String,
}

impl Told {
    /// Returns when the telephone rang, or the mail server was called; nothing if nobody began.
    #[must_use]
    pub fn started(&self) -> Option<Timestamp> {
        match self.channel {
            Channel::Telephone => self.rang_at,
            Channel::Email | Channel::Letter => self.began.map(|(_, at)| at),
        }
    }

    /// Returns how long after the row's change that was.
    #[must_use]
    pub fn waited(&self) -> Option<Duration> {
        self.started().map(|at| after(self.came_at, at))
    }

    /// Returns how long after the row's change it was known what became of the first try.
    #[must_use]
    pub fn over_after(&self) -> Option<Duration> {
        self.over_at.map(|at| after(self.came_at, at))
    }
}

/// Returns how long after one time another was; nothing if it was before.
pub(super) fn after(one: Timestamp, other: Timestamp) -> Duration {
    Duration::try_from(other.duration_since(one)).unwrap_or_default()
}

/// What became of all.
#[derive(Debug)]
pub struct Seen {
    /// How long after the row's change all of the release was planned.
    pub planned_after: Duration,
    /// Every notice.
    pub told: Vec<Told>,
}

impl Seen {
    pub(super) fn read(
        store: &Store,
        registered: &BTreeMap<RegistrantId, Registered>,
        (released_at, planned_by, escaped_at): (Timestamp, Timestamp, &[Timestamp]),
        called: Vec<(String, Timestamp)>,
    ) -> anyhow::Result<Self> {
        let rang: BTreeMap<String, Timestamp> = called.into_iter().collect();
        let rows = store.read_now("seen", |tx| {
            let notices = notice::newest(tx, 1_000_000)?;
            notices
                .into_iter()
                .map(|row| entry(tx, row))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut told = Vec::with_capacity(rows.len());
        for (row, planned_in, began) in rows {
            let who = registered.get(&row.registrant);
            let who = who.context("somebody was told who was not registered")?;
            told.push(Told {
                what: who.what,
                channel: row.channel,
                came_at: match who.what {
                    What::Release => released_at,
                    What::Escape(which) => super::stage::came(escaped_at, which)?,
                },
                planned_in,
                began: began
                    .as_ref()
                    .map(|(place, first)| (*place, first.attempted_at)),
                rang_at: who
                    .number
                    .as_ref()
                    .and_then(|number| rang.get(number))
                    .copied(),
                over_at: began
                    .and_then(|(_, first)| first.finished)
                    .map(|(at, _)| at),
                state: row.state,
            });
        }
        Ok(Self {
            planned_after: after(released_at, planned_by),
            told,
        })
    }

    /// Returns what became of the notices of a kind by a channel.
    pub fn of(&self, is_escape: bool, channel: Channel) -> impl Iterator<Item = &Told> {
        let told = self.told.iter();
        told.filter(move |one| {
            one.channel == channel && matches!(one.what, What::Escape(_)) == is_escape
        })
    }

    /// Returns how many tries of other notices of its channel the log of evidence has between the planning
    /// of a notice and its own first try; nothing if it was never tried.
    #[must_use]
    pub fn passed_by(&self, told: &Told) -> Option<usize> {
        let (began, _) = told.began?;
        let others = self.of(false, told.channel).filter_map(|one| one.began);
        Some(
            others
                .filter(|(at, _)| (told.planned_in..began).contains(at))
                .count(),
        )
    }

    /// Returns how many others of its channel still waited for their first try when it began.
    #[must_use]
    pub fn waited_behind(&self, told: &Told) -> usize {
        let Some((began, _)) = told.began else {
            return 0;
        };
        let others = self.of(false, told.channel);
        others
            .filter(|one| one.began.is_none_or(|(at, _)| at > began))
            .count()
    }
}

/// A notice, where in the log of evidence it was planned, and its first try with its place there.
type Entry = (
    notice::NoticeStanding,
    u64,
    Option<(u64, attempt::AttemptRow)>,
);

/// Returns a notice with its places in the log of evidence.
fn entry(tx: &mut Tx<'_>, row: notice::NoticeStanding) -> Result<Entry, StoreError> {
    let mut place = |subject: &str| -> Result<u64, StoreError> {
        let found = evidence::find(tx, subject)?;
        Ok(found
            .ok_or(StoreError::Damaged("the evidence lacks a leaf"))?
            .index)
    };
    let planned_in = place(&leaf::notice_subject(row.notice))?;
    let began = if row.attempts > 0 {
        Some(place(&leaf::attempt_subject(row.notice, 1))?)
    } else {
        None
    };
    let first = attempt::of_notice(tx, row.notice)?.into_iter().next();
    Ok((row, planned_in, began.zip(first)))
}
