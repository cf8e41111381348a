//! The two products: what is installed with each program, and what its packages say of it.

/// One program and everything that is installed with it.
#[derive(Debug)]
pub struct Product {
    /// The program, the package, the service and its user.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// And in a few.
    pub description: &'static [&'static str],
    /// The profile of Cargo that it is built with.
    pub profile: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its guide, in the repository.
    pub guide: &'static str,
    /// Examples, by the name of their file.
    pub examples: &'static [(&'static str, &'static str)],
    /// What lies in `/etc` and belongs to whoever runs the machine.
    pub configuration: &'static [(&'static str, &'static str)],
    /// Folders that it needs and that nobody else may enter.
    pub folders: &'static [(&'static str, u32)],
    /// What Debian's checker would complain of and is meant so, with the reason.
    pub overrides: &'static str,
    /// What its removal must not take along without being asked.
    pub purge: &'static str,
    /// Its commands.
    pub describe: fn() -> clap::Command,
}

/// Both.
pub static PRODUCTS: [Product; 2] = [
    Product {
        name: "savin-agent",
        summary: "streams a jail's custody changes to MDOC's victim notification hub",
        description: &[
            "A small program at a county jail watches the booking database or an export",
            "folder, signs what changes and sends it to the hub of Mississippi's statewide",
            "victim notification system. It never writes to the jail's data and holds no",
            "data about victims.",
        ],
        profile: "agent",
        unit: include_str!("../systemd/savin-agent.service"),
        guide: "agent/README.md",
        examples: &[
            ("agent.toml", include_str!("../config/agent.toml")),
            ("bookings.toml", include_str!("../config/bookings.toml")),
            ("movements.toml", include_str!("../config/movements.toml")),
            (
                "nyc-daily-roster.toml",
                include_str!("../mappings/nyc-daily-roster.toml"),
            ),
            (
                "local-export.conf",
                include_str!("../systemd/examples/local-export.conf"),
            ),
            (
                "smb-share.conf",
                include_str!("../systemd/examples/smb-share.conf"),
            ),
            (
                "home-folder.conf",
                include_str!("../systemd/examples/home-folder.conf"),
            ),
            (
                "only-the-hub.conf",
                include_str!("../systemd/examples/only-the-hub.conf"),
            ),
        ],
        configuration: &[("agent.toml", include_str!("../config/installed/agent.toml"))],
        folders: &[("etc/savin-agent/secrets", 0o700)],
        overrides: include_str!("../scripts/overrides-agent"),
        purge: include_str!("../scripts/purge-agent.sh"),
        describe: savin_agent::cli::describe,
    },
    Product {
        name: "savin-hub",
        summary: "keeps the statewide registry and tells registered victims what changes",
        description: &[
            "The program at MDOC takes in what the agents at the jails send, keeps the",
            "statewide registry of custody, finds who asked to be told, tells them, and",
            "serves the public site of Mississippi's victim notification system.",
        ],
        profile: "release",
        unit: include_str!("../systemd/savin-hub.service"),
        guide: "hub/README.md",
        examples: &[("hub.toml", include_str!("../config/hub.toml"))],
        configuration: &[],
        folders: &[("etc/savin-hub", 0o755)],
        overrides: "",
        purge: include_str!("../scripts/purge-hub.sh"),
        describe: savin_hub::cli::describe,
    },
];
