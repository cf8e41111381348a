//! What changed in how somebody is told: said to her in her other ways, so that nobody changes it behind her back
//! (T03). It names nobody, and says whom to call.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::markup::{Kind, mark, mark_moment};
use super::sentence;
use super::words::{Argument, Words};

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// Another telephone number takes the place of hers.
    Number,
    /// A way to reach her was added.
    Way,
    /// A way to reach her is taken away.
    WayGone,
    /// Her PIN.
    Pin,
    /// Everything is to stop.
    Stop,
    /// She is to be told of one person, case or order no more.
    StopOne,
    /// Somebody registered with her number and PIN, or her address: there is more of which she is told.
    More,
    /// In which language she is told.
    Language,
    /// When she may be called, or what a machine hears.
    Care,
    /// Whoever took a call at her number said that it is the wrong one, and it is called on.
    WrongNumber,
    /// Whoever took a call at her number said that it is the wrong one, and it is called only where nothing may wait.
    NumberHeld,
    /// Whoever took a call with a code wanted no more calls: that number is called no more.
    NeverCalled,
}

impl Changed {
    /// Everything that can change.
    pub const ALL: [Self; 12] = [
        Self::Number,
        Self::Way,
        Self::WayGone,
        Self::Pin,
        Self::Stop,
        Self::StopOne,
        Self::More,
        Self::Language,
        Self::Care,
        Self::WrongNumber,
        Self::NumberHeld,
        Self::NeverCalled,
    ];

    /// Returns the key of its words.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Number => "change-number",
            Self::Way => "change-way",
            Self::WayGone => "change-way-gone",
            Self::Pin => "change-pin",
            Self::Stop => "change-stop",
            Self::StopOne => "change-stop-one",
            Self::More => "change-more",
            Self::Language => "change-language",
            Self::Care => "change-care",
            Self::WrongNumber => "change-wrong-number",
            Self::NumberHeld => "change-number-held",
            Self::NeverCalled => "change-never-called",
        }
    }
}

/// A change, as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What changed.
    pub what: Changed,
    /// When.
    pub at: Timestamp,
    /// Until when what ends goes on, and can be taken back; nothing where nothing ends.
    pub until: Option<Timestamp>,
}

/// Says what changed, until when that can be taken back, and whom to call.
#[must_use]
pub fn written(words: Words, zone: &TimeZone, change: &Change, phone: &str) -> Vec<String> {
    let moment = |at| sentence::written(words.language(), zone, at);
    said(words, change, moment, phone)
        .iter()
        // "1:30 p.m." at the end of a sentence already ends it.
        .map(|sentence| sentence.trim().replace("..", "."))
        .collect()
}

/// Says the same with every value marked, for a voice.
#[must_use]
pub fn marked(words: Words, change: &Change, phone: &str) -> Vec<String> {
    let moment = |at| mark_moment(at, false);
    said(words, change, moment, &mark(Kind::Phone, phone))
}

fn said(
    words: Words,
    change: &Change,
    moment: impl Fn(Timestamp) -> String,
    phone: &str,
) -> Vec<String> {
    let when = moment(change.at);
    let until = change.until.map(moment).unwrap_or_default();
    let values = [
        ("when", Argument::Text(&when)),
        ("until", Argument::Text(&until)),
        ("phone", Argument::Text(phone)),
    ];
    let undo = change.until.map(|_| "change-undo");
    let keys = [Some(change.what.key()), undo, Some("change-not-you")];
    let keys = keys.into_iter().flatten();
    keys.map(|key| words.say_with(key, &values)).collect()
}
