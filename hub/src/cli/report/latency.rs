//! How soon what happened was told and confirmed, by facility: from the event's being durable at the hub.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::evidence::notary;
use super::Rows;
use crate::app;
use crate::config::Config;
use crate::evidence::certificate::{FacilityFigures, Spread};
use crate::notary::certify::{EVENTS_MAX, figures};
use crate::store::Store;
use crate::store::registry::timely;
use crate::vault::Vault;

/// Staff sees every registrant's notices anyhow, so that nothing is hidden here for being few.
const TOLD_MIN: usize = 1;

/// Measures what was seen as it happened within so many days.
pub(super) fn latency(
    config: &Config,
    (store, vault): (&Store, &Vault),
    (now, days): (Timestamp, u32),
) -> anyhow::Result<Rows> {
    let from = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))?;
    let seen = store.read_now("latency", move |tx| {
        timely::seen_anywhere(tx, (from, now), EVENTS_MAX)
    })?;
    if seen.len() >= EVENTS_MAX as usize {
        anyhow::bail!("there are {EVENTS_MAX} events or more in {days} days: give fewer --days");
    }
    let keys = app::open_evidence_keys(config)?;
    let found = figures(&notary(config, &keys, store, vault), seen, TOLD_MIN)?;
    Ok(Rows {
        header: vec![
            "facility",
            "events",
            "tried",
            "first_try_p50_ms",
            "first_try_p90_ms",
            "first_try_p99_ms",
            "first_try_worst_ms",
            "confirmed",
            "confirmed_p50_ms",
            "confirmed_p90_ms",
            "confirmed_p99_ms",
            "confirmed_worst_ms",
            "never_confirmed",
        ],
        rows: found.iter().map(row).collect(),
    })
}

fn row(facility: &FacilityFigures) -> Vec<Value> {
    let mut row = vec![
        facility.facility.as_str().into(),
        facility.durable.map_or(0, |durable| durable.count).into(),
    ];
    row.extend(spread(facility.told.first_tried));
    row.extend(spread(facility.told.confirmed));
    row.push(facility.told.never_confirmed.unwrap_or(0).into());
    row
}

/// Over how many, and p50, p90, p99 and the longest in milliseconds; nothing of nothing.
fn spread(spread: Option<Spread>) -> [Value; 5] {
    let Some(spread) = spread else {
        return [0.into(), Value::Null, Value::Null, Value::Null, Value::Null];
    };
    let Spread {
        count,
        p50_ms,
        p90_ms,
        p99_ms,
        max_ms,
    } = spread;
    [
        count.into(),
        p50_ms.into(),
        p90_ms.into(),
        p99_ms.into(),
        max_ms.into(),
    ]
}
