//! `kill -9` of the hub while it tells: a crash repeats one try at most, and none of what was confirmed
//! before; and two that tell beside each other never tell the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use savin_hub::ids::{EventId, EventPosition, NoticeId, PersonId};
use savin_hub::notification::channel::Channel;
use savin_hub::notification::fact::Fact;
use savin_hub::notification::mark::Mark;
use savin_hub::registry::details::Details;
use savin_hub::store::vault::carrying;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{
    Answer, Command, CourierAnswer, CourierCommand, NoticeRow, PlannerCommand, PortalAnswer,
    PortalCommand, Room, StaffAnswer, StaffCommand, TryOutcome,
};
use savin_shared::event::EventCode;
use savin_shared::fault::Fault;
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::dice::Dice;
use savin_tests::engine::Engine;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::mailbox::Mailbox;
use savin_tests::mailbox::letter::Letter;
use savin_tests::program::Programs;

use crate::PATIENCE;

/// How often the hub is killed, on each engine.
const KILLS: usize = 30;

/// Who is told of each release.
const REGISTRANTS: usize = 8;

/// How long a hub has until it is killed, if it sends less than was drawn.
const LIFE: Duration = Duration::from_secs(4);

/// What two couriers share.
const SHARED: usize = 300;

#[test]
fn a_crash_repeats_one_try_at_most_and_none_of_what_was_confirmed_on_sqlite() -> anyhow::Result<()>
{
    println!("{}", tells(&Engine::Files, 9_945)?);
    Ok(())
}

#[test]
fn a_crash_repeats_one_try_at_most_and_none_of_what_was_confirmed_on_postgresql()
-> anyhow::Result<()> {
    println!("{}", tells(&Engine::server()?, 4_735)?);
    Ok(())
}

#[test]
fn two_that_tell_beside_each_other_never_tell_the_same() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let hub = home(folder.path(), &engine, None)?;
        let vault = hub.vault()?;
        for number in 0..SHARED {
            hub.register(&format!("r{number}@home.example"), person())?;
        }
        retell(&vault, 1)?;
        let carry = |vault: Vault| -> anyhow::Result<Vec<NoticeId>> {
            let mut carried = Vec::new();
            loop {
                let claimed = claim(&vault)?;
                if claimed.is_empty() {
                    return Ok(carried);
                }
                carried.extend(claimed);
            }
        };
        let (one, other) = (hub.vault()?, hub.vault()?);
        let [one, other] = std::thread::scope(|scope| {
            let both = [one, other].map(|vault| scope.spawn(|| carry(vault)));
            both.map(|one| one.join())
        });
        let died = |_| anyhow::anyhow!("a courier died");
        let (one, other) = (one.map_err(died)??, other.map_err(died)??);
        let all: BTreeSet<NoticeId> = one.iter().chain(&other).copied().collect();
        ensure!(one.len() + other.len() == SHARED, "{}", engine.name());
        assert_eq!(all.len(), SHARED, "{}: told twice", engine.name());
        println!("{}: {} and {}", engine.name(), one.len(), other.len());
    }
    Ok(())
}

/// Claims a few messages and says that they were taken; returns which.
fn claim(vault: &Vault) -> anyhow::Result<Vec<NoticeId>> {
    let command = CourierCommand::Claim {
        channel: Channel::Email,
        room: Room::all(3),
    };
    let Answer::Courier(CourierAnswer::Messages(messages)) = insist(vault, &command)? else {
        bail!("the vault gave another answer");
    };
    let mut claimed = Vec::new();
    for message in messages {
        let finish = CourierCommand::Finish {
            notice: message.notice,
            claim: message.claim,
            outcome: TryOutcome::Accepted {
                detail: "250 ok".to_owned(),
            },
        };
        let noted = insist(vault, &finish)?;
        ensure!(matches!(noted, Answer::Courier(CourierAnswer::Noted(true))));
        claimed.push(message.notice);
    }
    Ok(claimed)
}

/// Asks until the vault can do it, as a courier does: whoever loses a race too often is told to ask again.
fn insist(vault: &Vault, command: &CourierCommand) -> anyhow::Result<Answer> {
    loop {
        match vault.handle(Command::Courier(command.clone())) {
            Err(failure) if failure.fault() == Fault::Retry => pause(Duration::from_millis(5)),
            other => return Ok(other?),
        }
    }
}

fn home(folder: &Path, engine: &Engine, mail_port: Option<u16>) -> anyhow::Result<HubHome> {
    let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
    let options = HubOptions {
        store: engine.url(),
        mail_port,
        ..HubOptions::default()
    };
    HubHome::make(&folder.join("hub"), &programs, &options)
}

fn person() -> PersonId {
    PersonId::from_bytes([7; 16])
}

/// Plans a release for everybody who asked, as the planner does for whoever asked late.
fn retell(vault: &Vault, number: u8) -> anyhow::Result<()> {
    let now = wall();
    let fact = Fact {
        event: EventId::from_bytes([number; 16]),
        position: EventPosition(i64::from(number)),
        person: person(),
        code: EventCode::Released.code(),
        urgency: 2,
        name: None,
        facility: "Test Jail".to_owned(),
        from_facility: None,
        still_held_at: None,
        elsewhere: Default::default(),
        corrects: None,
        effective_at: None,
        observed_at: now,
        received_at: now,
        found_late: false,
        followed: None,
        details: Details::default(),
    };
    let retell = PlannerCommand::Retell {
        clock: None,
        fact: Box::new(fact),
    };
    vault.handle(Command::Planner(retell))?;
    Ok(())
}

