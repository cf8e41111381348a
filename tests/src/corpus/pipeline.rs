//! The real capture pipeline on a scratch journal, and what it told.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use savin_agent::capture::release::{Decider, Which, release};
use savin_agent::capture::report::{Outcome, Report};
use savin_agent::capture::{Feed, Now, take_file};
use savin_agent::journal::Journal;
use savin_agent::mapping::profile::Profile;
use savin_agent::signer::Signer;
use savin_shared::delta::{self, Change, Origin};
use savin_shared::envelope::{SealedBatch, open};
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;

/// What was told of a jail.
#[derive(Debug, Default)]
pub struct Told {
    /// Bookings that were told to have ended, by their numbers.
    pub ended: Vec<String>,
    /// Bookings that were told to be listed no longer.
    pub absent: Vec<String>,
    /// Bookings that were told to be new or different.
    pub other: Vec<String>,
    /// How many changes wait for a person.
    pub held: u64,
    /// Why, by code.
    pub reasons: BTreeSet<&'static str>,
    /// Why nothing was taken, by code.
    pub refused: Option<&'static str>,
}

/// A journal with its feed.
#[derive(Debug)]
pub struct Pipeline {
    journal: Journal,
    signer: Signer,
    feed: Feed,
}

impl Pipeline {
    /// Opens a journal, and makes it where there is none.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn open(path: &Path, profile: &str) -> anyhow::Result<Self> {
        let agent = AgentId::from_bytes([1; 16]);
        let journal = Journal::open(path, agent, Epoch::from_bytes([2; 16]));
        Ok(Self {
            journal: journal.context("failed to open a scratch journal")?,
            signer: Signer::new(agent, SigningKey::from_seed(&[3; 32])?),
            feed: Feed {
                name: FeedName::new("corpus")?,
                facility: FacilityCode::new("MS-CORPUS-JAIL")?,
                profile: Profile::parse(profile).context("the corpus's profile")?,
                cadence: SignedDuration::from_hours(24),
            },
        })
    }

    /// Takes the export of a day, whose date is some days too old.
    ///
    /// # Errors
    /// Returns what the capture returns.
    pub fn take(&mut self, bytes: &[u8], day: usize, days_old: usize) -> anyhow::Result<Told> {
        let at = noon(day)?;
        let back = SignedDuration::from_hours(24 * i64::try_from(days_old)?);
        let now = Now {
            at,
            exported_at: at - back,
            is_history: false,
            secret: [4; 16],
        };
        let file = ("ROSTER.csv", bytes);
        let report = take_file(&mut self.journal, &self.signer, &self.feed, file, now)?;
        self.told(&report)
    }

    /// Lets what is held pass, as a person would who was told that it is so.
    ///
    /// # Errors
    /// Returns what the journal returns.
    pub fn release(&mut self, day: usize) -> anyhow::Result<Told> {
        let at = noon(day)?;
        let decider = Decider {
            by: "Sgt. Sample",
            at,
            day: self.feed.profile.times.day(at),
        };
        let all = (&self.feed.name, Which::All);
        let (_, batches) = release(&mut self.journal, &self.signer, all, decider, [5; 16])?;
        let mut told = Told::default();
        self.read(&batches, &mut told)?;
        Ok(told)
    }

    fn told(&self, report: &Report) -> anyhow::Result<Told> {
        let mut told = Told {
            held: report.held,
            reasons: report.reasons.iter().map(|reason| reason.code()).collect(),
            refused: match &report.outcome {
                Outcome::Refused(refusal) => Some(refusal.code()),
                Outcome::Taken | Outcome::Repeat => None,
            },
            ..Told::default()
        };
        self.read(&report.batches, &mut told)?;
        Ok(told)
    }

    fn read(&self, batches: &[SealedBatch], told: &mut Told) -> anyhow::Result<()> {
        let key = self.signer.key().verifying_key();
        for batch in batches {
            for (_, body) in open(batch, &key)? {
                let Some(body) = body else { continue };
                let delta = delta::decode(&body)?;
                match delta.change {
                    Change::NoLongerListed(gone) => told.absent.push(gone.number.to_string()),
                    Change::Upsert { row, .. } if delta.origin != Origin::Baseline => {
                        let record = row.record()?;
                        let number = record.number().to_string();
                        let state = record.custody().map(|custody| custody.state);
                        if state.is_some_and(|state| state.has_ended()) {
                            told.ended.push(number);
                        } else {
                            told.other.push(number);
                        }
                    }
                    Change::Upsert { .. } | Change::Withheld(_) | Change::ObservationGap { .. } => {
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns noon of so many days after the first of 2026.
fn noon(day: usize) -> anyhow::Result<Timestamp> {
    let first: Timestamp = "2026-01-01T18:00:00Z".parse()?;
    Ok(first + SignedDuration::from_hours(24 * i64::try_from(day)?))
}
