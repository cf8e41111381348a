//! The table of deadlines: data, so that MDOC changes it without a build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::SignedDuration;
use savin_shared::event::EventCode;
use serde::Deserialize;
use thiserror::Error;

use super::holidays::{Holidays, HolidaysError};

/// The table that ships with the program.
pub const SHIPPED: &str = include_str!("../../data/clocks.csv");

/// The version of the shipped table.
pub const SHIPPED_VERSION: &str = "2026-11.4";

/// The longest warning: a year.
const WARN_MAX: SignedDuration = SignedDuration::from_hours(8_784);

/// The most business days of a deadline: they are counted one by one.
const BUSINESS_DAYS_MAX: u32 = 366;

/// Every deadline that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    version: String,
    rules: Vec<ClockRule>,
    holidays: Holidays,
}

/// One deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// What it is called.
    pub clock: String,
    /// The statute or rule that sets it.
    pub statute: String,
    /// The events that start it.
    pub starts: BTreeSet<EventCode>,
    /// For which kinds of hearing or court event, in the agency's word.
    pub kind: Kind,
    /// For people in which places.
    pub place: Place,
    /// Which way it is counted.
    pub direction: Direction,
    /// How many units.
    pub amount: u32,
    /// Which units.
    pub unit: Unit,
    /// From which of an event's times.
    pub of: Anchor,
    /// Whom it is for.
    pub recipient: Recipient,
    /// By what it is met.
    pub met_by: MetBy,
    /// The later events of the same record after which it asks for nothing any more.
    pub ends: BTreeSet<EventCode>,
    /// How long before it passes it comes to a person.
    pub warn: SignedDuration,
    /// What is to be done, in words.
    pub what: String,
}

