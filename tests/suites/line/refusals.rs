//! What the hub refuses, said to it by an agent that is enrolled as every other.

use std::future::Future;

use anyhow::{Context as _, bail, ensure};
use jiff::SignedDuration;
use savin_hub::store::StoreError;
use savin_hub::store::conn::Tx;
use savin_hub::store::registry::agent::{self, AgentState};
use savin_hub::store::registry::{event, token};
use savin_shared::chain::Position;
use savin_shared::frame::Frame;
use savin_shared::frame::greeting::Verdict;
use savin_shared::frame::live::NackReason;
use savin_shared::ids::{AgencyId, FacilityCode, Seq};
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::token::{TokenFile, token_hash};
use savin_tests::clock::wall;
use savin_tests::engine::Engine;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Program;
use savin_tests::puppet::{Line, Puppet};

use tokio::task::block_in_place;

use crate::programs;

const HELD: CustodyState = CustodyState::InCustody;
const FREED: CustodyState = CustodyState::OutOfCustody(ReleaseReason::Bond);

struct Hub {
    home: HubHome,
    running: Program,
    folder: tempfile::TempDir,
    puppets: usize,
}

impl Hub {
    fn start(engine: &Engine) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let options = HubOptions {
            store: engine.url(),
            ..HubOptions::default()
        };
        let home = HubHome::make(&folder.path().join("hub"), &programs(), &options)?;
        home.add_agency(
            "ONE",
            "One County Sheriff",
            &[("ONE-JAIL", "One County Jail")],
        )?;
        home.add_agency(
            "TWO",
            "Two County Sheriff",
            &[("TWO-JAIL", "Two County Jail")],
        )?;
        let running = home.serve()?;
        Ok(Self {
            home,
            running,
            folder,
            puppets: 0,
        })
    }

    async fn puppet(&mut self) -> anyhow::Result<Puppet> {
        self.puppets += 1;
        let state = self.folder.path().join(format!("puppet{}", self.puppets));
        Puppet::enrol(&self.home.token("ONE")?, &state).await
    }

    /// Asks the registry a question beside the running hub.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> anyhow::Result<T> {
        block_in_place(|| Ok(self.home.registry()?.write_now("question", question)?))
    }

    fn events(&self) -> anyhow::Result<u64> {
        let counts = self.ask(event::count_by_code)?;
        Ok(counts.iter().map(|(_, count)| count).sum())
    }

    fn quarantined(&self) -> anyhow::Result<usize> {
        let agents = self.ask(agent::all)?;
        let quarantined = |agent: &&agent::Agent| matches!(agent.state, AgentState::Quarantined(_));
        Ok(agents.iter().filter(quarantined).count())
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(work)
}

/// Waits for an acknowledgement or a refusal.
async fn answer(line: &mut Line) -> anyhow::Result<Result<Seq, NackReason>> {
    let frame = line.next().await?;
    if let Frame::Ack(ack) = frame {
        return Ok(Ok(ack.receipt.position.seq));
    }
    let Frame::Nack(nack) = frame else {
        bail!("an unexpected frame: {:?}", frame.frame_type());
    };
    Ok(Err(
        NackReason::from_code(nack.reason).context("no such reason")?
    ))
}

async fn send(
    line: &mut Line,
    batch: savin_shared::envelope::SealedBatch,
) -> anyhow::Result<Result<Seq, NackReason>> {
    line.send(Frame::Batch(Box::new(batch))).await?;
    answer(line).await
}

#[test]
fn refuses_what_does_not_hold_and_quarantines_who_said_it() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let mut hub = Hub::start(&engine)?;
        block_on(async {
            // A good batch first: the same words are taken when they hold.
            let mut puppet = hub.puppet().await?;
            let (mut line, welcome) = puppet.connect().await?;
            assert_eq!(welcome.verdict, Verdict::Resume);
            let held = puppet.word(1, HELD, None)?;
            let good = puppet.seal(vec![held])?;
            assert_eq!(send(&mut line, good).await?, Ok(Seq(1)));

            // A hole: the hub says what it wants, and takes it then.
            let second = puppet.word(9, HELD, None)?;
            let ahead = Position {
                seq: Seq(7),
                ..puppet.end
            };
            let hole = puppet.seal_after(ahead, vec![second.clone()])?;
            assert_eq!(send(&mut line, hole).await?, Err(NackReason::Gap));
            assert_eq!(hub.quarantined()?, 0);
            assert_eq!(hub.events()?, 1);
            let before = puppet.end;
            let wanted = puppet.seal(vec![second])?;
            assert_eq!(send(&mut line, wanted).await?, Ok(Seq(2)));
            assert_eq!(hub.events()?, 2);

            // A fork: other words in the place of words that are durable.
            let other = puppet.word(2, HELD, None)?;
            let fork = puppet.seal_after(before, vec![other])?;
            assert_eq!(send(&mut line, fork).await?, Err(NackReason::Fork));
            assert_eq!(hub.quarantined()?, 1);
            let (_line, welcome) = puppet.connect().await?;
            assert_eq!(welcome.verdict, Verdict::Quarantine);

            // A signature that is not the agent's.
            let mut puppet = hub.puppet().await?;
            let (mut line, _) = puppet.connect().await?;
            let held = puppet.word(3, HELD, None)?;
            let mut forged = puppet.seal(vec![held])?;
            forged.signature.0[17] ^= 1;
            assert_eq!(
                send(&mut line, forged).await?,
                Err(NackReason::BadSignature)
            );
            assert_eq!(hub.quarantined()?, 2);

            // Another county's facility.
            let mut puppet = hub.puppet().await?;
            let (mut line, _) = puppet.connect().await?;
            let elsewhere = puppet.word(4, FREED, Some("TWO-JAIL"))?;
            let elsewhere = puppet.seal(vec![elsewhere])?;
            assert_eq!(send(&mut line, elsewhere).await?, Err(NackReason::Scope));
            assert_eq!(hub.quarantined()?, 3);

            assert_eq!(hub.events()?, 2, "a refused batch changed something");
            Ok(())
        })
        .with_context(|| engine.name())?;
        ensure!(hub.running.stop()?.success());
    }
    Ok(())
}

