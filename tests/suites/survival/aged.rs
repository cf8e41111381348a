//! Backups of an hour, a day and a week, put back into a hub for which that time has passed: whatever happened since
//! is told again only with the words that say so, and as old as it is; whoever stopped, moved or was told of a mistake
//! is not told by what the backup knew; nobody hears that a jail is silent because the hub was.

mod acts;
mod lost;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_hub::ids::PersonId;
use savin_hub::store::registry::event;
use savin_hub::store::vault::watermark;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{Command, PlannerCommand, Ticket};
use savin_tests::calendar::{Calendar, today};
use savin_tests::clock::{monotonic, pause};
use savin_tests::engine::Engine;
use savin_tests::mailbox::letter::Letter;
use savin_tests::program::Programs;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::Stage;
use serde_json::Value;

use lost::Lost;

use super::restore::{
    ONLY, PATIENCE, PERHAPS, RELEASED, address, ask_to_stop, backup, letters_to, person, released,
    session, set_by, told, traced,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Somebody on the jail's list, by place, with whoever asked about them.
type Who = (usize, &'static str);

const ADA: Who = (0, "ada");
const BEA: Who = (1, "bea");
const CAL: Who = (2, "cal");
const DEE: Who = (3, "dee");
const EVE: Who = (4, "eve");
const GUS: Who = (5, "gus");
const HAL: Who = (6, "hal");
const FAY: Who = (7, "fay");

/// Everybody; the last one is booked late.
const ALL: [Who; 8] = [ADA, BEA, CAL, DEE, EVE, GUS, HAL, FAY];

/// Where Hal is told since he moved.
const MOVED: &str = "hal-moved";

#[test]
fn a_backup_of_an_hour_a_day_and_a_week_tells_nothing_as_new_and_nobody_who_stopped_on_sqlite()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut lost = Week::pass(folder.path(), &Engine::Files)?.lose()?;
    lost.keep()?;
    let week = ONLY.map(|only| (Age::Week, only));
    let others = [
        (Age::Day, None),
        (Age::Day, Some("vault")),
        (Age::Hour, None),
        (Age::Hour, Some("registry")),
    ];
    for (age, only) in week.into_iter().chain(others) {
        lost.begin_anew()?;
        let (mut week, known) = lost.restore(age, only)?;
        week.look(age, only, known)
            .with_context(|| format!("{age:?} {only:?}:\n{}", week.stage.serving.log()))?;
        lost = week.lose()?;
    }
    // The journal of decisions says what the registry cannot.
    lost.begin_anew()?;
    lost.wreck(&Engine::Files)?;
    let (mut week, known) = lost.restore(Age::Day, None)?;
    week.look(Age::Day, None, known)
        .with_context(|| format!("wrecked:\n{}", week.stage.serving.log()))
}

#[test]
fn an_agent_that_keeps_less_than_a_backup_is_old_sends_its_list_and_nobody_is_missed_on_sqlite()
-> anyhow::Result<()> {
    passes_a_month(&Engine::Files)
}

#[test]
fn an_agent_that_keeps_less_than_a_backup_is_old_sends_its_list_and_nobody_is_missed_on_postgresql()
-> anyhow::Result<()> {
    passes_a_month(&Engine::server()?)
}

/// A backup of 40 days: what was released since waits for a person, however many there are, and is told then; what comes
/// later is news.
fn passes_a_month(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut month = Week::begin(folder.path(), engine)?;
    month.list(ALL.len(), &[])?;
    for who in [ADA, EVE, GUS] {
        month.register(who)?;
    }
    month.back_up(Age::Month)?;
    month.story.calendar.pass(DAY * 2)?;
    month.list(ALL.len(), &[ADA])?;
    month.hears(ADA, 1)?;
    month.story.calendar.pass(DAY * 38)?;
    month.list(ALL.len(), &[ADA, EVE])?;
    month.hears(EVE, 1)?;

    let (mut month, known) = month.lose()?.restore(Age::Month, None)?;
    month.list(ALL.len(), &[ADA, EVE, GUS])?;
    released(&month.stage, 3)?;
    month.settled()?;
    let news = month.since(known);
    for who in [ADA, EVE] {
        ensure!(releases(&news, who.1).is_empty(), "{who:?}: {news:?}");
    }
    let [news] = releases(&news, GUS.1).try_into().ok().context("one")?;
    ensure!(!news.text.contains(PERHAPS), "{}", news.text);

    let asked = ["--json", "tasks", "--kind", "event-review"];
    let asked = month.stage.hub.cli(&asked)?;
    let tasks = asked.lines().map(serde_json::from_str::<Value>);
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    assert_eq!(tasks.len(), 2, "{asked}");
    for task in tasks {
        let name = task.get("task").and_then(Value::as_str);
        let name = name.context("a task's name")?;
        let tell = ["tasks", "done", name, "--choice", "tell", "--as"];
        let key = month.story.key.as_str();
        month.stage.hub.cli(&[&tell[..], &[key]].concat())?;
    }
    for who in [ADA, EVE] {
        month.hears(who, 2)?;
    }
    let news = month.since(known);
    for who in [ADA, EVE] {
        let [again] = releases(&news, who.1).try_into().ok().context("one")?;
        ensure!(again.text.contains(PERHAPS), "{}", again.text);
    }
    let replayed = month.stage.hub.cli(&["--json", "replay", "--verify"])?;
    ensure!(replayed.contains("\"equal\":true"), "{replayed}");
    Ok(())
}

#[test]
fn a_backup_of_a_week_tells_nothing_as_new_and_nobody_who_stopped_on_postgresql()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::server()?;
    let lost = Week::pass(folder.path(), &engine)?.lose()?;
    let (mut week, known) = lost.restore(Age::Week, None)?;
    week.look(Age::Week, None, known)
}

