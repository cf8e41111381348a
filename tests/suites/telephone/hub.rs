//! What an operator of the hub sees and tries of its trunks, by the command line.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use savin_hub::ids::{EventId, EventPosition, PersonId};
use savin_hub::notification::care::pin;
use savin_hub::notification::contact::Contact;
use savin_hub::notification::fact::Fact;
use savin_hub::notification::phone::PhoneNumber;
use savin_hub::registry::details::Details;
use savin_hub::vault::command::{
    Answer, Choices, Command, PlannerCommand, StaffAnswer, StaffCommand, Subscribed,
};
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;
use savin_telephone::audio::{tone::tone, wav};
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use serde_json::Value;

use crate::place::{LOOK, PATIENCE, port, sound_port};
use crate::sipp::{Sipp, Step};

/// Lines of a trunk, where it does not matter: one for whoever is told, and one that is kept for escapes.
pub(crate) const LINES: u8 = 2;

/// Adds trunks to a hub's configuration, each with its server at a port and so many lines, and whatever else is to stand in
/// it; returns where the hub listens for each.
pub(crate) fn trunks(
    folder: &Path,
    at: &[(&str, u16)],
    lines: u8,
    more: &str,
) -> anyhow::Result<Vec<u16>> {
    let first = sound_port();
    let listening: Vec<u16> = at.iter().map(|_| port()).collect();
    let trunks = at.iter().zip(&listening).map(|((name, at), listen)| {
        format!(
            "[[telephone.trunks]]\nname = '{name}'\nserver = '127.0.0.1:{at}'\n\
            listen = '127.0.0.1:{listen}'\ncaller = '6015550100'\nlines = {lines}\n"
        )
    });
    let config = format!(
        "\n[telephone]\nbind = '127.0.0.1'\nmedia_ports = [{first}, {}]\nring = '5s'\n{}{more}",
        first + 19,
        trunks.collect::<Vec<_>>().concat()
    );
    let file = folder.join("hub").join("hub.toml");
    let mut file = OpenOptions::new().append(true).open(file)?;
    file.write_all(config.as_bytes())?;
    Ok(listening)
}

/// Writes a phrase that stands for every name, and returns the settings by which it is said.
pub(crate) fn phrase(folder: &Path) -> anyhow::Result<String> {
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 100, 8_000.0)))?;
    Ok(format!(
        "[voice]\ncommand = ['sh', '-c', 'cat > /dev/null; cat {}']\n",
        phrase.display()
    ))
}

/// Whom everybody has asked about.
const PERSON: PersonId = PersonId::from_bytes([7; 16]);

/// Returns an event about that person.
pub(crate) fn fact(event: u8, code: EventCode, urgency: u8) -> Fact {
    let now = wall();
    Fact {
        event: EventId::from_bytes([event; 16]),
        position: EventPosition(i64::from(event)),
        person: PERSON,
        code: code.code(),
        urgency,
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
    }
}

/// Plans a fact for everybody who asked.
pub(crate) fn plan(hub: &HubHome, fact: Fact) -> anyhow::Result<()> {
    let retell = PlannerCommand::Retell {
        clock: None,
        fact: Box::new(fact),
    };
    hub.vault()?.handle(Command::Planner(retell))?;
    Ok(())
}

/// Registers a number, with the PIN that is pressed there, if any.
pub(crate) fn register(hub: &HubHome, number: &str, said: Option<&str>) -> anyhow::Result<()> {
    let register = StaffCommand::Register {
        contacts: vec![Contact::Telephone(PhoneNumber::parse(number)?)],
        to: None,
        about: Subscribed {
            person: PERSON,
            label: String::new(),
        },
        choices: Choices::default(),
    };
    let vault = hub.vault()?;
    let Answer::Staff(StaffAnswer::Registered(registrant)) =
        vault.handle(Command::Staff(register))?
    else {
        bail!("the vault gave another answer");
    };
    let Some(said) = said else { return Ok(()) };
    let care = StaffCommand::Care {
        registrant,
        care: None,
        pin: Some(pin(&Secret::new(said.to_owned()))?),
    };
    vault.handle(Command::Staff(care))?;
    Ok(())
}

/// Asks the hub until what it says is as it must be.
pub(crate) fn until(
    hub: &HubHome,
    arguments: &[&str],
    is_so: impl Fn(&[Value]) -> bool,
) -> anyhow::Result<Vec<Value>> {
    let deadline = monotonic() + PATIENCE;
    loop {
        let shown = hub.cli(arguments)?;
        let values = shown.lines().map(serde_json::from_str);
        let values: Vec<Value> = values.collect::<Result<_, _>>()?;
        if is_so(&values) {
            return Ok(values);
        }
        ensure!(monotonic() < deadline, "{arguments:?}: {shown}");
        pause(LOOK);
    }
}

/// Counts the calls that came, each once.
pub(crate) fn called(peer: &Sipp) -> usize {
    let messages = peer.messages();
    let ids = messages.split("message received").skip(1);
    let ids = ids.filter(|message| message.lines().any(|line| line.starts_with("INVITE sip")));
    let id = |message: &str| {
        let line = message.lines().find(|line| line.starts_with("Call-ID:"));
        line.map(str::to_owned)
    };
    let ids: std::collections::BTreeSet<_> = ids.filter_map(id).collect();
    ids.len()
}

#[test]
fn an_operator_sees_which_trunk_is_there_and_hears_what_it_carries() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let ports = [port(), port()];
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let options = HubOptions::default();
    let hub = HubHome::make(&folder.path().join("hub"), &programs, &options)?;
    // Nobody is at the second.
    let at = [("first", ports[0]), ("second", ports[1])];
    trunks(folder.path(), &at, LINES, "")?;
    let steps = [
        Step::Ring,
        Step::Answer(""),
        Step::Wait(500),
        Step::Press("57#"),
        Step::HungUp,
    ];
    let peer = Sipp::start(folder.path(), ports[0], &steps)?;
    let shown = hub.cli(&["trunks", "--json"])?;
    let listed: Vec<Value> = shown
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let conditions: Vec<_> = listed
        .iter()
        .map(|trunk| trunk["condition"].as_str())
        .collect();
    ensure!(conditions == [Some("up"), Some("silent")], "{shown}");
    ensure!(hub.cli(&["trunks"])?.contains("tried after the others"));
    let called = hub.cli(&["call", "--test", "601-555-0123", "--json"])?;
    let called: Value = serde_json::from_str(&called)?;
    ensure!(
        called["trunk"] == "first" && called["keys"] == 2,
        "{called}"
    );
    ensure!(
        called["packets_sent"].as_u64().context("a number")? > 20,
        "{called}"
    );
    ensure!(peer.received("BYE") > 0, "it was not hung up");
    let refused = hub.cli(&["call", "--test", "6015550123", "--trunk", "second"]);
    let refused = refused.err().context("nobody is there")?;
    let refused = format!("{refused:#}");
    ensure!(refused.contains("408 over second"), "{refused}");
    let refused = hub.cli(&["call", "--test", "6015550123", "--trunk", "third"]);
    let refused = refused.err().context("there is no such trunk")?;
    let refused = format!("{refused:#}");
    ensure!(refused.contains("there are first, second"), "{refused}");
    Ok(())
}
