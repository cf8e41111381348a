//! The products: what is installed with each program, and what its packages say of it.

/// One program and everything that is installed with it.
#[derive(Debug)]
pub struct Product {
    /// The package.
    pub name: &'static str,
    /// The program in it.
    pub program: &'static str,
    /// The crate that it is built from, and the feature that only it needs.
    pub source: (&'static str, Option<&'static str>),
    /// Where the program is installed.
    pub folder: &'static str,
    /// Another of these packages, without which it is of no use; in the same version.
    pub needs: Option<&'static str>,
    /// What it is, in a line.
    pub summary: &'static str,
    /// And in a few.
    pub description: &'static [&'static str],
    /// The profile of Cargo that it is built with.
    pub profile: &'static str,
    /// How it runs by itself; none for what another program starts.
    pub service: Option<Service>,
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
    /// Its commands; none where it is no program for people.
    pub describe: Option<fn() -> clap::Command>,
}

/// A service, named like the package, with a user of that name.
#[derive(Debug)]
pub struct Service {
    /// Its unit.
    pub unit: &'static str,
    /// What its user is called.
    pub title: &'static str,
    /// Folders of its user alone.
    pub state: &'static [&'static str],
    /// What its removal must not take along without being asked.
    pub purge: &'static str,
}

/// Each of them.
pub static PRODUCTS: [Product; 3] = [
    Product {
        name: "savin-agent",
        program: "savin-agent",
        source: ("savin-agent", None),
        folder: "usr/bin",
        needs: None,
        summary: "streams a jail's custody changes to MDOC's victim notification hub",
        description: &[
            "A small program at a county jail watches the booking database or an export",
            "folder, signs what changes and sends it to the hub of Mississippi's statewide",
            "victim notification system. It never writes to the jail's data and holds no",
            "data about victims.",
        ],
        profile: "agent",
        service: Some(Service {
            unit: include_str!("../systemd/savin-agent.service"),
            title: "SAVIN agent",
            state: &["/var/lib/savin-agent"],
            purge: include_str!("../scripts/purge-agent.sh"),
        }),
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
        describe: Some(savin_agent::cli::describe),
    },
    Product {
        name: "savin-agent-odbc",
        program: "savin-odbc",
        source: ("savin-agent", Some("odbc")),
        folder: "usr/libexec/savin-agent",
        needs: Some("savin-agent"),
        summary: "lets the SAVIN agent read booking databases through ODBC drivers",
        description: &[
            "The helper of the SAVIN agent for databases that it cannot ask by itself:",
            "SQL Server, Access, Oracle, DB2, FoxPro and whatever else has a driver for",
            "ODBC. It is a process of its own, so that a driver that crashes or hangs",
            "does not take the agent along. The driver itself is not part of it.",
        ],
        profile: "agent",
        service: None,
        guide: "agent/README.md",
        examples: &[
            ("odbc.toml", include_str!("../config/odbc.toml")),
            (
                "odbc-driver.conf",
                include_str!("../systemd/examples/odbc-driver.conf"),
            ),
        ],
        configuration: &[],
        folders: &[],
        overrides: "",
        describe: None,
    },
    Product {
        name: "savin-hub",
        program: "savin-hub",
        source: ("savin-hub", None),
        folder: "usr/bin",
        needs: None,
        summary: "keeps the statewide registry and tells registered victims what changes",
        description: &[
            "The program at MDOC takes in what the agents at the jails send, keeps the",
            "statewide registry of custody, finds who asked to be told, tells them, and",
            "serves the public site of Mississippi's victim notification system.",
        ],
        profile: "release",
        service: Some(Service {
            unit: include_str!("../systemd/savin-hub.service"),
            title: "SAVIN hub",
            state: &["/var/lib/savin-hub", "/var/lib/savin-hub-keys"],
            purge: include_str!("../scripts/purge-hub.sh"),
        }),
        guide: "hub/README.md",
        examples: &[("hub.toml", include_str!("../config/hub.toml"))],
        configuration: &[],
        folders: &[("etc/savin-hub", 0o755)],
        overrides: "",
        describe: Some(savin_hub::cli::describe),
    },
];