/// How old a backup is when it is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    Hour,
    Day,
    Week,
    Month,
}

/// A hub and its agent through a week, at the end of which the hub's databases are lost.
struct Week {
    stage: Stage,
    story: Story,
}

/// What a test knows of it besides.
struct Story {
    folder: PathBuf,
    programs: Programs,
    calendar: Calendar,
    /// How far the calendar is ahead when the hub is lost.
    lost_at: SignedDuration,
    /// How many lists there were.
    lists: usize,
    backups: Vec<(Age, String)>,
    key: String,
    /// Whether the registry of before cannot be read.
    is_wrecked: bool,
}

impl Week {
    /// Sets the stage, by a calendar that a test turns.
    fn begin(folder: &Path, engine: &Engine) -> anyhow::Result<Self> {
        let calendar = Calendar::make(folder)?;
        let together = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
        let programs = Programs::Dated {
            programs: Box::new(together),
            calendar: calendar.clone(),
        };
        let stage = set_by(folder, engine, &programs)?;
        let key = folder.join("chief.key");
        let key = key.to_str().context("a folder's name")?.to_owned();
        let add = ["staff", "add", "chief", "--role", "admin", "--output", &key];
        stage.hub.cli(&add)?;
        let story = Story {
            folder: folder.to_owned(),
            programs,
            calendar,
            lost_at: SignedDuration::ZERO,
            lists: 0,
            backups: Vec::new(),
            key,
            is_wrecked: false,
        };
        Ok(Self { stage, story })
    }

    fn pass(folder: &Path, engine: &Engine) -> anyhow::Result<Self> {
        let mut week = Self::begin(folder, engine)?;
        week.enrol("revoked")?;
        week.list(ALL.len() - 1, &[])?;
        for who in [ADA, BEA, CAL, DEE, EVE, GUS, HAL] {
            week.register(who)?;
        }
        week.back_up(Age::Week)?;

        week.story.calendar.pass(DAY)?;
        week.list(ALL.len() - 1, &[ADA])?;
        week.hears(ADA, 1)?;
        ask_to_stop(&week.vault()?, week.session(BEA)?)?;

        week.story.calendar.pass(DAY * 4)?;
        week.escalate()?;
        week.story.calendar.pass(DAY)?;
        week.back_up(Age::Day)?;

        week.story.calendar.pass(HOUR * 12)?;
        week.list(ALL.len(), &[ADA, CAL])?;
        week.hears(CAL, 1)?;
        week.correct(CAL)?;
        week.register(FAY)?;
        ask_to_stop(&week.vault()?, week.session(DEE)?)?;
        week.moves(HAL)?;
        week.revoke()?;
        week.enrol("new")?;
        traced(&week.stage)?;

        week.story.calendar.pass(HOUR * 11)?;
        week.back_up(Age::Hour)?;
        week.list(ALL.len(), &[ADA, CAL, EVE])?;
        week.hears(EVE, 1)?;
        week.story.calendar.pass(HOUR)?;
        Ok(week)
    }

