//! How to reach a registrant without harm: when she may be disturbed, what a machine may hear, and the
//! word by which she knows that a call is ours (T03, T04, T17).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use savin_shared::event::EventCode;
use savin_shared::pii::{Pii, Secret};
use savin_telephone::script::pin::is_guessable;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Characters of the longest code word.
const WORD_CHARACTERS_MAX: usize = 24;

/// What she said about being reached. As long as she said nothing no machine hears anything of her.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Care {
    /// The hours of every day in which she is neither called nor written to by e-mail.
    pub quiet: Option<Quiet>,
    /// What is told in these hours all the same.
    pub excepted: Excepted,
    /// What an answering machine hears.
    pub voicemail: Voicemail,
    /// The word that a call says before it asks for anything.
    pub code_word: Option<Pii<String>>,
}

/// Hours of every day, in the hub's zone; they may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// When they begin.
    pub from: civil::Time,
    /// When they end.
    pub until: civil::Time,
}

/// What is told in quiet hours all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excepted {
    /// An escape.
    #[default]
    Escapes,
    /// An escape, or that somebody gets out in another way.
    Releases,
    /// Nothing.
    Nothing,
}

/// What an answering machine hears.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voicemail {
    /// Nothing: the call ends.
    #[default]
    Never,
    /// That somebody called, and a number.
    Neutral,
}

impl Excepted {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Escapes, Self::Releases, Self::Nothing];

    /// Returns the word that stands for it in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escapes => "escapes",
            Self::Releases => "releases",
            Self::Nothing => "nothing",
        }
    }

    /// Returns the choice of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }

    const fn holds(self, code: EventCode) -> bool {
        let is_escape = matches!(code, EventCode::Escaped | EventCode::EscapeSuspected);
        let is_release = matches!(
            code,
            EventCode::Released
                | EventCode::Discharged
                | EventCode::LeaveStart
                | EventCode::MistakenRelease
                | EventCode::Absconded
        );
        match self {
            Self::Escapes => is_escape,
            Self::Releases => is_escape || is_release,
            Self::Nothing => false,
        }
    }
}

impl Voicemail {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Never, Self::Neutral];

    /// Returns the word that stands for it in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Neutral => "neutral",
        }
    }

    /// Returns the choice of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// Seconds of a day, and of the longest night: from six in the evening to eight.
const DAY_S: i64 = 86_400;
const NIGHT_S: i64 = 14 * 3_600;

impl Quiet {
    /// Reads hours as in `21:00-07:00`.
    ///
    /// # Errors
    /// Returns [`CareError::Hours`] for anything else, and for hours that are the whole day.
    pub fn parse(text: &str) -> Result<Self, CareError> {
        let (from, until) = text.split_once('-').ok_or(CareError::Hours)?;
        Self::new(from, until)
    }

    /// Reads the hour from which and the hour until which.
    ///
    /// # Errors
    /// Returns [`CareError::Hours`] for what is no time of day, and for hours that are the whole day.
    pub fn new(from: &str, until: &str) -> Result<Self, CareError> {
        let read = |text: &str| {
            let text = text.trim();
            let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
            let time = civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0);
            time.ok()
        };
        let (Some(from), Some(until)) = (read(from), read(until)) else {
            return Err(CareError::Hours);
        };
        if from == until {
            return Err(CareError::Hours);
        }
        Ok(Self { from, until })
    }

    /// Says whether they are no longer than a night. Whoever chooses longer ones may mean that nothing is heard.
    #[must_use]
    pub fn is_night(self) -> bool {
        let length_s = self.until.duration_since(self.from).as_secs();
        length_s.rem_euclid(DAY_S) <= NIGHT_S
    }

    /// Returns when the hours end in which a time is; nothing for a time outside.
    #[must_use]
    pub fn ends(self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let local = zone.to_datetime(at);
        let time = local.time();
        let is_inside = if self.from < self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        };
        if !is_inside {
            return None;
        }
        let day = if time < self.until {
            local.date()
        } else {
            local.date().tomorrow().ok()?
        };
        let end = day.to_datetime(self.until).to_zoned(zone.clone()).ok()?;
        // An hour that the clocks leave out or repeat must not end before it is.
        let least = at.checked_add(SignedDuration::from_mins(1)).ok()?;
        Some(end.timestamp().max(least))
    }
}

impl Care {
    /// Returns until when she must not be disturbed with an event; nothing where she may be now. A code
    /// that she asked for is no event.
    #[must_use]
    pub fn quiet_until(
        &self,
        zone: &TimeZone,
        now: Timestamp,
        code: Option<EventCode>,
    ) -> Option<Timestamp> {
        if code.is_some_and(|code| self.excepted.holds(code)) {
            return None;
        }
        self.quiet?.ends(zone, now)
    }

