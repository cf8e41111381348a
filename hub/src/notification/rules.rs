//! The table of what is told: data, so that MDOC changes it without a build.

use std::collections::BTreeMap;

use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use serde::Deserialize;
use thiserror::Error;

/// The table that ships with the program.
pub const SHIPPED: &str = include_str!("../../data/notification_rules.csv");

/// The version of the shipped table, part of every notice's identifier.
pub const SHIPPED_VERSION: &str = "2026-11";

/// What the cause of a notice begins with that is told for a deadline's own sake.
pub const DEADLINE: &str = "clock/";

/// How soon something must be told: 1 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urgency(pub u8);

/// Returns in which order what waits is told, 1 first: an escape before a correction, and a correction
/// before everything else.
#[must_use]
pub fn rank(code: EventCode, urgency: Urgency) -> u8 {
    if matches!(code, EventCode::Escaped | EventCode::EscapeSuspected) {
        1
    } else if code == EventCode::Correction {
        2
    } else {
        urgency.0.saturating_add(2)
    }
}

/// Returns the events that there are words for in every channel and language. Nobody is told of the others,
/// whatever a table says: they are for staff.
pub fn tellable() -> impl Iterator<Item = EventCode> {
    EventCode::ALL
        .iter()
        .copied()
        .filter(|code| has_words(*code))
}

const fn has_words(code: EventCode) -> bool {
    !matches!(
        code,
        EventCode::NoLongerListed | EventCode::IdentityMerged | EventCode::IdentitySplit
    )
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    told: BTreeMap<EventCode, Urgency>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    code: String,
    told: String,
    urgency: u8,
    why: String,
}

impl Rules {
    /// Reads the table that ships with the program.
    ///
    /// # Errors
    /// Returns [`RulesError`], which a test rules out.
    pub fn shipped() -> Result<Self, RulesError> {
        Self::parse(SHIPPED)
    }

    /// Reads a table; it must name every event once.
    ///
    /// # Errors
    /// Returns [`RulesError`] for a row that is none, an event that is missing or named twice, or one that
    /// there are no words for and that would be told.
    pub fn parse(csv: &str) -> Result<Self, RulesError> {
        let mut rows = BTreeMap::new();
        for row in csv::Reader::from_reader(csv.as_bytes()).deserialize::<RuleRow>() {
            let row = row?;
            let code = EventCode::parse(&row.code).ok_or(RulesError::Code(row.code))?;
            let is_told = match row.told.as_str() {
                "yes" => true,
                "no" => false,
                _ => return Err(RulesError::Told(code)),
            };
            if is_told && !has_words(code) {
                return Err(RulesError::NoWords(code));
            }
            if rows.insert(code, (is_told, Urgency(row.urgency))).is_some() {
                return Err(RulesError::Twice(code));
            }
        }
        if let Some(missing) = EventCode::ALL.iter().find(|code| !rows.contains_key(code)) {
            return Err(RulesError::Missing(*missing));
        }
        let told = rows
            .into_iter()
            .filter_map(|(code, (is_told, urgency))| is_told.then_some((code, urgency)))
            .collect();
        Ok(Self { told })
    }

    /// Returns what a section of the law has told and this table does not, as the table that ships names it.
    ///
    /// # Errors
    /// Returns [`RulesError`], which a test rules out.
    pub fn left_out(&self) -> Result<Vec<String>, RulesError> {
        let mut left_out = Vec::new();
        for row in csv::Reader::from_reader(SHIPPED.as_bytes()).deserialize::<RuleRow>() {
            let row = row?;
            let is_law = row.why.starts_with(|first: char| first.is_ascii_digit());
            let code = EventCode::parse(&row.code).ok_or(RulesError::Code(row.code))?;
            if is_law && row.told == "yes" && !self.told.contains_key(&code) {
                left_out.push(format!("{code} ({})", row.why));
            }
        }
        Ok(left_out)
    }

    /// Decides whether an event is told, and how soon. What a full state or a first roster brought to
    /// light waits for a person: see [`Self::needs_person`].
    #[must_use]
    pub fn urgency(&self, code: EventCode, origin: Origin) -> Option<Urgency> {
        match origin {
            Origin::Live | Origin::FoundLate | Origin::ReleasedHold => {
                self.told.get(&code).copied()
            }
            Origin::Baseline | Origin::Rebaseline => None,
        }
    }

    /// Returns how soon an event is told that a person decided to tell, however it was found; nothing
    /// for one that nobody is ever told of.
    #[must_use]
    pub fn decided(&self, code: EventCode) -> Option<Urgency> {
        self.told.get(&code).copied()
    }

