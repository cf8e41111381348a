//! December 2020 again: four Mississippi rosters that showed nobody for eleven days, and a jail that was
//! not heard for as long, through agents, hub, planner and vault under a clock of its own. And a hole of 22 days.

mod hole;
mod hub;
mod jail;

use std::collections::BTreeMap;
use std::sync::PoisonError;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use savin_hub::notification::fact::Disclosure;
use savin_hub::store::registry::{event, freshness, task};
use savin_hub::store::{Store, StoreError};
use savin_shared::event::EventCode;
use tokio::sync::watch;

use hub::{CALENDAR, Hub, turn_to};
use jail::Jail;

/// Between two looks of the hub, in minutes: it looks more often, and would see the same.
pub(crate) const STEP: i64 = 4;

/// The four that showed nobody, and one that nobody heard.
const JAILS: [(&str, usize, Trouble); 5] = [
    ("JAIL-A", 345, Trouble::Empty),
    ("JAIL-B", 466, Trouble::Empty),
    ("JAIL-C", 73, Trouble::Empty),
    ("JAIL-D", 31, Trouble::Empty),
    ("JAIL-E", 120, Trouble::Silent),
];

/// The trouble begins with the export of this day, and ends with that one.
const TROUBLE: std::ops::Range<i64> = 6..17;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Empty,
    Silent,
}

/// How many of a list are in the export of a day.
fn listed(day: i64, people: usize, trouble: Trouble) -> usize {
    let is_empty = trouble == Trouble::Empty && TROUBLE.contains(&day);
    if is_empty { 0 } else { people }
}

/// Whether an agent runs.
fn is_up(day: i64, trouble: Trouble) -> bool {
    trouble != Trouble::Silent || !TROUBLE.contains(&day)
}

/// When each jail was first called about, in minutes after the trouble began.
fn alarms(store: &Store, began: Timestamp) -> Result<BTreeMap<String, i64>, StoreError> {
    let ended = store.read_now("tasks", |tx| {
        let kind = Some(task::TaskKind::FeedStale);
        let mut tasks = task::ended(tx, kind, 100)?;
        tasks.extend(task::open_ones(tx, kind, 100)?);
        Ok(tasks)
    })?;
    let since = |at: Timestamp| at.duration_since(began).as_mins();
    let mut alarms = BTreeMap::new();
    for task in ended {
        let place = task
            .about
            .facility
            .map_or_else(String::new, |code| code.to_string());
        let first = alarms.entry(place).or_insert(i64::MAX);
        *first = since(task.opened_at).min(*first);
    }
    Ok(alarms)
}

#[test]
fn december_2020_calls_a_person_in_minutes_and_tells_victims_once_and_when_it_is_over()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let begin: Timestamp = "2020-12-01T12:00:00Z".parse()?;
    let _alone = CALENDAR.lock().unwrap_or_else(PoisonError::into_inner);
    turn_to(begin);
    let hub = Hub::start(folder.path())?;
    let (stop, stopped) = watch::channel(false);
    hub.plan(stopped)?;
    let mut jails = Vec::new();
    for (number, (code, ..)) in (1..).zip(JAILS) {
        let jail = Jail::new(number, code)?;
        hub.add(&jail)?;
        jails.push(jail);
    }
    let mut told: Vec<(i64, String, String)> = Vec::new();
    for day in 0..21 {
        for (jail, (_, people, trouble)) in jails.iter_mut().zip(JAILS) {
            if is_up(day, trouble) {
                let all = (0..listed(day, people, trouble)).map(|number| (number, "IN"));
                let batches = jail.take(all)?;
                jail.send(batches, &hub.store)?;
            }
        }
        if day == 0 {
            for (number, jail) in jails.iter().enumerate() {
                let disclosure = [Disclosure::Full, Disclosure::Discreet];
                let disclosure = *disclosure.get(number % 2).context("two")?;
                let email = format!("{}@home.example", jail.facility);
                for held in [1, 2] {
                    hub.register(jail, (held, &email), disclosure)?;
                }
            }
        }
        for step in 0..24 * 60 / STEP {
            let at = begin + SignedDuration::from_mins(day * 24 * 60 + step * STEP);
            turn_to(at);
            let up = jails.iter_mut().zip(JAILS);
            let up = up.filter(|(_, (_, _, trouble))| is_up(day, *trouble));
            hub.look(up.map(|(jail, _)| jail))?;
            if step % 15 == 0 {
                let hour = day * 24 + step * STEP / 60;
                told.extend(hub.carry()?.into_iter().map(|(to, text)| (hour, to, text)));
            }
        }
    }
    let began = begin + SignedDuration::from_hours(TROUBLE.start * 24);
    let alarms = alarms(&hub.store, began)?;
    for (code, ..) in JAILS {
        let minutes = alarms.get(code);
        let minutes = minutes.with_context(|| format!("nobody was called about {code}"))?;
        ensure!(
            (0..=20).contains(minutes),
            "{code}: called after {minutes} minutes"
        );
        told_twice(code, &told)?;
    }
    nothing_else_happened(&hub.store)?;
    let now = hub.store.read_now("freshness", freshness::all)?;
    ensure!(now.len() == JAILS.len() && now.iter().all(|known| known.told.is_none()));
    stop.send(true)?;
    Ok(())
}

/// Whoever asked for two people at a jail was told once that there is no word, and once that there is.
fn told_twice(code: &str, told: &[(i64, String, String)]) -> anyhow::Result<()> {
    let hers: Vec<_> = told
        .iter()
        .filter(|(_, to, _)| to.starts_with(code))
        .collect();
    let [(dark, _, gone), (back, _, again)] = hers.as_slice() else {
        anyhow::bail!("{code}: {hers:#?}");
    };
    let hours = |day: i64| day * 24;
    let (first, last) = (hours(TROUBLE.start) + 11, hours(TROUBLE.start) + 15);
    ensure!((first..last).contains(dark), "{code}: told in hour {dark}");
    let end = hours(TROUBLE.end);
    ensure!((end..end + 2).contains(back), "{code}: told in hour {back}");
    ensure!(gone.starts_with("We have had no word from"), "{gone}");
    ensure!(again.starts_with("We hear"), "{again}");
    Ok(())
}

/// Nobody was released, nobody was booked and nobody went missing: only the places were spoken of.
fn nothing_else_happened(store: &Store) -> anyhow::Result<()> {
    let codes = store.read_now("codes", event::count_by_code)?;
    let each = JAILS.len() as u64;
    let expected = [
        (EventCode::FeedStale, each),
        (EventCode::FeedRestored, each),
    ];
    ensure!(codes == expected, "{codes:?}");
    Ok(())
}
