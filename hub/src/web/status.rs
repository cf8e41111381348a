//! Where a person is, in sentences, each with its "as of" and how sure it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use savin_shared::clock::EffectiveAt;
use savin_shared::delta::Evidence;
use savin_shared::frame::heartbeat::NOT_READABLE;
use savin_shared::ids::FacilityCode;
use savin_shared::record::custody::{Custody, CustodyState};
use savin_shared::record::sex_offender::SexOffenderRegistration;
use savin_shared::record::supervision::Supervision;
use savin_shared::record::{Record, RecordBody};

use super::page::Page;
use crate::freshness::standing::{Grade, Standing, Why};
use crate::freshness::{Hearing, hearing};
use crate::ids::RecordId;
use crate::notification::agency_words::{Of, in_language};
use crate::notification::markup::Kind;
use crate::notification::words::Argument;
use crate::registry::known::Known;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::feed::{self, FeedRow};
use crate::store::registry::record::RecordRow;
use crate::store::registry::{facility, freshness};

/// A record with what is needed to show it.
#[derive(Debug, Clone)]
pub struct Shown {
    id: RecordId,
    known: Known,
    facility: String,
    feeds: Vec<FeedRow>,
    standing: Option<Standing>,
}

/// A status as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// Where the person is.
    pub state: String,
    /// Since when, and other particulars.
    pub particulars: Vec<String>,
    /// Up to when it is known.
    pub as_of: String,
    /// How sure it is.
    pub sure: String,
    /// When the place was last heard from.
    pub heard: String,
    /// Whether that is too long ago, changes are held, or the source cannot be read.
    pub is_doubtful: bool,
}

impl Shown {
    /// Gathers what the statuses of records need, person by person; nothing for one that is not public.
    ///
    /// # Errors
    /// Returns [`StoreError`] when the registry cannot be read.
    pub fn load_each(
        tx: &mut Tx<'_>,
        mut persons: Vec<Vec<RecordRow>>,
    ) -> Result<Vec<Vec<Self>>, StoreError> {
        for rows in &mut persons {
            rows.retain(|row| row.known.is_public());
        }
        let rows = persons.iter().flatten();
        let places: Vec<_> = rows
            .map(|row| (row.record, &row.known.record.facility))
            .collect();
        let mut feeds = feed::of_records(tx, &places)?.into_iter();
        let codes: BTreeSet<&FacilityCode> = places.iter().map(|(_, code)| *code).collect();
        let codes: Vec<_> = codes.into_iter().collect();
        let names = facility::names_of(tx, &codes)?;
        let standings = freshness::of_each(tx, &codes)?;
        let known = names.into_iter().zip(standings);
        let known = codes.into_iter().cloned().zip(known);
        let known: BTreeMap<FacilityCode, _> = known.collect();
        let shown = |(row, feeds): (RecordRow, Vec<FeedRow>)| {
            let (facility, standing) = known
                .get(&row.known.record.facility)
                .cloned()
                .unwrap_or_default();
            Self {
                id: row.record,
                known: row.known,
                facility,
                feeds,
                standing: standing.map(|known| known.standing),
            }
        };
        let persons = persons.into_iter();
        Ok(persons
            .map(|rows| rows.into_iter().zip(feeds.by_ref()).map(shown).collect())
            .collect())
    }

    /// Returns which record it is.
    #[must_use]
    pub const fn id(&self) -> RecordId {
        self.id
    }

