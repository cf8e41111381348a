//! The hub with its registrants, the jail, the mail server and the telephones.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use savin_hub::ids::{PersonId, RegistrantId};
use savin_hub::names::words;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::care::pin;
use savin_hub::notification::channel::Channel;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::phone::PhoneNumber;
use savin_hub::notification::postal::{PostalAddress, PostalLines};
use savin_hub::store::Store;
use savin_hub::store::registry::lookup;
use savin_hub::store::vault::notice;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{Answer, Choices, Command, StaffAnswer, StaffCommand, Subscribed};
use savin_shared::pii::{Pii, Secret};
use savin_telephone::audio::{tone::tone, wav};

use super::seen::{Registered, Seen, What};
use crate::clock::{monotonic, pause, wall};
use crate::demo::county::jails::{Azalea, Person, azalea_feeds};
use crate::engine::Engine;
use crate::home::{AgentHome, FeedHome, HubHome, HubOptions};
use crate::program::{Program, Programs};
use crate::sink::Sink;
use crate::sipp::{Sipp, Step};
use crate::stage::{AGENCY, FACILITY};

/// Between two looks at what another process does.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// How long the programs may take to get ready.
const READY: Duration = Duration::from_secs(60);

/// Who escapes, as [`Person::of`] takes them.
const ESCAPED: [[&str; 4]; 3] = [
    ["A-2001", "AJ-91", "Fennimore", "Odessa"],
    ["A-2002", "AJ-92", "Quarrington", "Lorcan"],
    ["A-2003", "AJ-93", "Pettibone", "Sorrel"],
];

/// Who escapes when the release is taken back.
pub(super) const LATE: [&str; 4] = ["A-2004", "AJ-94", "Nettlefield", "Iphigenia"];

/// The PIN of everybody who is called.
const PIN: &str = "2580";

/// What whoever is called does: she takes the call and enters her PIN.
pub(super) const CONFIRMS: [Step; 5] = [
    Step::Ring,
    Step::Answer(""),
    Step::Wait(1_000),
    Step::Press("2580#"),
    Step::HungUp,
];

/// How many are told, and over what.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Registrants who are told by e-mail.
    pub emails: usize,
    /// Registrants who are called.
    pub calls: usize,
    /// Registrants who get a letter.
    pub letters: usize,
    /// Of each who escapes, so many who are told by e-mail; one more is called.
    pub escape_emails: usize,
    /// Messages that the mail server is handed at once; the usual number without one.
    pub mails_at_once: Option<u32>,
    /// Seconds that the mail server takes for a message.
    pub mail_delay_s: u32,
    /// Lines of the trunk.
    pub lines: u32,
    /// Calls that it lets begin in a second.
    pub calls_per_second: u32,
    /// The first of ten ports for the trunk.
    pub port: u16,
    /// The first of two ports for the sound of each line.
    pub sound_port: u16,
    /// How long everything may take.
    pub patience: Duration,
}

/// Everything, ready.
#[derive(Debug)]
pub struct Burst {
    /// The hub.
    pub hub: HubHome,
    size: Size,
    sink: Sink,
    peer: Sipp,
    county: Azalea,
    registered: BTreeMap<RegistrantId, Registered>,
    programs: [Program; 2],
}

impl Burst {
    /// Starts everything in a folder and registers everybody.
    ///
    /// # Errors
    /// Returns what did not start, or why somebody was not registered.
    pub fn set(
        folder: &Path,
        programs: &Programs,
        engine: &Engine,
        size: Size,
    ) -> anyhow::Result<Self> {
        let sink = Sink::start(&folder.join("sink"), size.mail_delay_s)?;
        let options = HubOptions {
            store: engine.url(),
            mail_port: Some(sink.port()),
            mails_at_once: size.mails_at_once,
            signs: true,
            letters: Some("ipp://127.0.0.1:9/printers/none".to_owned()),
            ..HubOptions::default()
        };
        let hub = HubHome::make(&folder.join("hub"), programs, &options)?;
        let ports = (size.port, size.sound_port);
        call_by(folder, (size.lines, size.calls_per_second), ports)?;
        let peer = Sipp::start(folder, size.port, &CONFIRMS)?;
        hub.add_agency(
            AGENCY,
            "Test County Sheriff",
            &[(FACILITY, "Test County Jail")],
        )?;
        let [bookings] = azalea_feeds();
        let feed = FeedHome {
            facility: FACILITY,
            ..bookings
        };
        let home = folder.join("agent");
        let agent = AgentHome::make(&home, programs, &[feed])?;
        let county = Azalea::make(&home)?;
        for person in ESCAPED.into_iter().chain([LATE]) {
            county.book(&Person::of(person))?;
        }
        let serving = hub.serve()?;
        agent.enroll(&hub.token(AGENCY)?)?;
        let watching = agent.start()?;
        let mut burst = Self {
            registered: BTreeMap::new(),
            programs: [watching, serving],
            hub,
            size,
            sink,
            peer,
            county,
        };
        burst.register_all()?;
        Ok(burst)
    }

