//! One hub, one agency with one jail, one mailbox, and an agent with the feeds that a test needs.

use std::path::Path;

use savin_hub::ids::PersonId;

use crate::home::{AgentHome, FeedHome, HubHome, HubOptions};
use crate::mailbox::Mailbox;
use crate::program::{Program, Programs};
use crate::tail::Tail;

/// The agency.
pub const AGENCY: &str = "TEST";

/// Its one facility.
pub const FACILITY: &str = "TEST-JAIL";

/// What runs.
#[derive(Debug)]
pub struct Stage {
    /// The mail server.
    pub mailbox: Mailbox,
    /// The hub.
    pub hub: HubHome,
    /// The agent, enrolled.
    pub agent: AgentHome,
    /// The running hub; first, so that it is still there when the agent says goodbye.
    pub serving: Program,
    /// The running agent.
    pub watching: Program,
}

impl Stage {
    /// Makes and starts everything in a folder; mail goes to the mailbox unless the options name
    /// another server.
    ///
    /// # Errors
    /// Returns which part did not start, and its log.
    pub fn set(
        folder: &Path,
        programs: &Programs,
        options: HubOptions,
        feeds: &[FeedHome],
    ) -> anyhow::Result<Self> {
        let facilities = [(FACILITY, "Test County Jail")];
        Self::set_with(folder, programs, options, &facilities, feeds)
    }

    /// The same, for an agency with these facilities.
    ///
    /// # Errors
    /// Returns which part did not start, and its log.
    pub fn set_with(
        folder: &Path,
        programs: &Programs,
        options: HubOptions,
        facilities: &[(&str, &str)],
        feeds: &[FeedHome],
    ) -> anyhow::Result<Self> {
        let mailbox = Mailbox::start()?;
        let options = HubOptions {
            mail_port: options.mail_port.or(Some(mailbox.port())),
            ..options
        };
        let hub = HubHome::make(&folder.join("hub"), programs, &options)?;
        hub.add_agency(AGENCY, "Test County Sheriff", facilities)?;
        let agent = AgentHome::make(&folder.join("agent"), programs, feeds)?;
        let serving = hub.serve()?;
        agent.enroll(&hub.token(AGENCY)?)?;
        let watching = agent.start()?;
        Ok(Self {
            mailbox,
            hub,
            agent,
            serving,
            watching,
        })
    }

    /// Follows the registry from its beginning.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn tail(&self) -> anyhow::Result<Tail> {
        Ok(Tail::new(self.hub.registry()?))
    }

    /// Registers an address for a person, as staff would.
    ///
    /// # Errors
    /// Returns why the vault refused.
    pub fn register(&self, email: &str, person: PersonId) -> anyhow::Result<()> {
        self.hub.register(email, person)
    }

    /// Stops agent and hub.
    ///
    /// # Errors
    /// Returns which did not end well.
    pub fn strike(self) -> anyhow::Result<()> {
        for program in [self.watching, self.serving] {
            let log = program.log();
            let status = program.stop()?;
            anyhow::ensure!(status.success(), "a program ended with {status}:\n{log}");
        }
        Ok(())
    }
}
