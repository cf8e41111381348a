//! What is installed beside the programs: example configurations, and profiles of known exports.
//!
//! The files lie in `config` and `mappings`; here they are as text, so that a test can hold them
//! against the programs that read them. `cargo run -p savin-packaging -- deb` and `-- rpm` build the
//! packages.

pub mod build;
pub mod deb;
pub mod pages;
pub mod product;
pub mod rpm;
pub mod tree;

/// An example of the agent's configuration.
pub const AGENT_CONFIG: &str = include_str!("../config/agent.toml");

/// Examples of the profiles that it names, by the name of their file.
pub const AGENT_PROFILES: [(&str, &str); 2] = [
    ("bookings.toml", include_str!("../config/bookings.toml")),
    ("movements.toml", include_str!("../config/movements.toml")),
];

/// An example of a feed from a database behind an ODBC driver.
pub const ODBC_CONFIG: &str = include_str!("../config/odbc.toml");

/// The agent's configuration as a package installs it: without a feed.
pub const INSTALLED_AGENT_CONFIG: &str = include_str!("../config/installed/agent.toml");

/// An example of the hub's configuration.
pub const HUB_CONFIG: &str = include_str!("../config/hub.toml");

/// Profiles of exports that are known, by the name of their file.
pub const MAPPINGS: [(&str, &str); 13] = [
    (
        "california-jms-release.toml",
        include_str!("../mappings/california-jms-release.toml"),
    ),
    (
        "crimestar-icde-xml.toml",
        include_str!("../mappings/crimestar-icde-xml.toml"),
    ),
    (
        "crimestar-icde.toml",
        include_str!("../mappings/crimestar-icde.toml"),
    ),
    (
        "html-roster.toml",
        include_str!("../mappings/html-roster.toml"),
    ),
    (
        "imacs-view.toml",
        include_str!("../mappings/imacs-view.toml"),
    ),
    (
        "incumbent-flat.toml",
        include_str!("../mappings/incumbent-flat.toml"),
    ),
    (
        "incumbent-transactions.toml",
        include_str!("../mappings/incumbent-transactions.toml"),
    ),
    (
        "jailtracker.toml",
        include_str!("../mappings/jailtracker.toml"),
    ),
    (
        "json-roster.toml",
        include_str!("../mappings/json-roster.toml"),
    ),
    (
        "niem-booking.toml",
        include_str!("../mappings/niem-booking.toml"),
    ),
    (
        "nyc-daily-roster.toml",
        include_str!("../mappings/nyc-daily-roster.toml"),
    ),
    (
        "odyssey-view.toml",
        include_str!("../mappings/odyssey-view.toml"),
    ),
    (
        "roster-page.toml",
        include_str!("../mappings/roster-page.toml"),
    ),
];
