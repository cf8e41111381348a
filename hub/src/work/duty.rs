//! Who is on duty when, and in which words somebody is told that work has come to them. The words name nothing
//! and nobody: they go by ordinary mail, to staff.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::task::Level;

/// How long somebody is left alone with tasks that they were told of; then they are told once more.
const AGAIN: SignedDuration = SignedDuration::from_hours(4);

/// How far ahead the roster is looked through for hours without anybody.
const AHEAD_HOURS: i64 = 7 * 24;

/// The subject of the message.
pub const SUBJECT: &str = "Work waits for you";

/// Somebody's hours at a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// For which level they answer.
    pub level: Level,
    /// Their name, as staff is called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// On which days it begins, Monday first.
    pub days: [bool; 7],
    /// When it begins.
    pub from: Time,
    /// When it ends; at or before the beginning, on the next day.
    pub until: Time,
}

/// Everybody's hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// The shifts.
    pub shifts: Vec<Shift>,
}

/// Open tasks that have come to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised {
    /// The level.
    pub level: Level,
    /// How many.
    pub tasks: u64,
    /// When the newest came.
    pub came_at: Option<Timestamp>,
    /// When the first must be done, where one has such a time.
    pub due_at: Option<Timestamp>,
}

impl Shift {
    /// Says whether it goes on at a time.
    #[must_use]
    pub fn holds(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let local = zone.to_datetime(at);
        let time = local.time();
        let begins_on = |days_before: i8| {
            let today = local.date().weekday().to_monday_zero_offset();
            let day = (today - days_before).rem_euclid(7);
            usize::try_from(day)
                .ok()
                .and_then(|day| self.days.get(day))
                .is_some_and(|is_on| *is_on)
        };
        if self.from < self.until {
            begins_on(0) && self.from <= time && time < self.until
        } else {
            begins_on(0) && time >= self.from || begins_on(1) && time < self.until
        }
    }
}

impl Roster {
    /// Returns who answers for a level at a time; where nobody does, whoever answers for a level above.
    #[must_use]
    pub fn on_duty(&self, level: Level, zone: &TimeZone, at: Timestamp) -> Vec<&Shift> {
        let mut asked = Some(level);
        while let Some(level) = asked {
            let of_level = self.shifts.iter().filter(|shift| shift.level == level);
            let found: Vec<_> = of_level.filter(|shift| shift.holds(zone, at)).collect();
            if !found.is_empty() {
                return found;
            }
            asked = level.next();
        }
        Vec::new()
    }

    /// Returns the first hour of the next seven days in which nobody answers for a level.
    #[must_use]
    pub fn gap(&self, level: Level, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        (0..AHEAD_HOURS)
            .filter_map(|hour| now.checked_add(SignedDuration::from_hours(hour)).ok())
            .find(|at| self.on_duty(level, zone, *at).is_empty())
    }
}

