//! The measurement as the table of `tests/README.md`.

use savin_hub::store::Place;

use super::measuring::{Counts, Extent, Registry};
use super::writing::Known;

/// What the records of each measurement have, with its name in the table.
const KINDS: [(Known, &str); 3] = [
    (Known::Numbers, "numbers"),
    (Known::NameAndBirth, "name and birth date"),
    (Known::Name, "name alone"),
];

/// Measures each kind and prints its row; on the server where one is named, else in a file each.
///
/// # Errors
/// Returns an error when a database refuses.
#[expect(clippy::print_stdout, reason = "the table is the program's product")]
pub fn publish(extent: Extent, server: Option<&str>) -> anyhow::Result<()> {
    println!(
        "| records have | persons | records | precision | wrong | recall | with a number in common | asked \
         of staff | the right one shown | p50 | p99 | p99.9 | of a core |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for (known, name) in KINDS {
        let folder = tempfile::tempdir()?;
        let place = match server {
            Some(url) => Place::Server {
                url: url.to_owned(),
                schema: format!("population_{known:?}").to_lowercase(),
            },
            None => Place::File(folder.path().join("registry.sqlite")),
        };
        let counts = Registry::fill(&place, extent, known)?.measure(extent, known)?;
        println!("{}", row(name, extent, &counts));
    }
    Ok(())
}

fn row(name: &str, extent: Extent, counts: &Counts) -> String {
    let millis = |many| counts.per_mille(many).as_secs_f64() * 1_000.0;
    format!(
        "| {name} | {} | {} | {:.5} | {} of {} | {:.3} | {:.3} | {:.1}% | {} of {} | {:.2} ms | {:.2} ms | \
         {:.2} ms | {:.3} ms |",
        extent.persons,
        extent.records,
        counts.precision(),
        counts.wrong,
        counts.right + counts.wrong,
        counts.recall(),
        counts.numbered_recall(),
        100.0 * counts.asked as f64 / extent.records.max(1) as f64,
        counts.asked_right,
        counts.asked,
        millis(500),
        millis(990),
        millis(999),
        counts.busy.as_secs_f64() * 1_000.0 / extent.records.max(1) as f64,
    )
}
