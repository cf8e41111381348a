//! How quickly what agents say is applied, and matched with those who asked.

use std::ops::Range;
use std::time::Duration;

use anyhow::ensure;
use savin_hub::intake::batches::{Outcome, take};
use savin_hub::intake::{Moment, Opened};
use savin_hub::store::Store;
use savin_hub::store::registry::expunged::OrderKey;
use savin_tests::clock::{monotonic, processor, wall};

use crate::county::{County, Said};
use crate::hub::{Hub, Place, random};
use crate::report::{Figure, Report};

/// Deltas of one transaction, as the hub's writer groups them.
pub(crate) const GROUP_DELTAS: usize = 2_000;

/// By what expunged records are known again, of which there are none.
pub(crate) const ORDERS: OrderKey = OrderKey::new([9; 32]);

/// Bookings after which it is said how quickly they were applied.
const CHUNK: usize = 50_000;

/// Applies the first rosters, and reports how quickly the first and the last of them were.
pub(crate) fn bookings(
    hub: &Hub,
    county: &mut County,
    of: Range<usize>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (mut rates, busy) = (Vec::new(), processor(std::process::id())?);
    let mut from = of.start;
    while from < of.end {
        let to = of.end.min(from + CHUNK);
        let mut took = Duration::ZERO;
        for first in (from..to).step_by(GROUP_DELTAS) {
            let batches = county.batches(first..to.min(first + GROUP_DELTAS), Said::Listed)?;
            took += apply(&hub.registry, batches)?;
            hub.wake();
        }
        let rate = (to - from) as f64 / took.as_secs_f64();
        rates.push(rate);
        report.progress(&format!("{to} booked, {rate:.0}/s"))?;
        from = to;
    }
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else {
        return Ok(());
    };
    let busy = each(busy, of.len())?;
    report.figure(&Figure {
        what: format!(
            "first rosters of {} people applied, the last {CHUNK}",
            of.len()
        ),
        value: *last,
        unit: "deltas/s",
        goal: "",
        beside: format!(
            "{:.2} of the first {CHUNK}; {busy:.0} µs of a core each, sealed and opened too",
            last / first
        ),
    })
}

/// Applies and matches releases, of which so many notices must come, and returns what one cost.
pub(crate) fn changes(
    place: &Place,
    county: &mut County,
    (of, registrations, told): (Range<usize>, usize, u64),
    report: &mut Report,
) -> anyhow::Result<Duration> {
    let hub = Hub::open(place)?;
    let many = of.len();
    let groups = of
        .clone()
        .step_by(GROUP_DELTAS)
        .map(|first| county.batches(first..of.end.min(first + GROUP_DELTAS), Said::LetGo))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let before = hub.notices()?;
    let (begun, busy) = (monotonic(), processor(std::process::id())?);
    let mut applying = Duration::ZERO;
    for batches in groups {
        applying += apply(&hub.registry, batches)?;
        hub.wake();
    }
    hub.plan_all()?;
    let (took, busy) = (begun.elapsed(), each(busy, many)?);
    let notices = hub.notices()? - before;
    hub.close()?;
    ensure!(
        notices == told,
        "{many} releases made {notices} notices, and not {told}"
    );
    let rate = |took: Duration| many as f64 / took.as_secs_f64();
    report.figure(&Figure {
        what: format!("releases applied and matched, {registrations} registrations"),
        value: rate(took),
        unit: "deltas/s",
        goal: "5,000",
        beside: format!(
            "applied alone {:.0}/s; {busy:.0} µs of a core each; {notices} notices",
            rate(applying)
        ),
    })?;
    Ok(took / u32::try_from(many)?)
}

/// Returns for how many microseconds each of so many has kept a core busy since.
pub(crate) fn each(since: Duration, many: usize) -> anyhow::Result<f64> {
    let busy = processor(std::process::id())?.saturating_sub(since);
    Ok(busy.as_secs_f64() * 1e6 / many.max(1) as f64)
}

/// Takes batches as the hub's writer does, in one durable transaction.
pub(crate) fn apply(registry: &Store, batches: Vec<Opened>) -> anyhow::Result<Duration> {
    let moment = Moment {
        now: wall(),
        random,
        orders: ORDERS,
    };
    let begun = monotonic();
    let outcomes = registry.write_now("intake", move |tx| take(tx, &batches, moment))?;
    let took = begun.elapsed();
    let refused = outcomes
        .iter()
        .find(|outcome| !matches!(outcome, Outcome::Durable { .. }));
    ensure!(refused.is_none(), "refused: {refused:?}");
    Ok(took)
}
