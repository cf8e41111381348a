//! A hole of 22 days: a jail whose agent is off, and a hub that is. What happened in it is told when it is over, each
//! thing once and as old as it may be.

use std::sync::PoisonError;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use savin_hub::notification::fact::Disclosure;
use savin_hub::store::registry::event;
use savin_shared::envelope::SealedBatch;
use savin_shared::event::EventCode;
use tokio::sync::watch;

use crate::STEP;
use crate::hub::{CALENDAR, Hub, turn_to};
use crate::jail::Jail;

/// The days of the hole.
const HOLE: std::ops::Range<i64> = 5..27;

/// The last day that is looked at.
const END: i64 = 29;

/// Who is listed at first.
const PEOPLE: usize = 40;

/// To whom nothing happens, who is released in the hole, who leaves the list in it, and who is both booked and
/// released in it.
const HELD: usize = 1;
const RELEASED: usize = 2;
const GONE: usize = 3;
const BOTH: usize = 40;

/// The day of the release.
const DAY: i64 = 12;

/// Says what the jail's list shows of a day.
fn listed(day: i64) -> Vec<(usize, &'static str)> {
    let mut all: Vec<_> = (0..PEOPLE).map(|number| (number, "IN")).collect();
    if day >= DAY {
        all.retain(|(number, _)| ![RELEASED, GONE].contains(number));
        all.push((RELEASED, "REL"));
        all.push((BOTH, "REL"));
    }
    all
}

/// A hub with one jail, of which three asked.
struct Place {
    _folder: tempfile::TempDir,
    hub: Hub,
    jail: Jail,
    begin: Timestamp,
    stop: watch::Sender<bool>,
    /// In which hour who was told what.
    told: Vec<(i64, String, String)>,
}

impl Place {
    fn make() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let begin: Timestamp = "2026-10-30T12:00:00Z".parse()?;
        turn_to(begin);
        let hub = Hub::start(folder.path())?;
        let (stop, stopped) = watch::channel(false);
        hub.plan(stopped)?;
        let jail = Jail::new(1, "JAIL-H")?;
        hub.add(&jail)?;
        Ok(Self {
            _folder: folder,
            hub,
            jail,
            begin,
            stop,
            told: Vec::new(),
        })
    }

    fn at(&self, day: i64, minutes: i64) -> Timestamp {
        self.begin + SignedDuration::from_mins(day * 24 * 60 + minutes)
    }

    fn register(&self) -> anyhow::Result<()> {
        for (number, who) in [(HELD, "held"), (RELEASED, "released"), (GONE, "gone")] {
            let email = format!("{who}@home.example");
            self.hub
                .register(&self.jail, (number, &email), Disclosure::Full)?;
        }
        Ok(())
    }

    /// Lets the hub look through a day, at an agent that is up or not.
    fn look(&mut self, day: i64, is_up: bool) -> anyhow::Result<()> {
        for step in 0..24 * 60 / STEP {
            turn_to(self.at(day, step * STEP));
            self.hub.look(Some(&mut self.jail).filter(|_| is_up))?;
            if step % 15 == 0 {
                let hour = day * 24 + step * STEP / 60;
                let told = self.hub.carry()?.into_iter();
                self.told.extend(told.map(|(to, text)| (hour, to, text)));
            }
        }
        Ok(())
    }

    fn told(&self, who: &str) -> Vec<(i64, &str)> {
        let to = format!("{who}@home.example");
        let hers = self.told.iter().filter(|(_, told, _)| *told == to);
        hers.map(|(hour, _, text)| (*hour, text.as_str())).collect()
    }

    fn codes(&self) -> anyhow::Result<Vec<(EventCode, u64)>> {
        Ok(self.hub.store.read_now("codes", event::count_by_code)?)
    }
}

#[test]
fn a_jail_that_was_dark_for_22_days_is_told_of_at_12_hours_and_what_it_hid_never_as_fresh()
-> anyhow::Result<()> {
    let _alone = CALENDAR.lock().unwrap_or_else(PoisonError::into_inner);
    let mut place = Place::make()?;
    for day in 0..END {
        let is_up = !HOLE.contains(&day);
        if is_up {
            turn_to(place.at(day, 0));
            let batches = place.jail.take(listed(day))?;
            place.jail.send(batches, &place.hub.store)?;
        }
        if day == 0 {
            place.register()?;
        }
        place.look(day, is_up)?;
    }
    let (began, over) = (HOLE.start * 24, HOLE.end * 24);
    for who in ["held", "gone", "released"] {
        let told = place.told(who);
        let [(dark, gone), ..] = told.as_slice() else {
            anyhow::bail!("{who} was told nothing");
        };
        ensure!((began + 11..began + 15).contains(dark), "{who}: {told:#?}");
        ensure!(gone.starts_with("We have had no word from"), "{gone}");
        let back = told.iter().find(|(_, text)| text.starts_with("We hear"));
        let (back, _) = back.with_context(|| format!("{who}: {told:#?}"))?;
        ensure!((over..over + 2).contains(back), "{who}: {told:#?}");
        let others = usize::from(who == "released");
        assert_eq!(told.len(), 2 + others, "{who}: {told:#?}");
    }
    let told = place.told("released");
    let news = told.iter().find(|(_, text)| text.contains("was released"));
    let (hour, text) = news.with_context(|| format!("{told:#?}"))?;
    ensure!((over..over + 2).contains(hour), "{told:#?}");
    ensure!(text.contains("It may have happened well before"), "{text}");
    let codes = place.codes()?;
    let many = |code| {
        codes
            .iter()
            .find(|(of, _)| *of == code)
            .map(|(_, many)| *many)
    };
    assert_eq!(many(EventCode::FeedStale), Some(1), "{codes:?}");
    assert_eq!(many(EventCode::FeedRestored), Some(1), "{codes:?}");
    place.stop.send(true)?;
    Ok(())
}

#[test]
fn a_hub_that_was_off_for_22_days_says_how_old_its_news_is_and_calls_no_jail_dark()
-> anyhow::Result<()> {
    let _alone = CALENDAR.lock().unwrap_or_else(PoisonError::into_inner);
    let mut place = Place::make()?;
    let mut waiting: Vec<SealedBatch> = Vec::new();
    for day in 0..END {
        turn_to(place.at(day, 0));
        waiting.extend(place.jail.take(listed(day))?);
        if HOLE.contains(&day) {
            continue;
        }
        let batches = std::mem::take(&mut waiting);
        place.jail.send(batches, &place.hub.store)?;
        if day == 0 {
            place.register()?;
        }
        place.look(day, true)?;
    }
    for who in ["held", "gone"] {
        ensure!(place.told(who).is_empty(), "{who}: {:#?}", place.told(who));
    }
    let told = place.told("released");
    let [(hour, text)] = told.as_slice() else {
        anyhow::bail!("{told:#?}");
    };
    assert_eq!(*hour, HOLE.end * 24);
    let age = format!(
        "This was about {} days ago. We learned of it late.",
        HOLE.end - DAY
    );
    ensure!(
        text.contains("was released") && text.contains(&age),
        "{text}"
    );
    place.stop.send(true)?;
    Ok(())
}
