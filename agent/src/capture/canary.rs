//! The daily test of the line: a synthetic booking and its release, made after the mapping.
//!
//! So the agency's data is never touched. It is marked as synthetic all the way to the line at the hub
//! where it must come out, told to no victim and shown to nobody.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::chain::Salt;
use savin_shared::clock::{EffectiveAt, Moment, ObservedAt};
use savin_shared::delta::{Change, Coverage, Delta, DeltaError, Evidence, Origin, Row};
use savin_shared::envelope::SealedBatch;
use savin_shared::ids::{AgentId, FacilityCode, FeedName, PersonNumber, RecordKey, RecordNumber};
use savin_shared::record::custody::{Custody, CustodyState, ReleaseReason};
use savin_shared::record::subject::Subject;
use savin_shared::record::{Record, RecordBody, RecordKind};

use crate::journal::canary::{self, Booking, Canary, FEED};
use crate::journal::{Journal, JournalError, Step, own};
use crate::mapping::standing::Standing;
use crate::signer::Signer;

/// How long a synthetic booking lasts: enough that booking and release are two captures.
const STAY: SignedDuration = SignedDuration::from_secs(5);

/// A booking that lies further ahead was written under another clock.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// When the daily test is done, and for which facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    /// For which facility.
    pub facility: FacilityCode,
    /// At which time of the day.
    pub at: Time,
    /// In which zone.
    pub zone: TimeZone,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The synthetic booking.
    Booking,
    /// Its release.
    Release,
}

/// Returns a time of the working day for an agent whose settings name none: not all agencies test
/// the line at once.
#[must_use]
pub fn drawn(agent: AgentId) -> Time {
    let [first, second, ..] = *agent.as_bytes();
    let minute = u16::from_be_bytes([first, second]) % (8 * 60);
    let hour = i8::try_from(8 + minute / 60).unwrap_or(8);
    Time::new(hour, i8::try_from(minute % 60).unwrap_or(0), 0, 0).unwrap_or(Time::midnight())
}

impl Daily {
    /// Returns what is due now. The first test is due at once: whoever installs the agent sees
    /// whether the line holds.
    #[must_use]
    pub fn due(&self, canary: &Canary, now: Timestamp) -> Option<Due> {
        let Some(last) = &canary.booking else {
            return Some(Due::Booking);
        };
        if last.booked_at.duration_since(now) > AHEAD {
            return Some(Due::Booking);
        }
        if last.released_at.is_none() {
            let is_over = now.duration_since(last.booked_at) >= STAY;
            return is_over.then_some(Due::Release);
        }
        let planned = self.last_planned(now)?;
        (last.booked_at < planned).then_some(Due::Booking)
    }

    /// Returns when the test was to be done last.
    fn last_planned(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        let on = |day: jiff::civil::Date| {
            let at = day.to_datetime(self.at).to_zoned(self.zone.clone()).ok()?;
            Some(at.timestamp()).filter(|at| *at <= now)
        };
        on(today).or_else(|| on(today.yesterday().ok()?))
    }
}

/// Does what is due, in one transaction; returns what that was, and its batches.
///
/// # Errors
/// Returns [`JournalError`] when the journal cannot be used; nothing is then stored.
pub fn take(
    journal: &mut Journal,
    signer: &Signer,
    daily: &Daily,
    now: Timestamp,
    secret: Salt,
) -> Result<Option<(Due, Vec<SealedBatch>)>, JournalError> {
    let is_due = journal.read(|tx| {
        let canary = canary::load(tx)?;
        Ok(canary.is_some_and(|canary| daily.due(&canary, now).is_some()))
    })?;
    if !is_due {
        return Ok(None);
    }
    journal.write(|tx| {
        let Some(canary) = canary::load(tx)? else {
            return Ok(None);
        };
        let Some(due) = daily.due(&canary, now) else {
            return Ok(None);
        };
        let feed = FeedName::new(FEED).map_err(|_| JournalError::Damaged("a feed's name"))?;
        let (booking, steps) = steps(&feed, signer.agent(), (daily, due), canary.booking, now)?;
        let batches = own::store(tx, signer, &feed, steps, (now, secret))?;
        canary::put(tx, &booking)?;
        Ok(Some((due, batches)))
    })
}

/// Makes what is sent: the booking, before which the last one leaves the list, or its release.
fn steps(
    feed: &FeedName,
    agent: AgentId,
    (daily, due): (&Daily, Due),
    last: Option<Booking>,
    now: Timestamp,
) -> Result<(Booking, Vec<Step>), JournalError> {
    let delta = |change| Delta {
        observed_at: ObservedAt(now),
        feed: feed.clone(),
        origin: Origin::Live,
        change,
    };
    let mut steps = Vec::new();
    let booking = match (due, last) {
        (Due::Release, Some(last)) => Booking {
            released_at: Some(now),
            ..last
        },
        (Due::Booking | Due::Release, last) => {
            steps.extend(last.map(|last| {
                let key = RecordKey {
                    kind: RecordKind::Custody,
                    number: last.number,
                };
                Step {
                    key: Some(key.clone()),
                    standing: Standing::Ended,
                    delta: delta(Change::NoLongerListed(key)),
                }
            }));
            let number = format!("CANARY-{}-{}", short(agent), now.as_second());
            Booking {
                number: RecordNumber::new(&number)
                    .map_err(|_| JournalError::Damaged("the number of a daily test"))?,
                booked_at: now,
                released_at: None,
            }
        }
    };
    let record = record(agent, &daily.facility, &booking)?;
    let change = Change::Upsert {
        row: Row::of(&record)?,
        coverage: Coverage::Partial,
        evidence: Evidence::Transaction,
    };
    steps.push(Step {
        key: Some(record.key()),
        standing: Standing::of(&record),
        delta: delta(change),
    });
    Ok((booking, steps))
}

