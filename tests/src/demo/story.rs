//! One scenario from beginning to end, with every latency measured.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;

use super::county::County;
use super::county::jails::Person;
use crate::mailbox::letter::Letter;
use crate::tail::{Known, Tail};
use crate::visitor::Wish;

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever wants to be told, about whom, and how.
pub(super) const WISHES: [(&str, Wish<'static>); 4] = [
    ("Tansy Quillfeather", wish("ada@home.example", "full", "en")),
    (
        "Orrin Bramblewick",
        wish("bea@home.example", "discreet", "en"),
    ),
    (
        "Juniper Fogelmoth",
        wish("cora@casa.example", "content-free", "es"),
    ),
    ("Basil Thistledown", wish("dot@home.example", "full", "en")),
];

const fn wish(email: &'static str, level: &'static str, language: &'static str) -> Wish<'static> {
    Wish {
        email,
        level,
        language,
    }
}

/// What became of one change, from the row to the letter.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    /// What was changed, and where.
    pub(super) change: &'static str,
    /// The event that the registry derived.
    pub(super) code: EventCode,
    /// When the changed row was there to be seen.
    pub(super) written_at: Timestamp,
    /// When the agent saw it.
    pub(super) observed_at: Timestamp,
    /// When the hub made it durable.
    pub(super) received_at: Timestamp,
    /// The letter, where somebody is told.
    pub(super) letter: Option<Letter>,
}

impl Passage {
    /// Returns how long after the row was written.
    #[must_use]
    pub(super) fn after(&self, at: Timestamp) -> SignedDuration {
        at.duration_since(self.written_at)
    }
}

/// Plays the scenario.
#[derive(Debug)]
pub(super) struct Story<'a> {
    county: &'a mut County,
    tail: Tail,
    passages: Vec<Passage>,
}

impl<'a> Story<'a> {
    /// Registers whoever wants to be told, through the public pages.
    ///
    /// # Errors
    /// Returns which registration failed.
    pub(super) fn begin(
        county: &'a mut County,
        mut say: impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        for (who, wish) in WISHES {
            county.visitor.register(who, wish, &county.mailbox)?;
            say(&format!(
                "{} is to be told about {who}: {} ({})",
                wish.email, wish.level, wish.language
            ))?;
        }
        let tail = Tail::new(county.hub.registry()?);
        Ok(Self {
            county,
            tail,
            passages: Vec::new(),
        })
    }

    /// Plays every step; returns what became of each, and what a public page says at the end.
    ///
    /// # Errors
    /// Returns the step that did not come to its end.
    pub(super) fn play(mut self) -> anyhow::Result<(Vec<Passage>, String)> {
        use EventCode::{
            Booked, ClassificationChange, Escaped, HearingSet, NoLongerListed, Recaptured,
            Released, TransferInState,
        };
        let (ada, bea, cora) = (WISHES[0].1.email, WISHES[1].1.email, WISHES[2].1.email);
        let azalea = &self.county.azalea;
        let at = azalea.book(&Person::of(["A-1003", "AJ-73", "Marrowby", "Wren"]))?;
        self.step("booked: a row in Azalea's database", at, Booked, None)?;
        let at = self.county.catalpa.drop_from_list("26-0419")?;
        let change = "missing from Catalpa's next list";
        self.step(change, at, NoLongerListed, None)?;
        let at = self.county.azalea.release("A-1001", "BOND")?;
        let change = "released on bond: Azalea's database";
        self.step(
            change,
            at,
            Released,
            Some((ada, "Tansy Quillfeather was released from Azalea")),
        )?;
        let at = self.county.catalpa.movement("26-0418", "ESCAPE", "")?;
        let words = "The person you asked about escaped";
        self.step(
            "escaped: Catalpa's movements",
            at,
            Escaped,
            Some((bea, words)),
        )?;
        let at = self.county.catalpa.movement("26-0418", "RETURN", "")?;
        let words = "The person you asked about was caught";
        self.step(
            "caught: Catalpa's movements",
            at,
            Recaptured,
            Some((bea, words)),
        )?;
        let news = Some((cora, "Hay noticias"));
        let at = self.county.mdoc.classify("C-900", "M")?;
        self.step(
            "close to medium: MDOC's database",
            at,
            ClassificationChange,
            news,
        )?;
        let at = self.county.mdoc.move_to("C-900", "MAG")?;
        self.step(
            "Cypress to Magnolia: MDOC's database",
            at,
            TransferInState,
            news,
        )?;
        let at = self
            .county
            .mdoc
            .set_hearing("H-2", "M0001", "2027-02-02 09:00:00")?;
        self.step("parole hearing set: MDOC's database", at, HearingSet, news)?;
        let page = self.check()?;
        Ok((self.passages, page))
    }

    fn step(
        &mut self,
        change: &'static str,
        written_at: Timestamp,
        code: EventCode,
        told: Option<(&str, &str)>,
    ) -> anyhow::Result<()> {
        let known: Known = self
            .tail
            .wait_for(PATIENCE, |known| {
                known.code == code && known.observed_at >= written_at
            })
            .with_context(|| format!("{change}: no {code} in the registry"))?;
        let letter = told
            .map(|(email, words)| self.letter(email, words, written_at))
            .transpose()
            .with_context(|| change.to_owned())?;
        self.passages.push(Passage {
            change,
            code,
            written_at,
            observed_at: known.observed_at,
            received_at: known.received_at,
            letter,
        });
        Ok(())
    }

    fn letter(&self, email: &str, words: &str, after: Timestamp) -> anyhow::Result<Letter> {
        let ledger = self.county.mailbox.ledger();
        let found = ledger.wait(PATIENCE, |letters| {
            let is_it = |letter: &&Letter| letter.to == email && letter.came_at >= after;
            letters.iter().find(is_it).cloned()
        });
        let letter = found.with_context(|| format!("no letter came to {email}"))?;
        if !letter.text.contains(words) {
            bail!(
                "the letter to {email} does not say {words:?}:\n{}",
                letter.text
            );
        }
        Ok(letter)
    }

    /// Looks at what must not have happened, and at the public page.
    fn check(&self) -> anyhow::Result<String> {
        let letters = self.county.mailbox.letters();
        let dot = WISHES[3].1.email;
        let to_dot = letters.iter().filter(|letter| letter.to == dot).count();
        if to_dot != 1 {
            bail!(
                "{dot} was to get a code and nothing for a missing row, and got {to_dot} letters"
            );
        }
        for letter in letters
            .iter()
            .filter(|letter| letter.to != WISHES[0].1.email)
        {
            if letter.text.contains("Quillfeather") || letter.text.contains("Bramblewick") {
                bail!("a letter to {} holds a name", letter.to);
            }
        }
        let found = self.county.visitor.look_up("Quillfeather")?;
        let path = found.first().context("nobody is called Quillfeather")?;
        let page = self.county.visitor.open(path)?.status()?;
        for words in [
            "Out of custody. Was at Azalea County Jail",
            "Reason: bond",
            "As of ",
        ] {
            if !page.contains(words) {
                bail!("the public page does not say {words:?}: {page}");
            }
        }
        Ok(page)
    }
}