    /// Looks at who is told what once everything came again, and when later all others are released.
    fn look(&mut self, age: Age, only: Option<&str>, known: usize) -> anyhow::Result<()> {
        self.list(ALL.len(), &[ADA, CAL, EVE, GUS])?;
        released(&self.stage, 4)?;
        self.settled()?;
        let again = self.since(known);
        let is_vault_back = only != Some("registry");
        let is_again = |who: Who| is_vault_back && (who == EVE || age == Age::Week);
        for who in [ADA, EVE] {
            let hers = releases(&again, who.1);
            assert_eq!(hers.len(), usize::from(is_again(who)), "{who:?}");
            let all = hers.iter().all(|letter| letter.text.contains(PERHAPS));
            ensure!(all, "{hers:?}");
        }
        for letter in releases(&again, ADA.1) {
            ensure!(letter.text.contains("about 6 days ago"), "{}", letter.text);
        }
        let [news] = releases(&again, GUS.1).try_into().ok().context("one")?;
        ensure!(!news.text.contains(PERHAPS), "{}", news.text);

        // Three days, for which what was asked to stop goes on.
        let known = self.stage.mailbox.letters().len();
        self.story.calendar.pass(DAY * 4)?;
        self.escalate()?;
        self.list(ALL.len(), &ALL)?;
        released(&self.stage, 8)?;
        self.settled()?;
        let later = self.since(known);
        for who in [FAY.1, MOVED] {
            ensure!(
                releases(&later, who).len() == 1,
                "{who} is not told: {later:?}"
            );
        }
        let all = [again, later].concat();
        for who in [BEA.1, CAL.1, DEE.1, HAL.1] {
            ensure!(releases(&all, who).is_empty(), "{who} is told: {all:?}");
        }
        let is_dark = |letter: &Letter| letter.text.contains("no word");
        ensure!(
            !all.iter().any(is_dark),
            "the hub was silent, not the jail: {all:?}"
        );
        self.speaks()?;
        let replayed = self.stage.hub.cli(&["--json", "replay", "--verify"])?;
        ensure!(replayed.contains("\"equal\":true"), "{replayed}");
        self.stage.hub.cli(&["evidence", "check"]).map(|_| ())
    }

    /// Returns what came after the first letters.
    fn since(&self, known: usize) -> Vec<Letter> {
        self.stage.mailbox.letters().split_off(known)
    }

    /// Waits until everything is planned and nothing waits to be sent.
    fn settled(&self) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        loop {
            let last = self.stage.hub.registry()?.read_now("last", event::last)?;
            let planned = self
                .stage
                .hub
                .vault_store()?
                .read_now("planned", watermark::load)?;
            let notices = self
                .stage
                .hub
                .cli(&["notices", "--json", "--limit", "100"])?;
            let waits = ["\"planned\"", "\"trying\""]
                .iter()
                .any(|word| notices.contains(word));
            if planned >= last && !waits {
                return Ok(());
            }
            ensure!(monotonic() < deadline, "{planned:?} of {last:?}: {notices}");
            pause(Duration::from_millis(50));
        }
    }

    fn escalate(&self) -> anyhow::Result<()> {
        let escalate = Command::Planner(PlannerCommand::Escalate);
        self.vault()?.handle(escalate)?;
        Ok(())
    }

    fn vault(&self) -> anyhow::Result<Vault> {
        self.stage.hub.vault_at(today)
    }

    fn session(&self, who: Who) -> anyhow::Result<Ticket> {
        session(&self.stage, &self.vault()?, who.1)
    }

    /// Lists the first of them, and who of them is released.
    fn list(&mut self, many: usize, released: &[Who]) -> anyhow::Result<()> {
        self.story.lists += 1;
        let header = ["BookingNumber", "InmateName", "Born", "Status"];
        let rows = (0..many).map(|number| {
            let status = if released.iter().any(|(released, _)| *released == number) {
                "REL"
            } else {
                "IN"
            };
            [
                format!("B{number}"),
                format!("SAMPLE{number}, AVERY"),
                format!("199{number}-02-03"),
                status.to_owned(),
            ]
        });
        let lists = ExportFolder::new(self.stage.agent.folder().join("lists"));
        lists.put_at(
            &format!("{}.csv", self.story.lists),
            &csv(&header, rows)?,
            today(),
        )
    }

    fn person(&self, who: Who) -> anyhow::Result<PersonId> {
        person(&self.stage, who.0)
    }

    fn register(&self, who: Who) -> anyhow::Result<()> {
        let person = self.person(who)?.to_string();
        let register = ["register", "--level", "full", "--person", &person];
        let to = format!("{}\n", address(who.1));
        self.stage.hub.cli_with(&register, &to)?;
        Ok(())
    }

    /// Waits until she was told so many releases.
    fn hears(&self, who: Who, many: usize) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while releases(&self.since(0), who.1).len() < many {
            let log = self.stage.serving.log();
            ensure!(monotonic() < deadline, "{who:?} is not told:\n{log}");
            pause(Duration::from_millis(50));
        }
        Ok(())
    }

    fn back_up(&mut self, age: Age) -> anyhow::Result<()> {
        let made = backup(&self.stage, &self.story.folder.join(format!("{age:?}")))?;
        self.story.backups.push((age, made));
        Ok(())
    }

    /// Loses the hub.
    fn lose(self) -> anyhow::Result<Lost> {
        let Stage {
            mailbox,
            hub,
            agent,
            serving,
            watching,
        } = self.stage;
        watching.stop()?;
        serving.stop()?;
        Ok(Lost {
            mailbox,
            hub,
            agent,
            story: self.story,
        })
    }
}

/// Returns what told somebody of a release.
fn releases<'a>(letters: &'a [Letter], who: &str) -> Vec<&'a Letter> {
    let to = address(who);
    let hers = letters.iter().filter(|letter| letter.to == to);
    hers.filter(|letter| letter.text.contains(RELEASED))
        .collect()
}
