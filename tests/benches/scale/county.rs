//! The state's jails: who is held where, and the batches in which their agents say so.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context as _, ensure};
use savin_hub::ids::PersonId;
use savin_hub::intake::{self, Opened, Speaker};
use savin_hub::places::Facility;
use savin_hub::store::conn::Tx;
use savin_hub::store::registry::agent::{Agent, AgentState};
use savin_hub::store::registry::{agency, agent, facility, person, record};
use savin_shared::chain::Position;
use savin_shared::clock::{EffectiveAt, Moment, ObservedAt};
use savin_shared::delta::{self, Change, Coverage, Delta, Evidence, Origin, Row};
use savin_shared::envelope::{Unsealed, seal};
use savin_shared::hash::Hash;
use savin_shared::ids::{AgencyId, AgentId, Epoch, FeedName};
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::SigningKey;
use savin_tests::clock::wall;
use savin_tests::dice::Dice;
use savin_tests::population::people::people;
use savin_tests::population::writing::{Known, Written, write};

use crate::hub::{Hub, Place};

/// Deltas of one batch.
const BATCH_DELTAS: usize = 50;

/// The feed of every roster.
const ROSTER: &str = "roster";

/// Everybody who is held, and the agents of their jails.
#[derive(Debug)]
pub(crate) struct County {
    agents: BTreeMap<AgencyId, Jail>,
    held: Vec<Written>,
    persons: Vec<PersonId>,
    doubted: BTreeSet<usize>,
    feed: FeedName,
}

#[derive(Debug)]
struct Jail {
    speaker: Speaker,
    key: SigningKey,
    end: Position,
    /// Where its chain ended when the files were filled.
    filled: Position,
}

