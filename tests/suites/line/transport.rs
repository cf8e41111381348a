//! The line between agent and hub: over QUIC, over TLS where UDP is blocked, through a proxy; and
//! who is at its ends: certificates that are renewed, an agent that is revoked, and one that was
//! copied.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use savin_tests::clock::{monotonic, pause, wall};
use savin_tests::drain::drain;
use savin_tests::home::{AgentHome, FeedHome, HubHome, HubOptions, SourceHome};
use savin_tests::network::{Passage, Proxy};
use savin_tests::ports;
use savin_tests::program::Program;
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{AGENCY, FACILITY};
use savin_tests::standing::Standing;
use serde_json::Value;

use crate::programs;

const PATIENCE: Duration = Duration::from_secs(60);
const TRANSPORTS: [&str; 2] = ["quic", "tls"];

const PROFILE: &str = r#"
name = "roster"
kind = "custody"
mode = "roster"
zone = "America/Chicago"

[columns]
record_number = "Booking"
name = "Name"
location = "Cell"
"#;

/// A hub and an agent that is not enrolled yet.
struct Ends {
    folder: tempfile::TempDir,
    hub: HubHome,
    serving: Program,
    agent: AgentHome,
    exports: u32,
}

impl Ends {
    fn make(options: &HubOptions) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let hub = HubHome::make(&folder.path().join("hub"), &programs(), options)?;
        hub.add_agency(AGENCY, "Test County Sheriff", &[(FACILITY, "Test Jail")])?;
        Ok(Self {
            serving: hub.serve()?,
            agent: agent_home(&folder.path().join("agent"))?,
            hub,
            folder,
            exports: 0,
        })
    }

    /// The same, enrolled and restricted to one transport.
    fn over(transport: &str, options: &HubOptions) -> anyhow::Result<Self> {
        let ends = Self::make(options)?;
        ends.agent
            .reach_hub(&format!("transport = \"{transport}\""))?;
        ends.agent.enroll(&ends.hub.token(AGENCY)?)?;
        Ok(ends)
    }

    /// Has an export taken and acknowledged.
    fn deliver(&mut self) -> anyhow::Result<Standing> {
        self.exports += 1;
        let lists = ExportFolder::new(self.agent.folder().join("lists"));
        let rows = (0..5).map(|row| {
            [
                format!("B{row}"),
                format!("SAMPLE{row}, AVERY"),
                format!("C{}", self.exports),
            ]
        });
        let text = csv(&["Booking", "Name", "Cell"], rows)?;
        lists.put(&format!("{:03}.csv", self.exports), &text)?;
        let deadline = monotonic() + PATIENCE;
        loop {
            // Everybody is in another cell in each of them.
            let standing = Standing::look(&self.agent, "roster")?;
            if let Some(standing) = standing
                && standing.end.seq.0 >= u64::from(self.exports) * 5
                && standing.acked == standing.end.seq
            {
                return Ok(standing);
            }
            ensure!(monotonic() < deadline, "not acknowledged in time");
            pause(Duration::from_millis(20));
        }
    }

    fn status(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(
            &self.agent.cli(&["status", "--json"])?,
        )?)
    }

    /// Returns what the hub's list of agents says of the only one.
    fn listed(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.hub.cli(&["agents", "--json"])?)?)
    }

    fn revoke(&self) -> anyhow::Result<()> {
        let listed = self.listed()?;
        let name = text_of(&listed, "agent")?;
        self.hub.cli(&["agents", "--revoke", name])?;
        Ok(())
    }

    /// Waits until the certificate in the state folder has ended, and returns when it did.
    fn outlive_certificate(&self) -> anyhow::Result<Timestamp> {
        let pair = self.agent.folder().join("state").join("tls.json");
        let pair: Value = serde_json::from_str(&std::fs::read_to_string(pair)?)?;
        let ends: Timestamp = text_of(&pair, "ends")?.parse()?;
        while wall() <= ends {
            pause(Duration::from_millis(100));
        }
        Ok(ends)
    }

    fn strike(self, agent: Program) -> anyhow::Result<()> {
        for program in [agent, self.serving] {
            let log = program.log();
            ensure!(program.stop()?.success(), "a program ended badly:\n{log}");
        }
        Ok(())
    }
}

