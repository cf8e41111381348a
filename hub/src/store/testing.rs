//! Databases for tests, on both engines: `tests/run` starts the PostgreSQL server that they need.

use std::path::Path;

use super::Place;

/// The environment variable that names the PostgreSQL server of the tests.
pub const SERVER: &str = "SAVIN_TEST_POSTGRES";

/// Returns a fresh place on each engine; `name` must be the test's own.
///
/// # Panics
/// Panics when no PostgreSQL server was named: a test that is left out would look like one that
/// passed.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests call this")]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' server comes from their environment"
)]
pub fn places(folder: &Path, name: &str) -> [Place; 2] {
    let url = std::env::var(SERVER)
        .expect("SAVIN_TEST_POSTGRES names no server: run tests/run, which starts one");
    let process = std::process::id();
    let schema = format!("t_{name}_{process}").to_lowercase();
    [
        Place::File(folder.join(format!("{name}.sqlite"))),
        Place::Server { url, schema },
    ]
}
