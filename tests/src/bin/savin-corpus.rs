//! Runs the guard's corpus and prints the tables of `tests/README.md`. A number in place of 10,000 runs
//! so many damaged exports, and a tenth as many bulk days.

use savin_tests::corpus::table::{Extent, WHOLE, publish};

fn main() -> anyhow::Result<()> {
    let damaged = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => WHOLE.damaged,
    };
    publish(Extent {
        damaged,
        bulk: damaged / 10,
        ..WHOLE
    })
}
