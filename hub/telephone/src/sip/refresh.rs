//! Session timers (RFC 4028): who says that the call still stands, and how often. Pure.

use std::time::{Duration, Instant};

/// The shortest interval that is taken from whoever calls.
pub(super) const SHORTEST_S: u64 = 90;

/// What an answer or a request says of the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refresh {
    interval: Duration,
    is_ours: bool,
    since: Instant,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// We say that it stands.
    Refresh,
    /// Nobody said so: it is over.
    Expired,
}

impl Refresh {
    /// Reads a `Session-Expires`, said by or to whoever sent the request; `is_ours_unsaid` decides
    /// where it leaves open who refreshes.
    pub(super) fn read(header: &str, we_asked: bool, now: Instant) -> Option<Self> {
        let mut parts = header.split(';').map(str::trim);
        let interval_s: u64 = parts.next()?.parse().ok()?;
        let is_asker = parts
            .find_map(|part| part.strip_prefix("refresher="))
            .is_none_or(|who| who.eq_ignore_ascii_case("uac"));
        Some(Self {
            interval: Duration::from_secs(interval_s),
            is_ours: is_asker == we_asked,
            since: now,
        })
    }

    /// Returns the header that answers a request which had one.
    pub(super) fn answer(&self) -> String {
        let refresher = if self.is_ours { "uas" } else { "uac" };
        format!("{};refresher={refresher}", self.interval.as_secs())
    }

    /// Returns the header of our own request.
    pub(super) fn request(&self) -> String {
        let refresher = if self.is_ours { "uac" } else { "uas" };
        format!("{};refresher={refresher}", self.interval.as_secs())
    }

    /// Returns what is due when, as things stand: half of the interval for us; for the other end all
    /// of it but a third, or 32 s.
    pub(super) fn next(&self) -> (Instant, Due) {
        if self.is_ours {
            (self.since + self.interval / 2, Due::Refresh)
        } else {
            let early = (self.interval / 3).min(Duration::from_secs(32));
            (self.since + (self.interval - early), Due::Expired)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Due, Refresh};

    fn now() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "a test's own wiring")]
        Instant::now()
    }

    #[test]
    fn whoever_is_named_refreshes() {
        let now = now();
        let half = (now + Duration::from_secs(900), Due::Refresh);
        let end = (now + Duration::from_secs(1_768), Due::Expired);
        for (header, we_asked, next) in [
            ("1800;refresher=uac", true, half),
            ("1800;refresher=uas", true, end),
            ("1800;refresher=uac", false, end),
            ("1800; refresher=UAS", false, half),
            ("1800", true, half),
            ("1800", false, end),
        ] {
            let refresh = Refresh::read(header, we_asked, now).unwrap();
            assert_eq!(refresh.next(), next, "{header} {we_asked}");
        }
        assert_eq!(Refresh::read("soon", true, now), None);
    }

    #[test]
    fn an_answer_says_who_refreshes() {
        let refresh = Refresh::read("90", false, now()).unwrap();
        assert_eq!(refresh.answer(), "90;refresher=uac");
        let refresh = Refresh::read("90;refresher=uas", false, now()).unwrap();
        assert_eq!(refresh.answer(), "90;refresher=uas");
        assert_eq!(refresh.request(), "90;refresher=uac");
    }

    #[test]
    fn a_short_interval_ends_a_third_early() {
        let now = now();
        let refresh = Refresh::read("9;refresher=uas", true, now).unwrap();
        assert_eq!(refresh.next(), (now + Duration::from_secs(6), Due::Expired));
    }
}
