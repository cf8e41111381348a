//! `agency add`, `agency token`: who sends, and the one-time tokens with which agents enrol.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use savin_shared::ids::{AgencyId, FacilityCode};
use savin_shared::token::{TokenFile, token_hash};
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::places::Facility;
use crate::private_file;
use crate::store::registry::agency::{self, Agency};
use crate::store::registry::agent::{self, AgentState};
use crate::store::registry::{facility, token};

/// What a facility can be; `data/facilities.csv` has the same words.
const KINDS: [&str; 6] = [
    "county-jail",
    "state-prison",
    "private-prison",
    "regional",
    "court",
    "agency",
];

#[derive(Debug, Subcommand)]
pub(super) enum AgencyCommand {
    /// Add an agency, or rename it, and say for which facilities it speaks.
    Add(Add),
    /// Show every agency, the facilities that it speaks for, and how many agents it has.
    List,
    /// Make a one-time token with which an agent of the agency enrols.
    Token(Token),
}

/// Add an agency.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its identifier: the ORI where it has one.
    agency: String,
    /// Its name.
    #[arg(long)]
    name: String,
    /// Its county.
    #[arg(long)]
    county: Option<String>,
    /// A facility that it speaks for, by its code in the list; may be given more than once.
    #[arg(long = "facility", value_name = "CODE")]
    facilities: Vec<String>,
    /// A facility that is not in the list yet, as CODE=NAME; may be given more than once.
    #[arg(long = "new-facility", value_name = "CODE=NAME")]
    new_facilities: Vec<String>,
    /// What the new facilities are: county-jail, state-prison, private-prison, regional, court or agency.
    #[arg(long, default_value = "county-jail", value_parser = KINDS)]
    kind: String,
}

/// Make a token.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The agency.
    agency: String,
    /// Only for this facility; may be given more than once. Without it, for all of the agency's.
    #[arg(long = "facility", value_name = "CODE")]
    facilities: Vec<String>,
    /// How many hours the token can be used.
    #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(i64).range(1..=720))]
    hours: i64,
    /// Write the token to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl AgencyCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config, output),
            Self::List => list(config, output),
            Self::Token(token) => token.run(config, output),
        }
    }
}

