//! The sentences of a message: pure functions from a fact, a language and a zone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;

use super::agency_words::{Of, in_language};
use super::fact::Fact;
use super::markup::{Kind, mark, mark_moment};
use super::words::{Argument, Language, Words};
use crate::registry::details::Details;

/// A fact that is older than this when it is told says how old it is.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// From where a reader hears more.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The public web site.
    pub site: &'a str,
    /// The toll-free number.
    pub phone: &'a str,
}

/// Says what happened, and how long ago where that is long.
#[must_use]
pub fn fact(words: Words, zone: &TimeZone, fact: &Fact, now: Timestamp) -> Vec<String> {
    let said = told(words, zone, fact, now, &Written { words, zone });
    said.iter()
        // "1:30 p.m." at the end of a sentence already ends it.
        .map(|sentence| sentence.trim().replace("..", "."))
        .collect()
}

/// Says the same with every value marked, for a voice.
#[must_use]
pub fn marked(words: Words, zone: &TimeZone, fact: &Fact, now: Timestamp) -> Vec<String> {
    told(words, zone, fact, now, &Marked)
}

/// How values stand in a sentence.
trait Values {
    fn text(&self, kind: Kind, value: &str) -> String;
    fn moment(&self, at: Timestamp, is_day: bool) -> String;
}

/// As they are read.
struct Written<'a> {
    words: Words,
    zone: &'a TimeZone,
}

impl Values for Written<'_> {
    fn text(&self, _: Kind, value: &str) -> String {
        value.to_owned()
    }

    fn moment(&self, at: Timestamp, is_day: bool) -> String {
        written_as(self.words.language(), self.zone, at, is_day)
    }
}

/// Each between marks.
struct Marked;

impl Values for Marked {
    fn text(&self, kind: Kind, value: &str) -> String {
        mark(kind, value)
    }

    fn moment(&self, at: Timestamp, is_day: bool) -> String {
        mark_moment(at, is_day)
    }
}

fn told(
    words: Words,
    zone: &TimeZone,
    fact: &Fact,
    now: Timestamp,
    values: &dyn Values,
) -> Vec<String> {
    let Some(code) = fact.event_code() else {
        return Vec::new();
    };
    let form = if fact.name.is_some() || !fact.facility.is_empty() {
        "full"
    } else {
        "discreet"
    };
    let details = &in_words(words.language(), code, &fact.details);
    let moment = |at: Option<Timestamp>, is_day: bool| {
        let at = at.map(|at| values.moment(at, is_day));
        at.unwrap_or_else(|| words.say("notice-no-time"))
    };
    let when = moment(fact.effective_at, details.effective_is_day);
    let scheduled = moment(details.scheduled_at, details.scheduled_is_day);
    let or = |kind: Kind, text: &Option<String>, none: &str| {
        let text = text.as_ref().map(|text| values.text(kind, text));
        text.unwrap_or_else(|| none.to_owned())
    };
    let name = fact.name.as_ref().map(|name| values.text(Kind::Name, name));
    let name = name.unwrap_or_else(|| words.say("notice-no-name"));
    let facility = values.text(Kind::Place, &fact.facility);
    let from_facility = or(Kind::Place, &fact.from_facility, "");
    let from = or(Kind::Typed, &details.from, "");
    let to = or(Kind::Typed, &details.to, "none");
    let kind = or(Kind::Typed, &details.kind, "none");
    let place = or(Kind::Typed, &details.place, "none");
    let phone = or(Kind::Phone, &details.phone, "none");
    let decision = or(Kind::Typed, &details.decision, "");
    let destination = or(Kind::Typed, &details.released_to, "none");
    let arguments = [
        ("name", Argument::Text(&name)),
        ("facility", Argument::Text(&facility)),
        ("when", Argument::Text(&when)),
        ("from_facility", Argument::Text(&from_facility)),
        ("from", Argument::Text(&from)),
        ("to", Argument::Text(&to)),
        ("scheduled", Argument::Text(&scheduled)),
        ("kind", Argument::Text(&kind)),
        ("place", Argument::Text(&place)),
        ("phone", Argument::Text(&phone)),
        ("decision", Argument::Text(&decision)),
        ("destination", Argument::Text(&destination)),
    ];
    let arguments: Vec<_> = arguments.into_iter().chain(choosing(fact)).collect();
    let (told, held) = match &details.took_back {
        Some(wrong) => (format!("correction-{wrong}"), "correction-now"),
        None => (format!("notice-{code}"), "notice-still-held"),
    };
    let canary = details.canary_of.as_ref();
    let mut sentences: Vec<String> = canary
        .map(|_| words.say_with("notice-canary", &arguments))
        .into_iter()
        .collect();
    sentences.push(words.say_with(&format!("{told}-{form}"), &arguments));
    sentences.extend(fact.still_held_at.as_ref().map(|place| {
        let place = values.text(Kind::Place, place);
        words.say_with(
            &format!("{held}-{form}"),
            &[("held", Argument::Text(&place))],
        )
    }));
    // How old something is that did not happen is nothing to say; and how long there has been no word is
    // what a message of a place says.
    if details.took_back.is_none() && !is_of_place(code) && !is_to_come(code, details) {
        sentences.extend(late(words, zone, fact, now));
    }
    sentences
}

