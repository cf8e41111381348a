//! Many calls at once: every PIN must be heard, and sound must leave in time.
//!
//! `cargo bench -p savin-telephone` places 400 calls, or as many as the number after `--`, to sipp on the
//! same machine, which takes each, presses a PIN as it was recorded and waits to be hung up. It wants
//! sipp, and root for the raw sockets by which it sends the recordings.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use savin_shared::world::World;
use savin_telephone::audio::tone::tone;
use savin_telephone::media::latch::Trust;
use savin_telephone::media::sdp::Secrecy;
use savin_telephone::media::session::Order;
use savin_telephone::sip::call::{Call, News};
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::health::Condition;
use savin_telephone::sip::outbound::Over;
use savin_telephone::sip::settings::{Media, Server, Settings, Timing, Transport, Trunk, Use};
use savin_telephone::turnstile::Haste;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Calls, unless another number is given.
const CALLS: usize = 400;

/// Where sipp answers.
const PEER: u16 = 23_060;

/// How it answers: a ring, a second in which it listens, the PIN, and then it waits.
const SCENARIO: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="victims">
<recv request="OPTIONS" optional="true" next="1"/>
<recv request="INVITE"/>
<send><![CDATA[

SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<pause milliseconds="500"/>
<send retrans="500"><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=peer 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000

]]></send>
<recv request="ACK"/>
<pause milliseconds="4000"/>
PIN
<recv request="BYE"/>
<label id="1"/>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
</scenario>
"#;

/// What became of the calls.
#[derive(Debug, Default)]
struct Seen {
    confirmed: usize,
    refused: Vec<u16>,
    wrong: usize,
    sent: u64,
    late: u64,
    calls_late: usize,
}

fn main() -> anyhow::Result<()> {
    let number = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure(number.unwrap_or(CALLS)))
}

/// Places the calls and prints what became of them.
async fn measure(calls: usize) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("savin-load-{}", std::process::id()));
    let mut peer = peer(&folder)?;
    let (exchange, door, _rings) = Exchange::open(settings(), world()).await?;
    let (stop, shutdown) = watch::channel(false);
    let mut kept = JoinSet::new();
    kept.spawn(door.run(shutdown));
    while exchange
        .status()
        .iter()
        .any(|trunk| trunk.condition != Condition::Up)
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (began, busy) = (now(), cpu_s());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let prompt: Arc<[i16]> = tone(&[440.0], 12_000, 6_000.0).into();
    let mut placed = JoinSet::new();
    for _ in 0..calls {
        let (exchange, seen, prompt) = (exchange.clone(), Arc::clone(&seen), Arc::clone(&prompt));
        placed.spawn(async move { place(&exchange, prompt, &seen).await });
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while placed.join_next().await.is_some() {}
    let (lasted, busy) = (now() - began, cpu_s() - busy);
    stop.send_replace(true);
    while kept.join_next().await.is_some() {}
    // It ends with the measurement.
    let _ended = peer.kill();
    let _status = peer.wait();
    let _removed = fs::remove_dir_all(&folder);
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    report(calls, &seen, (lasted, busy))
}

/// Starts sipp in a folder.
fn peer(folder: &Path) -> anyhow::Result<Child> {
    fs::create_dir_all(folder)?;
    let keys = ["1", "2", "3", "4", "pound"].map(|key| {
        format!(
            "<nop><action><exec play_pcap_audio=\"/usr/share/sip-tester/dtmf_2833_{key}.pcap\"/>\
            </action></nop>\n<pause milliseconds=\"400\"/>\n"
        )
    });
    fs::write(
        folder.join("scenario.xml"),
        SCENARIO.replace("PIN\n", &keys.concat()),
    )?;
    Command::new("sipp")
        .current_dir(folder)
        .args([
            "-sf",
            "scenario.xml",
            "-i",
            "127.0.0.1",
            "-mi",
            "127.0.0.1",
            "-nostdin",
        ])
        .args([
            "-p",
            &PEER.to_string(),
            "-mp",
            "46000",
            "-l",
            "2000",
            "-trace_err",
        ])
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("sipp does not start: is sip-tester installed?")
}

/// Prints what became of the calls.
fn report(calls: usize, seen: &Seen, (lasted, busy): (Duration, f64)) -> anyhow::Result<()> {
    let share = seen.late as f64 * 100.0 / seen.sent.max(1) as f64;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{calls} calls: {} PINs heard, {} wrong, refused {:?}",
        seen.confirmed, seen.wrong, seen.refused
    )?;
    writeln!(
        out,
        "{} frames sent, {} late ({share:.3}%), in {} calls more than 5",
        seen.sent, seen.late, seen.calls_late
    )?;
    writeln!(
        out,
        "{:.1} s, {busy:.2} s of processor time for them",
        lasted.as_secs_f64()
    )?;
    Ok(())
}

/// Places a call, plays until the PIN is heard, and hangs up.
async fn place(exchange: &Exchange, prompt: Arc<[i16]>, seen: &Mutex<Seen>) {
    let dialled = exchange
        .dial(
            "6015550123",
            Over::Public(Haste::InTurn),
            Duration::from_secs(20),
        )
        .await;
    let mut call: Call = match dialled {
        Ok(call) => call,
        Err(refused) => {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            return seen.refused.push(refused.status);
        }
    };
    call.order(Order::Play(prompt)).await;
    let mut keys = String::new();
    while !keys.ends_with('#') {
        match call.next().await {
            News::Digit(key) => keys.push(key),
            News::Ended(_) | News::Played(_) => break,
            News::Answerer(_) => {}
        }
    }
    let counts = Arc::clone(call.counts());
    call.hang_up();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if keys == "1234#" {
        seen.confirmed += 1;
    } else {
        seen.wrong += 1;
    }
    let late = counts.late.load(Ordering::Relaxed);
    seen.sent += counts.sent.load(Ordering::Relaxed);
    seen.late += late;
    seen.calls_late += usize::from(late > 5);
}

fn settings() -> Settings {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let trunk = Trunk {
        name: "sipp".to_owned(),
        purpose: Use::Public,
        server: Server {
            host: here.to_string(),
            port: Some(PEER),
            transport: Transport::Udp,
        },
        bind: SocketAddr::new(here, PEER + 1),
        announced: None,
        account: None,
        registers: false,
        caller: "6015550100".to_owned(),
        tls: None,
        secrecy: Secrecy::Off,
        trust: Trust::Host,
        admitted: Vec::new(),
        lines: 2_000,
        calls_per_second: 1_000,
    };
    Settings {
        trunks: vec![trunk],
        media: Media {
            bind: here,
            announced: None,
            ports: (30_000, 35_999),
        },
        timing: Timing::default(),
    }
}

fn world() -> World {
    World {
        wall: || jiff::Timestamp::UNIX_EPOCH,
        monotonic: now,
        random: || [0x5A; 16],
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock of this bench")]
fn now() -> Instant {
    Instant::now()
}

/// Returns the processor time of this process so far, in seconds.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.split_whitespace().skip(13).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