fn text_of<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let text = value.get(name).and_then(Value::as_str);
    text.with_context(|| format!("no {name} in {value}"))
}

fn agent_home(folder: &Path) -> anyhow::Result<AgentHome> {
    let feed = FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: PROFILE.to_owned(),
        source: SourceHome::Folder("lists"),
    };
    AgentHome::make(folder, &programs(), &[feed])
}

/// A hub that agents are told to dial at another address, at which nothing answers yet.
fn behind(address: SocketAddr) -> HubOptions {
    HubOptions {
        dialled: Some(address),
        ..HubOptions::default()
    }
}

/// A hub whose agents' certificates last for ten seconds.
fn short_lived() -> HubOptions {
    HubOptions {
        certificate_life: Some("10s"),
        ..HubOptions::default()
    }
}

#[test]
fn goes_over_tls_where_udp_is_blocked_and_back_when_it_is_not() -> anyhow::Result<()> {
    let dialled = ports::free()?;
    let mut ends = Ends::make(&behind(dialled))?;
    let _tcp = Passage::tcp(dialled, ends.hub.agents)?;
    // Enrolment finds the way too.
    ends.agent.enroll(&ends.hub.token(AGENCY)?)?;
    let agent = ends.agent.start()?;
    ends.deliver()?;
    assert_eq!(ends.status()?["line"]["transport"], "tls");
    ensure!(agent.stop()?.success());

    // UDP is open now, but the way that got through is remembered for some hours.
    let udp = Passage::udp(dialled, ends.hub.agents)?;
    let agent = ends.agent.start()?;
    agent.wait_for("Connected to the hub", PATIENCE)?;
    assert_eq!(agent.count("line.transport=\"tls\""), 1, "{}", agent.log());
    ensure!(agent.stop()?.success());

    // After that time QUIC is tried while TLS goes on, and takes its place.
    drop(udp);
    ends.agent.reach_hub("quic_again = \"1s\"")?;
    let agent = ends.agent.start()?;
    let connected = agent.wait_for("Connected to the hub", PATIENCE)?;
    ensure!(connected.contains("line.transport=\"tls\""), "{connected}");
    let _udp = Passage::udp(dialled, ends.hub.agents)?;
    agent.wait_for("QUIC gets through again", PATIENCE)?;
    agent.wait_for("line.transport=\"quic\"", PATIENCE)?;
    ends.deliver()?;
    assert_eq!(ends.status()?["line"]["transport"], "quic");
    // It was the same program all the time.
    assert_eq!(ends.listed()?["clone_returns"], 0);
    ends.strike(agent)
}

#[test]
fn goes_through_a_proxy_that_wants_to_know_who_asks() -> anyhow::Result<()> {
    let dialled = ports::free()?;
    let mut ends = Ends::make(&behind(dialled))?;
    // "county:secret"
    let proxy = Proxy::start(ends.hub.agents, "Basic Y291bnR5OnNlY3JldA==")?;
    let named = format!("transport = \"tls\"\nproxy = \"http://{}\"", proxy.address);
    ends.agent.reach_hub(&named)?;
    let token = ends.hub.token(AGENCY)?;
    let refused = ends.agent.enroll(&token).unwrap_err();
    let refused = format!("{refused:#}");
    ensure!(
        refused.contains("it wants a user and password: set hub.proxy_credentials"),
        "{refused}"
    );

    let credentials = ends.agent.folder().join("proxy.txt");
    std::fs::write(&credentials, "county\nwrong\n")?;
    let named = format!("{named}\nproxy_credentials = \"proxy.txt\"");
    ends.agent.reach_hub(&named)?;
    let refused = format!("{:#}", ends.agent.enroll(&token).unwrap_err());
    ensure!(refused.contains("does not accept the user"), "{refused}");

    // The token is still good: nothing reached the hub.
    std::fs::write(&credentials, "county\nsecret\n")?;
    ends.agent.enroll(&token)?;
    let agent = ends.agent.start()?;
    ends.deliver()?;
    assert_eq!(ends.status()?["line"]["transport"], "tls");
    let wanted = format!("CONNECT {dialled} HTTP/1.1");
    let asked = proxy.asked();
    ensure!(
        asked.len() >= 4 && asked.iter().all(|line| *line == wanted),
        "{asked:?}"
    );
    ends.strike(agent)
}