#[test]
fn ends_the_session_of_an_agent_that_is_revoked() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let mut hub = Hub::start(&engine)?;
        block_on(async {
            let mut puppet = hub.puppet().await?;
            let (mut line, welcome) = puppet.connect().await?;
            assert_eq!(welcome.verdict, Verdict::Resume);
            let held = puppet.word(1, HELD, None)?;
            let good = puppet.seal(vec![held])?;
            assert_eq!(send(&mut line, good).await?, Ok(Seq(1)));
            let name = hub.ask(agent::all)?.first().context("an agent")?.agent;
            hub.ask(move |tx| agent::revoke(tx, name))?;
            // Nothing has to be sent for the session to end.
            let ended = std::time::Duration::from_secs(10);
            tokio::time::timeout(ended, line.closed()).await?;
            ensure!(
                puppet.connect().await.is_err(),
                "a revoked agent was greeted"
            );
            Ok(())
        })
        .with_context(|| engine.name())?;
        ensure!(hub.running.stop()?.success());
    }
    Ok(())
}

#[test]
fn refuses_a_token_that_was_used_has_ended_or_is_not_the_hubs() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let hub = Hub::start(&engine)?;
        let folder = hub.folder.path().to_owned();
        let state = |name: &str| folder.join(name);
        let refused = |outcome: anyhow::Result<Puppet>| match outcome {
            Ok(_) => bail!("the token was accepted"),
            Err(error) => {
                let error = error.to_string();
                ensure!(error.contains("does not accept this token"), "{error}");
                Ok(())
            }
        };
        block_on(async {
            let path = hub.home.token("ONE")?;
            Puppet::enrol(&path, &state("first")).await?;
            refused(Puppet::enrol(&path, &state("second")).await)?;

            // One that ended an hour ago, and one of which the hub has never heard.
            let mut token: TokenFile = toml::from_str(&std::fs::read_to_string(&path)?)?;
            for (secret, is_known) in [([1; 16], true), ([2; 16], false)] {
                if is_known {
                    let grant = token::Grant {
                        agency: AgencyId::new("ONE")?,
                        facilities: vec![FacilityCode::new("ONE-JAIL")?],
                    };
                    let ended = wall() - SignedDuration::from_hours(1);
                    let issued = ended - SignedDuration::from_hours(1);
                    hub.ask(move |tx| {
                        token::issue(tx, &token_hash(&secret), &grant, issued, ended)
                    })?;
                }
                token.secret = TokenFile::secret_text(secret);
                std::fs::write(&path, toml::to_string(&token)?)?;
                refused(Puppet::enrol(&path, &state("third")).await)?;
            }
            Ok(())
        })
        .with_context(|| engine.name())?;
        let agents = hub.ask(agent::all)?;
        assert_eq!(agents.len(), 1);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_an_oversize_frame_before_it_makes_room_for_it() -> anyhow::Result<()> {
    let mut hub = Hub::start(&Engine::Files)?;
    block_on(async {
        let mut puppet = hub.puppet().await?;
        let (mut line, _) = puppet.connect().await?;
        let before = resident_peak(&hub.running)?;
        // A batch of four gigabytes, of which only the beginning ever comes.
        let mut claim = u32::MAX.to_be_bytes().to_vec();
        claim.extend([3, 1, 0, 1]);
        claim.extend([0; 64]);
        line.send_bytes(&claim).await?;
        line.closed().await;
        hub.running.wait_for(
            "the frame is larger than",
            std::time::Duration::from_secs(10),
        )?;
        let grown = resident_peak(&hub.running)?.saturating_sub(before);
        ensure!(grown < 16 * 1024, "the hub grew by {grown} KiB");

        // The agent is welcome again.
        let (mut line, welcome) = puppet.connect().await?;
        assert_eq!(welcome.verdict, Verdict::Resume);
        let held = puppet.word(1, HELD, None)?;
        let batch = puppet.seal(vec![held])?;
        assert_eq!(send(&mut line, batch).await?, Ok(Seq(1)));
        Ok(())
    })
}

/// Returns the most memory that a program ever had resident, in KiB.
#[cfg(target_os = "linux")]
fn resident_peak(program: &Program) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.context("no VmHWM")?.parse()?)
}
