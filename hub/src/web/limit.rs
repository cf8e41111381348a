//! How much one neighbourhood of the network may ask for, and everybody together: looking people up
//! one after the other tells who is held, and every code is a message to somebody.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::door::Peer;
use super::page::Page;
use super::{Site, failure};
use crate::notification::words::Language;

/// Neighbourhoods that are counted at once; beyond, new ones only count towards everybody's limit.
const SOURCES_MAX: usize = 20_000;

const MINUTE: Duration = Duration::from_secs(60);

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Looking somebody up.
    LookUp,
    /// Having a code sent.
    Code,
}

impl Action {
    /// How often in a minute one neighbourhood may.
    const fn by_source(self) -> u32 {
        match self {
            Self::LookUp => 60,
            Self::Code => 10,
        }
    }

    /// How often in a minute everybody together may.
    const fn by_all(self) -> u32 {
        match self {
            Self::LookUp => 1_200,
            Self::Code => 120,
        }
    }
}

/// What was asked for of late.
#[derive(Debug)]
pub struct Limits {
    proxies: Vec<IpAddr>,
    /// When each bucket is full again; one that is not listed is full.
    full_at: Mutex<BTreeMap<(Action, Option<IpAddr>), Instant>>,
}

impl Limits {
    /// Begins to count. A reverse proxy on this machine, or at one of these addresses, is believed
    /// from where a request comes.
    #[must_use]
    pub const fn new(proxies: Vec<IpAddr>) -> Self {
        Self {
            proxies,
            full_at: Mutex::new(BTreeMap::new()),
        }
    }

    /// Counts a request; returns whether it may be answered.
    fn take(&self, action: Action, source: IpAddr, now: Instant) -> bool {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= SOURCES_MAX {
            full_at.retain(|_, full_at| *full_at > now);
        }
        let buckets = [
            ((action, Some(neighbourhood(source))), action.by_source()),
            ((action, None), action.by_all()),
        ];
        let after = buckets.map(|(bucket, many)| {
            let full_at = full_at.get(&bucket).copied().unwrap_or(now).max(now);
            full_at + MINUTE / many
        });
        if after.iter().any(|after| *after > now + MINUTE) {
            return false;
        }
        for ((bucket, _), after) in buckets.into_iter().zip(after) {
            if full_at.len() < SOURCES_MAX || full_at.contains_key(&bucket) || bucket.1.is_none() {
                full_at.insert(bucket, after);
            }
        }
        true
    }

    /// Returns from where a request comes: its peer, or what a reverse proxy that is believed says.
    fn source(&self, request: &Request) -> IpAddr {
        let is_proxy = |ip: &IpAddr| ip.is_loopback() || self.proxies.contains(ip);
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        let peer = peer.map_or(Ipv6Addr::UNSPECIFIED.into(), |peer| {
            peer.0.0.ip().to_canonical()
        });
        if !is_proxy(&peer) {
            return peer;
        }
        // Each proxy adds to the end from where it was asked; what stands before anybody can write.
        let said = request.headers().get_all("x-forwarded-for").iter().rev();
        said.filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .map_while(|text| text.trim().parse().ok())
            .map(|ip: IpAddr| ip.to_canonical())
            .find(|ip| !is_proxy(ip))
            .unwrap_or(peer)
    }
}

/// Returns the network that one household or office shares: whoever has one address of it has all.
fn neighbourhood(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !0xFF).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80).into(),
    }
}

/// Answers a request, or asks whoever sent it to wait.
pub async fn limit(
    State((site, action)): State<(Arc<Site>, Action)>,
    request: Request,
    next: Next,
) -> Response {
    let source = site.limits.source(&request);
    let now = (site.world.monotonic)();
    if site.limits.take(action, source, now) {
        return next.run(request).await;
    }
    let language = request.extensions().get::<Language>().copied();
    failure::too_many(Page::new(&site, language.unwrap_or_default(), "/"))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};
    use std::time::{Duration, Instant};

    use axum::body::Body;
    use axum::extract::{ConnectInfo, Request};

    use super::{Action, Limits, Peer};

    #[expect(clippy::disallowed_methods, reason = "a test is wiring")]
    fn begin() -> Instant {
        Instant::now()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn limits_a_neighbourhood_and_lets_others_ask() {
        let (limits, now) = (Limits::new(Vec::new()), begin());
        for host in 0..10 {
            let source = ip(&format!("192.0.2.{host}"));
            assert!(limits.take(Action::Code, source, now), "{host}");
        }
        assert!(!limits.take(Action::Code, ip("192.0.2.77"), now));
        assert!(limits.take(Action::LookUp, ip("192.0.2.77"), now));
        assert!(limits.take(Action::Code, ip("198.51.100.1"), now));
        // A refused request costs nothing: the next one may soon.
        let later = now + Duration::from_secs(7);
        assert!(limits.take(Action::Code, ip("192.0.2.77"), later));
        assert!(!limits.take(Action::Code, ip("192.0.2.77"), later));
        for _ in 0..10 {
            assert!(limits.take(Action::Code, ip("2001:db8:1:2::3"), later));
        }
        assert!(!limits.take(Action::Code, ip("2001:db8:1:9::9"), later));
        assert!(limits.take(Action::Code, ip("2001:db8:2::1"), later));
    }

    #[test]
    fn limits_everybody_together() {
        let (limits, now) = (Limits::new(Vec::new()), begin());
        let taken = (0..=255_u8)
            .filter(|net| limits.take(Action::Code, ip(&format!("10.0.{net}.1")), now))
            .count();
        assert_eq!(taken, 120);
    }

    #[test]
    fn believes_only_a_proxy_from_where_a_request_comes() {
        let limits = Limits::new(vec![ip("192.0.2.9")]);
        let source = |peer: &str, said: &[&str]| {
            let mut request = Request::new(Body::empty());
            let peer: SocketAddr = format!("{peer}:5000").parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(Peer(peer)));
            for said in said {
                let value = said.parse().unwrap();
                request.headers_mut().append("x-forwarded-for", value);
            }
            limits.source(&request).to_string()
        };
        assert_eq!(source("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(source("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(source("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        let forged = ["10.9.9.9, 198.51.100.1, 192.0.2.9"];
        assert_eq!(source("192.0.2.9", &forged), "198.51.100.1");
        let twice = ["10.9.9.9", "198.51.100.1"];
        assert_eq!(source("[::ffff:127.0.0.1]", &twice), "198.51.100.1");
        assert_eq!(
            source("127.0.0.1", &["198.51.100.1, nonsense"]),
            "127.0.0.1"
        );
    }
}
