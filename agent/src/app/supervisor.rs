//! What the service manager is told: that the agent is ready, goes on, waits or stops. Where none
//! listens, nothing happens.

#[cfg(target_os = "linux")]
use sd_notify::NotifyState;
use tracing::debug;

/// Says that the agent watches.
pub(super) fn ready(status: &str) {
    #[cfg(target_os = "linux")]
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    #[cfg(not(target_os = "linux"))]
    debug!(status, "Ready");
}

/// Says that the agent goes on.
pub(super) fn alive() {
    #[cfg(target_os = "linux")]
    tell(&[NotifyState::Watchdog]);
}

/// Says that the agent is about to end.
pub(super) fn stopping() {
    #[cfg(target_os = "linux")]
    tell(&[NotifyState::Stopping]);
}

#[cfg(target_os = "linux")]
fn tell(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        debug!(reason = %cause, "The service manager does not listen");
    }
}