    /// Returns the record.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.known.record
    }

    /// Says whether it is a booking by which the person is held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.known.is_held()
    }

    /// Writes the status of a record: in custody, under supervision, or in the sex offender registry
    /// (section 1(d)). Dates to come are [`Self::coming`].
    #[must_use]
    pub fn status(&self, page: &Page, now: Timestamp) -> Option<StatusLine> {
        let (state, particulars, sure) = match &self.known.record.body {
            RecordBody::Custody(custody) => (
                self.state(page, custody),
                particulars(page, custody),
                self.sure(page, custody),
            ),
            RecordBody::Supervision(supervision) => (
                supervised(page, supervision),
                since(page, supervision.status_at).into_iter().collect(),
                page.say_text("sure-status", "facility", &self.place(page)),
            ),
            RecordBody::SexOffender(registration) => (
                registered(page, registration),
                updated(page, registration),
                page.say_text("sure-status", "facility", &self.place(page)),
            ),
            RecordBody::CourtEvent(_) | RecordBody::Hearing(_) | RecordBody::ProtectiveOrder(_) => {
                return None;
            }
        };
        // Another feed of the place may be newer: it is not the one whose word this is.
        let status_feed = self.known.status_feed.as_str();
        let spoke = self.feeds.iter().find(|feed| feed.feed == status_feed);
        let as_of = spoke.and_then(|feed| feed.as_of);
        let hearing = hearing(spoke.map(|feed| feed.heard_at), now);
        let mut held = self.feeds.iter().filter_map(|feed| feed.held.as_deref());
        let held = held
            .clone()
            .find(|why| *why == NOT_READABLE)
            .or(held.next());
        let mut heard = said(page, hearing);
        let is_old = held.is_none() && self.is_old();
        if is_old {
            heard = format!("{heard} {}", page.say_phone("list-old"));
        }
        if let Some(why) = held {
            let key = if why == NOT_READABLE {
                "not-readable"
            } else {
                "held"
            };
            heard = format!("{heard} {}", page.say_phone(key));
        }
        let as_of = as_of.map_or_else(
            || page.say("as-of-unknown"),
            |at| page.say_text("as-of", "when", &page.time(at)),
        );
        Some(StatusLine {
            state,
            particulars,
            as_of,
            sure,
            heard,
            is_doubtful: held.is_some()
                || is_old
                || matches!(hearing, Hearing::Silent(_) | Hearing::Never),
        })
    }

    /// Says whether the place is heard, and has not confirmed its list for much longer than is usual there.
    fn is_old(&self) -> bool {
        let standing = self.standing.as_ref();
        standing.is_some_and(|known| known.grade >= Grade::Stale && known.why == Why::Old)
    }

    fn place(&self, page: &Page) -> String {
        page.value(Kind::Place, &self.facility)
    }

    fn state(&self, page: &Page, custody: &Custody) -> String {
        let reason = custody.state.reason().map_or("", |reason| reason.as_str());
        page.words.say_with(
            &format!("state-{}", custody.state.as_str()),
            &[
                ("facility", Argument::Text(&self.place(page))),
                ("reason", Argument::Text(reason)),
            ],
        )
    }

    fn sure(&self, page: &Page, custody: &Custody) -> String {
        let key = match (custody.state, self.known.status_evidence) {
            (CustodyState::NoLongerListed, _) => "sure-absence",
            (_, Evidence::Transaction | Evidence::Emergency | Evidence::Withdrawal) => {
                "sure-transaction"
            }
            (_, Evidence::Status) => "sure-status",
            (_, Evidence::Listing) => "sure-listing",
        };
        page.say_text(key, "facility", &self.place(page))
    }

    /// Writes a date that is to come, where the record is one.
    #[must_use]
    pub fn coming(&self, page: &Page, now: Timestamp) -> Option<String> {
        use savin_shared::record::court_event::Schedule;
        let (key, kind, place, at, schedule) = match &self.known.record.body {
            RecordBody::Hearing(hearing) => {
                let kind = hearing.hearing_type.as_ref();
                (
                    "coming-hearing",
                    kind,
                    None,
                    hearing.starts_at?,
                    hearing.schedule,
                )
            }
            RecordBody::CourtEvent(event) => {
                let place = event.court.as_ref().or(event.location.as_ref());
                let kind = event.event_type.as_ref();
                (
                    "coming-court",
                    kind,
                    place,
                    event.starts_at?,
                    event.schedule,
                )
            }
            RecordBody::Custody(_)
            | RecordBody::ProtectiveOrder(_)
            | RecordBody::Supervision(_)
            | RecordBody::SexOffender(_) => return None,
        };
        let zone = &page.site.zone;
        // A day without a time is to come until it is over.
        let is_past = if at.is_day() {
            at.timestamp().to_zoned(zone.clone()).date() < now.to_zoned(zone.clone()).date()
        } else {
            at.timestamp() < now
        };
        if schedule != Schedule::Set || is_past {
            return None;
        }
        let unnamed = page.say("coming-unnamed");
        let kind = kind.map_or(unnamed.as_str(), |kind| {
            in_language(page.words.language(), Of::Date, kind)
        });
        let when = page.agency_time(at.timestamp(), at.is_day());
        let values = [
            ("kind", Argument::Text(kind)),
            ("place", Argument::Text(place.unwrap_or(&self.facility))),
            ("when", Argument::Text(&when)),
        ];
        Some(page.words.say_with(key, &values))
    }
}

