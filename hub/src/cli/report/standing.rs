//! Reports about how things stand: notices that nobody took, feeds, and the agencies' daily tests.

use jiff::{SignedDuration, Timestamp};

use super::super::canary;
use super::{ROWS_MAX, Rows, shown, time};
use crate::config::Config;
use crate::freshness::canary::Canary;
use crate::freshness::{Hearing, hearing};
use crate::store::Store;
use crate::store::registry::feed;
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};

/// Notices that were planned more than so many hours ago, and that no channel has taken.
pub(super) fn undelivered(
    store: &Store,
    vault: &Vault,
    (now, hours): (Timestamp, u32),
) -> anyhow::Result<Rows> {
    let before = now.checked_sub(SignedDuration::from_hours(i64::from(hours)))?;
    let command = StaffCommand::Undelivered {
        before,
        limit: ROWS_MAX,
    };
    let Answer::Staff(StaffAnswer::Notices(notices)) = vault.handle(Command::Staff(command))?
    else {
        anyhow::bail!("the vault gave another answer");
    };
    let positions: Vec<_> = notices.iter().map(|notice| notice.event).collect();
    let facilities = store.read_now("facilities", move |tx| {
        let mut facilities = Vec::with_capacity(positions.len());
        for position in &positions {
            let event = position.map(|at| shown(tx, at)).transpose()?.flatten();
            facilities.push(event.map(|event| event.place().to_owned()));
        }
        Ok(facilities)
    })?;
    let rows = notices.iter().zip(facilities).map(|(notice, facility)| {
        vec![
            facility.into(),
            time(notice.planned_at),
            notice.about.clone().into(),
            notice.event.map(|event| event.0).into(),
            notice.registrant.to_string().into(),
            notice.channel.to_string().into(),
            notice.state.clone().into(),
            notice.attempts.into(),
            notice.outcome.clone().into(),
        ]
    });
    Ok(Rows {
        header: vec![
            "facility",
            "planned",
            "event",
            "event_position",
            "registrant",
            "channel",
            "state",
            "tries",
            "outcome",
        ],
        rows: rows.collect(),
    })
}

/// Feeds that are not heard from, or whose changes are held.
pub(super) fn feeds(store: &Store, now: Timestamp) -> anyhow::Result<Rows> {
    let feeds = store.read_now("feeds", feed::all)?;
    let mut rows = Vec::new();
    for feed in &feeds {
        let is_silent = matches!(hearing(Some(feed.heard_at), now), Hearing::Silent(_));
        if !is_silent && feed.held.is_none() {
            continue;
        }
        rows.push(vec![
            feed.facility.as_str().into(),
            feed.feed.clone().into(),
            if is_silent { "silent" } else { "held" }.into(),
            time(feed.heard_at),
            feed.as_of.map(time).into(),
            feed.listed.into(),
            feed.held.clone().into(),
        ]);
    }
    Ok(Rows {
        header: vec![
            "facility", "feed", "state", "heard", "as_of", "listed", "held",
        ],
        rows,
    })
}

/// Daily tests of agencies that did not come out in their time.
pub(super) fn canaries(config: &Config, store: &Store, vault: &Vault) -> anyhow::Result<Rows> {
    let mut rows = Vec::new();
    if let Some(line) = &config.canary {
        for tested in canary::all(store, vault, line)? {
            if !matches!(tested.canary, Canary::Late(_)) {
                continue;
            }
            rows.push(vec![
                tested.facility.as_ref().map(ToString::to_string).into(),
                tested.agency.to_string().into(),
                tested.agent.to_string().into(),
                tested.canary.as_str().into(),
                tested.made_at.map(time).into(),
                tested.came.and_then(|came| came.told_at).map(time).into(),
                tested.canary.due().map(time).into(),
            ]);
        }
    }
    Ok(Rows {
        header: vec![
            "facility",
            "agency",
            "agent",
            "state",
            "made",
            "came_out",
            "expected_by",
        ],
        rows,
    })
}