#[test]
fn says_both_ways_that_were_tried_where_none_leads_to_the_hub() -> anyhow::Result<()> {
    let dialled = ports::free()?;
    let ends = Ends::make(&behind(dialled))?;
    let refused = ends.agent.enroll(&ends.hub.token(AGENCY)?).unwrap_err();
    let refused = format!("{refused:#}");
    ensure!(
        refused.contains("does not answer on UDP") && refused.contains("(TCP): "),
        "{refused}"
    );
    Ok(())
}

#[test]
fn serves_agents_beside_connections_that_say_nothing() -> anyhow::Result<()> {
    let mut ends = Ends::over("tls", &HubOptions::default())?;
    let silent: Vec<TcpStream> = (0..200)
        .map(|_| TcpStream::connect(ends.hub.agents))
        .collect::<Result<_, _>>()?;
    let agent = ends.agent.start()?;
    ends.deliver()?;
    // None of them is kept for longer than a handshake may take.
    for mut stream in silent {
        stream.set_read_timeout(Some(PATIENCE))?;
        ensure!(stream.read(&mut [0])? == 0, "the hub spoke first");
    }
    ends.deliver()?;
    assert_eq!(agent.count("Connected to the hub"), 1, "{}", agent.log());
    ends.strike(agent)
}

#[test]
fn renews_its_certificate_over_the_live_line_and_dials_with_it() -> anyhow::Result<()> {
    for transport in TRANSPORTS {
        let mut ends = Ends::over(transport, &short_lived())?;
        let agent = ends.agent.start()?;
        ends.deliver()?;
        let first = ends.listed()?["certificate_ends"].clone();
        ensure!(
            agent.has_said("Renewed the certificate", 1, PATIENCE),
            "{}",
            agent.log()
        );
        ends.outlive_certificate()?;
        ensure!(
            agent.has_said("Renewed the certificate", 2, PATIENCE),
            "{}",
            agent.log()
        );
        // The line that is up was opened with a certificate that has ended since.
        assert_eq!(agent.count("Connected to the hub"), 1, "{}", agent.log());
        ensure!(ends.listed()?["certificate_ends"] != first);
        ensure!(agent.stop()?.success());

        let agent = ends.agent.start()?;
        ends.deliver()?;
        assert_eq!(agent.count("which had ended"), 0, "{}", agent.log());
        assert_eq!(agent.count("trying again"), 0, "{}", agent.log());
        ends.strike(agent)?;
    }
    Ok(())
}

#[test]
fn renews_a_certificate_that_ended_while_it_was_dark_and_stays_the_same_agent() -> anyhow::Result<()>
{
    for transport in TRANSPORTS {
        let mut ends = Ends::over(transport, &short_lived())?;
        let agent = ends.agent.start()?;
        let before = ends.deliver()?;
        ensure!(agent.stop()?.success());
        ends.outlive_certificate()?;
        let agent = ends.agent.start()?;
        agent.wait_for("Renewed the certificate, which had ended", PATIENCE)?;
        let after = ends.deliver()?;
        assert_eq!(
            (before.agent, before.end.epoch),
            (after.agent, after.end.epoch)
        );
        ensure!(after.end.seq > before.end.seq);
        ensure!(agent.stop()?.success());

        // A clock that is behind does not know; the hub says so.
        let ended = ends.outlive_certificate()?;
        let pair = ends.agent.folder().join("state").join("tls.json");
        let text = std::fs::read_to_string(&pair)?;
        let later = text.replace(&ended.to_string(), "2099-01-01T00:00:00Z");
        ensure!(later != text, "{text}");
        std::fs::write(&pair, later)?;
        let agent = ends.agent.start()?;
        agent.wait_for("this agent's certificate has ended", PATIENCE)?;
        agent.wait_for("Renewed the certificate, which had ended", PATIENCE)?;
        ends.deliver()?;
        ensure!(agent.stop()?.success());

        // One that was revoked while it was dark comes back no more.
        ends.revoke()?;
        ends.outlive_certificate()?;
        let agent = ends.agent.start()?;
        agent.wait_for("has revoked it", PATIENCE)?;
        ends.serving.wait_for("Renewal refused", PATIENCE)?;
        ends.strike(agent)?;
    }
    Ok(())
}

