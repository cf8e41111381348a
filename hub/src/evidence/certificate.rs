//! The certificate of timely data (Miss. Code 99-45-1, section 2): what an agency sent, how soon it was
//! durable and told, and when nothing could be seen, in words that a sheriff can file.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// What the text of a certificate begins with.
pub const TITLE: &str = "CERTIFICATE OF TIMELY DATA\n";

/// Below this many notices no figure is shown: it could tell that one person registered.
pub const NOTICES_MIN: usize = 10;

/// How long something took, over many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Over how many.
    pub count: usize,
    /// Half took at most this, in milliseconds.
    pub p50_ms: i64,
    /// All but one in a hundred took at most this.
    pub p99_ms: i64,
    /// The longest.
    pub max_ms: i64,
}

impl Spread {
    /// Measures; nothing over nothing. A clock that ran behind counts as no time.
    #[must_use]
    pub fn of(mut millis: Vec<i64>) -> Option<Self> {
        millis.sort_unstable();
        let rank = |percent: usize| {
            // The nearest rank: the smallest value that so many are at or below.
            let rank = (millis.len() * percent).div_ceil(100).max(1);
            millis.get(rank - 1).map(|value| (*value).max(0))
        };
        Some(Self {
            count: millis.len(),
            p50_ms: rank(50)?,
            p99_ms: rank(99)?,
            max_ms: rank(100)?,
        })
    }
}

/// What is certified of a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacilityFigures {
    /// Its code.
    pub facility: String,
    /// From the agent's sight of a change to its being durable at the hub.
    pub durable: Option<Spread>,
    /// From there to the first try to tell it; nothing below [`NOTICES_MIN`].
    pub first_tried: Option<Spread>,
    /// From there to a channel's taking it, likewise.
    pub accepted: Option<Spread>,
}

/// A time in which nothing could be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dark {
    /// Of which feed.
    pub feed: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Why.
    pub reason: &'static str,
}

/// What is certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Who certifies: the name of the log.
    pub hub: String,
    /// The agency's identifier.
    pub agency: String,
    /// The agency's name.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// Signed batches that became durable.
    pub batches: u64,
    /// Changes in them.
    pub deltas: u64,
    /// When the last of them did.
    pub last_received_at: Option<Timestamp>,
    /// By facility.
    pub facilities: Vec<FacilityFigures>,
    /// When nothing could be seen.
    pub dark: Vec<Dark>,
    /// How many entries the registry's log had.
    pub log_size: u64,
    /// Its root.
    pub log_root: String,
}

impl Certificate {
    /// Writes it as the text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{TITLE}Miss. Code 99-45-1, section 2\n--\nAgency: {} ({})\nPeriod: {} \
             to before {}\nMade: {}\nBy: {}\n--\nThe agency sent {} changes in {} signed batches, which \
             the hub made durable and acknowledged with signed receipts.\n",
            plain(&self.name),
            self.agency,
            self.from,
            self.to,
            self.made_at,
            self.hub,
            self.deltas,
            self.batches,
        );
        let mut line = |line: String| {
            // Writing to a `String` cannot fail.
            let _infallible = writeln!(text, "{line}");
        };
        if let Some(last) = self.last_received_at {
            line(format!("The last of them became durable on {last}."));
        }
        for facility in &self.facilities {
            line(format!("Facility {}:", facility.facility));
            let durable = spread(facility.durable, "no event");
            line(format!(
                "  from the agent's sight to durable at the hub: {durable}"
            ));
            let few = format!("fewer than {NOTICES_MIN} notices, not shown");
            line(format!(
                "  from there to the first try to tell: {}",
                spread(facility.first_tried, &few)
            ));
            line(format!(
                "  from there to a channel's acceptance: {}",
                spread(facility.accepted, &few)
            ));
        }
        line("--".to_owned());
        if self.dark.is_empty() {
            line("No time was reported in which the agency's data could not be seen.".to_owned());
        }
        for dark in &self.dark {
            let Dark {
                feed,
                from,
                to,
                reason,
            } = dark;
            line(format!(
                "Not seen: feed {feed} from {from} to {to} ({reason})."
            ));
        }
        line(format!(
            "The batches are in the registry's evidence log, which had {} entries with root {}.",
            self.log_size, self.log_root
        ));
        text
    }
}

/// Keeps a name on its line.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

fn spread(spread: Option<Spread>, none: &str) -> String {
    let Some(spread) = spread else {
        return none.to_owned();
    };
    let said = |millis: i64| format!("{:#}", SignedDuration::from_millis(millis));
    format!(
        "half within {}, 99% within {}, longest {}, over {}",
        said(spread.p50_ms),
        said(spread.p99_ms),
        said(spread.max_ms),
        spread.count
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Certificate, Dark, FacilityFigures, Spread};

    #[test]
    fn measures_by_the_nearest_rank() {
        assert_eq!(Spread::of(Vec::new()), None);
        let spread = Spread::of((1..=200).rev().collect()).unwrap();
        let found = (spread.count, spread.p50_ms, spread.p99_ms, spread.max_ms);
        assert_eq!(found, (200, 100, 198, 200));
        let one = Spread::of(vec![-5]).unwrap();
        assert_eq!((one.p50_ms, one.max_ms), (0, 0));
    }

    #[test]
    fn reads_as_a_text_that_can_be_signed_and_filed() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let certificate = Certificate {
            hub: "hub.example/savin/registry".to_owned(),
            agency: "MS0250000".to_owned(),
            name: "Hinds County\nSheriff".to_owned(),
            from: at("2026-05-01T00:00:00Z"),
            to: at("2026-06-01T00:00:00Z"),
            made_at: at("2026-06-02T00:00:00Z"),
            batches: 2,
            deltas: 30,
            last_received_at: None,
            facilities: vec![FacilityFigures {
                facility: "MS049-JAIL".to_owned(),
                durable: Spread::of(vec![1_500, 2_500]),
                first_tried: None,
                accepted: None,
            }],
            dark: vec![Dark {
                feed: "roster".to_owned(),
                from: at("2026-05-02T00:00:00Z"),
                to: at("2026-05-03T00:00:00Z"),
                reason: "agent-down",
            }],
            log_size: 9,
            log_root: "ab".repeat(32),
        };
        let text = certificate.text();
        assert!(text.starts_with("CERTIFICATE OF TIMELY DATA\n"), "{text}");
        assert!(
            text.contains("Agency: Hinds CountySheriff (MS0250000)\n"),
            "{text}"
        );
        assert!(
            text.contains("durable at the hub: half within 1s 500ms, 99% within 2s 500ms"),
            "{text}"
        );
        assert!(text.contains("fewer than 10 notices, not shown"), "{text}");
        assert!(
            text.contains("from 2026-05-02T00:00:00Z to 2026-05-03T00:00:00Z (agent-down)"),
            "{text}"
        );
        assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text}");
    }
}