/// Puts what an agency wrote into the reader's language, as far as the table has it.
fn in_words(language: Language, code: EventCode, details: &Details) -> Details {
    let known = |of, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| in_language(language, of, text).to_owned())
    };
    let changing = if code == EventCode::ClassificationChange {
        Of::Level
    } else {
        Of::Supervision
    };
    Details {
        from: known(changing, &details.from),
        to: known(changing, &details.to),
        kind: known(Of::Date, &details.kind),
        decision: known(Of::Decision, &details.decision),
        ..details.clone()
    }
}

/// Returns the words of our own by which a message chooses what it says.
fn choosing(fact: &Fact) -> [(&'static str, Argument<'_>); 6] {
    let details = &fact.details;
    let kind = details.kind.as_deref().unwrap_or_default();
    // 47-7-18: it goes ahead without a hearing unless she asks for one, so that she is told so.
    let hearing = if kind.to_lowercase().contains("presumptive") {
        "presumptive"
    } else {
        "other"
    };
    [
        (
            "reason",
            Argument::Text(details.reason.as_deref().unwrap_or_default()),
        ),
        (
            "state",
            Argument::Text(details.state.as_deref().unwrap_or("none")),
        ),
        (
            "before",
            Argument::Text(details.from.as_deref().unwrap_or("none")),
        ),
        ("hearing", Argument::Text(hearing)),
        (
            "day",
            Argument::Text(details.scheduled_at.map_or("none", |_| "given")),
        ),
        (
            "at",
            Argument::Text(fact.effective_at.map_or("none", |_| "given")),
        ),
    ]
}

/// Says whether a message is about what is to come. "This was 120 days ago" after its day would be of that day.
fn is_to_come(code: EventCode, details: &Details) -> bool {
    let is_announced = matches!(
        code,
        EventCode::ReleaseScheduled
            | EventCode::ReleaseDateChanged
            | EventCode::ProtectiveOrderExpiring
    );
    let is_move = code == EventCode::SexOffenderProfileUpdated && details.scheduled_at.is_some();
    code.is_of_a_date() || is_announced || is_move
}

const fn is_of_place(code: EventCode) -> bool {
    matches!(code, EventCode::FeedStale | EventCode::FeedRestored)
}

/// Says that a fact is old, by what the agency says, or by when it was first seen; and that it was
/// learnt late, where that was not our own delay in telling it. When something happened of which the agency gives no
/// time, and which was found after its records could not be seen for a while, nobody knows: that is said.
fn late(words: Words, zone: &TimeZone, fact: &Fact, now: Timestamp) -> Vec<String> {
    let is_age_unknown = fact.found_late && fact.effective_at.is_none();
    let unknown = is_age_unknown.then(|| words.say("notice-found-late"));
    let mut sentences = aged(words, zone, fact, now);
    sentences.extend(unknown);
    sentences
}

fn aged(words: Words, zone: &TimeZone, fact: &Fact, now: Timestamp) -> Vec<String> {
    let (age, delay) = match fact.effective_at {
        Some(at) if fact.details.effective_is_day => {
            let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
            let since = |then: Timestamp| day(then).duration_since(day(at));
            (since(now), since(fact.received_at))
        }
        at => {
            let at = at.unwrap_or(fact.observed_at);
            (now.duration_since(at), fact.received_at.duration_since(at))
        }
    };
    if age < LATE {
        return Vec::new();
    }
    let hours = age.as_hours();
    let mut sentences = vec![if hours < 48 && !fact.details.effective_is_day {
        words.say_with("notice-late", &[("hours", Argument::Number(hours))])
    } else {
        words.say_with(
            "notice-late-days",
            &[("days", Argument::Number(hours / 24))],
        )
    }];
    if delay >= LATE {
        sentences.push(words.say("notice-learned-late"));
    }
    sentences
}

