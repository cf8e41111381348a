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
    /// E-mail to an address of hers was turned off by the link in a message.
    MailOff,
    /// It was turned on again.
    MailOn,
    /// Another postal address takes the place of hers: perhaps a substitute address (Miss. Code 99-47-1).
    Address,
    /// In which order her numbers and addresses are tried.
    Order,
    /// How much she is told.
    Level,
    /// In which hours she is left alone, and what she is told in them all the same.
    Hours,
    /// What may be left on an answering machine.
    Voicemail,
    /// The word by which she knows that it is us.
    CodeWord,
}

impl Changed {
    /// Everything that can change.
    pub const ALL: [Self; 20] = [
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
        Self::MailOff,
        Self::MailOn,
        Self::Address,
        Self::Order,
        Self::Level,
        Self::Hours,
        Self::Voicemail,
        Self::CodeWord,
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
            Self::MailOff => "change-mail-off",
            Self::MailOn => "change-mail-on",
            Self::Address => "change-address",
            Self::Order => "change-order",
            Self::Level => "change-level",
            Self::Hours => "change-hours",
            Self::Voicemail => "change-voicemail",
            Self::CodeWord => "change-code-word",
        }
    }

    /// Says whether it is told once for all that was changed in one sitting: what ends nothing that she is told.
    #[must_use]
    pub const fn is_of_sitting(self) -> bool {
        match self {
            Self::Order
            | Self::Language
            | Self::Level
            | Self::Hours
            | Self::Voicemail
            | Self::CodeWord
            | Self::More => true,
            Self::Number
            | Self::Way
            | Self::WayGone
            | Self::Pin
            | Self::Stop
            | Self::StopOne
            | Self::Care
            | Self::WrongNumber
            | Self::NumberHeld
            | Self::NeverCalled
            | Self::MailOff
            | Self::MailOn
            | Self::Address => false,
        }
    }
}

/// A change, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What changed.
    pub what: Changed,
    /// What else was changed in the same sitting.
    #[serde(default)]
    pub also: Vec<Changed>,
    /// When, the last of several.
    pub at: Timestamp,
    /// Until when what ends goes on, and can be taken back; nothing where nothing ends.
    pub until: Option<Timestamp>,
}

impl Change {
    /// Lists what changed, in the order in which it was done.
    pub fn all(&self) -> impl Iterator<Item = Changed> + '_ {
        std::iter::once(self.what).chain(self.also.iter().copied())
    }

    /// Adds what was changed later in the same sitting, each thing once.
    #[must_use]
    pub fn and(mut self, later: &Self) -> Self {
        for what in later.all() {
            if self.all().all(|known| known != what) {
                self.also.push(what);
            }
        }
        self.at = later.at;
        self
    }
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
    let keys = change.all().map(Changed::key);
    let keys = keys
        .chain(["change-when"])
        .chain(undo)
        .chain(["change-not-you"]);
    keys.map(|key| words.say_with(key, &values)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Change, Changed};

    #[test]
    fn joins_what_was_changed_in_one_sitting_each_thing_once() {
        let change = |what, second| Change {
            what,
            also: Vec::new(),
            at: Timestamp::from_second(second).unwrap(),
            until: None,
        };
        let joined = change(Changed::Hours, 1)
            .and(&change(Changed::Language, 2))
            .and(&change(Changed::Hours, 3));
        let all: Vec<_> = joined.all().collect();
        assert_eq!(all, [Changed::Hours, Changed::Language]);
        assert_eq!(joined.at, Timestamp::from_second(3).unwrap());
    }
}