#[test]
fn ends_the_line_of_a_revoked_agent_within_a_second() -> anyhow::Result<()> {
    for transport in TRANSPORTS {
        let mut ends = Ends::over(transport, &HubOptions::default())?;
        let agent = ends.agent.start()?;
        ends.deliver()?;
        ends.revoke()?;
        let revoked = monotonic();
        agent.wait_for("this agent was revoked", PATIENCE)?;
        let took = revoked.elapsed();
        println!("{transport}: the line ended {took:?} after the revocation");
        ensure!(took < Duration::from_secs(1), "{took:?}");
        ensure!(agent.stop()?.success());

        let agent = ends.agent.start()?;
        agent.wait_for("this agent was revoked: ask MDOC", PATIENCE)?;
        ends.serving
            .wait_for("Turned away an agent that was revoked", PATIENCE)?;
        let status = ends.agent.cli(&["status"])?;
        ensure!(status.contains("this agent was revoked"), "{status}");
        ends.strike(agent)?;
    }
    Ok(())
}

#[test]
fn raises_an_alarm_when_two_programs_run_with_one_identity() -> anyhow::Result<()> {
    let mut ends = Ends::make(&HubOptions::default())?;
    ends.agent.enroll(&ends.hub.token(AGENCY)?)?;
    // Restarts are none.
    for _ in 0..6 {
        let agent = ends.agent.start()?;
        agent.wait_for("Connected to the hub", PATIENCE)?;
        agent.kill()?;
    }
    let agent = ends.agent.start()?;
    ends.deliver()?;
    assert_eq!(ends.listed()?["clone_returns"], 0);

    let copy = agent_home(&ends.folder.path().join("copy"))?;
    let state = |home: &AgentHome| home.folder().join("state");
    std::fs::create_dir(state(&copy))?;
    for entry in std::fs::read_dir(state(&ends.agent))? {
        let entry = entry?;
        std::fs::copy(entry.path(), state(&copy).join(entry.file_name()))?;
    }
    let clone = copy.start()?;
    ends.serving.wait_for("Clone alarm", PATIENCE)?;
    ensure!(agent.count("took its place") > 0, "{}", agent.log());
    ensure!(clone.stop()?.success());

    let listed = ends.listed()?;
    ensure!(
        listed["clone_alarm_at"].is_string() && listed["clone_returns"].as_u64() > Some(3),
        "{listed}"
    );
    let status = ends.hub.cli(&["status"])?;
    ensure!(status.contains("CLONE ALARM for 1"), "{status}");
    let table = ends.hub.cli(&["agents"])?;
    ensure!(table.contains("CLONE ALARM"), "{table}");

    // A person has found the copy; the agent itself is back, and goes on.
    ends.deliver()?;
    let name = listed["agent"].as_str().context("no agent")?;
    ends.hub.cli(&["agents", "--clear-clone", name])?;
    ensure!(!ends.hub.cli(&["status"])?.contains("CLONE ALARM"));
    ends.deliver()?;
    ends.strike(agent)
}

#[test]
fn drains_what_a_month_without_the_hub_has_left() -> anyhow::Result<()> {
    for transport in TRANSPORTS {
        let folder = tempfile::tempdir()?;
        let drained = drain(folder.path(), &programs(), transport, (10, 1_000))?;
        println!("{transport}: {drained}");
        ensure!(drained.deltas >= 10_000, "{drained}");
    }
    Ok(())
}
