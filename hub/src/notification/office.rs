//! Offices that the law has told before a prisoner is let go (Miss. Code 47-5-177), and in which words:
//! English, since it is one public office that speaks to another. Nothing here knows a registrant.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savin_shared::hash::{Hash, hex, unhex};
use savin_shared::pii::Secret;

use super::sentence::written_day;
use super::words::Language;

/// An office that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Office {
    /// The sheriff of the county of conviction.
    Sheriff,
    /// The police chief of the municipality of conviction.
    PoliceChief,
    /// The prosecutor of the county.
    Prosecutor,
    /// The circuit judge of the county.
    CircuitJudge,
}

impl Office {
    /// Every office.
    pub const ALL: [Self; 4] = [
        Self::Sheriff,
        Self::PoliceChief,
        Self::Prosecutor,
        Self::CircuitJudge,
    ];

    /// Those without whom nobody can say that the law was kept.
    pub const REQUIRED: [Self; 2] = [Self::Sheriff, Self::PoliceChief];

    /// Returns the word that stands for it. The words are stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sheriff => "sheriff",
            Self::PoliceChief => "police-chief",
            Self::Prosecutor => "prosecutor",
            Self::CircuitJudge => "circuit-judge",
        }
    }

    /// Returns the office of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|office| office.as_str() == word)
    }

    /// Returns how it is addressed.
    #[must_use]
    pub fn title(self, place: &Place) -> String {
        let county = &place.county;
        match (self, place.municipality.as_str()) {
            (Self::Sheriff, _) => format!("Sheriff of {county} County"),
            (Self::PoliceChief, "") => format!("Police Chief, {county} County"),
            (Self::PoliceChief, city) => format!("Police Chief of {city}"),
            (Self::Prosecutor, _) => format!("District Attorney, {county} County"),
            (Self::CircuitJudge, _) => format!("Circuit Judge, {county} County"),
        }
    }

    /// Says whether an office of a place is told of somebody who was convicted at another, or at the same.
    ///
    /// Whoever knows no municipality of conviction has every police chief of the county told rather than
    /// none.
    #[must_use]
    pub fn is_of(self, own: &Place, conviction: &Place) -> bool {
        own.county == conviction.county
            && (self != Self::PoliceChief
                || own.municipality.is_empty()
                || conviction.municipality.is_empty()
                || own
                    .municipality
                    .eq_ignore_ascii_case(&conviction.municipality))
    }
}

impl fmt::Display for Office {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A county, and a municipality in it where one is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The county, as `data/facilities.csv` spells it.
    pub county: String,
    /// The municipality; empty for the whole county.
    pub municipality: String,
}

/// What an office is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfficeNews {
    /// Somebody is to be released.
    Release,
    /// A release of which it was told is not to be as it was told.
    CalledOff,
}

impl OfficeNews {
    /// Returns the word that stands for it. The words are stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::CalledOff => "called-off",
        }
    }

    /// Returns the news of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Release, Self::CalledOff]
            .into_iter()
            .find(|news| news.as_str() == word)
    }
}

/// What a link in an e-mail holds by which an office says that it has a notice: whoever has it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenToken(Secret<[u8; 16]>);

impl SeenToken {
    /// Makes one of random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Reads one from a link.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        Some(Self::new(bytes.try_into().ok()?))
    }

    /// Returns what is kept of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::tagged("savin/office-seen/1", &[self.0.reveal()])
    }

    /// Returns the path of the page behind the link.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/office/seen/{}", hex(self.0.reveal()))
    }
}

/// A notice to an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeNotice {
    /// What it tells.
    pub news: OfficeNews,
    /// To whom it is addressed.
    pub title: String,
    /// Who is to be released, as the record calls the person.
    pub name: Option<String>,
    /// The number that MDOC gave.
    pub offender_id: Option<String>,
    /// Where the person is held.
    pub facility: String,
    /// The day of the release.
    pub release_at: Option<Timestamp>,
    /// When the agency's word came.
    pub received_at: Timestamp,
    /// Whether the office was told of another day before.
    pub replaces: bool,
    /// Whether the office may have been told the same before: what it was told is forgotten with a registry of which a
    /// backup was put back.
    pub may_repeat: bool,
    /// Its number, which the office gives when it says that it has it.
    pub number: String,
}

/// The subject of every notice to an office: no name, since it stands in lists and logs.
pub const SUBJECT: &str = "Notice under Miss. Code 47-5-177";

/// What a notice says that an office may have already.
pub const MAY_REPEAT: &str = "You may have had this notice from us before: our records were put back from a backup \
                              since, and do not say. If you have it, please confirm it once more.";

