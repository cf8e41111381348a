//! The whole corpus, and its table as the guide shows it.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::corpus::bulk::{self, Bulk};
use crate::corpus::damage::{self, Damage};
use crate::corpus::jail::{COUNTY, SIZES, Size};
use crate::corpus::run::{Base, Counts, decay, false_holds};
use crate::corpus::series;

/// How much of the corpus is run.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Damaged exports.
    pub damaged: u64,
    /// How many of each ten are of a jail of each size, the largest first.
    pub tenths: [u64; 3],
    /// True bulk days.
    pub bulk: u64,
    /// Jails of each size and way of telling releases, with a history of their own.
    pub bases: u64,
    /// Years of each kind of jail in long series of days; a twentieth of them of a large one.
    pub series: u64,
    /// Where chance begins.
    pub seed: u64,
}

impl Extent {
    /// Returns the sizes of the jails that are run.
    fn sizes(self) -> impl Iterator<Item = Size> {
        let sizes = SIZES.into_iter().zip(self.tenths);
        sizes
            .filter(|(_, tenths)| *tenths > 0)
            .map(|(size, _)| size)
    }
}

/// The corpus as it is published.
pub const WHOLE: Extent = Extent {
    damaged: 10_000,
    // Large jails are slow, and two in ten are enough of them.
    tenths: [2, 4, 4],
    bulk: 1_000,
    bases: 3,
    series: 400,
    seed: 20_261,
};

/// What the corpus came to.
#[derive(Debug, Default)]
pub struct Results {
    /// By the way of damage.
    pub damaged: BTreeMap<Damage, Counts>,
    /// The same by how large the jail is and whether it says releases, the largest last.
    pub sized: BTreeMap<(usize, bool), Counts>,
    /// By the kind of day.
    pub bulk: BTreeMap<Bulk, Counts>,
}

impl Results {
    /// Returns all of it together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.damaged.values().chain(self.bulk.values()) {
            total.add(counts);
        }
        total
    }
}

/// Runs the cases.
///
/// # Errors
/// Returns what the pipeline returns.
pub fn run(extent: Extent) -> anyhow::Result<Results> {
    let mut results = Results::default();
    for (size, tenths) in SIZES.into_iter().zip(extent.tenths) {
        if tenths == 0 {
            continue;
        }
        let kinds = 2 * extent.bases;
        for base_number in 0..kinds {
            let seed = extent.seed + base_number;
            let base = Base::new(size, base_number % 2 == 0, seed)?;
            let share = |all: u64| {
                let of_size = all * tenths / 10;
                (of_size * base_number / kinds)..(of_size * (base_number + 1) / kinds)
            };
            let case_seed = |number: u64| seed.wrapping_mul(1_000_003).wrapping_add(number);
            for (number, damage) in share(extent.damaged).zip(damage::ALL.iter().cycle()) {
                let counts = base.damage(*damage, case_seed(number))?;
                results.damaged.entry(*damage).or_default().add(&counts);
                let sized = (size.people, base_number % 2 == 0);
                results.sized.entry(sized).or_default().add(&counts);
            }
            for (number, bulk) in share(extent.bulk).zip(bulk::ALL.iter().cycle()) {
                let counts = base.bulk(*bulk, case_seed(number))?;
                results.bulk.entry(*bulk).or_default().add(&counts);
            }
        }
    }
    Ok(results)
}

