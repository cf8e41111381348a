//! The certificate of timely data (Miss. Code 99-45-1, section 2): what an agency sent, how soon it was
//! durable and told, and when nothing could be seen, in words that a sheriff can file.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// What the text of a certificate begins with.
pub const TITLE: &str = "CERTIFICATE OF TIMELY DATA\n";

/// Below this many no figure is shown of how soon registrants were told: it could tell that one person
/// registered.
pub const TOLD_MIN: usize = 10;

/// How long something took, over many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Over how many.
    pub count: usize,
    /// Half took at most this, in milliseconds.
    pub p50_ms: i64,
    /// All but one in ten took at most this.
    pub p90_ms: i64,
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
            p90_ms: rank(90)?,
            p99_ms: rank(99)?,
            max_ms: rank(100)?,
        })
    }
}

/// How long it took until one registrant was told of one event, by whichever of her channels was first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TellingClocks {
    /// Until the first try, in milliseconds; nothing where none was made.
    pub first_tried_ms: Option<i64>,
    /// Until a channel took it.
    pub accepted_ms: Option<i64>,
    /// Until she confirmed that she has it.
    pub confirmed_ms: Option<i64>,
}

/// How soon events were told, over every registrant of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Telling {
    /// From the event's being durable at the hub to the first try.
    pub first_tried: Option<Spread>,
    /// From there to a channel's taking it.
    pub accepted: Option<Spread>,
    /// From there to a registrant's confirmation.
    pub confirmed: Option<Spread>,
    /// How many were tried, and nobody has confirmed them so far.
    pub never_confirmed: Option<usize>,
}

impl Telling {
    /// Measures; of fewer than `told_min` nothing is said.
    #[must_use]
    pub fn of(told: &[TellingClocks], told_min: usize) -> Self {
        let spread = |clock: fn(&TellingClocks) -> Option<i64>| {
            let millis: Vec<i64> = told.iter().filter_map(clock).collect();
            let is_enough = millis.len() >= told_min;
            is_enough.then(|| Spread::of(millis)).flatten()
        };
        let tried = told.iter().filter(|told| told.first_tried_ms.is_some());
        let is_enough = tried.clone().count() >= told_min;
        let open = tried.filter(|told| told.confirmed_ms.is_none());
        Self {
            first_tried: spread(|told| told.first_tried_ms),
            accepted: spread(|told| told.accepted_ms),
            confirmed: spread(|told| told.confirmed_ms),
            never_confirmed: is_enough.then(|| open.count()),
        }
    }
}

/// What is certified of a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacilityFigures {
    /// Its code.
    pub facility: String,
    /// From the agent's sight of a change to its being durable at the hub.
    pub durable: Option<Spread>,
    /// How soon it was told; nothing below [`TOLD_MIN`].
    pub told: Telling,
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

