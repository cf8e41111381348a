//! How fresh each facility is: stored as it changes, with a task for whoever has to look, and an event
//! for those who asked for somebody there once there has been no word for long.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use savin_shared::clock::{ObservedAt, ReceivedAt};
use savin_shared::delta::Origin;
use savin_shared::event::EventCode;
use savin_shared::frame::heartbeat::NOT_READABLE;
use savin_shared::ids::FacilityCode;

use super::canary::FEED as CANARY;
use super::{Call, follow};
use crate::freshness::standing::{
    Blocked, Grade, Measure, News, STALE_AFTER, Signs, Standing, Why, usual_pause,
};
use crate::ids::{EventId, PersonId, RecordId};
use crate::registry::details::Details;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::event::{self, Event};
use crate::store::registry::facility;
use crate::store::registry::feed::{self, FeedRow};
use crate::store::registry::freshness::{self, Change, FacilityStanding};
use crate::store::registry::step::{self, Step};
use crate::store::registry::task::{NewTask, TaskKind};

/// The feed in which a jail speaks itself: it says nothing about the list.
const EMERGENCY: &str = "emergency";

/// What agents say while the jail itself has said what is going on.
const SAID: [&str; 2] = ["evacuation", "maintenance"];

/// By what one look measures.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The hub's clock.
    pub now: Timestamp,
    /// After how long without a word whoever asked is told.
    pub dark_after: SignedDuration,
    /// Draws the salt of an event's leaf.
    pub random: fn() -> [u8; 16],
}

/// Looks at every facility and stores what has changed; returns for what a person is called, or no more.
///
/// # Errors
/// Returns [`StoreError`] when the registry cannot be used; nothing is then stored.
pub fn look(tx: &mut Tx<'_>, look: Look) -> Result<Vec<Call>, StoreError> {
    let known: BTreeMap<FacilityCode, FacilityStanding> = freshness::all(tx)?
        .into_iter()
        .map(|known| (known.facility.clone(), known))
        .collect();
    let (mut calls, mut standings) = (Vec::new(), Vec::new());
    for (code, signs) in signs(&feed::all(tx)?) {
        let before = known.get(&code);
        let measure = Measure {
            now: look.now,
            dark_after: look.dark_after,
            usual: usual_pause(&freshness::pauses(tx, &code, look.now)?),
        };
        let standing = Standing::step(before.map(|known| &known.standing), &signs, &measure);
        let mut after = FacilityStanding {
            facility: code,
            standing,
            told: before.and_then(|known| known.told),
        };
        note(tx, before, &after, &measure)?;
        calls.extend(call(tx, before, &after)?);
        if let Some(news) = standing.news(after.told.is_some(), look.now) {
            tell(tx, &mut after, news, look)?;
        }
        standings.push(after);
    }
    freshness::put_many(tx, &standings)?;
    for call in &calls {
        follow(tx, call, look.now)?;
    }
    Ok(calls)
}

/// Gathers what is seen of each facility from its feeds. One that is heard no more while others are is
/// an agent's that was replaced, or was taken out of its settings.
fn signs(feeds: &[FeedRow]) -> BTreeMap<FacilityCode, Signs> {
    let mut by_facility: BTreeMap<FacilityCode, Vec<&FeedRow>> = BTreeMap::new();
    for feed in feeds {
        if feed.feed != CANARY && feed.feed != EMERGENCY {
            let place = by_facility.entry(feed.facility.clone()).or_default();
            place.push(feed);
        }
    }
    let mut signs = BTreeMap::new();
    for (code, mut feeds) in by_facility {
        let Some(heard_at) = feeds.iter().map(|feed| feed.heard_at).max() else {
            continue;
        };
        feeds.retain(|feed| heard_at.duration_since(feed.heard_at) < STALE_AFTER);
        let blocked: Vec<Why> = feeds.iter().filter_map(|feed| blocked(feed)).collect();
        let is_whole = blocked.len() == feeds.len();
        let why = [Why::NotReadable, Why::Held, Why::Refused]
            .into_iter()
            .find(|why| blocked.contains(why));
        signs.insert(
            code,
            Signs {
                heard_at,
                blocked: why.map(|why| Blocked { why, is_whole }),
                as_of: feeds.iter().filter_map(|feed| feed.as_of).max(),
            },
        );
    }
    signs
}