    /// Lets one go about whom everybody asked, has three escape in the midst of it, waits until nobody
    /// waits any more, and returns what became of it.
    ///
    /// # Errors
    /// Returns what took too long, or went otherwise.
    pub fn run(&self) -> anyhow::Result<Seen> {
        let store = self.hub.vault_store()?;
        let deadline = monotonic() + self.size.patience;
        let released_at = self.county.release("A-1001", "BOND")?;
        let wanted = self.size.emails + self.size.calls + self.size.letters;
        let planned_by = loop {
            let found: usize = counts(&store)?.values().sum();
            if found >= wanted {
                break wall();
            }
            ensure!(monotonic() < deadline, "{found} of {wanted} are planned");
            pause(LOOK);
        };
        let mut escaped_at = Vec::new();
        for (number, person) in ESCAPED.into_iter().enumerate() {
            let told = self.size.emails * (number + 1) / 5;
            loop {
                let counts = counts(&store)?;
                if counts.get("accepted").copied().unwrap_or(0) >= told {
                    break;
                }
                ensure!(monotonic() < deadline, "{counts:?}");
                pause(LOOK);
            }
            escaped_at.push(self.escape(person)?);
        }
        let last = wanted + ESCAPED.len() * (self.size.escape_emails + 1);
        loop {
            let counts = counts(&store)?;
            if counts.values().sum::<usize>() >= last && self.is_over(&store, &counts)? {
                break;
            }
            ensure!(monotonic() < deadline, "{counts:?}");
            pause(LOOK * 4);
        }
        let times = (released_at, planned_by, escaped_at.as_slice());
        Seen::read(&store, &self.registered, times, self.peer.called()?)
    }

    /// Has somebody escape; returns when the row changed.
    pub(super) fn escape(&self, [booking, ..]: [&str; 4]) -> anyhow::Result<Timestamp> {
        self.county.status(booking, "ESC")
    }

    /// Returns how many are told, and over what.
    pub(super) const fn size(&self) -> Size {
        self.size
    }

    /// Returns of what a registrant is told.
    pub(super) fn what(&self, registrant: &RegistrantId) -> Option<What> {
        self.registered.get(registrant).map(|who| who.what)
    }

    /// Returns to whom the mail server took messages, and how many.
    #[must_use]
    pub fn mailed(&self) -> BTreeMap<String, usize> {
        self.sink.taken()
    }

    /// Returns what the telephones say went otherwise than it should.
    #[must_use]
    pub fn errors(&self) -> String {
        self.peer.errors()
    }

    /// Returns what the hub logged.
    #[must_use]
    pub fn log(&self) -> String {
        let [_, serving] = &self.programs;
        serving.log()
    }

    /// Returns the hub's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        let [_, serving] = &self.programs;
        serving.id()
    }

    /// Stops agent and hub.
    ///
    /// # Errors
    /// Returns which did not end well.
    pub fn strike(self) -> anyhow::Result<()> {
        for program in self.programs {
            let log = program.log();
            let status = program.stop()?;
            ensure!(status.success(), "a program ended with {status}:\n{log}");
        }
        Ok(())
    }

    /// Says whether everybody was tried but those who get a letter.
    fn is_over(&self, store: &Store, counts: &BTreeMap<String, usize>) -> anyhow::Result<bool> {
        let waiting = counts.get("planned").copied().unwrap_or(0);
        if counts.contains_key("trying") {
            return Ok(false);
        }
        if waiting == self.size.letters {
            return Ok(true);
        }
        // A call that did not reach its telephone is tried again much later.
        let notices = store.read_now("over", |tx| notice::newest(tx, 1_000_000))?;
        let is_new = |row: &notice::NoticeStanding| {
            row.channel != Channel::Letter && row.state == "planned" && row.attempts == 0
        };
        Ok(!notices.iter().any(is_new))
    }

    /// Registers everybody, beside the running hub, as staff does from paper.
    fn register_all(&mut self) -> anyhow::Result<()> {
        let registry = self.hub.registry()?;
        let vault = self.hub.vault()?;
        let person = known(&registry, "Tansy Quillfeather")?;
        let choices = Choices::default();
        for number in 0..self.size.emails {
            let to = Contact::Email(EmailAddress::parse(&format!("r{number}@example.test"))?);
            self.register(&vault, (person, What::Release), to, choices)?;
        }
        for number in 0..self.size.letters {
            let to = Contact::Letter(postal(number)?);
            self.register(&vault, (person, What::Release), to, choices)?;
        }
        for number in 0..self.size.calls {
            self.register_call(&vault, (person, What::Release), number, choices)?;
        }
        let escaping = ESCAPED.into_iter().chain([LATE]);
        for (which, [_, _, surname, given]) in escaping.enumerate() {
            let person = known(&registry, &format!("{given} {surname}"))?;
            let about = (person, What::Escape(which));
            for number in 0..self.size.escape_emails {
                let address = format!("escape{which}-{number}@example.test");
                let to = Contact::Email(EmailAddress::parse(&address)?);
                self.register(&vault, about, to, choices)?;
            }
            self.register_call(&vault, about, self.size.calls + which, choices)?;
        }
        Ok(())
    }

    fn register_call(
        &mut self,
        vault: &Vault,
        about: (PersonId, What),
        number: usize,
        choices: Choices,
    ) -> anyhow::Result<()> {
        let (to, text) = telephone(number)?;
        let registrant = self.register(vault, about, to, choices)?;
        keep_pin(vault, registrant)?;
        let called = self.registered.get_mut(&registrant);
        called.context("she was registered just now")?.number = Some(text);
        Ok(())
    }

    fn register(
        &mut self,
        vault: &Vault,
        (person, what): (PersonId, What),
        to: Contact,
        choices: Choices,
    ) -> anyhow::Result<RegistrantId> {
        let registrant = register(vault, person, to, choices)?;
        let registered = Registered { what, number: None };
        ensure!(
            self.registered.insert(registrant, registered).is_none(),
            "two were taken for one"
        );
        Ok(registrant)
    }
}

