//! An agency with a record of every kind, its agent, the hub, and a registrant who chose all three
//! channels.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use savin_hub::ids::{PersonId, RegistrantId};
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::fact::Disclosure;
use savin_hub::notification::phone::PhoneNumber;
use savin_hub::notification::postal::{PostalAddress, PostalLines};
use savin_hub::vault::command::{Answer, Choices, Command, StaffAnswer, StaffCommand, Subscribed};
use savin_shared::event::EventCode;
use savin_shared::pii::Pii;
use savin_tests::clock::{monotonic, pause};
use savin_tests::home::{FeedHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::source::CountyDatabase;
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::tail::Tail;
use savin_tests::visitor::Visitor;

use crate::agency;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what was planned.
const LOOK: Duration = Duration::from_millis(50);

/// Who is on duty.
pub(crate) const LEAD: &str = "lead@mdoc.example";

/// What runs.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) database: CountyDatabase,
    pub(crate) tail: Tail,
    key: String,
    registered: u32,
}

/// Somebody who registered in all three ways.
pub(crate) struct Registrant {
    pub(crate) id: RegistrantId,
    pub(crate) email: String,
    letters: usize,
}

/// A notice as `savin-hub notices --json` lists it.
#[derive(serde::Deserialize)]
struct Planned {
    notice: String,
    registrant: String,
    event_position: Option<i64>,
    channel: String,
    by_hand: bool,
}

/// A way of being told that section 1 names.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Telephone,
    Letter,
    Email,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Email, Self::Telephone, Self::Letter];

    /// Returns its word in what the hub lists.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Telephone => "telephone",
            Self::Letter => "letter",
            Self::Email => "email",
        }
    }
}

/// A notice as it is drafted in the three channels.
pub(crate) struct Drafts {
    pub(crate) email: String,
    pub(crate) telephone: String,
    pub(crate) letter: String,
    /// The event that they tell.
    position: i64,
    /// The letter and the call, which a person carries.
    carried: [String; 2],
}