    /// Says whether an event that would be told waits for a person to look at it first: for how it
    /// was found, or because it is in doubt about whom it is.
    #[must_use]
    pub fn needs_person(&self, code: EventCode, origin: Origin, is_doubtful: bool) -> bool {
        let is_told = self.told.contains_key(&code);
        is_told && (is_doubtful || self.urgency(code, origin).is_none())
    }
}

/// Why a table was refused.
#[derive(Debug, Error)]
pub enum RulesError {
    /// A row is not one.
    #[error("a row of the notification rules is not usable")]
    Csv(#[from] csv::Error),
    /// No event has this code.
    #[error("no event is called {0}")]
    Code(String),
    /// `told` is neither yes nor no.
    #[error("{0}: told is \"yes\" or \"no\"")]
    Told(EventCode),
    /// An event would be told that there are no words for.
    #[error("{0}: there are no words to tell this in, it is for staff: told must be \"no\"")]
    NoWords(EventCode),
    /// An event is named twice.
    #[error("{0} is named twice")]
    Twice(EventCode),
    /// An event is not named.
    #[error("{0} is not named")]
    Missing(EventCode),
}

#[cfg(test)]
mod tests {
    use savin_shared::delta::Origin;
    use savin_shared::event::EventCode;

    use super::{Rules, SHIPPED, Urgency, tellable};

    #[test]
    fn tells_releases_and_never_absence() {
        let rules = Rules::shipped().unwrap();
        assert_eq!(
            rules.urgency(EventCode::Released, Origin::Live),
            Some(Urgency(2))
        );
        assert_eq!(
            rules.urgency(EventCode::Escaped, Origin::FoundLate),
            Some(Urgency(1))
        );
        assert_eq!(rules.urgency(EventCode::NoLongerListed, Origin::Live), None);
    }

    #[test]
    fn names_what_the_law_has_told_and_a_table_does_not() {
        assert_eq!(Rules::shipped().unwrap().left_out().unwrap(), [""; 0]);
        let quiet = SHIPPED
            .replace("ClassificationChange,yes", "ClassificationChange,no")
            .replace("FeedRestored,yes", "FeedRestored,no");
        let left_out = Rules::parse(&quiet).unwrap().left_out().unwrap();
        assert_eq!(left_out, ["ClassificationChange (99-45-1(1)(a)(iii))"]);
    }

    #[test]
    fn tells_nothing_of_a_first_roster_or_a_full_state() {
        let rules = Rules::shipped().unwrap();
        for code in EventCode::ALL {
            assert_eq!(rules.urgency(*code, Origin::Baseline), None);
            assert_eq!(rules.urgency(*code, Origin::Rebaseline), None);
        }
    }

    #[test]
    fn leaves_to_a_person_what_is_not_told_by_itself() {
        let rules = Rules::shipped().unwrap();
        let released = EventCode::Released;
        assert!(rules.needs_person(released, Origin::Baseline, false));
        assert!(rules.needs_person(released, Origin::Live, true));
        assert!(!rules.needs_person(released, Origin::Live, false));
        assert!(!rules.needs_person(EventCode::NoLongerListed, Origin::Rebaseline, false));
    }

    #[test]
    fn tells_an_escape_before_a_correction_and_that_before_everything_else() {
        let rules = Rules::shipped().unwrap();
        let rank = |code| super::rank(code, rules.decided(code).unwrap());
        assert!(rank(EventCode::Escaped) < rank(EventCode::Correction));
        for code in EventCode::ALL {
            let is_first = matches!(
                code,
                EventCode::Escaped | EventCode::EscapeSuspected | EventCode::Correction
            );
            if rules.decided(*code).is_some() && !is_first {
                assert!(rank(EventCode::Correction) < rank(*code), "{code}");
            }
        }
    }

    #[test]
    fn tells_nothing_that_there_are_no_words_for() {
        let row = "NoLongerListed,no";
        let told = SHIPPED.replace(row, "NoLongerListed,yes");
        assert_ne!(told, SHIPPED);
        let refused = Rules::parse(&told).unwrap_err().to_string();
        assert!(refused.contains("no words"), "{refused}");
        let rules = Rules::shipped().unwrap();
        assert!(tellable().all(|code| rules.decided(code).is_some()));
    }

    #[test]
    fn wants_every_event_named_once() {
        let header = "code,told,urgency,why\n";
        assert!(
            Rules::parse(header)
                .unwrap_err()
                .to_string()
                .contains("not named")
        );
        let twice = format!("{header}Died,yes,1,x\nDied,yes,1,x\n");
        assert!(
            Rules::parse(&twice)
                .unwrap_err()
                .to_string()
                .contains("twice")
        );
        let other = format!("{header}Dead,yes,1,x\n");
        assert!(
            Rules::parse(&other)
                .unwrap_err()
                .to_string()
                .contains("Dead")
        );
    }
}
