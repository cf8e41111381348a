//! What was learned of the way to the hub, kept beside the journal: which transport got through
//! last, and how the line stands. Losing it costs a few seconds at the next dial.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::line::Transport;
use crate::identity::StateFolder;

const ROUTE: &str = "route.json";

/// How the line stands, and which way it took last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// The transport that got through last.
    pub transport: Option<Transport>,
    /// Since when the line is up; none while it is down.
    pub connected_at: Option<Timestamp>,
    /// When QUIC was tried last while TLS was in use.
    pub quic_tried_at: Option<Timestamp>,
    /// Why the line is down, or why it was before.
    pub trouble: Option<String>,
}

impl Route {
    /// Loads what is known; nothing where that cannot be read.
    #[must_use]
    pub fn load(state: &StateFolder) -> Self {
        let text = state.note(ROUTE);
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Keeps a change of what is known; what cannot be kept is only not remembered.
    pub fn change(&mut self, state: &StateFolder, change: impl FnOnce(&mut Self)) {
        let before = self.clone();
        change(self);
        if before == *self {
            return;
        }
        let kept = serde_json::to_string_pretty(self)
            .map_err(std::io::Error::from)
            .and_then(|text| state.keep_note(ROUTE, &text));
        if let Err(failure) = kept {
            warn!(reason = %failure, "How the hub was reached is not remembered");
        }
    }

    /// Returns the transport to begin with: TLS while it is not long since QUIC failed.
    #[must_use]
    pub fn begin_with(&self, now: Timestamp, quic_again: std::time::Duration) -> Option<Transport> {
        let since = now.duration_since(self.quic_tried_at?);
        // A clock that was set back says nothing about how long ago that was.
        let is_fresh = !since.is_negative() && since.unsigned_abs() < quic_again;
        self.transport.filter(|_| is_fresh)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{Route, Transport};
    use crate::identity::StateFolder;

    #[test]
    fn remembers_the_way_that_got_through_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path().to_owned());
        let tried = Timestamp::UNIX_EPOCH;
        Route::load(&state).change(&state, |route| {
            route.transport = Some(Transport::Tls);
            route.quic_tried_at = Some(tried);
        });
        let route = Route::load(&state);
        let begin = |hours| {
            let now = tried + SignedDuration::from_hours(hours);
            route.begin_with(now, Duration::from_hours(4))
        };
        assert_eq!(begin(3), Some(Transport::Tls));
        assert_eq!(begin(5), None);
        assert_eq!(begin(-1), None);
        std::fs::write(folder.path().join("route.json"), "{").unwrap();
        assert_eq!(Route::load(&state), Route::default());
    }
}