impl World {
    /// Makes the agency with those in it who are there at the beginning, and starts everything.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let feeds: Vec<FeedHome> = agency::FEEDS.iter().map(agency::feed).collect();
        let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
        std::fs::create_dir_all(folder.join("agent")).context("failed to make a folder")?;
        let database =
            CountyDatabase::make(&folder.join("agent").join("own.sqlite"), agency::TABLES)?;
        agency::fill(&database)?;
        let facilities = [
            (FACILITY, "Test County Jail"),
            (agency::OTHER, "Test State Prison"),
        ];
        let stage = Stage::set_with(
            folder,
            &programs,
            HubOptions {
                duty: Some(LEAD),
                ..HubOptions::default()
            },
            &facilities,
            &feeds,
        )?;
        let start = savin_tests::clock::wall();
        for (name, ..) in agency::FEEDS {
            Standing::settled(&stage.agent, name, start, PATIENCE)?;
        }
        let tail = stage.tail()?;
        let key = folder.join("desk.key");
        let key = key.to_str().context("the folder's name is not UTF-8")?;
        let add = ["staff", "add", "desk", "--role", "admin", "--output", key];
        stage.hub.cli(&add)?;
        Ok(Self {
            key: key.to_owned(),
            stage,
            database,
            tail,
            registered: 0,
        })
    }

    pub(crate) fn strike(self) -> anyhow::Result<()> {
        self.stage.strike()
    }

    /// Returns who is called so.
    pub(crate) fn person(&self, name: &str) -> anyhow::Result<PersonId> {
        let found = Visitor::new(self.stage.hub.site()).look_up(name)?;
        let [path] = found.as_slice() else {
            bail!("{} people are called {name}", found.len());
        };
        let id = path.trim_start_matches("/person/").parse();
        id.with_context(|| format!("{path} is nobody's page"))
    }

    /// Registers somebody about a person, in all three ways, as staff would from the paper form.
    pub(crate) fn register(&mut self, person: PersonId) -> anyhow::Result<Registrant> {
        self.register_by(person, &Way::ALL)
    }

    /// Registers somebody about a person, in the ways that she chose.
    pub(crate) fn register_by(
        &mut self,
        person: PersonId,
        ways: &[Way],
    ) -> anyhow::Result<Registrant> {
        self.registered += 1;
        let number = self.registered;
        let email = format!("registrant{number}@home.example");
        let part = |text: &str| Pii::new(text.to_owned());
        let lines = PostalLines {
            street: Pii::new(format!("{number} Elm St")),
            city: part("Jackson"),
            state: part("MS"),
            zip: part("39201"),
            ..PostalLines::default()
        };
        let mut contacts = Vec::new();
        for way in ways {
            contacts.push(match way {
                Way::Email => Contact::Email(EmailAddress::parse(&email)?),
                Way::Telephone => {
                    Contact::Telephone(PhoneNumber::parse(&format!("601-555-01{number:02}"))?)
                }
                Way::Letter => Contact::Letter(PostalAddress::parse(&lines)?),
            });
        }
        let register = StaffCommand::Register {
            contacts,
            to: None,
            about: Subscribed {
                person,
                label: "A.S.".to_owned(),
            },
            choices: Choices {
                disclosure: Disclosure::Full,
                ..Choices::default()
            },
        };
        let answer = self.stage.hub.vault()?.handle(Command::Staff(register))?;
        let Answer::Staff(StaffAnswer::Registered(id)) = answer else {
            bail!("the vault gave another answer");
        };
        Ok(Registrant {
            id,
            email,
            letters: 0,
        })
    }

    /// Registers somebody about whoever is called so.
    pub(crate) fn about(&mut self, name: &str) -> anyhow::Result<Registrant> {
        let person = self.person(name)?;
        self.register(person)
    }

    /// Runs a command as a member of staff who signs, with what is typed.
    pub(crate) fn desk(&self, arguments: &[&str], typed: &str) -> anyhow::Result<String> {
        let signed = [arguments, &["--as", &self.key]].concat();
        self.stage.hub.cli_with(&signed, typed)
    }

    /// Changes a row, and waits for the drafts of what follows from it, in all three channels.
    pub(crate) fn drafts(
        &mut self,
        registrant: &mut Registrant,
        code: EventCode,
        sql: &str,
    ) -> anyhow::Result<Drafts> {
        self.database.change(sql, [])?;
        self.told(registrant, code)
    }

    /// Says something at the jail itself, and waits for the drafts of what follows from it.
    pub(crate) fn said_at_the_jail(
        &mut self,
        registrant: &mut Registrant,
        code: EventCode,
        said: &[&str],
    ) -> anyhow::Result<Drafts> {
        let by = ["--by", "Sgt. Sample", "--yes"];
        self.stage
            .agent
            .cli(&[&["emergency"], said, &by].concat())?;
        self.told(registrant, code)
    }

    /// Returns whether a call or a letter that waits for a registrant says something.
    pub(crate) fn waits(
        &self,
        registrant: &Registrant,
        way: Way,
        words: &str,
    ) -> anyhow::Result<bool> {
        let draft = match way {
            Way::Telephone => "script",
            Way::Letter | Way::Email => "letter",
        };
        for planned in self.hers(registrant.id)? {
            if planned.channel == way.as_str()
                && planned.by_hand
                && self
                    .desk(&["notices", draft, &planned.notice], "")?
                    .contains(words)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Mails the letter of a fact and makes its call.
    pub(crate) fn carry(&self, drafts: &Drafts) -> anyhow::Result<()> {
        for notice in &drafts.carried {
            self.desk(&["notices", "told", notice], "")?;
        }
        Ok(())
    }

    /// Waits for the next e-mail to a registrant.
    pub(crate) fn next_letter(&self, registrant: &mut Registrant) -> anyhow::Result<String> {
        let mailbox = &self.stage.mailbox;
        let letter = mailbox.wait_for(&registrant.email, registrant.letters, PATIENCE);
        registrant.letters += 1;
        Ok(letter.context("no e-mail came")?.text)
    }

    /// Waits until something is so.
    pub(crate) fn until(
        &self,
        is_so: impl Fn(&Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while !is_so(self)? {
            ensure!(monotonic() < deadline, "it did not come to be");
            pause(LOOK);
        }
        Ok(())
    }

    /// Waits for the drafts of an event in all three channels.
    pub(crate) fn told(
        &mut self,
        registrant: &mut Registrant,
        code: EventCode,
    ) -> anyhow::Result<Drafts> {
        let known = self.tail.wait_for(PATIENCE, |known| known.code == code)?;
        let position = known.position.0;
        let email = self.next_letter(registrant)?;
        let letter = self.waiting(registrant.id, position, "letter")?;
        let call = self.waiting(registrant.id, position, "telephone")?;
        Ok(Drafts {
            email,
            telephone: self.desk(&["notices", "script", &call], "")?,
            letter: self.desk(&["notices", "letter", &letter], "")?,
            position,
            carried: [letter, call],
        })
    }

    /// Waits for the drafts by which an event is told a second time in all three channels.
    pub(crate) fn told_again(
        &self,
        registrant: &mut Registrant,
        before: &Drafts,
    ) -> anyhow::Result<Drafts> {
        let position = before.position;
        let email = self.next_letter(registrant)?;
        let newest = |channel: &str| -> anyhow::Result<String> {
            let planned = self.notices(registrant.id, position)?;
            let mut planned = planned.into_iter().filter(|row| row.channel == channel);
            // The newest stands first.
            let newest = planned.next().context("nothing was planned")?.notice;
            ensure!(planned.count() == 1, "it was not told twice by {channel}");
            Ok(newest)
        };
        let (letter, call) = (newest("letter")?, newest("telephone")?);
        Ok(Drafts {
            email,
            telephone: self.desk(&["notices", "script", &call], "")?,
            letter: self.desk(&["notices", "letter", &letter], "")?,
            position,
            carried: [letter, call],
        })
    }

    /// Waits for a planned notice of an event in a channel, and returns its name.
    fn waiting(
        &self,
        registrant: RegistrantId,
        position: i64,
        channel: &str,
    ) -> anyhow::Result<String> {
        let deadline = monotonic() + PATIENCE;
        while monotonic() < deadline {
            let planned = self.notices(registrant, position)?;
            if let Some(row) = planned.into_iter().find(|row| row.channel == channel) {
                ensure!(row.by_hand, "notice {} waits for nobody", row.notice);
                return Ok(row.notice);
            }
            pause(LOOK);
        }
        bail!("nothing was planned by {channel} of event {position}")
    }

    /// Returns by which channels she was told once of what drafts tell.
    pub(crate) fn planned_of(
        &self,
        registrant: &Registrant,
        drafts: &Drafts,
    ) -> anyhow::Result<Vec<String>> {
        self.planned(registrant.id, drafts.position)
    }

    /// Returns by which channels an event was planned for a registrant.
    pub(crate) fn planned(
        &self,
        registrant: RegistrantId,
        position: i64,
    ) -> anyhow::Result<Vec<String>> {
        let planned = self.notices(registrant, position)?.into_iter();
        Ok(planned.map(|row| row.channel).collect())
    }

    fn notices(&self, registrant: RegistrantId, position: i64) -> anyhow::Result<Vec<Planned>> {
        let mut planned = self.hers(registrant)?;
        planned.retain(|row| row.event_position == Some(position));
        Ok(planned)
    }

    fn hers(&self, registrant: RegistrantId) -> anyhow::Result<Vec<Planned>> {
        let asked = ["notices", "--json", "--limit", "200"];
        let mut planned = Vec::new();
        for line in self.stage.hub.cli(&asked)?.lines() {
            let row: Planned = serde_json::from_str(line)?;
            if row.registrant == registrant.to_string() {
                planned.push(row);
            }
        }
        Ok(planned)
    }
}

impl Drafts {
    /// Checks that every channel says something.
    pub(crate) fn say(&self, words: &str) -> anyhow::Result<()> {
        for (channel, text) in self.each() {
            ensure!(
                text.contains(words),
                "the {channel} lacks {words:?}: {text}"
            );
        }
        Ok(())
    }

    /// Checks that no channel says something.
    pub(crate) fn do_not_say(&self, words: &str) -> anyhow::Result<()> {
        for (channel, text) in self.each() {
            ensure!(
                !text.contains(words),
                "the {channel} says {words:?}: {text}"
            );
        }
        Ok(())
    }

    fn each(&self) -> [(&'static str, &str); 3] {
        [
            ("e-mail", &self.email),
            ("telephone", &self.telephone),
            ("letter", &self.letter),
        ]
    }
}