fn notices(vault: &Vault) -> anyhow::Result<Vec<NoticeRow>> {
    let command = StaffCommand::Notices { limit: 10_000 };
    let Answer::Staff(StaffAnswer::Notices(rows)) = vault.handle(Command::Staff(command))? else {
        bail!("the vault gave another answer");
    };
    Ok(rows)
}

/// Returns the mark by which a letter's reader confirms it.
fn mark(letter: &Letter) -> anyhow::Result<Mark> {
    let (_, rest) = letter.text.split_once("/mail/seen/").context("no link")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let mark = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    Mark::parse(mark).with_context(|| format!("no mark: {mark}"))
}

/// Counts the copies of each notice that the mail server was given.
fn copies(mailbox: &Mailbox) -> anyhow::Result<BTreeMap<NoticeId, u64>> {
    let mut copies = BTreeMap::new();
    for letter in mailbox.letters() {
        *copies.entry(mark(&letter)?.notice).or_default() += 1;
    }
    Ok(copies)
}

/// Kills a hub that tells, again and again, and compares what the mail server was given with what the
/// hub knows.
fn tells(engine: &Engine, seed: u64) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let mailbox = Mailbox::start()?;
    let hub = home(folder.path(), engine, Some(mailbox.port()))?;
    let vault = hub.vault()?;
    for number in 0..REGISTRANTS {
        hub.register(&format!("r{number}@home.example"), person())?;
    }
    let mut dice = Dice::new(seed);
    let mut known = Known::default();
    for round in 1..=KILLS {
        let before = mailbox.letters().len();
        let serving = hub.serve()?;
        retell(&vault, u8::try_from(round)?)?;
        let enough = before + 1 + dice.below(REGISTRANTS);
        let ledger = mailbox.ledger();
        let _sent = ledger.wait(LIFE, |letters| (letters.len() >= enough).then_some(()));
        pause(Duration::from_micros(dice.below(8_000) as u64));
        serving.kill()?;
        for row in notices(&vault)? {
            if row.state == "trying" {
                *known.cut.entry(row.notice).or_default() += 1;
                end_lease(&hub, &row)?;
            }
        }
        // One that arrived is confirmed, whether or not the hub knew that it was taken.
        if let Some(letter) = dice.pick(&mailbox.letters()) {
            known.confirm(&vault, &mailbox, letter)?;
        }
    }
    let serving = hub.serve()?;
    let all = KILLS * REGISTRANTS;
    let deadline = monotonic() + PATIENCE;
    let rows = loop {
        let rows = notices(&vault)?;
        let is_over = |row: &NoticeRow| row.state == "accepted" || row.state == "confirmed";
        if rows.len() == all && rows.iter().all(is_over) {
            break rows;
        }
        ensure!(monotonic() < deadline, "not told:\n{}", serving.log());
        pause(Duration::from_millis(100));
    };
    serving.stop()?;
    let (cut, repeated) = known.compare(&rows, &copies(&mailbox)?)?;
    Ok(format!(
        "{}: {KILLS} kills, {all} notices, {cut} tries cut off, {repeated} sent again, {} confirmed",
        engine.name(),
        known.confirmed.len()
    ))
}

/// What is known of notices besides what the hub says.
#[derive(Debug, Default)]
struct Known {
    /// How often a try was under way when the hub was killed.
    cut: BTreeMap<NoticeId, u64>,
    /// How often the mail server had been given it when it was confirmed.
    confirmed: BTreeMap<NoticeId, u64>,
}

impl Known {
    fn confirm(&mut self, vault: &Vault, mailbox: &Mailbox, letter: &Letter) -> anyhow::Result<()> {
        let mark = mark(letter)?;
        let answer = vault.handle(Command::Portal(PortalCommand::Seen { mark }))?;
        ensure!(matches!(answer, Answer::Portal(PortalAnswer::Done)));
        let count = copies(mailbox)?.remove(&mark.notice).unwrap_or_default();
        self.confirmed.entry(mark.notice).or_insert(count);
        Ok(())
    }

    /// Compares what was sent with what is noted; returns how many tries were cut off, and how many
    /// letters came again.
    fn compare(
        &self,
        rows: &[NoticeRow],
        copies: &BTreeMap<NoticeId, u64>,
    ) -> anyhow::Result<(u64, u64)> {
        let mut repeated = 0;
        for row in rows {
            let (notice, tries) = (row.notice, row.attempts);
            let sent = copies.get(&notice).copied().unwrap_or_default();
            let cut = self.cut.get(&notice).copied().unwrap_or_default();
            ensure!(sent > 0, "{notice} was never sent");
            ensure!(sent <= tries, "{notice}: {sent} sent, {tries} noted");
            ensure!(
                tries <= 1 + cut,
                "{notice} was tried {tries} times in {cut} crashes"
            );
            if let Some(then) = self.confirmed.get(&notice) {
                assert_eq!(sent, *then, "{notice} was sent after its confirmation");
                assert_eq!(row.state, "confirmed");
            }
            repeated += sent - 1;
        }
        let cut: u64 = self.cut.values().sum();
        ensure!(cut > 0, "no kill fell into a try");
        Ok((cut, repeated))
    }
}

/// Lets the lease of a try that a dead hub holds end now, as it would in two minutes.
fn end_lease(hub: &HubHome, row: &NoticeRow) -> anyhow::Result<()> {
    let (notice, claim) = (row.notice, i64::try_from(row.attempts)?);
    let now = wall();
    let is_held = hub.vault_store()?.write_now("end lease", move |tx| {
        carrying::hold(tx, notice, claim, now)
    })?;
    ensure!(is_held, "{notice} has another claim");
    Ok(())
}
