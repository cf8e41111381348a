//! How quickly somebody is found and shown, and the evidence looked at.

use std::time::Duration;

use anyhow::ensure;
use savin_hub::names::words;
use savin_hub::store::conn::Tx;
use savin_hub::store::evidence::{Checked, check};
use savin_hub::store::registry::{SCHEMA, lookup, merge, record};
use savin_hub::store::{Store, StoreError, vault};
use savin_hub::web::status::Shown;
use savin_tests::clock::monotonic;
use savin_tests::dice::Dice;

use crate::SEED;
use crate::county::County;
use crate::hub::Place;
use crate::report::{Figure, Report, share};

/// People whom the public page shows, and one more to tell that there are more.
const PEOPLE_MAX: usize = 26;

/// Measures look-ups: by a number, by a name, and by a surname alone.
pub(crate) fn look_ups(
    place: &Place,
    county: &County,
    many: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let registry = Store::open(&place.store("registry"), &SCHEMA)?;
    for kind in ["number", "name", "surname alone"] {
        let mut dice = Dice::new(SEED ^ 0x100C);
        let (mut took, mut shown) = (Vec::with_capacity(many), 0);
        while took.len() < many {
            let subject = &county.written(dice.below(county.held()))?.record.subject;
            let typed = match (kind, &subject.state_id, &subject.name) {
                ("number", Some(number), _) => number.to_string(),
                ("name", _, Some(name)) => savin_hub::names::shown(name),
                ("surname alone", _, Some(name)) => name.surname.reveal().clone(),
                _ => continue,
            };
            let words = words(&typed);
            let begun = monotonic();
            let found = registry.read_now("look up", move |tx| status(tx, &words))?;
            took.push(begun.elapsed());
            shown += found;
        }
        ensure!(shown >= many, "{shown} shown in {many} look-ups");
        let millis = |permille| share(&took, permille).as_secs_f64() * 1e3;
        report.figure(&Figure {
            what: format!("status looked up by {kind}, p99"),
            value: millis(990),
            unit: "ms",
            goal: "2",
            beside: format!(
                "p50 {:.3} ms, p99.9 {:.3} ms; {:.1} people shown",
                millis(500),
                millis(999),
                shown as f64 / many as f64
            ),
        })?;
    }
    Ok(())
}

/// Reads what the public page of results reads, and returns of how many people.
fn status(tx: &mut Tx<'_>, words: &[String]) -> Result<usize, StoreError> {
    let persons = lookup::find(tx, words, PEOPLE_MAX)?;
    let persons = merge::current_of_each(tx, persons)?;
    let rows = record::of_persons(tx, &persons)?;
    Ok(Shown::load_each(tx, rows)?.len())
}

/// Measures how quickly every leaf of both logs is looked at.
pub(crate) fn evidence(place: &Place, report: &mut Report) -> anyhow::Result<()> {
    let registry = Store::open(&place.store("registry"), &SCHEMA)?;
    let vault = Store::open(&place.store("vault"), &vault::SCHEMA)?;
    for (name, store) in [("registry", registry), ("vault", vault)] {
        let begun = monotonic();
        let checked = store.read_now("check", check)?;
        let took = begun.elapsed();
        let Checked::Whole(end) = checked else {
            anyhow::bail!("the evidence of the {name} is not whole: {checked:?}");
        };
        let million = Duration::from_secs_f64(took.as_secs_f64() * 1e6 / end.size.max(1) as f64);
        report.figure(&Figure {
            what: format!(
                "evidence of the {name} checked, {} leaves, for a million",
                end.size
            ),
            value: million.as_secs_f64(),
            unit: "s",
            goal: "1",
            beside: format!("{:.3} s", took.as_secs_f64()),
        })?;
    }
    Ok(())
}
