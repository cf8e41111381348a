//! Homes of the real programs: a folder with a configuration, in which a program is started.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use savin_hub::config::Config;
use savin_hub::ids::PersonId;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::contact::Contact;
use savin_hub::store::Store;
use savin_hub::store::vault::SCHEMA as VAULT;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{Choices, Command, StaffCommand, Subscribed};
use savin_shared::world::World;

use crate::ports;
use crate::program::{Program, Programs, run, run_with};

/// How long a program may take to start.
const START: Duration = Duration::from_secs(60);

/// What differs from hub to hub.
#[derive(Debug, Clone, Default)]
pub struct HubOptions {
    /// A database server; without one, files beside the configuration.
    pub store: Option<String>,
    /// The mail server's port on this machine; without one, nothing is sent.
    pub mail_port: Option<u16>,
    /// How many messages the mail server is handed at once; the usual number without one.
    pub mails_at_once: Option<u32>,
    /// Whether the hub signs its mail.
    pub signs: bool,
    /// The Maildir in which the hub finds what came back to `bounce@information.example`, if it reads any.
    pub returns: Option<PathBuf>,
    /// Where the public site is wanted; any free port where that one is taken.
    pub web_port: Option<u16>,
    /// Where somebody goes who leaves the site at once; the usual place without one.
    pub leave_url: Option<String>,
    /// What tokens tell agents to dial; where the hub listens without one.
    pub dialled: Option<SocketAddr>,
    /// How long agents' certificates last, such as `20s`; the usual time without one.
    pub certificate_life: Option<&'static str>,
    /// The monitored line at which the agencies' daily tests come out, if there is one.
    pub canary: Option<&'static str>,
    /// Who is on duty at every hour, as duty officer, by an address; nobody without one.
    pub duty: Option<&'static str>,
    /// The printer of the hub's letters, by its address, if the hub makes letters.
    pub letters: Option<String>,
}

/// A hub's home.
#[derive(Debug)]
pub struct HubHome {
    folder: PathBuf,
    programs: Programs,
    site: String,
    /// Where agents reach it.
    pub agents: SocketAddr,
}

