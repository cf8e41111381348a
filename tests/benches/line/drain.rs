//! A hundred thousand deltas that a month without the hub has left, over either transport.

use std::path::Path;

use savin_tests::drain::drain;
use savin_tests::program::Programs;

use crate::table::Table;

/// Exports, and the people in each.
const MONTH: (i32, usize) = (10, 10_000);

/// Measures.
pub(crate) fn measure(folder: &Path, programs: &Programs, table: &mut Table) -> anyhow::Result<()> {
    for transport in ["quic", "tls"] {
        let drained = drain(&folder.join(transport), programs, transport, MONTH)?;
        table.row(
            &format!("a month without the hub drained over {transport}"),
            &format!("{:.1} s", drained.sending.as_secs_f64()),
            "5 min",
            &format!(
                "{} deltas, {:.1} s with dialling",
                drained.deltas,
                drained.took.as_secs_f64()
            ),
        )?;
    }
    Ok(())
}
