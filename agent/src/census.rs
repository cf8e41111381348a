//! Counting persons from one roster to the next, as a reader of the rosters would: for `replay`.
//!
//! Custody itself is keyed by the booking; a person may hold two open admissions at once, and the
//! latest one speaks for the person here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use savin_shared::record::Record;
use serde::Serialize;

/// What names an admission: when it was, and its number.
type Admission = (Option<Timestamp>, String);

/// A person's latest admission.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Latest {
    admission: Admission,
    status: Option<String>,
    classification: Option<String>,
}

/// What changed against the roster that was taken last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Persons in this and not in that.
    pub new: u64,
    /// Persons in that and not in this.
    pub no_longer_listed: u64,
    /// Of the new, those whose very admission was seen earlier.
    pub returned: u64,
    /// Persons in both with another latest admission.
    pub readmitted: u64,
    /// Persons in both with the same latest admission and another status.
    pub status_changed: u64,
    /// Persons in both with the same latest admission and another custody level.
    pub custody_level_changed: u64,
}

impl Counts {
    /// Adds the counts of another roster.
    pub const fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.no_longer_listed += other.no_longer_listed;
        self.returned += other.returned;
        self.readmitted += other.readmitted;
        self.status_changed += other.status_changed;
        self.custody_level_changed += other.custody_level_changed;
    }
}

/// The persons of the roster that was taken last, and every admission ever seen.
#[derive(Debug, Default)]
pub struct Census {
    last: BTreeMap<String, Latest>,
    seen: BTreeSet<(String, Admission)>,
}

/// The persons of one roster.
#[derive(Debug, Default)]
pub struct Roster {
    persons: BTreeMap<String, Latest>,
    admissions: BTreeSet<(String, Admission)>,
}

impl Roster {
    /// Takes a record in; what is no custody record counts nobody.
    pub fn add(&mut self, record: &Record) {
        let Some(custody) = record.custody() else {
            return;
        };
        let subject = &record.subject;
        let person = [
            subject.person_number.as_ref().map(|number| number.as_str()),
            subject.offender_id.as_ref().map(|id| id.as_str()),
            subject.state_id.as_ref().map(|id| id.as_str()),
        ];
        let number = custody.booking_number.as_str();
        let person = person
            .into_iter()
            .flatten()
            .next()
            .unwrap_or(number)
            .to_owned();
        let booked_at = custody.booked_at.map(|at| at.timestamp());
        // Where a booking has a time, its number may be renewed without being another admission.
        let number = if booked_at.is_some() {
            String::new()
        } else {
            number.to_owned()
        };
        let admission = (booked_at, number);
        self.admissions.insert((person.clone(), admission.clone()));
        let latest = Latest {
            admission,
            status: custody
                .status_text
                .clone()
                .or_else(|| Some(custody.state.to_string())),
            classification: custody.classification.clone(),
        };
        let known = self.persons.get(&person).map(|known| &known.admission);
        if known.is_none_or(|known| *known < latest.admission) {
            self.persons.insert(person, latest);
        }
    }
}

impl Census {
    /// Counts a roster against the one before, which it then replaces.
    pub fn take(&mut self, roster: Roster) -> Counts {
        let mut counts = Counts::default();
        for (person, now) in &roster.persons {
            match self.last.get(person) {
                None => {
                    counts.new += 1;
                    let admission = (person.clone(), now.admission.clone());
                    counts.returned += u64::from(self.seen.contains(&admission));
                }
                Some(before) if before.admission != now.admission => counts.readmitted += 1,
                Some(before) => {
                    counts.status_changed += u64::from(before.status != now.status);
                    counts.custody_level_changed +=
                        u64::from(before.classification != now.classification);
                }
            }
        }
        let gone = self
            .last
            .keys()
            .filter(|person| !roster.persons.contains_key(*person));
        counts.no_longer_listed = gone.count() as u64;
        self.seen.extend(roster.admissions);
        self.last = roster.persons;
        counts
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::clock::{EffectiveAt, Moment};
    use savin_shared::ids::{FacilityCode, PersonNumber, RecordNumber};
    use savin_shared::record::custody::{Custody, CustodyState};
    use savin_shared::record::subject::Subject;
    use savin_shared::record::{Record, RecordBody};

    use super::{Census, Counts, Roster};

    fn record(person: &str, day: u32, status: &str, level: &str) -> Record {
        let number = RecordNumber::new(&format!("{person}/{day}")).unwrap();
        let mut custody = Custody::new(number, CustodyState::InCustody);
        let booked = format!("2026-06-{day:02}T00:00:00Z").parse().unwrap();
        custody.booked_at = Some(EffectiveAt(Moment::exact(booked)));
        custody.status_text = Some(status.to_owned());
        custody.classification = Some(level.to_owned());
        Record {
            facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
            subject: Subject {
                person_number: Some(PersonNumber::new(person).unwrap()),
                ..Subject::default()
            },
            entered_at: None,
            synthetic: false,
            body: RecordBody::Custody(Box::new(custody)),
        }
    }

    fn take(census: &mut Census, rows: &[(&str, u32, &str, &str)]) -> Counts {
        let mut roster = Roster::default();
        for (person, day, status, level) in rows {
            roster.add(&record(person, *day, status, level));
        }
        census.take(roster)
    }

    #[test]
    fn counts_persons_against_the_last_roster() {
        let mut census = Census::default();
        let first = take(&mut census, &[("a", 1, "DE", "MIN"), ("b", 1, "DE", "MIN")]);
        assert_eq!(
            first,
            Counts {
                new: 2,
                ..Counts::default()
            }
        );
        let second = take(&mut census, &[("a", 1, "CS", "MAX"), ("c", 2, "DE", "MIN")]);
        let expected = Counts {
            new: 1,
            no_longer_listed: 1,
            status_changed: 1,
            custody_level_changed: 1,
            ..Counts::default()
        };
        assert_eq!(second, expected);
        let third = take(&mut census, &[("a", 3, "DE", "MIN"), ("b", 1, "DE", "MIN")]);
        let expected = Counts {
            new: 1,
            returned: 1,
            readmitted: 1,
            no_longer_listed: 1,
            ..Counts::default()
        };
        assert_eq!(third, expected);
    }

    #[test]
    fn lets_the_latest_of_two_open_admissions_speak() {
        let mut census = Census::default();
        take(&mut census, &[("a", 1, "DE", "MIN"), ("a", 2, "CS", "MAX")]);
        let same = take(&mut census, &[("a", 2, "CS", "MAX"), ("a", 1, "XX", "MED")]);
        assert_eq!(same, Counts::default());
        let older = take(&mut census, &[("a", 1, "DE", "MIN")]);
        assert_eq!(
            older,
            Counts {
                readmitted: 1,
                ..Counts::default()
            }
        );
    }
}
