//! Measures on generated people how well the hub tells persons apart, and prints the table of
//! `tests/README.md`: `savin-population [PERSONS [RECORDS [POSTGRES-URL]]]`.

use savin_tests::population::measuring::Extent;
use savin_tests::population::table::publish;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(Ok(default), |number| number.parse())
    };
    let (persons, records) = (number(1_000_000)?, number(50_000)?);
    let extent = Extent {
        persons,
        records,
        seed: 2026,
    };
    publish(extent, arguments.next().as_deref())
}
