//! A sample of the guard's corpus: what must never pass does not, and what is true is not lost.

use savin_tests::corpus::jail::SIZES;
use savin_tests::corpus::run::{Base, decay, false_holds};
use savin_tests::corpus::series;
use savin_tests::corpus::table::{Extent, run};

/// How many explicit releases within ten minutes are believed of a jail that seldom has any.
const BREAKER: u64 = 20;

#[test]
fn no_damage_is_told_as_a_release_and_no_release_is_lost() -> anyhow::Result<()> {
    let results = run(Extent {
        damaged: 500,
        // A large jail takes minutes: the whole corpus has it.
        tenths: [0, 5, 5],
        bulk: 40,
        bases: 1,
        series: 0,
        seed: 7,
    })?;
    let total = results.total();
    assert_eq!(total.cases, 540);
    for (damage, counts) in &results.damaged {
        assert_eq!(counts.false_releases, 0, "{damage:?}: {counts:?}");
        assert_eq!(counts.lost, 0, "{damage:?}: {counts:?}");
        assert!(counts.wrong_codes_max <= BREAKER, "{damage:?}: {counts:?}");
    }
    for (bulk, counts) in &results.bulk {
        assert_eq!(
            (counts.false_releases, counts.lost),
            (0, 0),
            "{bulk:?}: {counts:?}"
        );
    }
    // The corpus does damage, and there are releases in it to be lost.
    assert!(total.refused > 100 && total.held > 100, "{total:?}");
    assert!(total.late > 100, "{total:?}");
    Ok(())
}

#[test]
fn an_ordinary_year_of_a_small_jail_asks_nobody_often() -> anyhow::Result<()> {
    let [_, median, small] = SIZES;
    for size in [median, small] {
        for says_releases in [false, true] {
            let year = false_holds(size, says_releases, 3)?;
            assert!(year.days_held <= 6, "{}: {year:?}", size.name);
        }
    }
    Ok(())
}

#[test]
fn a_feed_that_decays_is_held_within_weeks() -> anyhow::Result<()> {
    let [_, median, small] = SIZES;
    for size in [median, small] {
        let base = Base::new(size, true, 5)?;
        for seed in 0..3 {
            let held = decay(&base, 50, seed)?;
            assert!(held.is_some(), "{}, seed {seed}", size.name);
        }
    }
    Ok(())
}

#[test]
fn most_decaying_feeds_are_found_and_few_ordinary_years_are_held_for() {
    let [_, median, small] = SIZES;
    // A jail of ten that says no releases loses one in four days: half of one a day more takes longest.
    let (median_most, small_most) = (95, 60);
    for (size, most) in [(median, median_most), (small, small_most)] {
        for says_releases in [false, true] {
            let found = series::found(size, says_releases, 50, 0..60);
            assert!(found.within_28 >= most, "{}: {found:?}", size.name);
            let (mass, drifts) = series::false_holds(size, says_releases, 0..40);
            assert!(
                drifts <= 40 && mass <= 40,
                "{}: {mass}, {drifts}",
                size.name
            );
        }
    }
}
