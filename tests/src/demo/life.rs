//! Life goes on: people are booked, moved, released, escape and are caught until somebody stops it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::tz::TimeZone;

use super::county::County;
use super::county::jails::{AZALEA_PEOPLE, CATALPA_PEOPLE, CLASSES, MDOC_PEOPLE, Person, UNITS};
use super::line;
use super::story::WISHES;
use crate::clock::wall;
use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::tail::Tail;

/// Between two things that happen.
const PACE: Duration = Duration::from_secs(3);

/// Between two looks at what became known.
const LOOK: Duration = Duration::from_millis(150);

const GIVEN: [&str; 12] = [
    "Alder", "Briony", "Clement", "Delphine", "Ezra", "Fern", "Gideon", "Hazel", "Ivo", "Juno",
    "Kit", "Lark",
];

const SURNAMES: [&str; 12] = [
    "Ashgrove",
    "Birdwhistle",
    "Crumplehorn",
    "Dapplewood",
    "Elderbeam",
    "Fiddlewick",
    "Gorsebank",
    "Hollyhock",
    "Inkberry",
    "Jollipath",
    "Kettlebrook",
    "Larkspurr",
];

/// Lets life go on until it is to stop.
pub(super) fn live(county: &mut County, stop: &Ledger<()>) -> anyhow::Result<()> {
    for (who, wish) in WISHES {
        county.visitor.register(who, wish, &county.mailbox)?;
    }
    line(&format!("\n  Public site   {}", county.hub.site()))?;
    line(&format!("  Mailbox       {}", county.mailbox_page))?;
    line(
        "\nLook up \"Quillfeather\" and ask to be told: any address works, its mail is in the mailbox.",
    )?;
    line("Ctrl-C ends it.\n")?;
    let mut life = Life::new(county)?;
    while !stopped(stop, Duration::ZERO) {
        life.happen()?;
        for _ in 0..PACE.as_millis() / LOOK.as_millis() {
            life.report()?;
            if stopped(stop, LOOK) {
                break;
            }
        }
        if !stopped(stop, Duration::ZERO) {
            life.county.check()?;
        }
    }
    line("\nStopping …")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    Held,
    OnLeave,
    Escaped,
}

/// Somebody in the state's prisons.
#[derive(Debug)]
struct Inmate {
    person: Person,
    unit: &'static str,
    class: &'static str,
}

#[derive(Debug)]
struct Life<'a> {
    county: &'a mut County,
    tail: Tail,
    dice: Dice,
    azalea: Vec<(Person, Whereabouts)>,
    catalpa: Vec<(Person, Whereabouts)>,
    mdoc: Vec<Inmate>,
    booked: usize,
    hearings: usize,
    letters: usize,
}

impl<'a> Life<'a> {
    fn new(county: &'a mut County) -> anyhow::Result<Self> {
        let held = |people: &[[&str; 4]]| {
            let people = people.iter().map(|person| Person::of(*person));
            people.map(|person| (person, Whereabouts::Held)).collect()
        };
        Ok(Self {
            tail: Tail::new(county.hub.registry()?),
            letters: county.mailbox.letters().len(),
            dice: Dice::new(wall().as_microsecond().unsigned_abs()),
            azalea: held(&AZALEA_PEOPLE),
            catalpa: held(&CATALPA_PEOPLE),
            mdoc: MDOC_PEOPLE
                .map(|person| Inmate {
                    person: Person::of(person),
                    unit: UNITS[0],
                    class: CLASSES[0],
                })
                .into(),
            booked: 0,
            hearings: 0,
            county,
        })
    }

    /// Lets one thing happen.
    fn happen(&mut self) -> anyhow::Result<()> {
        match self.dice.below(5) {
            0 | 1 => self.at_azalea(),
            2 | 3 => self.at_catalpa(),
            _ => self.at_mdoc(),
        }
    }

    fn at_azalea(&mut self) -> anyhow::Result<()> {
        let azalea = &self.county.azalea;
        let chosen = self.dice.below(self.azalea.len());
        let few = self.azalea.len() < 3;
        match self.azalea.get_mut(chosen) {
            Some((person, at)) if !few && *at == Whereabouts::Held && self.dice.one_in(2) => {
                let reason = *self
                    .dice
                    .pick(&["BOND", "ROR", "DISM", "TIME"])
                    .unwrap_or(&"TIME");
                azalea.release(&person.record, reason)?;
                say(
                    "Azalea",
                    &format!("{} is released ({reason})", person.name()),
                )?;
                self.azalea.remove(chosen);
            }
            Some((person, at)) if *at == Whereabouts::Held && self.dice.one_in(3) => {
                azalea.status(&person.record, "LEAVE")?;
                say("Azalea", &format!("{} leaves on furlough", person.name()))?;
                *at = Whereabouts::OnLeave;
            }
            Some((person, at)) if *at != Whereabouts::Held => {
                azalea.status(&person.record, "IN")?;
                say("Azalea", &format!("{} is back", person.name()))?;
                *at = Whereabouts::Held;
            }
            Some(_) | None => {
                let person = self.somebody("AZ");
                self.county.azalea.book(&person)?;
                say("Azalea", &format!("{} is booked", person.name()))?;
                self.azalea.push((person, Whereabouts::Held));
            }
        }
        Ok(())
    }

