//! Rehearsing a ladder: which steps follow from what is said to become of each, without a notice.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::event::EventCode;

use super::{Ladders, Next, Pressing, Tried};
use crate::notification::care::Care;
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};

/// What is rehearsed.
#[derive(Debug)]
pub struct Case<'a> {
    /// The table.
    pub ladders: &'a Ladders,
    /// How pressing the news is.
    pub pressing: Pressing,
    /// Her ways, each with how many contact points it has.
    pub ways: Vec<(Channel, usize)>,
    /// When she may be disturbed.
    pub care: Care,
    /// In whose hours she says so.
    pub zone: TimeZone,
    /// When it is planned.
    pub start: Timestamp,
}

/// What is said to become of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// This outcome of the channel.
    Outcome(Outcome),
    /// She confirmed.
    Confirmed,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Played {
    /// When.
    pub at: Timestamp,
    /// In which channel.
    pub channel: Channel,
    /// At which of its contact points, from 1.
    pub point: usize,
    /// What became of it; nothing of the steps that come next.
    pub became: Option<Became>,
    /// Whether a person is asked from then on.
    pub is_asked: bool,
}

/// One of her ways while it is rehearsed.
struct Way {
    channel: Channel,
    points: Vec<usize>,
    tried: Vec<Tried<usize>>,
    begins_at: Timestamp,
    is_over: bool,
}

impl Became {
    /// Reads an outcome's word, or `confirmed`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if word == "confirmed" {
            return Some(Self::Confirmed);
        }
        Outcome::parse(word).map(Self::Outcome)
    }
}

impl Case<'_> {
    /// Plays what becomes of each step, in their order, and ends with the steps that come next: none once
    /// she confirmed, and none of a way that waits for her confirmation or reaches nobody.
    #[must_use]
    pub fn play(&self, script: &[Became]) -> Vec<Played> {
        let chosen: Vec<Channel> = self.ways.iter().map(|(channel, _)| *channel).collect();
        let mut ways: Vec<Way> = self
            .ways
            .iter()
            .map(|(channel, points)| {
                let begins = self.ladders.begins(self.pressing, *channel, &chosen);
                Way {
                    channel: *channel,
                    points: (1..=*points).collect(),
                    tried: Vec::new(),
                    begins_at: self.start.checked_add(begins).unwrap_or(self.start),
                    is_over: false,
                }
            })
            .collect();
        let mut played = Vec::new();
        for became in script {
            let due = (0..ways.len())
                .filter_map(|place| Some((self.next(ways.get(place)?)?, place)))
                .min_by_key(|(next, place)| (next.at, *place));
            let Some((next, place)) = due else {
                return played;
            };
            let is_asked = self.note(&mut ways, place, next, *became);
            let Some(way) = ways.get(place) else { break };
            played.push(Played {
                at: next.at,
                channel: way.channel,
                point: next.point,
                became: Some(*became),
                is_asked,
            });
            if *became == Became::Confirmed {
                return played;
            }
        }
        let mut next: Vec<Played> = ways
            .iter()
            .filter_map(|way| {
                let next = self.next(way)?;
                Some(Played {
                    at: next.at,
                    channel: way.channel,
                    point: next.point,
                    became: None,
                    is_asked: next.is_tired,
                })
            })
            .collect();
        next.sort_by_key(|step| step.at);
        played.extend(next);
        played
    }

    /// Returns the next step of a way, outside her quiet hours.
    fn next(&self, way: &Way) -> Option<Next<usize>> {
        if way.is_over {
            return None;
        }
        let step = self.ladders.step(self.pressing, way.channel);
        let next = step.next(&way.points, &way.tried, way.begins_at)?;
        let quiet = match way.channel {
            Channel::Letter => None,
            Channel::Email | Channel::Telephone => {
                self.care
                    .quiet_until(&self.zone, next.at, Some(example(self.pressing)))
            }
        };
        Some(Next {
            at: quiet.unwrap_or(next.at),
            ..next
        })
    }

    /// Notes what became of a step; returns whether a person is asked.
    fn note(&self, ways: &mut [Way], place: usize, next: Next<usize>, became: Became) -> bool {
        let Some(way) = ways.get_mut(place) else {
            return false;
        };
        let Became::Outcome(outcome) = became else {
            return false;
        };
        way.tried.push(Tried {
            point: next.point,
            outcome,
            at: next.at,
        });
        way.is_over = outcome.follows() == Follows::Taken;
        let after = self.next(way);
        let is_lost = after.is_none() && !way.is_over;
        if is_lost {
            // The next of her ways begins at once.
            for other in ways.iter_mut().filter(|other| other.tried.is_empty()) {
                other.begins_at = other.begins_at.min(next.at);
            }
        }
        is_lost || after.is_some_and(|after| after.is_tired)
    }
}