fn list(config: &Config, output: &Output) -> anyhow::Result<()> {
    let agencies = app::open_registry(config)?.read_now("agencies", |tx| {
        let mut agencies = Vec::new();
        for agency in agency::all(tx)? {
            let codes = facility::of_agency(tx, &agency.agency)?;
            let agents = agent::of_agency(tx, &agency.agency)?;
            let taken = agents
                .iter()
                .filter(|agent| agent.state == AgentState::Active);
            let taken = taken.count();
            agencies.push((agency, codes, taken));
        }
        Ok(agencies)
    })?;
    let mut rows = Vec::new();
    for (agency, codes, agents) in agencies {
        if output.is_json() {
            output.object(&json!({
                "agency": agency.agency, "name": agency.name, "county": agency.county,
                "facilities": codes, "agents": agents,
            }))?;
        }
        let codes: Vec<&str> = codes.iter().map(FacilityCode::as_str).collect();
        rows.push(vec![
            agency.agency.to_string(),
            agency.name,
            agency.county.unwrap_or_default(),
            codes.join(", "),
            agents.to_string(),
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    if rows.is_empty() {
        return output.line("No agency was added yet: `savin-hub agency add` adds one.");
    }
    output.table(&["agency", "name", "county", "facilities", "agents"], rows)
}

impl Add {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let id = AgencyId::new(&self.agency).context("the agency's identifier")?;
        let store = app::open_registry(config)?;
        let agency = Agency {
            agency: id.clone(),
            name: self.name.clone(),
            county: self.county.clone(),
        };
        let new = self
            .new_facilities
            .iter()
            .map(|text| self.new_facility(text));
        let new = new.collect::<anyhow::Result<Vec<Facility>>>()?;
        let listed = codes(&self.facilities)?;
        let mut codes = listed.clone();
        codes.extend(new.iter().map(|facility| facility.code.clone()));
        let now = (app::world().wall)();
        let wanted = codes.clone();
        let unknown = store.write_now("agency", move |tx| {
            // Before anything is stored: what fails changes nothing.
            for code in &listed {
                if facility::load(tx, code)?.is_none() {
                    return Ok(Some(code.clone()));
                }
            }
            agency::put(tx, &agency, now)?;
            for facility in &new {
                facility::put(tx, facility)?;
            }
            for code in &wanted {
                facility::assign(tx, code, &agency.agency)?;
            }
            Ok(None)
        })?;
        if let Some(code) = unknown {
            bail!("no facility has the code {code}: use --new-facility {code}=NAME to add one");
        }
        if output.is_json() {
            return output.object(&json!({ "agency": id, "facilities": codes }));
        }
        let names: Vec<&str> = codes.iter().map(FacilityCode::as_str).collect();
        output.line(&format!(
            "Added {id} ({}), which speaks for: {}",
            self.name,
            names.join(", ")
        ))?;
        output.line(&format!(
            "Next: `savin-hub agency token {id}` makes a token for its agent."
        ))
    }

    fn new_facility(&self, text: &str) -> anyhow::Result<Facility> {
        let (code, name) = text
            .split_once('=')
            .with_context(|| format!("{text:?} is not CODE=NAME"))?;
        Ok(Facility {
            code: FacilityCode::new(code).context("the facility's code")?,
            name: name.trim().to_owned(),
            kind: self.kind.clone(),
            county: self.county.clone().unwrap_or_default(),
            city: None,
            phone: None,
            verified: false,
        })
    }
}

impl Token {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let id = AgencyId::new(&self.agency).context("the agency's identifier")?;
        let store = app::open_registry(config)?;
        let authority = app::open_authority(config)?;
        let world = app::world();
        let (secret, now) = ((world.random)(), (world.wall)());
        let expires = now.checked_add(SignedDuration::from_hours(self.hours))?;
        let only = codes(&self.facilities)?;
        let agency_id = id.clone();
        let granted = store.write_now("token", move |tx| {
            if agency::load(tx, &agency_id)?.is_none() {
                return Ok(Err(format!(
                    "no agency is called {agency_id}: add it with `savin-hub agency add`"
                )));
            }
            let own = facility::of_agency(tx, &agency_id)?;
            if let Some(other) = only.iter().find(|code| !own.contains(code)) {
                return Ok(Err(format!("{agency_id} does not speak for {other}")));
            }
            let facilities = if only.is_empty() { own } else { only.clone() };
            if facilities.is_empty() {
                return Ok(Err(format!("{agency_id} speaks for no facility yet")));
            }
            let grant = token::Grant {
                agency: agency_id.clone(),
                facilities,
            };
            token::issue(tx, &token_hash(&secret), &grant, now, expires)?;
            Ok(Ok(grant))
        })?;
        let grant = granted.map_err(anyhow::Error::msg)?;
        let file = TokenFile {
            version: TokenFile::VERSION,
            secret: TokenFile::secret_text(secret),
            agency: grant.agency,
            facilities: grant.facilities,
            expires,
            hub: config.agents.addresses.clone(),
            authority: authority.certificate_pem().to_owned(),
        };
        let text = format!(
            "# One-time enrolment token for {id}, until {expires:.0}. Delete after use.\n{}",
            toml::to_string(&file).context("failed to write the token")?
        );
        let Some(path) = &self.output else {
            return output.line(&text);
        };
        private_file::write(path, text.as_bytes())
            .with_context(|| format!("failed to write {}", path.display()))?;
        if output.is_json() {
            return output.object(&json!({ "agency": id, "file": path, "expires": expires }));
        }
        output.line(&format!(
            "Wrote {}; it can be used once, until {expires:.0}.",
            path.display()
        ))?;
        output.line("Next, at the agency: `savin-agent enroll --token-file FILE`.")
    }
}

fn codes(texts: &[String]) -> anyhow::Result<Vec<FacilityCode>> {
    texts
        .iter()
        .map(|text| FacilityCode::new(text).with_context(|| format!("the facility code {text:?}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Add, AgencyId};
    use crate::app;
    use crate::cli::output::Output;
    use crate::config::Config;
    use crate::store::registry::{agency, facility};

    #[test]
    fn adds_nothing_of_an_agency_with_a_facility_that_is_not_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        let text = "data = 'data'\n[agents]\nlisten = '127.0.0.1:0'\naddresses = ['a:7443']\n\
                    [web]\nlisten = '127.0.0.1:0'\nurl = 'http://x.test'\nphone = '1'\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path, None).unwrap();
        let add = Add {
            agency: "ONE".to_owned(),
            name: "One County Sheriff".to_owned(),
            county: None,
            facilities: vec!["NO-SUCH-JAIL".to_owned()],
            new_facilities: vec!["ONE-JAIL=One County Jail".to_owned()],
            kind: "county-jail".to_owned(),
        };
        let refused = add.run(&config, &Output::new(true)).unwrap_err();
        assert!(refused.to_string().contains("NO-SUCH-JAIL"), "{refused}");
        let (id, code) = (AgencyId::new("ONE").unwrap(), "ONE-JAIL");
        let found = app::open_registry(&config)
            .unwrap()
            .read_now("found", move |tx| {
                let code = savin_shared::ids::FacilityCode::new(code).unwrap();
                let jail = facility::load(tx, &code)?;
                Ok((agency::load(tx, &id)?.is_some(), jail.is_some()))
            });
        assert_eq!(found.unwrap(), (false, false));
    }
}