/// A time in which the hub had so old a word of a facility that it called a person, by its own look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unheard {
    /// Of which facility.
    pub facility: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when; nothing where that was not over.
    pub to: Option<Timestamp>,
    /// How fresh its word was.
    pub grade: &'static str,
    /// Why.
    pub why: &'static str,
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
    /// When the agency's first agent was enrolled.
    pub enrolled_at: Option<Timestamp>,
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
    /// When the hub's word of a facility was too old.
    pub unheard: Vec<Unheard>,
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
            let few = format!("fewer than {TOLD_MIN} told, not shown");
            let told = &facility.told;
            for (what, figures) in [
                ("the first try to tell", told.first_tried),
                ("a channel's acceptance", told.accepted),
                ("a registrant's confirmation", told.confirmed),
            ] {
                line(format!("  from there to {what}: {}", spread(figures, &few)));
            }
            let never = told.never_confirmed.map_or(few, |count| count.to_string());
            line(format!("  tried and not confirmed so far: {never}"));
        }
        line("--".to_owned());
        for gap in self.gaps() {
            line(gap);
        }
        line(format!(
            "The batches are in the registry's evidence log, which had {} entries with root {}.",
            self.log_size, self.log_root
        ));
        text
    }

    /// Says in lines what was not certified, seen or heard.
    fn gaps(&self) -> Vec<String> {
        let mut lines = self.of_what_nothing_is_said();
        if self.dark.is_empty() && self.unheard.is_empty() && self.enrolled_at.is_some() {
            lines.push(
                "No time was reported or noticed in which the agency's data could not be seen."
                    .to_owned(),
            );
        }
        lines.extend(self.dark.iter().map(|dark| {
            let Dark {
                feed,
                from,
                to,
                reason,
            } = dark;
            format!("Not seen: feed {feed} from {from} to {to} ({reason}).")
        }));
        lines.extend(self.unheard.iter().map(|unheard| {
            let Unheard {
                facility,
                from,
                to,
                grade,
                why,
            } = unheard;
            let to = to.map_or_else(|| "now".to_owned(), |to| to.to_string());
            format!("Not heard: facility {facility} from {from} to {to} ({grade}: {why}).")
        }));
        lines
    }

    /// Says of which parts of the period it certifies nothing, so that nobody takes silence for proof.
    fn of_what_nothing_is_said(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        match self.enrolled_at {
            None => gaps.push("The agency has enrolled no agent and sent no file.".to_owned()),
            Some(at) if at > self.from => gaps.push(format!(
                "The agency's first agent was enrolled on {at}: of the time before, nothing is certified."
            )),
            Some(_) => {}
        }
        if self.made_at < self.to {
            gaps.push(
                "The period had not ended when this was made: of the time after, nothing is certified."
                    .to_owned(),
            );
        }
        gaps
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
        "half within {}, 90% within {}, 99% within {}, longest {}, over {}",
        said(spread.p50_ms),
        said(spread.p90_ms),
        said(spread.p99_ms),
        said(spread.max_ms),
        spread.count
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Certificate, Dark, FacilityFigures, Spread, TOLD_MIN, Telling, TellingClocks};

    #[test]
    fn measures_by_the_nearest_rank() {
        assert_eq!(Spread::of(Vec::new()), None);
        let spread = Spread::of((1..=200).rev().collect()).unwrap();
        let found = (spread.p50_ms, spread.p90_ms, spread.p99_ms, spread.max_ms);
        assert_eq!((spread.count, found), (200, (100, 180, 198, 200)));
        let one = Spread::of(vec![-5]).unwrap();
        assert_eq!((one.p50_ms, one.max_ms), (0, 0));
    }

    #[test]
    fn counts_who_never_confirmed_and_says_nothing_of_few() {
        let told = |confirmed_ms| TellingClocks {
            first_tried_ms: Some(200),
            accepted_ms: Some(300),
            confirmed_ms,
        };
        let mut all = vec![told(Some(9_000)); TOLD_MIN];
        all.extend([told(None), told(None), TellingClocks::default()]);
        let found = Telling::of(&all, TOLD_MIN);
        assert_eq!(found.first_tried.unwrap().count, TOLD_MIN + 2);
        assert_eq!(found.confirmed.unwrap().p90_ms, 9_000);
        assert_eq!(found.never_confirmed, Some(2));
        // One confirmation less, and how soon she confirmed is hidden; that most did is not.
        let found = Telling::of(&all[1..], TOLD_MIN);
        assert_eq!((found.confirmed, found.never_confirmed), (None, Some(2)));
        let few = Telling::of(&[told(None); TOLD_MIN - 1], TOLD_MIN);
        assert_eq!(few, Telling::default());
        assert_eq!(Telling::of(&[told(None)], 1).never_confirmed, Some(1));
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
            enrolled_at: Some(at("2026-04-01T00:00:00Z")),
            batches: 2,
            deltas: 30,
            last_received_at: None,
            facilities: vec![FacilityFigures {
                facility: "MS049-JAIL".to_owned(),
                durable: Spread::of(vec![1_500, 2_500]),
                told: Telling::default(),
            }],
            dark: vec![Dark {
                feed: "roster".to_owned(),
                from: at("2026-05-02T00:00:00Z"),
                to: at("2026-05-03T00:00:00Z"),
                reason: "agent-down",
            }],
            unheard: Vec::new(),
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
            text.contains(
                "durable at the hub: half within 1s 500ms, 90% within 2s 500ms, 99% within"
            ),
            "{text}"
        );
        for line in ["a registrant's confirmation", "not confirmed so far"] {
            let hidden = format!("{line}: fewer than 10 told, not shown");
            assert!(text.contains(&hidden), "{text}");
        }
        assert!(
            text.contains("from 2026-05-02T00:00:00Z to 2026-05-03T00:00:00Z (agent-down)"),
            "{text}"
        );
        assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text}");
    }
}