/// A word of a closed list in the table.
macro_rules! words {
    ($( $(#[$meta:meta])* $name:ident { $( $(#[$each:meta])* $variant:ident => $word:literal ),+ $(,)? } )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$each])* $variant ),+ }

        impl $name {
            /// Returns the word that stands for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word ),+ }
            }

            fn parse(word: &str) -> Result<Self, TableError> {
                match word {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err(TableError::Word {
                        word: word.to_owned(),
                        words: concat!($( $word, " " ),+),
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    )+ };
}

words! {
    /// Which way a deadline is counted.
    Direction {
        /// Not later than so long before.
        Before => "before",
        /// In the last so long before, and not earlier.
        Within => "within",
        /// Not later than so long after.
        After => "after",
    }
    /// What is counted.
    Unit {
        /// Days of the state's calendar.
        Days => "days",
        /// Days that are neither of a weekend nor a legal holiday of the state.
        BusinessDays => "business-days",
        /// Hours that pass.
        Hours => "hours",
    }
    /// From which of an event's times.
    Anchor {
        /// When what it announces is to be.
        Scheduled => "scheduled",
        /// When the agency says that it happened.
        Effective => "effective",
        /// When the hub made it durable.
        Received => "received",
    }
    /// For people in which places.
    Place {
        /// Everywhere.
        Any => "any",
        /// Where the state holds them: prisons and regional facilities.
        State => "state",
    }
    /// Whom a deadline is for.
    Recipient {
        /// Whoever registered.
        Victim => "victim",
        /// The sheriff of the county and the police chief of the city of conviction.
        SheriffAndPolice => "sheriff-and-police",
        /// The sheriff who held the person.
        Sheriff => "sheriff",
        /// The clerk of the court.
        CourtClerk => "court-clerk",
        /// The sex offender registry of the Department of Public Safety.
        SexOffenderRegistry => "sex-offender-registry",
    }
    /// By what a deadline is met.
    MetBy {
        /// A notice to every registrant that her channel took.
        Notice => "notice",
        /// A second notice when the window opens, to every registrant.
        Reminder => "reminder",
        /// A task of telling an agency that a person has done.
        AgencyNotice => "agency-notice",
        /// A person who says that it was done.
        Person => "person",
        /// A later event of the same record.
        Event => "event",
        /// The hub's own receipt in time.
        Receipt => "receipt",
    }
}

/// For which kinds of hearing or court event a deadline is, in the agency's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// For all.
    Any,
    /// For those whose kind has this word in it.
    With(String),
    /// For those whose kind has not.
    Without(String),
}

impl Kind {
    fn parse(text: &str) -> Self {
        match (text, text.strip_prefix("not ")) {
            ("any", _) => Self::Any,
            (_, Some(word)) => Self::Without(word.to_lowercase()),
            (word, None) => Self::With(word.to_lowercase()),
        }
    }

    /// Says whether a kind, as the agency writes it, is meant.
    #[must_use]
    pub fn fits(&self, kind: Option<&str>) -> bool {
        let has = |word: &str| kind.is_some_and(|kind| kind.to_lowercase().contains(word));
        match self {
            Self::Any => true,
            Self::With(word) => has(word),
            Self::Without(word) => !has(word),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRow {
    clock: String,
    statute: String,
    starts: String,
    kind: String,
    place: String,
    direction: String,
    amount: u32,
    unit: String,
    of: String,
    recipient: String,
    met_by: String,
    ends: String,
    warn: String,
    what: String,
}

impl Table {
    /// Reads the table that ships with the program.
    ///
    /// # Errors
    /// Returns [`TableError`], which a test rules out.
    pub fn shipped() -> Result<Self, TableError> {
        Self::parse(SHIPPED_VERSION, SHIPPED)
    }

    /// Reads a table of a version.
    ///
    /// # Errors
    /// Returns [`TableError`] for a row that is none, or a name that is used twice.
    pub fn parse(version: &str, csv: &str) -> Result<Self, TableError> {
        let mut rules: BTreeMap<String, ClockRule> = BTreeMap::new();
        for row in csv::Reader::from_reader(csv.as_bytes()).deserialize::<TableRow>() {
            let rule = ClockRule::read(row?)?;
            if let Some(twice) = rules.insert(rule.clock.clone(), rule) {
                return Err(TableError::Twice(twice.clock));
            }
        }
        Ok(Self {
            version: version.to_owned(),
            rules: rules.into_values().collect(),
            holidays: Holidays::shipped()?,
        })
    }

    /// Returns its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the days that are no business days.
    #[must_use]
    pub const fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// Returns its deadlines, by name.
    #[must_use]
    pub fn rules(&self) -> &[ClockRule] {
        &self.rules
    }

    /// Returns the deadlines that ship with the program and that this table does not keep, each with its statute.
    ///
    /// # Errors
    /// Returns [`TableError`], which a test rules out.
    pub fn left_out(&self) -> Result<Vec<String>, TableError> {
        let shipped = Self::shipped()?;
        let rules = shipped.rules.iter();
        let left_out = rules.filter(|rule| self.rule(&rule.clock).is_none());
        Ok(left_out
            .map(|rule| format!("{} ({})", rule.clock, rule.statute))
            .collect())
    }

    /// Returns a deadline by its name; `None` for one that is not kept any more.
    #[must_use]
    pub fn rule(&self, clock: &str) -> Option<&ClockRule> {
        self.rules.iter().find(|rule| rule.clock == clock)
    }
}

impl ClockRule {
    fn read(row: TableRow) -> Result<Self, TableError> {
        let rule = Self {
            starts: codes(&row.starts)?,
            kind: Kind::parse(&row.kind),
            place: Place::parse(&row.place)?,
            direction: Direction::parse(&row.direction)?,
            amount: row.amount,
            unit: Unit::parse(&row.unit)?,
            of: Anchor::parse(&row.of)?,
            recipient: Recipient::parse(&row.recipient)?,
            met_by: MetBy::parse(&row.met_by)?,
            ends: codes(&row.ends)?,
            warn: duration(&row.warn)?,
            clock: row.clock,
            statute: row.statute,
            what: row.what,
        };
        let is_told = matches!(rule.met_by, MetBy::Notice | MetBy::Reminder);
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let is_whole = is_name(&rule.clock)
            && !rule.starts.is_empty()
            && !rule.statute.is_empty()
            && !rule.what.is_empty()
            && rule.warn <= WARN_MAX
            && (rule.unit != Unit::BusinessDays || rule.amount <= BUSINESS_DAYS_MAX)
            && is_told == (rule.recipient == Recipient::Victim)
            && (rule.met_by == MetBy::Reminder) == (rule.direction == Direction::Within)
            && (rule.direction == Direction::After) != (rule.of == Anchor::Scheduled);
        if is_whole {
            Ok(rule)
        } else {
            Err(TableError::Row(rule.clock))
        }
    }
}

fn codes(words: &str) -> Result<BTreeSet<EventCode>, TableError> {
    words
        .split_whitespace()
        .map(|word| EventCode::parse(word).ok_or_else(|| TableError::Code(word.to_owned())))
        .collect()
}

/// Reads a length of time: a number and d, h or m.
fn duration(text: &str) -> Result<SignedDuration, TableError> {
    let wrong = || TableError::Duration(text.to_owned());
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number: u32 = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok())
        .ok_or_else(wrong)?;
    let minutes = match unit {
        'd' => 1_440,
        'h' => 60,
        'm' => 1,
        _ => return Err(wrong()),
    };
    Ok(SignedDuration::from_mins(i64::from(number) * minutes))
}

/// Why a table was refused.
#[derive(Debug, Error)]
pub enum TableError {
    /// A row is not one.
    #[error("a row of the table of deadlines is not usable")]
    Csv(#[from] csv::Error),
    /// The holidays are not usable.
    #[error(transparent)]
    Holidays(#[from] HolidaysError),
    /// No event has this code.
    #[error("no event is called {0}")]
    Code(String),
    /// A word is none of its list.
    #[error("{word:?} is not one of: {words}")]
    Word {
        /// The word.
        word: String,
        /// The list.
        words: &'static str,
    },
    /// A length of time is none.
    #[error("{0:?} is no length of time: write 7d, 36h or 45m")]
    Duration(String),
    /// A name is used twice.
    #[error("{0} is named twice")]
    Twice(String),
    /// The parts of a row do not go together.
    #[error(
        "{0}: it needs a plain name, a statute, an event that starts it, what is to be done, and \
         a warning of at most 366d; at most 366 business days; notice and reminder go with the victim, reminder with within, and \
         scheduled with before and within"
    )]
    Row(String),
}