/// Registers somebody, as staff does from paper.
pub(super) fn register(
    vault: &Vault,
    person: PersonId,
    to: Contact,
    choices: Choices,
) -> anyhow::Result<RegistrantId> {
    let register = StaffCommand::Register {
        contacts: vec![to],
        to: None,
        about: Subscribed {
            person,
            label: "T.Q.".to_owned(),
        },
        choices,
    };
    let Answer::Staff(StaffAnswer::Registered(registrant)) =
        vault.handle(Command::Staff(register))?
    else {
        bail!("the vault gave another answer");
    };
    Ok(registrant)
}

/// Keeps the PIN that whoever is called enters.
pub(super) fn keep_pin(vault: &Vault, registrant: RegistrantId) -> anyhow::Result<()> {
    let keep = StaffCommand::Care {
        registrant,
        care: None,
        pin: Some(pin(&Secret::new(PIN.to_owned()))?),
    };
    vault.handle(Command::Staff(keep))?;
    Ok(())
}

/// Returns a telephone of nobody's, and how it stands in an INVITE: 555-0100 to 0199 of any area.
pub(super) fn telephone(number: usize) -> anyhow::Result<(Contact, String)> {
    let text = format!("{}55501{:02}", 202 + number / 100, number % 100);
    let to = Contact::Telephone(PhoneNumber::parse(&text)?);
    Ok((to, format!("1{text}")))
}

/// Counts notices by their state.
fn counts(store: &Store) -> anyhow::Result<BTreeMap<String, usize>> {
    let counts = store.read_now("counts", notice::count_by_state)?;
    counts
        .into_iter()
        .map(|(state, many)| Ok((state, usize::try_from(many)?)))
        .collect()
}

/// Waits until somebody is known.
pub(super) fn known(registry: &Store, name: &str) -> anyhow::Result<PersonId> {
    let deadline = monotonic() + READY;
    loop {
        let words = words(name);
        let found = registry.read_now("known", move |tx| lookup::find(tx, &words, 2))?;
        if let [person] = found.as_slice() {
            return Ok(*person);
        }
        ensure!(monotonic() < deadline, "{name} is not known");
        pause(LOOK);
    }
}

fn postal(number: usize) -> anyhow::Result<PostalAddress> {
    let part = |text: String| Pii::new(text);
    Ok(PostalAddress::parse(&PostalLines {
        name: part("A. Sample".to_owned()),
        street: part(format!("PO Box {}", 1_000 + number)),
        city: part("Jackson".to_owned()),
        state: part("MS".to_owned()),
        zip: part("39205".to_owned()),
        ..PostalLines::default()
    })?)
}

/// Adds a trunk of so many lines, and calls begun in a second, to the hub's configuration, and a voice that
/// says every phrase in a tenth of a second.
pub(super) fn call_by(
    folder: &Path,
    (lines, calls_per_second): (u32, u32),
    (port, first): (u16, u16),
) -> anyhow::Result<()> {
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 100, 8_000.0)))?;
    let last = u32::from(first) + 2 * lines - 1;
    let (at, listen) = (port, port + 5);
    let config = format!(
        "\n[telephone]\nbind = '127.0.0.1'\nmedia_ports = [{first}, {last}]\nring = '5s'\n\
         [[telephone.trunks]]\nname = 'first'\nserver = '127.0.0.1:{at}'\n\
         listen = '127.0.0.1:{listen}'\ncaller = '6015550100'\nlines = {lines}\n\
         calls_per_second = {calls_per_second}\n\
         [voice]\ncommand = ['sh', '-c', 'cat > /dev/null; cat {}']\n",
        phrase.display()
    );
    let file = folder.join("hub").join("hub.toml");
    let mut file = OpenOptions::new().append(true).open(file)?;
    Ok(file.write_all(config.as_bytes())?)
}

/// When each escape came, by its number.
pub(super) fn came(escaped_at: &[Timestamp], which: usize) -> anyhow::Result<Timestamp> {
    escaped_at.get(which).copied().context("it did not escape")
}
