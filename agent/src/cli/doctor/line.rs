//! The line to the hub: its name, UDP, TCP, and what it said last.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::{TcpStream, lookup_host};

use super::{Finding, Health};
use crate::app;
use crate::config::Config;
use crate::identity::Identity;
use crate::journal::{Journal, contact};
use crate::uplink::dial::{DialError, Dialer};
use crate::uplink::tls;

/// How long a name or a TCP port may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How far the clocks may be apart before somebody should look, and before times are wrong.
const CLOCK_WARN: SignedDuration = SignedDuration::from_secs(5);
const CLOCK_FAIL: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn examine(config: &Config, identity: &Identity, findings: &mut Vec<Finding>) {
    match super::super::run::runtime() {
        Ok(runtime) => runtime.block_on(async {
            for address in &identity.hub {
                reach(config, address, findings).await;
            }
        }),
        Err(error) => findings.push(Finding::skip("hub", format!("{error:#}"))),
    }
    findings.push(clock(config));
}

/// Looks whether an address of the hub has a name that resolves, and answers.
async fn reach(config: &Config, address: &str, findings: &mut Vec<Finding>) {
    let resolved = tokio::time::timeout(ANSWER, lookup_host(address)).await;
    let places: Vec<SocketAddr> = match resolved {
        Ok(Ok(places)) => places.collect(),
        Ok(Err(cause)) => {
            let found = format!("{address} does not resolve: {cause}");
            findings.push(Finding::fail("hub name", found, ask_for_name(address)));
            return;
        }
        Err(_) => {
            let found = format!("the name server does not answer for {address}");
            findings.push(Finding::fail("hub name", found, ask_for_name(address)));
            return;
        }
    };
    let list: Vec<String> = places.iter().map(ToString::to_string).collect();
    findings.push(Finding::ok(
        "hub name",
        format!("{address} is {}", list.join(", ")),
    ));
    let udp = udp(config, address, &list).await;
    let tcp = tcp(&places, &list, udp.status).await;
    findings.extend([udp, tcp]);
}

/// Shakes hands with the hub over QUIC as somebody who would enrol: so a running agent's session is
/// left alone, and the hub shows that it holds the key of the authority.
async fn udp(config: &Config, address: &str, places: &[String]) -> Finding {
    let check = "hub by UDP";
    let dialer = config
        .state
        .tls()
        .map_err(anyhow::Error::from)
        .and_then(|material| Ok(tls::enrolling(&material.authority_pem)?))
        .and_then(|tls| Ok(Dialer::new(vec![address.to_owned()], tls)?));
    let dialer = match dialer {
        Ok(dialer) => dialer,
        Err(error) => return Finding::skip(check, format!("{error:#}")),
    };
    let began = (app::world().monotonic)();
    match dialer.dial().await {
        Ok(connection) => {
            let took = (app::world().monotonic)().saturating_duration_since(began);
            let found = format!(
                "{} is the hub, and answered in {} ms",
                connection.remote_address(),
                took.as_millis()
            );
            connection.close(0_u32.into(), b"doctor");
            Finding::ok(check, found)
        }
        Err(failure @ DialError::Connect { .. }) => Finding::fail(
            check,
            failure.to_string(),
            format!(
                "somebody else answers at {address}, or changes what is said: ask the network team \
                 to let QUIC to {} pass without inspection",
                places.join(", ")
            ),
        ),
        Err(
            failure @ (DialError::NoAddress
            | DialError::Socket(_)
            | DialError::Resolve { .. }
            | DialError::Silent { .. }),
        ) => Finding::fail(check, failure.to_string(), firewall("UDP", places)),
    }
}

/// Looks whether the hub's port is open to TCP, which matters where UDP is blocked.
async fn tcp(places: &[SocketAddr], list: &[String], udp: Health) -> Finding {
    let check = "hub by TCP";
    let mut why = "no address".to_owned();
    for place in places {
        match tokio::time::timeout(ANSWER, TcpStream::connect(place)).await {
            Ok(Ok(_stream)) => return Finding::ok(check, format!("{place} is open")),
            Ok(Err(cause)) => why = format!("{place}: {cause}"),
            Err(_) => why = format!("{place} does not answer"),
        }
    }
    if udp == Health::Ok {
        return Finding::skip(check, format!("{why}; not needed while UDP works"));
    }
    Finding::fail(check, why, firewall("TCP", list))
}

/// The sentence for the network team.
fn firewall(protocol: &str, places: &[String]) -> String {
    format!(
        "tell the network team: \"Please allow outgoing {protocol} from this machine to {}, any \
         source port, and the answers to it. It is the State's victim notification (Miss. Code \
         99-45-1); nothing comes in unasked.\"",
        places.join(" and ")
    )
}

fn ask_for_name(address: &str) -> String {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    format!(
        "tell the network team: \"Please let this machine resolve {host} through its name server.\""
    )
}

/// Compares the clocks as they were when the hub greeted last.
fn clock(config: &Config) -> Finding {
    let check = "clock";
    let contact = Journal::look(&config.state.journal())
        .and_then(|mut journal| journal.read(contact::load))
        .ok()
        .flatten();
    let Some(contact) = contact else {
        return Finding::skip(check, "not known before the hub has greeted");
    };
    let found = format!(
        "{:+.1} s from the hub's, at {:.0}",
        -contact.ahead.as_secs_f64(),
        contact.greeted_at
    );
    let action = "let the system keep its time by NTP (timedatectl set-ntp true)";
    match contact.ahead.abs() {
        apart if apart > CLOCK_FAIL => Finding::fail(check, found, action),
        apart if apart > CLOCK_WARN => Finding::warn(check, found, action),
        _ => Finding::ok(check, found),
    }
}
