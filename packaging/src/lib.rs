//! What is installed beside the programs: example configurations, and profiles of known exports.
//!
//! The files lie in `config` and `mappings`; here they are as text, so that a test can hold them
//! against the programs that read them, and a build of a package can carry them along.

/// An example of the agent's configuration.
pub const AGENT_CONFIG: &str = include_str!("../config/agent.toml");

/// An example of the profile that it names.
pub const AGENT_PROFILE: &str = include_str!("../config/bookings.toml");

/// An example of the hub's configuration.
pub const HUB_CONFIG: &str = include_str!("../config/hub.toml");

/// Profiles of exports that are known, by the name of their file.
pub const MAPPINGS: [(&str, &str); 1] = [(
    "nyc-daily-roster.toml",
    include_str!("../mappings/nyc-daily-roster.toml"),
)];
