//! Runs the guard's corpus and prints the tables of `tests/README.md`. A number in place of 10,000 runs
//! so many damaged exports, and a tenth as many bulk days; numbers of people after it leave out jails of
//! other sizes, of which the large one takes most of the time.

use anyhow::ensure;
use savin_tests::corpus::jail::SIZES;
use savin_tests::corpus::table::{Extent, WHOLE, publish};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let damaged = match arguments.next() {
        Some(number) => number.parse()?,
        None => WHOLE.damaged,
    };
    let people = arguments.map(|people| Ok(people.parse()?));
    let people = people.collect::<anyhow::Result<Vec<usize>>>()?;
    let known = SIZES.map(|size| size.people);
    ensure!(
        people.iter().all(|people| known.contains(people)),
        "the jails have {known:?} people"
    );
    let mut tenths = WHOLE.tenths;
    for (tenths, size) in tenths.iter_mut().zip(SIZES) {
        if !people.is_empty() && !people.contains(&size.people) {
            *tenths = 0;
        }
    }
    publish(Extent {
        damaged,
        bulk: damaged / 10,
        tenths,
        ..WHOLE
    })
}