/// Makes the synthetic record. It has no name, so that it can be taken for nobody.
fn record(
    agent: AgentId,
    facility: &FacilityCode,
    booking: &Booking,
) -> Result<Record, DeltaError> {
    let exact = |at| EffectiveAt(Moment::exact(at));
    let state = match booking.released_at {
        None => CustodyState::InCustody,
        Some(_) => CustodyState::OutOfCustody(ReleaseReason::Other),
    };
    let mut custody = Custody::new(booking.number.clone(), state);
    custody.booked_at = Some(exact(booking.booked_at));
    custody.released_at = booking.released_at.map(exact);
    custody.status_at = Some(exact(booking.released_at.unwrap_or(booking.booked_at)));
    Ok(Record {
        facility: facility.clone(),
        subject: Subject {
            person_number: PersonNumber::new(&format!("CANARY-{}", short(agent))).ok(),
            ..Subject::default()
        },
        entered_at: None,
        synthetic: true,
        body: RecordBody::Custody(Box::new(custody)),
    })
}

fn short(agent: AgentId) -> String {
    agent.to_string().chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use savin_shared::envelope;
    use savin_shared::ids::Epoch;
    use savin_shared::sign::SigningKey;

    use super::*;
    use crate::journal::shadow;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily() -> Daily {
        Daily {
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            at: Time::constant(10, 15, 0, 0),
            zone: TimeZone::get("America/Chicago").unwrap(),
        }
    }

    fn canary(booked_at: &str, released: bool) -> Canary {
        let booked_at = at(booked_at);
        Canary {
            armed_at: booked_at,
            booking: Some(Booking {
                number: RecordNumber::new("CANARY-1").unwrap(),
                booked_at,
                released_at: released.then_some(booked_at),
            }),
        }
    }

    #[test]
    fn is_done_once_a_day_at_its_time_and_at_once_at_first() {
        let daily = daily();
        let none = Canary {
            armed_at: at("2026-06-01T00:00:00Z"),
            booking: None,
        };
        assert_eq!(
            daily.due(&none, at("2026-06-01T00:00:00Z")),
            Some(Due::Booking)
        );
        // 10:15 in Mississippi is 15:15 UTC in summer.
        let done = canary("2026-06-01T15:15:01Z", true);
        assert_eq!(daily.due(&done, at("2026-06-02T15:14:59Z")), None);
        assert_eq!(
            daily.due(&done, at("2026-06-02T15:15:00Z")),
            Some(Due::Booking)
        );
        // The agent was down at the time: it is done when it is back.
        assert_eq!(
            daily.due(&done, at("2026-06-05T04:00:00Z")),
            Some(Due::Booking)
        );
    }

    #[test]
    fn is_released_a_little_later_and_not_kept_back_by_another_clock() {
        let booked = canary("2026-06-01T15:15:00Z", false);
        assert_eq!(daily().due(&booked, at("2026-06-01T15:15:04Z")), None);
        assert_eq!(
            daily().due(&booked, at("2026-06-01T15:15:05Z")),
            Some(Due::Release)
        );
        let ahead = canary("2036-06-01T15:15:00Z", true);
        assert_eq!(
            daily().due(&ahead, at("2026-06-01T15:15:05Z")),
            Some(Due::Booking)
        );
    }

    #[test]
    fn leaves_the_agencies_lists_alone_and_says_that_it_is_synthetic() {
        let agent = AgentId::from_bytes([7; 16]);
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let public = key.verifying_key();
        let signer = Signer::new(agent, key);
        let mut journal = Journal::scratch(agent, Epoch::from_bytes([1; 16])).unwrap();
        let none = take(
            &mut journal,
            &signer,
            &daily(),
            at("2026-06-01T12:00:00Z"),
            [3; 16],
        );
        assert_eq!(none.unwrap(), None, "it is not switched on");
        journal
            .write(|tx| canary::arm(tx, at("2026-06-01T12:00:00Z")))
            .unwrap();
        let mut done = |now: &str| {
            let taken = take(&mut journal, &signer, &daily(), at(now), [3; 16]).unwrap();
            taken.map(|(due, batches)| {
                let mut changes = Vec::new();
                for batch in batches {
                    for (_, body) in envelope::open(&batch, &public).unwrap() {
                        changes.push(savin_shared::delta::decode(&body.unwrap()).unwrap().change);
                    }
                }
                (due, changes)
            })
        };
        for (now, due, count) in [
            ("2026-06-01T12:00:01Z", Due::Booking, 1),
            ("2026-06-01T12:00:06Z", Due::Release, 1),
            ("2026-06-01T15:15:00Z", Due::Booking, 2),
        ] {
            let (taken, changes) = done(now).unwrap();
            assert_eq!((taken, changes.len()), (due, count), "{now}");
            let Some(Change::Upsert { row, .. }) = changes.last() else {
                panic!("a row")
            };
            let record = row.record().unwrap();
            assert!(record.synthetic && record.subject.name.is_none());
        }
        let rows = journal.read(shadow::rows).unwrap();
        assert_eq!(rows.len(), 1, "the list of tests does not grow");
        assert_eq!(rows[0].feed.as_str(), FEED);
    }
}