/// Says that there is news, and how to hear it.
#[must_use]
pub fn news(words: Words, sources: Sources<'_>) -> String {
    words.say_with("notice-content-free", &source_values(sources))
}

/// Says how to hear more, change or stop.
#[must_use]
pub fn more(words: Words, sources: Sources<'_>) -> String {
    words.say_with("notice-more", &source_values(sources))
}

/// Says where rights and help are described.
#[must_use]
pub fn help(words: Words, sources: Sources<'_>) -> String {
    words.say_with("notice-help", &source_values(sources))
}

fn source_values(sources: Sources<'_>) -> [(&'static str, Argument<'_>); 2] {
    [
        ("site", Argument::Text(sources.site)),
        ("phone", Argument::Text(sources.phone)),
    ]
}

/// Writes a day and time out in words, in the reader's zone.
#[must_use]
pub fn written(language: Language, zone: &TimeZone, at: Timestamp) -> String {
    let zoned = at.to_zoned(zone.clone());
    let day = written_day(language, zone, at);
    let minute = format!("{:02}", zoned.minute());
    let (hour, is_afternoon) = match zoned.hour() {
        0 => (12, false),
        12 => (12, true),
        hour if hour > 12 => (hour - 12, true),
        hour => (hour, false),
    };
    match language {
        Language::En => {
            format!(
                "{day}, {hour}:{minute} {}",
                if is_afternoon { "p.m." } else { "a.m." }
            )
        }
        Language::Es => {
            format!(
                "{day} {} {hour}:{minute} {}",
                if hour == 1 { "a la" } else { "a las" },
                if is_afternoon { "p. m." } else { "a. m." }
            )
        }
    }
}

/// Writes a day and time out in words, or the day alone where no time was given with it.
#[must_use]
pub fn written_as(language: Language, zone: &TimeZone, at: Timestamp, is_day: bool) -> String {
    if is_day {
        written_day(language, zone, at)
    } else {
        written(language, zone, at)
    }
}

/// Writes a day out in words, in the reader's zone.
#[must_use]
pub fn written_day(language: Language, zone: &TimeZone, at: Timestamp) -> String {
    let date = at.to_zoned(zone.clone()).date();
    let month = MONTHS.get(usize::from(date.month().unsigned_abs()).saturating_sub(1));
    let (english, spanish) = month.copied().unwrap_or_default();
    match language {
        Language::En => format!("{english} {}, {}", date.day(), date.year()),
        Language::Es => format!("{} de {spanish} de {}", date.day(), date.year()),
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "enero"),
    ("February", "febrero"),
    ("March", "marzo"),
    ("April", "abril"),
    ("May", "mayo"),
    ("June", "junio"),
    ("July", "julio"),
    ("August", "agosto"),
    ("September", "septiembre"),
    ("October", "octubre"),
    ("November", "noviembre"),
    ("December", "diciembre"),
];

#[cfg(test)]
pub(crate) mod samples {
    //! A fact for the tests of every channel.

    use savin_shared::event::EventCode;

    use crate::ids::{EventId, EventPosition, NoticeId, PersonId};
    use crate::notification::change::{Change, Changed};
    use crate::notification::fact::Fact;
    use crate::notification::mark::{LetterCode, Mark, Marks};
    use crate::registry::details::Details;

    /// The marks of a message, as no vault gave them out.
    #[must_use]
    pub(crate) fn marks() -> Marks {
        let mark = |byte| Mark::new(NoticeId::from_bytes([3; 16]), &[byte; 32]);
        Marks {
            back: mark(1),
            stop: mark(2),
            seen: mark(3),
            letter: LetterCode::new(NoticeId::from_bytes([3; 16]), &[4; 32]),
        }
    }

