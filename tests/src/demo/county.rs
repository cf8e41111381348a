//! An invented county life: two jails and the state's prisons, with the software that each has.

pub mod jails;

use std::path::Path;
use std::time::Duration;

use crate::clock::{monotonic, pause};
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions};
use crate::mailbox::Mailbox;
use crate::program::{Program, Programs};
use crate::visitor::Visitor;
use anyhow::{Context as _, bail};
use jails::{
    AZALEA_PEOPLE, Azalea, CATALPA_PEOPLE, Catalpa, MDOC_PEOPLE, Mdoc, azalea_feeds, catalpa_feeds,
    mdoc_feeds,
};

/// How long everything may take to be there.
const START: Duration = Duration::from_secs(60);

/// An agency: identifier, name, and facilities by code and name.
type Agency = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// The three agencies.
const AGENCIES: [Agency; 3] = [
    (
        "DEMO-AZALEA",
        "Azalea County Sheriff (invented)",
        &[("DEMO-AZALEA-JAIL", "Azalea County Jail (invented)")],
    ),
    (
        "DEMO-CATALPA",
        "Catalpa County Sheriff (invented)",
        &[("DEMO-CATALPA-JAIL", "Catalpa County Jail (invented)")],
    ),
    (
        "DEMO-MDOC",
        "State corrections (invented)",
        &[
            ("DEMO-CYPRESS", "Cypress State Prison (invented)"),
            ("DEMO-MAGNOLIA", "Magnolia State Prison (invented)"),
        ],
    ),
];

/// Where the site and the mailbox are wanted.
pub const SITE_PORT: u16 = 8640;
/// Where the page with the mail is wanted.
pub const MAILBOX_PORT: u16 = 8641;

/// Everything that runs.
#[derive(Debug)]
pub struct County {
    /// The mail server.
    pub mailbox: Mailbox,
    /// The address of the page with the mail.
    pub mailbox_page: String,
    /// The hub.
    pub hub: HubHome,
    /// Somebody at the public site.
    pub visitor: Visitor,
    /// A jail with a booking database.
    pub azalea: Azalea,
    /// A jail with export folders.
    pub catalpa: Catalpa,
    /// The state's prisons.
    pub mdoc: Mdoc,
    running: Vec<Program>,
}

impl County {
    /// Makes the county's software with the people in it, starts the hub and three agents, and waits
    /// until everybody can be looked up. Where people are to open the pages, these are at the wanted
    /// ports if those are free.
    ///
    /// # Errors
    /// Returns which part did not start, and its log.
    pub fn start(
        folder: &Path,
        programs: &Programs,
        store: Option<&str>,
        is_open: bool,
    ) -> anyhow::Result<Self> {
        let mailbox = Mailbox::start()?;
        let wanted = |port: u16| is_open.then_some(port);
        let page = mailbox.show(([127, 0, 0, 1], wanted(MAILBOX_PORT).unwrap_or(0)).into())?;
        let options = HubOptions {
            store: store.map(str::to_owned),
            mail_port: Some(mailbox.port()),
            web_port: wanted(SITE_PORT),
            ..HubOptions::default()
        };
        let hub = HubHome::make(&folder.join("hub"), programs, &options)?;
        for (agency, name, facilities) in AGENCIES {
            hub.add_agency(agency, name, facilities)?;
        }
        let agents = [
            agent(folder, programs, "azalea", &azalea_feeds())?,
            agent(folder, programs, "catalpa", &catalpa_feeds())?,
            agent(folder, programs, "mdoc", &mdoc_feeds())?,
        ];
        let [azalea, catalpa, mdoc] = &agents;
        let azalea = Azalea::make(azalea.folder())?;
        let catalpa = Catalpa::make(catalpa.folder())?;
        let mdoc = Mdoc::make(mdoc.folder())?;
        let mut running = vec![hub.serve()?];
        for ((agency, ..), agent) in AGENCIES.iter().zip(&agents) {
            agent.enroll(&hub.token(agency)?)?;
            running.push(agent.start()?);
        }
        let county = Self {
            visitor: Visitor::new(hub.site()),
            mailbox_page: format!("http://{page}"),
            mailbox,
            hub,
            azalea,
            catalpa,
            mdoc,
            running,
        };
        county.wait_for_people()?;
        Ok(county)
    }

    /// Stops the agents and then the hub.
    ///
    /// # Errors
    /// Returns which did not end well.
    pub fn stop(self) -> anyhow::Result<()> {
        for program in self.running.into_iter().rev() {
            let log = program.log();
            let status = program.stop()?;
            if !status.success() {
                bail!("a program ended with {status}:\n{log}");
            }
        }
        Ok(())
    }

    /// Says whether every program still runs.
    ///
    /// # Errors
    /// Returns the log of one that does not.
    pub fn check(&mut self) -> anyhow::Result<()> {
        for program in &mut self.running {
            if let Some(status) = program.ended()? {
                bail!(
                    "a program ended by itself with {status}:\n{}",
                    program.log()
                );
            }
        }
        Ok(())
    }

    fn wait_for_people(&self) -> anyhow::Result<()> {
        let deadline = monotonic() + START;
        for [_, _, surname, _] in AZALEA_PEOPLE
            .iter()
            .chain(&CATALPA_PEOPLE)
            .chain(&MDOC_PEOPLE)
        {
            while self.visitor.look_up(surname)?.is_empty() {
                if monotonic() > deadline {
                    bail!("{surname} did not become known to the hub");
                }
                pause(Duration::from_millis(50));
            }
        }
        Ok(())
    }
}

fn agent(
    folder: &Path,
    programs: &Programs,
    name: &str,
    feeds: &[FeedHome],
) -> anyhow::Result<AgentHome> {
    AgentHome::make(&folder.join(name), programs, feeds)
}

/// Finds the program that is running: it is hub and agents as well.
///
/// # Errors
/// Returns the system's error.
pub fn programs() -> anyhow::Result<Programs> {
    let file = std::env::current_exe().context("failed to find this program's file")?;
    Ok(Programs::Together(file))
}
