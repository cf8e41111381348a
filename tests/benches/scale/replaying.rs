//! How quickly a registry is made anew from its log, and that it is the same byte by byte.

use std::path::Path;

use anyhow::ensure;
use savin_hub::intake::replay::{Judging, verify};
use savin_hub::store::Store;
use savin_hub::store::registry::{SCHEMA, event};
use savin_tests::clock::{monotonic, processor};

use crate::county::{County, Said};
use crate::hub::Place;
use crate::measuring::{GROUP_DELTAS, ORDERS, apply, each};
use crate::report::{Figure, Report};

/// Grows the log to so many events, takes all of it again, and compares what comes of it.
pub(crate) fn replay(
    place: &Place,
    county: &mut County,
    (disk, events): (&Path, u64),
    report: &mut Report,
) -> anyhow::Result<()> {
    if events == 0 {
        return Ok(());
    }
    let live = Store::open(&place.store("registry"), &SCHEMA)?;
    let known = grow(&live, county, events, report)?;
    let fresh = Store::scratch(&disk.join("replayed.sqlite"), &SCHEMA)?;
    let (begun, busy) = (monotonic(), processor(std::process::id())?);
    let mut taken = begun;
    let judging = (&ORDERS, Judging::Again);
    let replayed = verify(&live, &fresh, judging, |_| taken = monotonic())?;
    let took = begun.elapsed().as_secs_f64();
    let busy = each(busy, usize::try_from(known)?)?;
    ensure!(
        replayed.differences.is_empty() && replayed.counted.erased == 0,
        "what was made anew differs: {:?}",
        replayed.differences
    );
    let rows: u64 = replayed.rows.iter().map(|(_, rows)| rows).sum();
    report.figure(&Figure {
        what: format!("log of {known} events taken again and compared, for a million"),
        value: took * 1e6 / known.max(1) as f64,
        unit: "s",
        goal: "60",
        beside: format!(
            "{took:.1} s, of which {:.1} s comparing {rows} rows, all equal; {busy:.0} µs of a core each",
            took - taken.duration_since(begun).as_secs_f64()
        ),
    })
}

/// Lets everybody go and come back in turn until there are so many events; returns how many there are.
fn grow(
    live: &Store,
    county: &mut County,
    events: u64,
    report: &mut Report,
) -> anyhow::Result<u64> {
    let held = county.held();
    for said in [Said::LetGo, Said::Back].into_iter().cycle() {
        let before = live.read_now("last", event::last)?.0;
        for from in (0..held).step_by(GROUP_DELTAS) {
            let known = u64::try_from(live.read_now("last", event::last)?.0)?;
            if known >= events {
                return Ok(known);
            }
            apply(
                live,
                county.batches(from..held.min(from + GROUP_DELTAS), said)?,
            )?;
        }
        let known = live.read_now("last", event::last)?.0;
        ensure!(
            known > before,
            "nothing comes of what is said: {known} events"
        );
        report.progress(&format!("{known} events"))?;
    }
    Ok(0)
}