fn since(page: &Page, at: Option<EffectiveAt>) -> Option<String> {
    let at = at?;
    let when = page.agency_time(at.timestamp(), at.is_day());
    Some(page.say_text("since", "when", &when))
}

fn supervised(page: &Page, supervision: &Supervision) -> String {
    let word = |word: &Option<String>| {
        let word = word.as_ref().map(|word| {
            let word = in_language(page.words.language(), Of::Supervision, word);
            page.value(Kind::Typed, word)
        });
        word.unwrap_or_else(|| "none".to_owned())
    };
    let (kind, status) = (
        word(&supervision.supervision_type),
        word(&supervision.status),
    );
    let key = if supervision.absconded {
        "state-absconded"
    } else {
        "state-supervised"
    };
    let values = [
        ("kind", Argument::Text(&kind)),
        ("status", Argument::Text(&status)),
    ];
    page.words.say_with(key, &values)
}

fn registered(page: &Page, registration: &SexOffenderRegistration) -> String {
    page.say(match registration.compliant {
        Some(true) => "state-registered",
        Some(false) => "state-noncompliant",
        None => "state-registered-unknown",
    })
}

fn updated(page: &Page, registration: &SexOffenderRegistration) -> Vec<String> {
    let at = registration.profile_updated_at.map(|at| {
        let when = page.agency_time(at.timestamp(), at.is_day());
        page.say_text("profile-updated", "when", &when)
    });
    at.into_iter().collect()
}

fn particulars(page: &Page, custody: &Custody) -> Vec<String> {
    let since = match custody.state {
        CustodyState::InCustody => custody.status_at.or(custody.booked_at),
        CustodyState::OutOfCustody(_)
        | CustodyState::TransferredOut
        | CustodyState::TransferredOutOfState => custody.released_at.or(custody.status_at),
        CustodyState::OnLeave
        | CustodyState::Escaped
        | CustodyState::EscapeSuspected
        | CustodyState::Deceased
        | CustodyState::NoLongerListed
        | CustodyState::Unknown => custody.status_at,
    };
    let since = self::since(page, since);
    let classification = custody
        .classification
        .as_ref()
        .filter(|_| custody.state.is_held())
        .map(|word| {
            let word = in_language(page.words.language(), Of::Level, word);
            let word = page.value(Kind::Typed, word);
            page.say_text("classification", "classification", &word)
        });
    since.into_iter().chain(classification).collect()
}

fn said(page: &Page, hearing: Hearing) -> String {
    match hearing {
        Hearing::JustNow => page.say("heard-just-now"),
        Hearing::Minutes(minutes) => page
            .words
            .say_with("heard-minutes", &[("minutes", Argument::Number(minutes))]),
        Hearing::Never => page.say_phone("heard-never"),
        Hearing::Silent(since) => {
            let when = page.time(since);
            let phone = page.phone();
            let values = [
                ("when", Argument::Text(&when)),
                ("phone", Argument::Text(&phone)),
            ];
            page.words.say_with("heard-stale", &values)
        }
    }
}