impl Raised {
    /// Adds what has come to the same level in the other queue.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            level: self.level,
            tasks: self.tasks + other.tasks,
            came_at: self.came_at.max(other.came_at),
            due_at: match (self.due_at, other.due_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Says whether somebody is to be told now: something came since they were told last, or has waited on.
    #[must_use]
    pub fn is_due(&self, called_at: Option<Timestamp>, now: Timestamp) -> bool {
        let Some(called_at) = called_at else {
            return self.tasks > 0;
        };
        let is_new = self.came_at.is_some_and(|came_at| came_at > called_at);
        self.tasks > 0 && (is_new || now.duration_since(called_at) >= AGAIN)
    }

    /// Writes what somebody is told.
    #[must_use]
    pub fn words(&self, zone: &TimeZone) -> Vec<String> {
        let whose = match self.level {
            Level::Operator => "at the desk",
            Level::Supervisor => "as supervisor",
            Level::DutyOfficer => "as duty officer",
        };
        let came = if self.tasks == 1 {
            "1 task has come".to_owned()
        } else {
            format!("{} tasks have come", self.tasks)
        };
        let mut words = vec![format!(
            "{came} to you {whose}: nobody has done what is to be done in its time."
        )];
        if let Some(due_at) = self.due_at {
            let due = zone
                .to_datetime(due_at)
                .strftime("%B %-d, %-I:%M %p")
                .to_string();
            words.push(format!("The first must be done by {due}."));
        }
        words.push(
            "`savin-hub tasks` shows them where you work. This message says nothing of them, since anybody \
             may read it."
                .to_owned(),
        );
        words
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, Timestamp};

    use super::{Raised, Roster, Shift};
    use crate::work::task::Level;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shift(level: Level, name: &str, hours: (i8, i8), days: [bool; 7]) -> Shift {
        Shift {
            level,
            name: name.to_owned(),
            email: format!("{name}@mdoc.example"),
            days,
            from: time(hours.0, 0, 0, 0),
            until: time(hours.1, 0, 0, 0),
        }
    }

    #[test]
    fn finds_who_is_on_duty_over_midnight_and_above_where_nobody_is() {
        let weekdays = [true, true, true, true, true, false, false];
        let roster = Roster {
            shifts: vec![
                shift(Level::Supervisor, "day", (8, 17), weekdays),
                shift(Level::Supervisor, "night", (22, 6), weekdays),
                shift(Level::DutyOfficer, "chief", (0, 0), [true; 7]),
            ],
        };
        let names = |text: &str| -> Vec<String> {
            let found = roster.on_duty(Level::Supervisor, &TimeZone::UTC, at(text));
            found.into_iter().map(|shift| shift.name.clone()).collect()
        };
        // 2026-06-05 is a Friday.
        assert_eq!(names("2026-06-05T08:00:00Z"), ["day"]);
        assert_eq!(names("2026-06-05T17:00:00Z"), ["chief"]);
        assert_eq!(names("2026-06-05T23:00:00Z"), ["night"]);
        assert_eq!(
            names("2026-06-06T05:59:00Z"),
            ["night"],
            "it began on Friday"
        );
        assert_eq!(
            names("2026-06-06T23:00:00Z"),
            ["chief"],
            "none begins on Saturday"
        );
        assert_eq!(
            names("2026-06-08T05:00:00Z"),
            ["chief"],
            "none began on Sunday"
        );
        let zone = TimeZone::UTC;
        let now = at("2026-06-05T09:00:00Z");
        assert_eq!(roster.gap(Level::Supervisor, &zone, now), None);
        let roster = Roster {
            shifts: roster.shifts[..2].to_vec(),
        };
        let gap = roster.gap(Level::Supervisor, &zone, now);
        assert_eq!(gap, Some(at("2026-06-05T17:00:00Z")));
        assert_eq!(roster.gap(Level::DutyOfficer, &zone, now), Some(now));
    }

    #[test]
    fn tells_of_what_is_new_and_again_of_what_waits_on() {
        let (came, now) = (at("2026-06-05T09:00:00Z"), at("2026-06-05T09:01:00Z"));
        let raised = |tasks| Raised {
            level: Level::Supervisor,
            tasks,
            came_at: (tasks > 0).then_some(came),
            due_at: Some(at("2026-06-06T14:30:00Z")),
        };
        let minutes = |minutes| came.checked_add(SignedDuration::from_mins(minutes)).ok();
        assert!(raised(1).is_due(None, now));
        assert!(!raised(0).is_due(None, now));
        assert!(raised(1).is_due(minutes(-1), now));
        assert!(!raised(1).is_due(minutes(0), now));
        assert!(raised(1).is_due(minutes(1), minutes(241).unwrap()));
        assert!(!raised(0).is_due(minutes(1), minutes(999).unwrap()));
        let both = raised(1).and(raised(2));
        assert_eq!((both.tasks, both.came_at), (3, Some(came)));
        let words = both.words(&TimeZone::UTC).join("\n");
        assert!(
            words.contains("3 tasks have come to you as supervisor"),
            "{words}"
        );
        assert!(words.contains("by June 6, 2:30 PM"), "{words}");
        for telling in ["victim", "order", "release", "registrant", "jail"] {
            assert!(!words.contains(telling), "{telling} in {words}");
        }
    }
}