    /// Every change, in both forms.
    pub(crate) fn changes() -> impl Iterator<Item = Change> {
        let at = "2026-06-01T18:30:00Z".parse().unwrap();
        let until = "2026-06-04T18:30:00Z".parse().unwrap();
        Changed::ALL.into_iter().map(move |what| Change {
            what,
            // Most of what is changed in one sitting is hours and what a machine hears.
            also: Vec::from_iter((what == Changed::Hours).then_some(Changed::Voicemail)),
            at,
            until: match what {
                Changed::Number
                | Changed::WayGone
                | Changed::Stop
                | Changed::StopOne
                | Changed::Address => Some(until),
                Changed::Way
                | Changed::Pin
                | Changed::More
                | Changed::Language
                | Changed::Care
                | Changed::WrongNumber
                | Changed::NumberHeld
                | Changed::NeverCalled
                | Changed::MailOff
                | Changed::MailOn
                | Changed::Order
                | Changed::Level
                | Changed::Hours
                | Changed::Voicemail
                | Changed::CodeWord => None,
            },
        })
    }

    /// A release of an invented person.
    #[must_use]
    pub(crate) fn release() -> Fact {
        let at = "2026-06-01T18:30:00Z".parse().unwrap();
        Fact {
            event: EventId::from_bytes([1; 16]),
            position: EventPosition(1),
            person: PersonId::from_bytes([2; 16]),
            code: EventCode::Released.code(),
            urgency: 2,
            name: Some("Avery Sample".to_owned()),
            facility: "Test Jail".to_owned(),
            from_facility: None,
            still_held_at: None,
            elsewhere: Default::default(),
            corrects: None,
            effective_at: Some(at),
            observed_at: at,
            received_at: at,
            found_late: false,
            followed: None,
            details: Details::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use savin_shared::event::EventCode;

    use super::samples::release;
    use super::{fact, written, written_day};
    use crate::notification::fact::{Disclosure, Fact};
    use crate::notification::words::{Language, Words};
    use crate::registry::details::Details;

    fn said(fact_: Fact, disclosure: Disclosure, language: Language) -> String {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let now = "2026-06-01T18:35:00Z".parse().unwrap();
        let disclosed = fact_.disclosed(disclosure).unwrap();
        fact(Words::of(language), &zone, &disclosed, now).join(" ")
    }

    #[test]
    fn what_is_found_after_a_gap_without_a_time_never_reads_as_fresh() {
        let found = Fact {
            found_late: true,
            effective_at: None,
            ..release()
        };
        let gap = "It may have happened well before we learned of it";
        for disclosure in [Disclosure::Full, Disclosure::Discreet] {
            let english = said(found.clone(), disclosure, Language::En);
            assert!(english.contains(gap), "{english}");
            let spanish = said(found.clone(), disclosure, Language::Es);
            assert!(
                spanish.contains("Puede haber ocurrido bastante antes"),
                "{spanish}"
            );
        }
        let known = Fact {
            found_late: true,
            ..release()
        };
        let known = said(known, Disclosure::Full, Language::En);
        assert!(!known.contains(gap), "{known}");
    }

    #[test]
    fn says_in_whole_sentences_that_nobody_gave_a_time() {
        let untold = Fact {
            effective_at: None,
            ..release()
        };
        let unset = Fact {
            code: EventCode::CourtEventSet.code(),
            ..release()
        };
        for (fact, language, expected) in [
            (&untold, Language::En, "We were not told when."),
            (&untold, Language::Es, "No nos dijeron cuándo ocurrió."),
            (&unset, Language::En, "We were not told the day."),
            (&unset, Language::Es, "No nos dijeron la fecha."),
        ] {
            let said = said(fact.clone(), Disclosure::Full, language);
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn says_that_another_record_still_holds_whoever_was_released() {
        let held = Fact {
            still_held_at: Some("Other Prison".to_owned()),
            ..release()
        };
        let full = said(held.clone(), Disclosure::Full, Language::En);
        let place =
            "But the record of Other Prison says that the person is still in custody there.";
        assert!(full.contains(place), "{full}");
        let discreet = said(held.clone(), Disclosure::Discreet, Language::En);
        let nowhere = "But another record says that the person is still in custody.";
        assert!(discreet.contains(nowhere), "{discreet}");
        assert!(!discreet.contains("Prison"));
        let spanish = said(held, Disclosure::Discreet, Language::Es);
        assert!(
            spanish.contains("según otro registro sigue bajo custodia"),
            "{spanish}"
        );
        assert!(!said(release(), Disclosure::Full, Language::En).contains("still"));
    }

    #[test]
    fn takes_back_each_event_in_its_own_words_and_says_where_the_person_is() {
        let wrong = |code: EventCode, held: Option<&str>| Fact {
            code: EventCode::Correction.code(),
            still_held_at: held.map(str::to_owned),
            details: Details {
                took_back: Some(code.to_string()),
                ..Details::default()
            },
            ..release()
        };
        let held = wrong(EventCode::Released, Some("Test Jail"));
        assert_eq!(
            said(held.clone(), Disclosure::Full, Language::En),
            "We told you that Avery Sample was released from Test Jail. That is not so, and we are \
             sorry. The record says now that the person is in custody at Test Jail."
        );
        let discreet = said(held.clone(), Disclosure::Discreet, Language::En);
        assert!(
            !discreet.contains("Avery") && !discreet.contains("Jail"),
            "{discreet}"
        );
        let spanish = said(held, Disclosure::Discreet, Language::Es);
        assert!(spanish.contains("Eso no es así"), "{spanish}");
        let unknown = said(wrong(EventCode::Died, None), Disclosure::Full, Language::En);
        assert!(unknown.ends_with("and we are sorry."), "{unknown}");
    }

    fn told_at(fact_: &Fact, now: &str) -> String {
        let zone = TimeZone::get("America/Chicago").unwrap();
        fact(Words::of(Language::En), &zone, fact_, now.parse().unwrap()).join(" ")
    }

    #[test]
    fn says_a_day_as_a_day() {
        let midnight = "2026-06-01T05:00:00Z".parse().unwrap();
        let day = Fact {
            effective_at: Some(midnight),
            details: Details {
                effective_is_day: true,
                ..Details::default()
            },
            ..release()
        };
        let same_day = told_at(&day, "2026-06-02T03:00:00Z");
        assert!(
            same_day.contains("The time was June 1, 2026."),
            "{same_day}"
        );
        assert!(!same_day.contains("ago"), "{same_day}");
        let next_day = told_at(&day, "2026-06-02T06:00:00Z");
        assert!(
            next_day.contains("This was a day ago or more."),
            "{next_day}"
        );
        assert!(!next_day.contains("learned"), "{next_day}");
    }

    #[test]
    fn says_of_nothing_to_come_that_it_was_long_ago() {
        let told = |code: EventCode, scheduled: bool| {
            let day = "2027-06-15T05:00:00Z".parse().unwrap();
            let fact = Fact {
                code: code.code(),
                details: Details {
                    scheduled_at: scheduled.then_some(day),
                    ..Details::default()
                },
                ..release()
            };
            told_at(&fact, "2027-06-01T18:30:00Z")
        };
        for code in [
            EventCode::ReleaseScheduled,
            EventCode::ProtectiveOrderExpiring,
            EventCode::HearingSet,
            EventCode::SexOffenderProfileUpdated,
        ] {
            assert!(!told(code, true).contains("ago"), "{}", told(code, true));
        }
        for code in [
            EventCode::ProtectiveOrderServed,
            EventCode::SexOffenderProfileUpdated,
        ] {
            let said = told(code, code == EventCode::ProtectiveOrderServed);
            assert!(said.contains("365 days ago"), "{said}");
        }
    }

    #[test]
    fn blames_nobody_else_for_our_own_delay() {
        let delayed = told_at(&release(), "2026-06-02T03:30:00Z");
        assert!(delayed.contains("about 9 hours ago."), "{delayed}");
        assert!(!delayed.contains("learned"), "{delayed}");
        let late = Fact {
            received_at: "2026-06-02T03:30:00Z".parse().unwrap(),
            ..release()
        };
        let late = told_at(&late, "2026-06-02T03:31:00Z");
        assert!(
            late.contains("about 9 hours ago. We learned of it late."),
            "{late}"
        );
    }

    #[test]
    fn writes_times_in_the_readers_zone_and_language() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let at = "2026-06-02T05:05:00Z".parse().unwrap();
        assert_eq!(written(Language::En, &zone, at), "June 2, 2026, 12:05 a.m.");
        let at = "2026-06-01T18:30:00Z".parse().unwrap();
        assert_eq!(written(Language::En, &zone, at), "June 1, 2026, 1:30 p.m.");
        assert_eq!(
            written(Language::Es, &zone, at),
            "1 de junio de 2026 a la 1:30 p. m."
        );
        let night = "2026-06-02T05:05:00Z".parse().unwrap();
        assert_eq!(
            written(Language::Es, &zone, night),
            "2 de junio de 2026 a las 12:05 a. m."
        );
        assert_eq!(written_day(Language::Es, &zone, at), "1 de junio de 2026");
    }
}