/// Returns an event that is as pressing.
const fn example(pressing: Pressing) -> EventCode {
    match pressing {
        Pressing::Escape => EventCode::Escaped,
        Pressing::Release => EventCode::Released,
        Pressing::Transfer => EventCode::TransferInState,
        Pressing::Court => EventCode::HearingSet,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::{Became, Case, Ladders, Pressing};
    use crate::notification::care::{Care, Excepted, Quiet};
    use crate::notification::channel::Channel;
    use crate::notification::outcome::Outcome;

    fn case<'a>(ladders: &'a Ladders, pressing: Pressing, quiet: Option<&str>) -> Case<'a> {
        Case {
            ladders,
            pressing,
            ways: vec![(Channel::Telephone, 2), (Channel::Letter, 1)],
            care: Care {
                quiet: quiet.map(|hours| Quiet::parse(hours).unwrap()),
                excepted: Excepted::Escapes,
                ..Care::default()
            },
            zone: TimeZone::UTC,
            start: "2026-06-01T20:00:00Z".parse().unwrap(),
        }
    }

    fn shown(case: &Case<'_>, words: &str) -> Vec<String> {
        let script: Vec<_> = words
            .split_whitespace()
            .map(|word| Became::parse(word).unwrap())
            .collect();
        case.play(&script)
            .iter()
            .map(|step| {
                let minutes = step.at.duration_since(case.start).as_mins();
                let asked = if step.is_asked { " asked" } else { "" };
                format!("{minutes} {} {}{asked}", step.channel, step.point)
            })
            .collect()
    }

    #[test]
    fn shows_each_step_and_what_comes_next_of_every_way() {
        let ladders = Ladders::shipped().unwrap();
        let release = case(&ladders, Pressing::Release, None);
        assert_eq!(
            shown(&release, "no-answer mailed machine"),
            [
                "0 telephone 1",
                "0 letter 1",
                "1 telephone 2",
                "30 telephone 1"
            ]
        );
        assert_eq!(
            shown(&release, "unallocated mailed unallocated"),
            ["0 telephone 1", "0 letter 1", "1 telephone 2 asked"]
        );
        assert_eq!(
            shown(&release, "no-answer confirmed no-answer"),
            ["0 telephone 1", "0 letter 1"],
            "nothing follows a confirmation"
        );
        // At night only an escape.
        let words = "no-answer mailed no-answer";
        let night = case(&ladders, Pressing::Release, Some("20:00-07:00"));
        assert_eq!(
            shown(&night, "mailed no-answer"),
            ["0 letter 1", "660 telephone 1", "661 telephone 2"]
        );
        let escape = case(&ladders, Pressing::Escape, Some("20:00-07:00"));
        assert_eq!(shown(&escape, words).len(), 4);
        assert!(shown(&escape, words)[0].starts_with("0 telephone"));
    }

    proptest! {
        #[test]
        fn never_calls_at_night_and_always_goes_on(
            pressing in 0..4_usize, outcomes in proptest::collection::vec(0..5_usize, 0..30),
            from in 0..24_u8, length in 1..23_u8,
        ) {
            let again = [
                Outcome::Busy, Outcome::NoAnswer, Outcome::Answered, Outcome::Machine,
                Outcome::NotTried,
            ];
            let ladders = Ladders::shipped().unwrap();
            let until = (from + length) % 24;
            let hours = format!("{from}:00-{until}:00");
            let pressing = Pressing::ALL[pressing];
            let mut case = case(&ladders, pressing, Some(&hours));
            case.ways = vec![(Channel::Telephone, 3)];
            let script: Vec<_> = outcomes.iter().map(|one| Became::Outcome(again[*one])).collect();
            let played = case.play(&script);
            prop_assert_eq!(played.len(), script.len() + 1, "something always comes next");
            for step in &played {
                let hour = u8::try_from(TimeZone::UTC.to_datetime(step.at).hour()).unwrap();
                let is_quiet = (hour + 24 - from) % 24 < length;
                prop_assert!(pressing == Pressing::Escape || !is_quiet, "{} in {hours}", step.at);
            }
            for pair in played.windows(2) {
                let wait = pair[1].at.duration_since(pair[0].at);
                prop_assert!(wait >= SignedDuration::ZERO && wait.as_hours() <= 48);
            }
        }
    }
}
