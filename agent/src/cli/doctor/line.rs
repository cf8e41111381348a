//! The line to the hub: its name, UDP, TCP, and what it said last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use rustls::ClientConfig;
use tokio::net::lookup_host;

use super::{Finding, Health};
use crate::app;
use crate::config::Config;
use crate::identity::Identity;
use crate::journal::{Journal, contact};
use crate::uplink::dial::{DialError, Dialer};
use crate::uplink::line::Line;
use crate::uplink::proxy::ProxyError;
use crate::uplink::tls;

/// How long a name may take to resolve.
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
    let tls = config
        .state
        .authority()
        .map_err(anyhow::Error::from)
        .and_then(|authority| Ok(tls::enrolling(&authority)?));
    let tls = match tls {
        Ok(tls) => tls,
        Err(error) => {
            findings.push(Finding::skip("hub by UDP", format!("{error:#}")));
            return;
        }
    };
    let dialer = Dialer::new(vec![address.to_owned()], config.ways.clone());
    let udp = udp(&dialer, &tls, address, &list).await;
    let tcp = tcp(&dialer, &tls, &list, udp.status).await;
    findings.extend([udp, tcp]);
}

/// Shakes hands with the hub over QUIC as somebody who would enrol: so a running agent's session is
/// left alone, and the hub shows that it holds the key of the authority.
async fn udp(
    dialer: &Dialer,
    tls: &Arc<ClientConfig>,
    address: &str,
    places: &[String],
) -> Finding {
    let began = (app::world().monotonic)();
    answered(
        "hub by UDP",
        dialer.quic(tls).await,
        began,
        |failure| match failure {
            DialError::Connect { .. } => format!(
                "somebody else answers at {address}, or changes what is said: ask the network team \
                 to let QUIC to {} pass without inspection",
                places.join(", ")
            ),
            DialError::NoAddress
            | DialError::Settings(_)
            | DialError::Resolve { .. }
            | DialError::Silent { .. }
            | DialError::SilentTcp { .. }
            | DialError::Proxy { .. }
            | DialError::Both(..) => firewall("UDP", places),
        },
    )
}

/// Does the same over TLS, by the proxy where one is declared: the way that is taken where UDP is
/// blocked.
async fn tcp(dialer: &Dialer, tls: &Arc<ClientConfig>, places: &[String], udp: Health) -> Finding {
    let began = (app::world().monotonic)();
    let finding = answered(
        "hub by TCP",
        dialer.tls(tls).await,
        began,
        |failure| match failure {
            DialError::Proxy { proxy, cause } => through(proxy, cause, places),
            DialError::NoAddress
            | DialError::Settings(_)
            | DialError::Resolve { .. }
            | DialError::Silent { .. }
            | DialError::SilentTcp { .. }
            | DialError::Connect { .. }
            | DialError::Both(..) => firewall("TCP", places),
        },
    );
    if finding.status == Health::Fail && udp == Health::Ok {
        return Finding::skip(
            finding.check,
            format!("{}; not needed while UDP works", finding.found),
        );
    }
    finding
}

fn answered(
    check: &'static str,
    dialled: Result<Line, DialError>,
    began: Instant,
    action: impl FnOnce(&DialError) -> String,
) -> Finding {
    let took = (app::world().monotonic)().saturating_duration_since(began);
    match dialled {
        Ok(line) => {
            let (peer, took) = (line.peer(), took.as_millis());
            Finding::ok(
                check,
                format!("{peer} is the hub, and answered in {took} ms"),
            )
        }
        Err(failure) => {
            let action = action(&failure);
            Finding::fail(check, failure.to_string(), action)
        }
    }
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

/// What to do about a proxy that does not let the agent through.
fn through(proxy: &str, cause: &ProxyError, places: &[String]) -> String {
    let places = places.join(" and ");
    match cause {
        ProxyError::Scheme(_) => format!(
            "tell the network team: \"Please let this machine through the proxy {proxy} to {places} without \
             a login\"; or run a helper that speaks it on this machine, such as cntlm, and set hub.proxy \
             to that, such as \"http://127.0.0.1:3128\""
        ),
        ProxyError::NoPassword | ProxyError::WrongPassword => format!(
            "set hub.proxy_credentials to a file with the user and password for {proxy}, one a line"
        ),
        ProxyError::Lost(_)
        | ProxyError::HungUp
        | ProxyError::NoHttp
        | ProxyError::Status { .. } => {
            format!(
                "ask the network team to let this machine through the proxy {proxy} to {places}"
            )
        }
    }
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