    /// Reads a code word; nothing where it is empty.
    ///
    /// # Errors
    /// Returns [`CareError::Word`] for one that cannot be said, or is too long.
    pub fn word(text: &Pii<String>) -> Result<Option<Pii<String>>, CareError> {
        let text = text.reveal().trim();
        let may_be_said = |c: char| c.is_alphanumeric() || c == ' ' || c == '-' || c == '\'';
        if text.chars().count() > WORD_CHARACTERS_MAX || !text.chars().all(may_be_said) {
            return Err(CareError::Word);
        }
        Ok(Some(Pii::new(text.to_owned())).filter(|_| !text.is_empty()))
    }
}

/// Reads a PIN: 4 to 6 digits that are not all the same and do not count up.
///
/// # Errors
/// Returns [`CareError::Pin`] for anything else.
pub fn pin(text: &Secret<String>) -> Result<Secret<String>, CareError> {
    let digits = text.reveal().trim();
    let bytes = digits.as_bytes();
    let is_number = (4..=6).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit);
    if !is_number || is_guessable(digits) {
        return Err(CareError::Pin);
    }
    Ok(Secret::new(digits.to_owned()))
}

/// Why what she said cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CareError {
    /// The hours are none.
    #[error("hours are two times of day, as in 21:00-07:00")]
    Hours,
    /// The code word cannot be said.
    #[error("a code word is up to 24 letters and digits")]
    Word,
    /// The PIN is none.
    #[error("a PIN is 4 to 6 digits, not all the same and not 1234")]
    Pin,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;
    use savin_shared::event::EventCode;
    use savin_shared::pii::{Pii, Secret};

    use super::{Care, Excepted, Quiet, pin};

    fn zone() -> TimeZone {
        TimeZone::get("America/Chicago").unwrap()
    }

    fn care(hours: &str, excepted: Excepted) -> Care {
        Care {
            quiet: Some(Quiet::parse(hours).unwrap()),
            excepted,
            ..Care::default()
        }
    }

    #[test]
    fn waits_for_the_end_of_the_night_in_her_zone() {
        let care = care("21:00-07:00", Excepted::Escapes);
        let until = |now: &str, code| {
            let until = care.quiet_until(&zone(), now.parse().unwrap(), code);
            until.map(|at| at.to_string())
        };
        let released = Some(EventCode::Released);
        // 22:30 and 03:00 in Jackson; then 07:00, and an escape at any hour.
        let morning = || Some("2026-06-02T12:00:00Z".to_owned());
        assert_eq!(until("2026-06-02T03:30:00Z", released), morning());
        assert_eq!(until("2026-06-02T08:00:00Z", released), morning());
        assert_eq!(until("2026-06-02T12:00:00Z", released), None);
        assert_eq!(
            until("2026-06-02T08:00:00Z", Some(EventCode::Escaped)),
            None
        );
        assert_eq!(until("2026-06-02T08:00:00Z", None), morning());
    }

    #[test]
    fn takes_hours_for_a_night_that_leave_most_of_the_day() {
        let is_night = |hours: &str| Quiet::parse(hours).unwrap().is_night();
        assert!(is_night("21:00-07:00") && is_night("18:00-08:00") && is_night("01:00-05:30"));
        assert!(!is_night("18:00-08:30") && !is_night("20:00-19:00") && !is_night("08:00-07:59"));
    }

    proptest! {
        #[test]
        fn never_disturbs_in_quiet_hours_but_for_what_she_excepted(
            from in 0..24_u8, until in 0..24_u8, minute in 0..600_000_i64, which in 0..3_usize,
            code in 0..EventCode::ALL.len(),
        ) {
            prop_assume!(from != until);
            let care = care(&format!("{from}:00-{until}:00"), Excepted::ALL[which]);
            let code = EventCode::ALL[code];
            let now = Timestamp::from_second(1_767_225_600 + minute * 60).unwrap();
            let hour = u8::try_from(zone().to_datetime(now).hour()).unwrap();
            let is_quiet = if from < until {
                (from..until).contains(&hour)
            } else {
                hour >= from || hour < until
            };
            let waits = care.quiet_until(&zone(), now, Some(code));
            prop_assert_eq!(waits.is_some(), is_quiet && !care.excepted.holds(code));
            if let Some(end) = waits {
                prop_assert!(end > now);
                prop_assert!(end.duration_since(now).as_hours() <= 25);
            }
        }
    }

    #[test]
    fn takes_pins_that_are_not_the_first_that_anybody_tries() {
        let is_pin = |text: &str| pin(&Secret::new(text.to_owned())).is_ok();
        assert!(is_pin("4821") && is_pin(" 482100 "));
        for wrong in [
            "482", "4821000", "48a1", "", "0000", "111111", "1234", "456789",
        ] {
            assert!(!is_pin(wrong), "{wrong}");
        }
    }

    #[test]
    fn takes_a_word_that_can_be_said() {
        let word = |text: &str| Care::word(&Pii::new(text.to_owned()));
        assert!(word("blue heron").unwrap().is_some());
        assert!(word("  ").unwrap().is_none());
        assert!(word("<b>").is_err() && word(&"a".repeat(25)).is_err());
    }
}
