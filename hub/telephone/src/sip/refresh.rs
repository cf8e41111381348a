//! Session timers (RFC 4028): who says that the call still stands, and how often. Pure.

use std::time::{Duration, Instant};

/// The shortest interval that is taken from whoever calls.
pub(super) const SHORTEST_S: u64 = 90;

/// The longest that is asked for because somebody wants it so: a day.
pub(super) const LONGEST_S: u64 = 86_400;

/// How long to wait where both ends asked at once: longer than whoever did not begin the call does.
const AGAIN: Duration = Duration::from_secs(3);

/// What an answer or a request says of the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refresh {
    interval: Duration,
    is_ours: bool,
    since: Instant,
    /// When it is said again, where that was not taken the first time.
    again_at: Option<Instant>,
    /// The shortest interval that somebody between takes, if one said so.
    shortest_s: Option<u64>,
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
            again_at: None,
            shortest_s: None,
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

    /// Returns the shortest interval that is named beside it, where somebody wanted a longer one.
    pub(super) const fn shortest_s(&self) -> Option<u64> {
        self.shortest_s
    }

    /// Says it once more in a while, since both ends asked at once (RFC 3261, 14.1).
    pub(super) fn put_off(self, now: Instant) -> Self {
        let again_at = Some(now + AGAIN);
        Self { again_at, ..self }
    }

    /// Says it at once with a longer interval, since somebody between takes none that is shorter; `None` where it is as
    /// long already.
    pub(super) fn lengthened(self, shortest_s: u64, now: Instant) -> Option<Self> {
        let interval = Duration::from_secs(shortest_s);
        (interval > self.interval).then_some(Self {
            interval,
            again_at: Some(now),
            shortest_s: Some(shortest_s),
            ..self
        })
    }

    /// Returns what is due when, as things stand: half of the interval for us; for the other end all
    /// of it but a third, or 32 s.
    pub(super) fn next(&self) -> (Instant, Due) {
        if self.is_ours {
            let end = self.since + self.interval;
            match self.again_at {
                None => (self.since + self.interval / 2, Due::Refresh),
                Some(again_at) if again_at < end => (again_at, Due::Refresh),
                Some(_) => (end, Due::Expired),
            }
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
    fn what_was_not_taken_is_said_again_in_a_while_and_not_for_ever() {
        let now = now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let refresh = Refresh::read("90;refresher=uac", true, now).unwrap();
        assert_eq!(refresh.next(), (at(45), Due::Refresh));
        assert_eq!(refresh.put_off(at(45)).next(), (at(48), Due::Refresh));
        assert_eq!(refresh.put_off(at(88)).next(), (at(90), Due::Expired));
        let longer = refresh.lengthened(300, at(45)).unwrap();
        assert_eq!(longer.next(), (at(45), Due::Refresh));
        assert_eq!(longer.request(), "300;refresher=uac");
        assert_eq!(longer.shortest_s(), Some(300));
        assert_eq!(longer.lengthened(300, at(46)), None, "it is as long");
    }

    #[test]
    fn a_short_interval_ends_a_third_early() {
        let now = now();
        let refresh = Refresh::read("9;refresher=uas", true, now).unwrap();
        assert_eq!(refresh.next(), (now + Duration::from_secs(6), Due::Expired));
    }
}
