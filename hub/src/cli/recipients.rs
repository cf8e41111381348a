//! `recipients`: the offices that the law has told before a release (Miss. Code 47-5-177), where somebody was
//! convicted, and what each office was told.

mod door;
mod notices;

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::evidence::office::{CONVICTION, LISTING, listing_subject};
use crate::ids::PersonId;
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::places;
use crate::store::StoreError;
use crate::store::registry::recipient::{self, NewRecipient, Office, Place, RecipientId};
use crate::store::registry::task::{self, TaskKind};
use crate::store::registry::{agency_notice, decision, merge, person};

/// Characters of the longest postal address of an office.
const ADDRESS_MAX: usize = 300;

/// Keep the list, and show and carry what the offices are told.
#[derive(Debug, Subcommand)]
pub(super) enum RecipientsCommand {
    /// Put an office on the list.
    Add(Add),
    /// Show the list.
    List {
        /// Only this county.
        #[arg(long, value_name = "NAME")]
        county: Option<String>,
    },
    /// Take an office off the list; what waits for it is withdrawn.
    Remove(Remove),
    /// Give an office its link to the page on which it enters victims after an arrest (99-43-35(d)); the one
    /// before ends. With `--end` it has none.
    Link(door::Link),
    /// Say where somebody was convicted, so that the offices of that place are told.
    Convicted(Convicted),
    /// Show what the offices were told, the newest first.
    Notices(notices::List),
    /// Show the letter to an office.
    Letter(notices::Letter),
    /// Say that the letter to an office was posted.
    Posted(notices::Carried),
    /// Say that the office called and has the notice.
    Confirm(notices::Carried),
}

/// A county and a municipality in it.
#[derive(Debug, Args)]
struct At {
    /// One of the 82 counties.
    #[arg(long, value_name = "NAME")]
    county: String,
    /// A municipality in it.
    #[arg(long, value_name = "NAME", default_value = "")]
    city: String,
}

/// An office, where it is, and how it is told.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// `sheriff`, `police-chief`, `prosecutor` or `circuit-judge`.
    #[arg(long)]
    office: String,
    #[command(flatten)]
    at: At,
    /// Its official e-mail address.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "letter")]
    email: Option<String>,
    /// Its postal address in one line, where it is told by letters that a person posts.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "email")]
    letter: Option<String>,
    #[command(flatten)]
    by: SignAs,
}

/// An office that is taken off.
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Its number in the list.
    number: i64,
    #[command(flatten)]
    by: SignAs,
}

/// Where somebody was convicted.
#[derive(Debug, Args)]
pub(super) struct Convicted {
    /// The person, as `savin-hub persons find NAME` shows the identifier.
    person: PersonId,
    #[command(flatten)]
    at: At,
    /// It was entered by mistake: forget it.
    #[arg(long)]
    not: bool,
    #[command(flatten)]
    by: SignAs,
}

impl RecipientsCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config, output),
            Self::List { county } => list(county.as_deref(), config, output),
            Self::Remove(remove) => remove.run(config, output),
            Self::Link(link) => link.run(config, output),
            Self::Convicted(convicted) => convicted.run(config, output),
            Self::Notices(list) => list.run(config, output),
            Self::Letter(letter) => letter.run(config, output),
            Self::Posted(carried) => carried.posted(config, output),
            Self::Confirm(carried) => carried.confirm(config, output),
        }
    }
}

impl At {
    /// Returns the place, with the county as everything else spells it.
    fn place(&self) -> anyhow::Result<Place> {
        let counties: BTreeSet<String> = places::shipped()?
            .into_iter()
            .map(|facility| facility.county)
            .collect();
        let wanted = self.county.trim();
        let county = counties
            .into_iter()
            .find(|county| county.eq_ignore_ascii_case(wanted));
        Ok(Place {
            county: county
                .with_context(|| format!("{wanted:?} is not one of the counties of Mississippi"))?,
            municipality: self.city.trim().to_owned(),
        })
    }
}