impl OfficeNotice {
    /// Writes it, a paragraph each; in an e-mail with the link by which the office says that it has it.
    #[must_use]
    pub fn words(&self, phone: &str, zone: &TimeZone, link: Option<&str>) -> Vec<String> {
        let day = |at: Timestamp| written_day(Language::En, zone, at);
        let name = self.name.as_deref().unwrap_or("(no name in the record)");
        let number = self.offender_id.as_deref();
        let who = number.map_or_else(
            || name.to_owned(),
            |number| format!("{name} (MDOC number {number})"),
        );
        let release = self.release_at.map(day);
        let fact = match (self.news, release) {
            (OfficeNews::Release, Some(release)) => format!(
                "{who} is to be released from {} on {release}. This is the notice that Miss. Code \
                 47-5-177 asks for, 15 days before a release.",
                self.facility
            ),
            (OfficeNews::Release, None) => {
                format!("{who} is to be released from {}.", self.facility)
            }
            (OfficeNews::CalledOff, _) => format!(
                "We told you that {who} is to be released from {}. That release is not to be as we told \
                 you. If another day is set, we will tell you.",
                self.facility
            ),
        };
        let mut words = vec![format!("To: {}", self.title), fact];
        if self.replaces && self.news == OfficeNews::Release {
            words.push(
                "This takes the place of what we told you before about the same person.".to_owned(),
            );
        }
        if self.may_repeat {
            words.push(MAY_REPEAT.to_owned());
        }
        words.extend([
            format!(
                "The Mississippi Department of Corrections sends this by its statewide automated \
                 notification system. It rests on the word of {}, which came on {}.",
                self.facility,
                day(self.received_at)
            ),
            format!(
                "Please confirm that you have this notice: {}call {phone} at any hour and give its number, \
                 {}.",
                link.map(|link| format!("open {link} and press the button, or "))
                    .unwrap_or_default(),
                self.number
            ),
            "No person reads answers to this message.".to_owned(),
        ]);
        words
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{MAY_REPEAT, Office, OfficeNews, OfficeNotice, Place, SeenToken};

    fn place(county: &str, municipality: &str) -> Place {
        Place {
            county: county.to_owned(),
            municipality: municipality.to_owned(),
        }
    }

    fn notice(news: OfficeNews) -> OfficeNotice {
        OfficeNotice {
            news,
            title: Office::Sheriff.title(&place("Hinds", "")),
            name: Some("Avery Sample".to_owned()),
            offender_id: Some("K1234".to_owned()),
            facility: "Test State Prison".to_owned(),
            release_at: Some("2027-05-01T05:00:00Z".parse().unwrap()),
            received_at: "2027-03-20T12:00:00Z".parse().unwrap(),
            replaces: false,
            may_repeat: false,
            number: "1f2e3d4c".to_owned(),
        }
    }

    #[test]
    fn tells_the_offices_of_the_place_of_conviction() {
        let jackson = place("Hinds", "Jackson");
        let is_of = |office: Office, county: &str, city: &str, conviction: &Place| {
            office.is_of(&place(county, city), conviction)
        };
        assert!(is_of(Office::Sheriff, "Hinds", "", &jackson));
        assert!(!is_of(Office::Sheriff, "Rankin", "", &jackson));
        assert!(is_of(Office::PoliceChief, "Hinds", "jackson", &jackson));
        assert!(!is_of(Office::PoliceChief, "Hinds", "Clinton", &jackson));
        let somewhere = place("Hinds", "");
        assert!(is_of(Office::PoliceChief, "Hinds", "Clinton", &somewhere));
        for office in Office::ALL {
            assert_eq!(Office::parse(office.as_str()), Some(office));
        }
    }

    #[test]
    fn reads_the_token_of_a_link_back_and_keeps_only_its_hash() {
        let token = SeenToken::new([7; 16]);
        let path = token.path();
        let text = path.strip_prefix("/office/seen/").unwrap();
        assert_eq!(SeenToken::parse(text), Some(token.clone()));
        assert_ne!(token.hash(), SeenToken::new([8; 16]).hash());
        for wrong in ["", "07", "zz", &text.replace('0', ""), &format!("{text}00")] {
            assert_eq!(SeenToken::parse(wrong), None, "{wrong}");
        }
        assert!(!format!("{token:?}").contains("07"), "{token:?}");
    }

    #[test]
    fn says_who_is_to_be_released_where_and_when() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let told = notice(OfficeNews::Release).words("1-800-555-0100", &zone, None);
        assert_eq!(told[0], "To: Sheriff of Hinds County");
        let fact = "Avery Sample (MDOC number K1234) is to be released from Test State Prison on May 1, \
                    2027. This is the notice that Miss. Code 47-5-177 asks for, 15 days before a release.";
        assert_eq!(told[1], fact);
        assert!(told[3].contains("1f2e3d4c"), "{told:?}");
        assert!(told[3].starts_with("Please confirm that you have this notice: call 1-800"));
        let off = notice(OfficeNews::CalledOff).words("1", &zone, Some("https://x.test/s"));
        let asked = "Please confirm that you have this notice: open https://x.test/s and press the button, \
                     or call 1 at any hour and give its number, 1f2e3d4c.";
        assert!(off.contains(&asked.to_owned()), "{off:?}");
        assert!(off[1].contains("not to be as we told you"), "{off:?}");
        assert!(!told.contains(&MAY_REPEAT.to_owned()), "{told:?}");
        let again = OfficeNotice {
            may_repeat: true,
            ..notice(OfficeNews::Release)
        };
        let again = again.words("1", &zone, None);
        assert_eq!(again[2], MAY_REPEAT);
        for word in ["victim", "regist"] {
            assert!(!told.concat().to_lowercase().contains(word), "{told:?}");
        }
    }
}