impl HubHome {
    /// Makes a home with a configuration.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn make(folder: &Path, programs: &Programs, options: &HubOptions) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).context("failed to make the hub's folder")?;
        let web = ports::preferring(options.web_port)?;
        let agents = ports::free()?;
        let site = format!("http://{web}");
        let dialled = options.dialled.unwrap_or(agents);
        let life = options.certificate_life.map_or_else(String::new, |life| {
            format!("certificate_life = \"{life}\"\n")
        });
        let mut config = format!(
            "data = \"data\"\n\n[agents]\nlisten = \"{agents}\"\naddresses = [\"{dialled}\"]\n{life}\n\
             [web]\nlisten = \"{web}\"\nurl = \"{site}\"\nphone = \"1-800-555-0100\"\n"
        );
        if let Some(url) = &options.leave_url {
            writeln!(config, "leave_url = \"{url}\"")?;
        }
        if let Some(url) = &options.store {
            write!(
                config,
                "\n[store]\nregistry = \"{url}\"\nvault = \"{url}\"\n"
            )?;
        }
        if let Some(port) = options.mail_port {
            write!(
                config,
                "\n[email]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
                 from = \"notice@information.example\"\n"
            )?;
            if let Some(many) = options.mails_at_once {
                writeln!(config, "at_once = {many}")?;
            }
        }
        if options.signs {
            config.push_str("\n[email.dkim]\nselector = \"savin1\"\nkey = \"dkim.pem\"\n");
        }
        if let Some(maildir) = &options.returns {
            write!(
                config,
                "\n[email.returns]\naddress = \"bounce@information.example\"\nmaildir = \"{}\"\n",
                maildir.display()
            )?;
        }
        if let Some(printer) = &options.letters {
            write!(
                config,
                "\n[letters]\nsender = [\"PO Box 100\", \"Jackson MS 39205\"]\nprinter = \"{printer}\"\n\
                 [letters.post]\nmailer = \"123456\"\nservice = \"040\"\n"
            )?;
        }
        if let Some(email) = options.duty {
            write!(
                config,
                "\n[[duty.shifts]]\nlevel = \"duty-officer\"\nname = \"lead\"\nemail = \"{email}\"\n"
            )?;
        }
        if let Some(email) = options.canary {
            write!(config, "\n[canary]\nemail = \"{email}\"\n")?;
        }
        std::fs::write(folder.join("hub.toml"), config).context("failed to write hub.toml")?;
        let home = Self {
            folder: folder.to_owned(),
            programs: programs.clone(),
            site,
            agents,
        };
        if options.signs {
            home.cli(&["mail", "dkim", "--make"])?;
        }
        Ok(home)
    }

    /// Returns the address of the public site.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// Runs one of the hub's commands and returns what it printed.
    ///
    /// # Errors
    /// Returns what it complained about.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.programs.hub();
        command
            .arg("--config")
            .arg(self.config_file())
            .args(arguments);
        run(command).with_context(|| format!("savin-hub {}", arguments.join(" ")))
    }

    /// Starts a command and returns while it runs.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn cli_started(&self, arguments: &[&str]) -> anyhow::Result<Program> {
        let mut command = self.programs.hub();
        command
            .arg("--config")
            .arg(self.config_file())
            .args(arguments);
        Program::start(command, None)
    }

    /// The same, with what is typed at its standard input.
    ///
    /// # Errors
    /// Returns what it complained about.
    pub fn cli_with(&self, arguments: &[&str], typed: &str) -> anyhow::Result<String> {
        let mut command = self.programs.hub();
        command
            .arg("--config")
            .arg(self.config_file())
            .args(arguments);
        run_with(command, typed).with_context(|| format!("savin-hub {}", arguments.join(" ")))
    }

    /// Starts the hub and waits until it serves.
    ///
    /// # Errors
    /// Returns its log when it does not start.
    pub fn serve(&self) -> anyhow::Result<Program> {
        self.serve_logging("info")
    }

    /// The same, with the level at which it logs.
    ///
    /// # Errors
    /// Returns its log when it does not start.
    pub fn serve_logging(&self, level: &str) -> anyhow::Result<Program> {
        let mut command = self.programs.hub();
        command.arg("--config").arg(self.config_file());
        command.args(["--log", level, "serve"]);
        let program = Program::start(command, Some(&self.folder.join("hub.log")))?;
        program.wait_for("Hub started", START)?;
        Ok(program)
    }

    /// Adds an agency with facilities that are not in the shipped list.
    ///
    /// # Errors
    /// Returns what the command complained about.
    pub fn add_agency(
        &self,
        agency: &str,
        name: &str,
        facilities: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let facilities: Vec<String> = facilities
            .iter()
            .map(|(code, name)| format!("{code}={name}"))
            .collect();
        let mut arguments = vec!["agency", "add", agency, "--name", name];
        for facility in &facilities {
            arguments.extend(["--new-facility", facility]);
        }
        self.cli(&arguments)?;
        Ok(())
    }

    /// Makes a one-time token for an agent of an agency, and returns the file that holds it.
    ///
    /// # Errors
    /// Returns what the command complained about.
    pub fn token(&self, agency: &str) -> anyhow::Result<PathBuf> {
        let file = self.folder.join(format!("{agency}.token"));
        if file.exists() {
            std::fs::remove_file(&file).context("failed to remove a used token")?;
        }
        let path = file.to_str().context("the folder's name is not UTF-8")?;
        self.cli(&["agency", "token", agency, "--output", path])?;
        Ok(file)
    }

    /// Lets the hub that is started next be another node than the one before.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn be_another_node(&self) -> anyhow::Result<()> {
        let file = self.folder.join("data/worker.id");
        std::fs::remove_file(file).context("the hub has no name to forget")
    }

    /// Opens the registry beside the running hub, to look.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn registry(&self) -> anyhow::Result<Store> {
        savin_hub::app::open_registry(&Config::load(&self.config_file(), None)?)
    }

    /// Opens the vault's database beside the running hub, to look.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn vault_store(&self) -> anyhow::Result<Store> {
        let config = Config::load(&self.config_file(), None)?;
        Store::open(&config.vault, &VAULT).context("failed to open the vault's database")
    }

    /// Opens the vault beside the running hub, to act as staff.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn vault(&self) -> anyhow::Result<Vault> {
        savin_hub::app::open_vault(&Config::load(&self.config_file(), None)?)
    }

    /// Opens the vault beside the running hub, at another time.
    ///
    /// # Errors
    /// Returns why it cannot be opened.
    pub fn vault_at(&self, wall: fn() -> Timestamp) -> anyhow::Result<Vault> {
        let config = Config::load(&self.config_file(), None)?;
        let world = World {
            wall,
            ..savin_hub::app::world()
        };
        Vault::open(self.vault_store()?, &config.vault_keys, world)
            .context("failed to open the vault at another time")
    }

    /// Registers an address for a person, as staff would.
    ///
    /// # Errors
    /// Returns why the vault refused.
    pub fn register(&self, email: &str, person: PersonId) -> anyhow::Result<()> {
        let register = StaffCommand::Register {
            contacts: vec![Contact::Email(EmailAddress::parse(email)?)],
            to: None,
            about: Subscribed {
                person,
                label: String::new(),
            },
            choices: Choices::default(),
        };
        self.vault()?
            .handle(Command::Staff(register))
            .context("failed to register somebody")?;
        Ok(())
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("hub.toml")
    }
}