impl Add {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let offices = Office::ALL.map(Office::as_str);
        let office = Office::parse(&self.office)
            .with_context(|| format!("--office is one of {}", offices.join(", ")))?;
        let new = NewRecipient {
            office,
            place: self.at.place()?,
            channel: match self.email {
                Some(_) => Channel::Email,
                None => Channel::Letter,
            },
            address: self.address()?,
        };
        if office != Office::PoliceChief && !new.place.municipality.is_empty() {
            bail!("--city goes with a police chief: every other office is the county's");
        }
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let title = office.title(&new.place);
        let (county, city) = (&new.place.county, &new.place.municipality);
        let subject = listing_subject(office.as_str(), county, city);
        let choice = format!("{} {}", new.channel, new.address);
        let signed = signer.sign(LISTING, &subject, &choice, "", now)?;
        let id = app::open_registry(config)?.write_now("recipient add", move |tx| {
            let decision = decision::record(tx, &signed)?;
            recipient::add(tx, &new, decision, now)
        })?;
        if output.is_json() {
            return output.object(&json!({ "recipient": id.0, "title": title }));
        }
        output.line(&format!("{title} is on the list as number {}.", id.0))
    }

    fn address(&self) -> anyhow::Result<String> {
        if let Some(email) = &self.email {
            EmailAddress::parse(email).context("--email is an e-mail address")?;
            return Ok(email.trim().to_owned());
        }
        let letter = self.letter.as_deref().unwrap_or_default().trim();
        if letter.is_empty() || letter.chars().count() > ADDRESS_MAX {
            bail!("--letter is a postal address of 1 to {ADDRESS_MAX} characters");
        }
        if letter.chars().any(char::is_control) {
            bail!("--letter is one line: commas part its lines");
        }
        Ok(letter.to_owned())
    }
}

impl Remove {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let id = RecipientId(self.number);
        let subject = format!("recipient/{}", id.0);
        let signed = signer.sign("recipient-remove", &subject, "remove", "", now)?;
        let withdrawn = app::open_registry(config)?.write_now("recipient remove", move |tx| {
            let decision = decision::record(tx, &signed)?;
            recipient::remove(tx, id, decision, now)?;
            let withdrawn = agency_notice::withdraw_of(tx, id)?;
            for notice in &withdrawn {
                let subject = agency_notice::letter_subject(*notice);
                task::close(tx, TaskKind::AgencyNotice, &subject, "off the list", now)?;
            }
            Ok(withdrawn.len())
        })?;
        if output.is_json() {
            return output.object(&json!({ "removed": id.0, "withdrawn": withdrawn }));
        }
        output.line(&format!(
            "Number {} is off the list; {withdrawn} notices that waited for it are withdrawn.",
            id.0
        ))
    }
}

impl Convicted {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let place = self.at.place()?;
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let (named, not) = (self.person, self.not);
        let subject = format!("person/{named}");
        let word = if not { "not convicted" } else { "convicted" };
        let choice = format!("{word} at {}/{}", place.county, place.municipality);
        let signed = signer.sign(CONVICTION, &subject, &choice, "", now)?;
        app::open_registry(config)?.write_now("conviction", move |tx| {
            let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
            let person = merge::current(tx, named)?;
            if !person::exists(tx, person)? {
                return refused(
                    "there is no such person: the identifier stands in the page's address",
                );
            }
            let decision = decision::record(tx, &signed)?;
            if !not {
                return recipient::convict(tx, person, &place, decision, now);
            }
            let mut was_there = false;
            for one in merge::everyone(tx, person)? {
                was_there |= recipient::acquit(tx, one, &place)?;
            }
            if was_there {
                Ok(())
            } else {
                refused("nobody said that the person was convicted there")
            }
        })?;
        if output.is_json() {
            let person = named.to_string();
            return output.object(&json!({ "person": person, "choice": choice }));
        }
        output.line(&format!("{named}: {choice}."))
    }
}

fn list(county: Option<&str>, config: &Config, output: &Output) -> anyhow::Result<()> {
    let mut offices = app::open_registry(config)?.read_now("recipients", recipient::active)?;
    offices.retain(|office| {
        county.is_none_or(|county| office.place.county.eq_ignore_ascii_case(county.trim()))
    });
    let mut rows = Vec::new();
    for office in &offices {
        if output.is_json() {
            output.object(&json!({
                "recipient": office.id.0,
                "office": office.office.as_str(),
                "county": office.place.county,
                "city": office.place.municipality,
                "by": office.channel.as_str(),
                "address": office.address,
                "added_at": office.added_at,
            }))?;
        }
        rows.push(vec![
            office.id.0.to_string(),
            office.place.county.clone(),
            office.office.title(&office.place),
            office.channel.to_string(),
            office.address.clone(),
            format!("{:.0}", office.added_at),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("No such office is on the list: `savin-hub recipients add`.");
    }
    output.table(
        &["number", "county", "office", "by", "address", "since"],
        rows,
    )
}

#[cfg(test)]
mod tests;
