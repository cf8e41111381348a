//! How many deltas a second the hub makes durable, registry, history, events and receipts included.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_hub::places::Facility;
use savin_hub::store::registry::{agency, facility, position, token};
use savin_shared::envelope::SealedBatch;
use savin_shared::frame::Frame;
use savin_shared::ids::{AgencyId, FacilityCode};
use savin_shared::record::custody::CustodyState;
use savin_shared::token::{TokenFile, token_hash};
use savin_tests::clock::{monotonic, wall};
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::puppet::{Line, Puppet};
use tokio::task::JoinSet;

use crate::machine::Machine;
use crate::table::Table;

const BATCH_DELTAS: u64 = 50;

/// How many agents, and how many batches each sends.
const CROWDS: [(usize, usize); 3] = [(1, 200), (100, 20), (1_000, 6)];

/// Measures.
pub(crate) fn measure(
    folder: &Path,
    programs: &Programs,
    machine: &Machine,
    table: &mut Table,
) -> anyhow::Result<()> {
    for (agents, batches) in CROWDS {
        let home = folder.join(format!("crowd{agents}"));
        let crowd = Crowd { agents, batches };
        let took = crowd.flood(&home, programs)?;
        let deltas = (agents * batches) as f64 * BATCH_DELTAS as f64;
        let a_second = deltas / took.as_secs_f64();
        table.row(
            &format!(
                "durable deltas a second, {agents} agents, 50 a batch, one batch in flight each"
            ),
            &format!("{a_second:.0}"),
            if agents == 1_000 { "20,000" } else { "" },
            &format!("{:.0} a fdatasync", a_second * machine.sync.as_secs_f64()),
        )?;
    }
    Ok(())
}

struct Crowd {
    agents: usize,
    batches: usize,
}

impl Crowd {
    fn flood(&self, folder: &Path, programs: &Programs) -> anyhow::Result<Duration> {
        let hub = HubHome::make(folder, programs, &HubOptions::default())?;
        hub.add_agency("A0", "Agency", &[("F0", "Jail")])?;
        let token = hub.token("A0")?;
        let secrets = self.agencies(&hub)?;
        let running = hub.serve()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let took = runtime.block_on(async {
            let mut crowd = Vec::with_capacity(self.agents);
            for (number, secret) in secrets.into_iter().enumerate() {
                let state = folder.join(format!("puppet{number}"));
                let token = with_secret(&token, secret)?;
                let mut puppet = Puppet::enrol(&token, &state).await?;
                let batches = self.batches(&mut puppet)?;
                let (line, _welcome) = puppet.connect().await?;
                crowd.push((puppet, line, batches));
            }
            let began = monotonic();
            let mut sending = JoinSet::new();
            for (puppet, line, batches) in crowd {
                sending.spawn(async move { send(puppet, line, batches).await });
            }
            while let Some(sent) = sending.join_next().await {
                sent.context("a puppet panicked")??;
            }
            anyhow::Ok(began.elapsed())
        })?;
        self.everything_is_there(&hub)?;
        running.stop()?;
        Ok(took)
    }

    /// Makes an agency with a jail and a token for every puppet.
    fn agencies(&self, hub: &HubHome) -> anyhow::Result<Vec<[u8; 16]>> {
        let now = wall();
        let ends = now + SignedDuration::from_hours(1);
        let agents = self.agents;
        let secrets = hub.registry()?.write_now("agencies", move |tx| {
            let damaged = savin_hub::store::StoreError::Damaged("a name");
            let mut secrets = Vec::with_capacity(agents);
            for number in 1..=agents {
                let name = |kind: &str| format!("{kind}{number}");
                let (Ok(agency), Ok(code)) =
                    (AgencyId::new(&name("A")), FacilityCode::new(&name("F")))
                else {
                    return Err(damaged);
                };
                agency::put(
                    tx,
                    &agency::Agency {
                        agency: agency.clone(),
                        name: name("Agency "),
                        county: None,
                    },
                    now,
                )?;
                facility::put(
                    tx,
                    &Facility {
                        code: code.clone(),
                        name: name("Jail "),
                        kind: "county-jail".to_owned(),
                        county: String::new(),
                        city: None,
                        phone: None,
                        verified: false,
                    },
                )?;
                facility::assign(tx, &code, &agency)?;
                let mut secret = [0; 16];
                for (to, from) in secret.iter_mut().zip((number as u64).to_be_bytes()) {
                    *to = from;
                }
                let grant = token::Grant {
                    agency,
                    facilities: vec![code],
                };
                token::issue(tx, &token_hash(&secret), &grant, now, ends)?;
                secrets.push(secret);
            }
            Ok(secrets)
        })?;
        Ok(secrets)
    }

    /// Seals everything that a puppet will say: fifty bookings, which then go on leave and come back.
    fn batches(&self, puppet: &mut Puppet) -> anyhow::Result<Vec<SealedBatch>> {
        let states = [CustodyState::InCustody, CustodyState::OnLeave];
        let mut batches = Vec::with_capacity(self.batches);
        for round in 0..self.batches {
            let state = states
                .get(round % 2)
                .copied()
                .unwrap_or(CustodyState::Unknown);
            let bodies = (0..BATCH_DELTAS).map(|number| puppet.word(number, state, None));
            let bodies = bodies.collect::<Result<_, _>>()?;
            batches.push(puppet.seal(bodies)?);
        }
        Ok(batches)
    }

    fn everything_is_there(&self, hub: &HubHome) -> anyhow::Result<()> {
        let registry = hub.registry()?;
        let agents = registry.read_now("agents", savin_hub::store::registry::agent::all)?;
        ensure!(agents.len() == self.agents, "{} agents", agents.len());
        for agent in agents {
            let agent = agent.agent;
            let durable = registry.read_now("position", move |tx| position::load(tx, agent))?;
            let durable = durable.context("nothing is durable")?;
            ensure!(
                durable.position.seq.0 == self.batches as u64 * BATCH_DELTAS,
                "{durable:?}"
            );
        }
        Ok(())
    }
}

/// Writes a token with another secret beside the first one.
fn with_secret(path: &Path, secret: [u8; 16]) -> anyhow::Result<std::path::PathBuf> {
    let mut token: TokenFile = toml::from_str(&std::fs::read_to_string(path)?)?;
    token.secret = TokenFile::secret_text(secret);
    let path = path.with_extension("next");
    std::fs::write(&path, toml::to_string(&token)?)?;
    Ok(path)
}

/// Sends batch after batch, each after the answer to the one before.
async fn send(_puppet: Puppet, mut line: Line, batches: Vec<SealedBatch>) -> anyhow::Result<()> {
    for batch in batches {
        let last = batch.header.span.last;
        line.send(Frame::Batch(Box::new(batch))).await?;
        loop {
            let frame = line.next().await?;
            let Frame::Ack(ack) = frame else {
                anyhow::bail!("no answer but {:?}", frame.frame_type());
            };
            if ack.receipt.position.seq == last {
                break;
            }
        }
    }
    Ok(())
}