impl County {
    /// Makes people, each in one of 80 jails.
    pub(crate) fn make(held: usize, seed: u64) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed ^ 0xFACE);
        let held = people(held, seed)
            .iter()
            .map(|somebody| write(somebody, Known::Numbers, &mut dice))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut agents = BTreeMap::new();
        for written in &held {
            if !agents.contains_key(&written.agency) {
                let jail = Jail::make(written, agents.len())?;
                agents.insert(written.agency.clone(), jail);
            }
        }
        Ok(Self {
            agents,
            held,
            persons: Vec::new(),
            doubted: BTreeSet::new(),
            feed: FeedName::new(ROSTER)?,
        })
    }

    /// Returns how many are held.
    pub(crate) const fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns what a jail wrote of somebody.
    pub(crate) fn written(&self, number: usize) -> anyhow::Result<&Written> {
        self.held.get(number).context("nobody of this number")
    }

    /// Returns whom the registry takes somebody for.
    pub(crate) fn person(&self, number: usize) -> anyhow::Result<PersonId> {
        let person = self.persons.get(number).copied();
        person.context("the registry does not know somebody")
    }

    /// Returns of how many it is in doubt whom they are: a number names another person, of whom another
    /// number differs, and name and birth date leave it open.
    pub(crate) fn doubted(&self) -> usize {
        self.doubted.len()
    }

    /// Returns how many lie with somebody else, by a number that was typed wrongly or because they are alike.
    pub(crate) fn strayed(&self) -> usize {
        let persons: BTreeSet<PersonId> = self.persons.iter().copied().collect();
        self.persons.len() - persons.len()
    }

    /// Says whether it is in doubt whom somebody is: nobody is told of them.
    pub(crate) fn is_doubted(&self, number: usize) -> bool {
        self.doubted.contains(&number)
    }

    /// Enrols the agents.
    pub(crate) fn enrol(&self, hub: &Hub) -> anyhow::Result<()> {
        let now = wall();
        for (agency_id, jail) in &self.agents {
            let speaker = jail.speaker.clone();
            let agency_id = agency_id.clone();
            hub.registry.write_now("enrol", move |tx| {
                let named = agency::Agency {
                    agency: agency_id.clone(),
                    name: agency_id.to_string(),
                    county: None,
                };
                agency::put(tx, &named, now)?;
                for code in &speaker.facilities {
                    let place = Facility {
                        code: code.clone(),
                        name: code.to_string(),
                        kind: "county-jail".to_owned(),
                        county: String::new(),
                        city: None,
                        phone: None,
                        verified: false,
                    };
                    facility::put(tx, &place)?;
                    facility::assign(tx, code, &agency_id)?;
                }
                agent::insert(
                    tx,
                    &Agent {
                        agent: speaker.agent,
                        agency: speaker.agency.clone(),
                        facilities: speaker.facilities.clone(),
                        batch_key: speaker.batch_key,
                        state: AgentState::Active,
                        certificate_ends: now,
                        build: "bench".to_owned(),
                        enrolled_at: now,
                        heard_at: None,
                        spool_deltas: 0,
                    },
                )
            })?;
        }
        Ok(())
    }

    /// Notes whom the registry takes everybody for, and where each chain ends by now.
    pub(crate) fn learn_persons(&mut self, hub: &Hub) -> anyhow::Result<()> {
        for chunk in self.held.chunks(10_000) {
            let keys: Vec<_> = chunk
                .iter()
                .map(|written| (written.agency.clone(), written.record.key()))
                .collect();
            let load = move |tx: &mut Tx<'_>| {
                let rows: Vec<_> = record::load_many(tx, &keys)?
                    .into_iter()
                    .flatten()
                    .collect();
                let records: Vec<_> = rows.iter().map(|row| row.record).collect();
                Ok((rows, person::doubtful(tx, &records)?))
            };
            let (rows, doubtful) = hub.registry.read_now("persons", load)?;
            ensure!(rows.len() == chunk.len(), "a booking is missing");
            for row in rows {
                if doubtful.contains(&row.record) {
                    self.doubted.insert(self.persons.len());
                }
                self.persons.push(row.person);
            }
        }
        for jail in self.agents.values_mut() {
            jail.filled = jail.end;
        }
        Ok(())
    }

    /// Goes back to what was filled, where a copy of it was measured.
    pub(crate) fn forget_changes(&mut self, measured: &Place, filled: &Place) {
        if measured != filled {
            for jail in self.agents.values_mut() {
                jail.end = jail.filled;
            }
        }
    }

    /// Seals and opens what the jails say of these people, each with the next of its agent's batches.
    pub(crate) fn batches(&mut self, of: Range<usize>, said: Said) -> anyhow::Result<Vec<Opened>> {
        let mut by_agency: BTreeMap<AgencyId, Vec<Vec<u8>>> = BTreeMap::new();
        for number in of {
            let written = self.written(number)?;
            let body = self.delta(&written.record, said)?;
            by_agency
                .entry(written.agency.clone())
                .or_default()
                .push(body);
        }
        let mut batches = Vec::new();
        for (agency, bodies) in by_agency {
            let jail = self.agents.get_mut(&agency).context("no such agent")?;
            for bodies in bodies.chunks(BATCH_DELTAS) {
                batches.push(jail.say(bodies.to_vec())?);
            }
        }
        Ok(batches)
    }

    fn delta(&self, record: &Record, said: Said) -> anyhow::Result<Vec<u8>> {
        let mut record = record.clone();
        let now = wall();
        let (origin, evidence, state) = match said {
            Said::Listed => (Origin::Baseline, Evidence::Listing, CustodyState::InCustody),
            Said::LetGo => (Origin::Live, Evidence::Status, LET_GO),
            Said::Back => (Origin::Live, Evidence::Status, CustodyState::InCustody),
        };
        if let RecordBody::Custody(custody) = &mut record.body {
            custody.state = state;
            custody.status_at = (origin == Origin::Live).then_some(EffectiveAt(Moment::exact(now)));
        }
        let delta = Delta {
            observed_at: ObservedAt(now),
            feed: self.feed.clone(),
            origin,
            change: Change::Upsert {
                row: Row::of(&record)?,
                coverage: Coverage::Full,
                evidence,
            },
        };
        Ok(delta::encode(&delta)?)
    }
}

/// What a jail says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// Held, in the first roster.
    Listed,
    /// Let go.
    LetGo,
    /// Held again.
    Back,
}

/// What a release says.
const LET_GO: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);

impl Jail {
    fn make(written: &Written, number: usize) -> anyhow::Result<Self> {
        let seed = Hash::tagged("savin/bench/agent", &[&(number as u64).to_be_bytes()]);
        let key = SigningKey::from_seed(seed.as_bytes())?;
        let name = seed.as_bytes().first_chunk().copied().unwrap_or_default();
        let agent = AgentId::from_bytes(name);
        let end = Position::genesis(agent, Epoch::from_bytes(name));
        Ok(Self {
            speaker: Speaker {
                agent,
                agency: written.agency.clone(),
                facilities: vec![written.record.facility.clone()],
                batch_key: key.verifying_key(),
            },
            key,
            end,
            filled: end,
        })
    }

    /// Seals the next batch as the agent would, and opens it as the hub does when it arrives.
    fn say(&mut self, bodies: Vec<Vec<u8>>) -> anyhow::Result<Opened> {
        let batch = seal(Unsealed {
            agent: self.speaker.agent,
            previous: self.end,
            secret: [7; 16],
            bodies,
            state_digest: None,
            sealed_at: wall(),
            key: &self.key,
        })?;
        self.end = batch.header.after();
        Ok(intake::open(&self.speaker, batch)?)
    }
}