    fn at_catalpa(&mut self) -> anyhow::Result<()> {
        let chosen = self.dice.below(self.catalpa.len());
        let few = self.catalpa.len() < 3;
        let catalpa = &mut self.county.catalpa;
        match self.catalpa.get_mut(chosen) {
            Some((person, at)) if *at == Whereabouts::Escaped => {
                catalpa.movement(&person.record, "RETURN", "")?;
                say("Catalpa", &format!("{} is caught", person.name()))?;
                *at = Whereabouts::Held;
            }
            Some((person, _)) if !few && self.dice.one_in(3) => {
                catalpa.movement(&person.record, "RELEASE", "COURT ORDER")?;
                catalpa.drop_from_list(&person.record)?;
                say(
                    "Catalpa",
                    &format!("{} is released by the court", person.name()),
                )?;
                self.catalpa.remove(chosen);
            }
            Some((person, _)) if !few && self.dice.one_in(3) => {
                catalpa.drop_from_list(&person.record)?;
                let name = person.name();
                say(
                    "Catalpa",
                    &format!("{name} is missing from the next list: nobody is told"),
                )?;
                self.catalpa.remove(chosen);
            }
            Some((person, at)) if self.dice.one_in(5) => {
                catalpa.movement(&person.record, "ESCAPE", "")?;
                say("Catalpa", &format!("{} escapes", person.name()))?;
                *at = Whereabouts::Escaped;
            }
            Some(_) | None => {
                let person = self.somebody("26-C");
                self.county.catalpa.book(&person)?;
                say("Catalpa", &format!("{} is booked", person.name()))?;
                self.catalpa.push((person, Whereabouts::Held));
            }
        }
        Ok(())
    }

    fn at_mdoc(&mut self) -> anyhow::Result<()> {
        let chosen = self.dice.below(self.mdoc.len());
        let Some(inmate) = self.mdoc.get_mut(chosen) else {
            return Ok(());
        };
        let name = inmate.person.name();
        match self.dice.below(3) {
            0 => {
                inmate.class = self.dice.other(&CLASSES, inmate.class);
                let class = inmate.class;
                self.county.mdoc.classify(&inmate.person.record, class)?;
                say("MDOC", &format!("{name} is classified {class}"))
            }
            1 => {
                inmate.unit = self.dice.other(&UNITS, inmate.unit);
                let unit = inmate.unit;
                self.county.mdoc.move_to(&inmate.person.record, unit)?;
                say("MDOC", &format!("{name} is moved to {unit}"))
            }
            _ => {
                self.hearings += 1;
                let hearing = format!("H-{}", 100 + self.hearings);
                let starts_at = format!("2027-03-{:02} 09:00:00", 1 + self.hearings % 28);
                self.county
                    .mdoc
                    .set_hearing(&hearing, &inmate.person.number, &starts_at)?;
                say(
                    "MDOC",
                    &format!("a parole hearing of {name} is set for {starts_at}"),
                )
            }
        }
    }

    fn somebody(&mut self, prefix: &str) -> Person {
        self.booked += 1;
        let given = self.dice.pick(&GIVEN).copied().unwrap_or_default();
        let surname = self.dice.pick(&SURNAMES).copied().unwrap_or_default();
        let number = format!("{prefix}{}", 2000 + self.booked);
        Person::of([&number, &format!("P{number}"), surname, given])
    }

    /// Prints what became known and what was sent since the last look.
    fn report(&mut self) -> anyhow::Result<()> {
        for known in self.tail.fresh()? {
            let took = known.received_at.duration_since(known.observed_at);
            line(&format!(
                "                    registry  {}: {} ({} ms after the agent saw it)",
                known.code,
                known.name,
                took.as_millis()
            ))?;
        }
        for letter in self.county.mailbox.ledger().since(self.letters) {
            self.letters += 1;
            let words = letter.text.lines().nth(2).unwrap_or_default();
            line(&format!(
                "                    e-mail    {}: {words}",
                letter.to
            ))?;
        }
        Ok(())
    }
}

fn say(place: &str, text: &str) -> anyhow::Result<()> {
    let zone = TimeZone::get("America/Chicago").unwrap_or(TimeZone::UTC);
    let time = wall().to_zoned(zone).strftime("%H:%M:%S").to_string();
    line(&format!("{time}  {place:<8}  {text}"))
}

fn stopped(stop: &Ledger<()>, patience: Duration) -> bool {
    let is_stopped = |signals: &[()]| (!signals.is_empty()).then_some(());
    stop.wait(patience, is_stopped).is_some()
}

/// Listens for Ctrl-C and for a termination signal.
pub(super) fn signals() -> anyhow::Result<Arc<Ledger<()>>> {
    let stop = Arc::new(Ledger::default());
    let heard = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to listen for signals")?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if runtime.block_on(signalled()).is_ok() {
                heard.push(());
            }
        })
        .context("failed to listen for signals")?;
    Ok(stop)
}

#[cfg(unix)]
async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