/// Runs the whole corpus and prints its tables.
///
/// # Errors
/// Returns what the pipeline or the terminal returns.
pub fn publish(extent: Extent) -> anyhow::Result<()> {
    let results = run(extent)?;
    line(
        "| damaged export | cases | refused | held | something untrue passed unseen | untrue \
         \"no longer listed\" told | releases told that were none | wrong codes told, at most | \
         true releases lost |",
    )?;
    line("|---|---|---|---|---|---|---|---|---|")?;
    for (damage, counts) in &results.damaged {
        row(&format!("{damage:?}"), counts)?;
    }
    let mut all = Counts::default();
    results.damaged.values().for_each(|counts| all.add(counts));
    row("all", &all)?;
    for ((people, says_releases), counts) in &results.sized {
        let said = if *says_releases { "said" } else { "unsaid" };
        row(&format!("{people} people, releases {said}"), counts)?;
    }
    line("")?;
    line(
        "| true bulk day | cases | held | releases told that were none | told after a person | lost |",
    )?;
    line("|---|---|---|---|---|---|")?;
    for (bulk, counts) in &results.bulk {
        line(&format!(
            "| {bulk:?} | {} | {} | {} | {} | {} |",
            counts.cases, counts.held, counts.false_releases, counts.late, counts.lost
        ))?;
    }
    line("")?;
    years(extent)?;
    line("")?;
    series(extent)
}

/// Prints how often whole years without any damage are held for, by the whole pipeline.
fn years(extent: Extent) -> anyhow::Result<()> {
    line(
        "| jail | days a year on which something is held: releases unsaid / said | decaying by 5% a day | by 8% a day |",
    )?;
    line("|---|---|---|---|")?;
    for size in extent.sizes() {
        let mut years = Vec::new();
        for says_releases in [false, true] {
            let mut days = 0;
            for year in 0..extent.bases {
                let year = false_holds(size, says_releases, extent.seed + 100 + year)?;
                days += year.days_held;
            }
            years.push(per(days, extent.bases));
        }
        let decays = [50, 80].map(|per_mille| decays(size, per_mille, extent));
        let [slow, fast] = decays;
        line(&format!(
            "| {} | {} | {} | {} |",
            size.name,
            years.join(" / "),
            slow?,
            fast?
        ))?;
    }
    Ok(())
}

/// Prints how often absences are wrongly held in long series, and how soon decay is found.
fn series(extent: Extent) -> anyhow::Result<()> {
    line(
        "| jail, and whether it says releases | years | held a year for a day, for drift | decaying by 2% a day | by 5% | by 8% |",
    )?;
    line("|---|---|---|---|---|---|")?;
    for size in extent.sizes().chain([COUNTY]) {
        let years = if size.people > 1000 {
            extent.series / 20
        } else {
            extent.series
        };
        for says_releases in [false, true] {
            let (mass, drifts) = series::false_holds(size, says_releases, 0..years);
            let found = [20, 50, 80].map(|per_mille| {
                let found = series::found(size, says_releases, per_mille, 0..years.min(200));
                let middle = found
                    .middle
                    .map_or_else(|| "not half".to_owned(), |day| format!("day {day}"));
                format!("{middle}; {}%, {}%", found.within_12, found.within_28)
            });
            let said = if says_releases { "said" } else { "unsaid" };
            line(&format!(
                "| {}, {said} | {years} | {}, {} | {} |",
                size.name,
                per(mass, years),
                per(drifts, years),
                found.join(" | ")
            ))?;
        }
    }
    Ok(())
}

/// Writes how many of so many, with two decimals.
fn per(count: u64, of: u64) -> String {
    let hundredths = count * 100 / of.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Says after how many days decaying feeds were held.
fn decays(size: Size, per_mille: usize, extent: Extent) -> anyhow::Result<String> {
    let (mut days, mut never) = (Vec::new(), 0);
    for number in 0..extent.bases {
        let base = Base::new(size, number % 2 == 0, extent.seed + 200 + number)?;
        for seed in 0..5 {
            match decay(&base, per_mille, seed)? {
                Some(after) => days.push(after),
                None => never += 1,
            }
        }
    }
    days.sort_unstable();
    let middle = days.get(days.len() / 2);
    let middle = middle.map_or_else(|| "-".to_owned(), |day| format!("held on day {day}"));
    Ok(format!("{middle}, {never} of {} never", days.len() + never))
}

fn row(name: &str, counts: &Counts) -> anyhow::Result<()> {
    line(&format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
        counts.cases,
        counts.refused,
        counts.held,
        counts.missed,
        counts.untrue_absences,
        counts.false_releases,
        counts.wrong_codes_max,
        counts.lost
    ))
}

fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