/// One feed of an agent, as its configuration describes it.
#[derive(Debug, Clone)]
pub struct FeedHome {
    /// Its name.
    pub name: &'static str,
    /// The facility that it speaks for.
    pub facility: &'static str,
    /// Its profile, as TOML.
    pub profile: String,
    /// What it reads.
    pub source: SourceHome,
}

/// What a feed reads.
#[derive(Debug, Clone)]
pub enum SourceHome {
    /// A folder of this name in the agent's home.
    Folder(&'static str),
    /// A database of this name in the agent's home, by a query.
    Database(&'static str, &'static str),
    /// A database, by the settings of `[feed.database]`.
    Settings(String),
}

/// An agent's home.
#[derive(Debug)]
pub struct AgentHome {
    folder: PathBuf,
    programs: Programs,
}

impl AgentHome {
    /// Makes a home with a configuration, its profiles and its folders.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn make(folder: &Path, programs: &Programs, feeds: &[FeedHome]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).context("failed to make an agent's folder")?;
        // Its own times would come between what a test says; `test_line` switches it on.
        let mut config = "state = \"state\"\n\n[canary]\nat = \"off\"\n".to_owned();
        for feed in feeds {
            let profile = format!("{}.toml", feed.name);
            std::fs::write(folder.join(&profile), &feed.profile)
                .context("failed to write a profile")?;
            write!(
                config,
                "\n[[feed]]\nname = \"{}\"\nfacility = \"{}\"\nprofile = \"{profile}\"\n\
                 poll = \"200ms\"\n",
                feed.name, feed.facility
            )?;
            match &feed.source {
                SourceHome::Folder(path) => {
                    std::fs::create_dir_all(folder.join(path))
                        .context("failed to make an export folder")?;
                    write!(
                        config,
                        "[feed.folder]\npath = \"{path}\"\nsettle = \"300ms\"\n"
                    )?;
                }
                SourceHome::Database(path, query) => write!(
                    config,
                    "[feed.database]\npath = \"{path}\"\nquery = \"\"\"{query}\"\"\"\n"
                )?,
                SourceHome::Settings(settings) => write!(config, "[feed.database]\n{settings}")?,
            }
        }
        std::fs::write(folder.join("agent.toml"), config).context("failed to write agent.toml")?;
        Ok(Self {
            folder: folder.to_owned(),
            programs: programs.clone(),
        })
    }

    /// Returns its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the file of its journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.folder.join("state").join("journal.sqlite")
    }

    /// Sets how the hub may be reached: the lines of `[hub]`.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn reach_hub(&self, lines: &str) -> anyhow::Result<()> {
        let file = self.config_file();
        let before = std::fs::read_to_string(&file).context("failed to read agent.toml")?;
        let (top, feeds) = before.split_at(before.find("\n[[feed]]").unwrap_or(before.len()));
        let top = top.split("\n[hub]").next().unwrap_or(top);
        let config = format!("{top}\n[hub]\n{lines}\n{feeds}");
        std::fs::write(file, config).context("failed to write agent.toml")
    }

    /// Has the agent test its line each day, and once at its next start.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn test_line(&self) -> anyhow::Result<()> {
        let file = self.config_file();
        let before = std::fs::read_to_string(&file).context("failed to read agent.toml")?;
        let config = before.replace("[canary]\nat = \"off\"\n", "");
        std::fs::write(file, config).context("failed to write agent.toml")
    }

    /// Runs one of the agent's commands and returns what it printed.
    ///
    /// # Errors
    /// Returns what it complained about.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.programs.agent();
        command
            .arg("--config")
            .arg(self.config_file())
            .args(arguments);
        run(command).with_context(|| format!("savin-agent {}", arguments.join(" ")))
    }

    /// Enrols with a token.
    ///
    /// # Errors
    /// Returns what the command complained about.
    pub fn enroll(&self, token: &Path) -> anyhow::Result<()> {
        let token = token.to_str().context("the folder's name is not UTF-8")?;
        self.cli(&["enroll", "--token-file", token])?;
        Ok(())
    }

    /// Starts the agent and waits until it watches.
    ///
    /// # Errors
    /// Returns its log when it does not start.
    pub fn start(&self) -> anyhow::Result<Program> {
        self.start_logging("info")
    }

    /// The same, with the level at which it logs.
    ///
    /// # Errors
    /// Returns its log when it does not start.
    pub fn start_logging(&self, level: &str) -> anyhow::Result<Program> {
        let mut command = self.programs.agent();
        command.arg("--config").arg(self.config_file());
        command.args(["--log", level, "run"]);
        let program = Program::start(command, Some(&self.folder.join("agent.log")))?;
        program.wait_for("Agent started", START)?;
        Ok(program)
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("agent.toml")
    }
}
