//! Who may speak for a jail when a registry is put back: an agent that was enrolled since is known, one that was revoked
//! or put aside since is not believed again, and a token that was used since enrols nobody a second time.

use anyhow::Context as _;
use savin_shared::ids::AgentId;

use crate::app;
use crate::config::Config;
use crate::places::Facility;
use crate::store::conn::Tx;
use crate::store::registry::agency::{self, Agency};
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::token::{self, Issued};
use crate::store::registry::{SCHEMA, facility};
use crate::store::{Place, Store, StoreError};

/// Who may speak, as the registry that is about to be moved aside says; nothing where it cannot be read.
pub(super) struct Enrolled {
    known: Option<Known>,
    /// Agents that were revoked, as the journal says where the registry cannot.
    revoked: Vec<AgentId>,
    /// Agents that the backup lacked or believed otherwise.
    changed: usize,
}

#[derive(Clone)]
struct Known {
    agencies: Vec<(Agency, Vec<Facility>)>,
    agents: Vec<Agent>,
    tokens: Vec<Issued>,
}

impl Enrolled {
    /// Asks the registry that is about to be moved aside, where it is sound; of others it is known only who was revoked.
    pub(super) fn look(registry: Option<&Place>, revoked: &[AgentId]) -> Self {
        let read = |place: &Place| Store::open(place, &SCHEMA)?.read_now("enrolled", known);
        Self {
            known: registry.map(read).and_then(Result::ok),
            revoked: revoked.to_vec(),
            changed: 0,
        }
    }

    /// Lets the registry that was put back know it.
    ///
    /// # Errors
    /// Returns why it cannot be written.
    pub(super) fn take_over(&mut self, config: &Config) -> anyhow::Result<()> {
        let Some(known) = self.known.clone() else {
            return self.revoke_again(config);
        };
        let now = (app::world().wall)();
        let put = move |tx: &mut Tx<'_>| {
            for (agency, facilities) in &known.agencies {
                agency::put(tx, agency, now)?;
                for place in facilities {
                    facility::put(tx, place)?;
                    facility::assign(tx, &place.code, &agency.agency)?;
                }
            }
            let mut changed = 0;
            for agent in &known.agents {
                let before = agent::load(tx, agent.agent)?;
                if before.is_none() {
                    agent::insert(tx, agent)?;
                }
                let is_same = before.is_some_and(|before| before.state == agent.state);
                changed += usize::from(!is_same);
                agent::stand(tx, agent)?;
            }
            token::take_over(tx, &known.tokens)?;
            Ok(changed)
        };
        self.changed = app::open_registry(config)?
            .write_now("enrolled", put)
            .context("failed to keep which agents were enrolled and revoked")?;
        Ok(())
    }

    /// Believes nobody again who was revoked.
    fn revoke_again(&mut self, config: &Config) -> anyhow::Result<()> {
        let revoked = self.revoked.clone();
        let revoke = move |tx: &mut Tx<'_>| {
            let mut changed = 0;
            for name in &revoked {
                let before = agent::load(tx, *name)?;
                if before.is_some_and(|before| before.state != AgentState::Revoked) {
                    agent::revoke(tx, *name)?;
                    changed += 1;
                }
            }
            Ok(changed)
        };
        self.changed = app::open_registry(config)?
            .write_now("revoked", revoke)
            .context("failed to keep which agents were revoked")?;
        Ok(())
    }

    /// Returns how many agents the backup lacked or believed otherwise, where that is known.
    pub(super) fn changed(&self) -> Option<usize> {
        self.known.as_ref().map(|_| self.changed)
    }

    /// Says it.
    pub(super) fn said(&self, is_dry_run: bool) -> String {
        match &self.known {
            None => format!(
                "Which agents were enrolled or put aside since is not known ({} were revoked, as the journal of \
                 decisions says, and stay so): `savin-hub agents` shows whom it takes at their word, revoke again \
                 whoever is to be, and give those who are missing a new token.",
                self.revoked.len()
            ),
            Some(_) if is_dry_run => {
                "Agents that were enrolled, revoked or put aside since stay so.".to_owned()
            }
            Some(_) => format!(
                "Agents that were enrolled, revoked or put aside since and stay so: {}.",
                self.changed
            ),
        }
    }
}

fn known(tx: &mut Tx<'_>) -> Result<Known, StoreError> {
    let mut agencies = Vec::new();
    for agency in agency::all(tx)? {
        let mut facilities = Vec::new();
        for code in facility::of_agency(tx, &agency.agency)? {
            facilities.extend(facility::load(tx, &code)?.map(|(facility, _)| facility));
        }
        agencies.push((agency, facilities));
    }
    Ok(Known {
        agencies,
        agents: agent::all(tx)?,
        tokens: token::all(tx)?,
    })
}