/// Says what keeps a feed's changes back.
fn blocked(feed: &FeedRow) -> Option<Why> {
    match feed.held.as_deref()? {
        NOT_READABLE => Some(Why::NotReadable),
        "refused" => Some(Why::Refused),
        word if SAID.contains(&word) => None,
        _ => Some(Why::Held),
    }
}

/// Keeps the pause that has ended, and the change of grade.
fn note(
    tx: &mut Tx<'_>,
    before: Option<&FacilityStanding>,
    after: &FacilityStanding,
    measure: &Measure,
) -> Result<(), StoreError> {
    let standing = &after.standing;
    let pause = before.and_then(|before| standing.pause(&before.standing));
    if let Some(pause) = pause {
        freshness::note_pause(tx, &after.facility, pause, measure.now)?;
    }
    if before.is_none_or(|before| before.standing.grade != standing.grade) {
        let change = Change {
            facility: after.facility.clone(),
            at: measure.now,
            grade: standing.grade,
            why: standing.why,
        };
        freshness::note_change(tx, &change)?;
    }
    Ok(())
}

/// Calls a person as soon as a facility is stale, and no more once it is well.
fn call(
    tx: &mut Tx<'_>,
    before: Option<&FacilityStanding>,
    after: &FacilityStanding,
) -> Result<Option<Call>, StoreError> {
    let was_stale = before.is_some_and(|before| before.standing.grade >= Grade::Stale);
    let is_stale = after.standing.grade >= Grade::Stale;
    let subject = format!("facility/{}", after.facility);
    Ok(match (was_stale, is_stale) {
        (false, true) => Some(Call::Open(NewTask {
            kind: TaskKind::FeedStale,
            subject,
            facility: Some(after.facility.clone()),
            person: None,
            other: None,
            record: None,
            event: None,
            urgency: 2,
            due_at: None,
            note: words(tx, after)?,
        })),
        (true, false) => Some(Call::Close(TaskKind::FeedStale, subject)),
        (true, true) | (false, false) => None,
    })
}

/// Says in words why a person is called.
fn words(tx: &mut Tx<'_>, after: &FacilityStanding) -> Result<String, StoreError> {
    let loaded = facility::load(tx, &after.facility)?;
    let (name, phone) = loaded.map_or_else(
        || (after.facility.to_string(), None),
        |(facility, _)| (facility.name, facility.phone),
    );
    let standing = &after.standing;
    let since = standing.last_word();
    let what = match standing.why {
        Why::Silent => format!("has not been heard since {since:.0}"),
        Why::NotReadable => format!("cannot read its source since {since:.0}"),
        Why::Refused => format!("refuses what its source holds since {since:.0}"),
        Why::Held => format!("holds changes since {since:.0} until a person there has looked"),
        Why::Old | Why::Heard => {
            format!("is heard, but its list was confirmed last at {since:.0}")
        }
    };
    let phone = phone.map_or_else(String::new, |phone| format!(" ({phone})"));
    Ok(format!("{name} {what}: call it{phone}."))
}

/// Appends the event that tells that there is no word from a facility, or that it is back.
fn tell(
    tx: &mut Tx<'_>,
    after: &mut FacilityStanding,
    news: News,
    look: Look,
) -> Result<(), StoreError> {
    let (code, at) = match news {
        News::Dark(at) => (EventCode::FeedStale, at),
        News::Back(at) => (EventCode::FeedRestored, at),
    };
    let known = facility::load(tx, &after.facility)?;
    let id = EventId::of_facility(&after.facility, code, look.now);
    let event = Event {
        event: id,
        code,
        // It is about a place: whom it concerns is found when it is told.
        person: PersonId::from_bytes([0; 16]),
        record: RecordId(0),
        version: 0,
        facility: after.facility.clone(),
        origin: Origin::Live,
        effective_at: Some(at),
        entered_at: None,
        observed_at: ObservedAt(look.now),
        received_at: ReceivedAt(look.now),
        corrects: after.told,
        details: Details {
            phone: known.and_then(|(facility, _)| facility.phone),
            ..Details::default()
        },
    };
    event::append(tx, &event, look.random)?;
    let noted = event::position_of(tx, id)?;
    if let Some(noted) = noted {
        step::append(tx, &Step::Noted(noted.0), look.now)?;
    }
    after.told = match news {
        News::Dark(_) => noted,
        News::Back(_) => None,
    };
    Ok(())
}
