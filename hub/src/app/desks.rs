//! Starts e-mail to those who work: to the offices that the law has told, and to whoever is on duty.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use super::world;
use crate::channels::duty::DutyCaller;
use crate::channels::email::compose::Composer;
use crate::channels::email::transport::Mailer;
use crate::channels::office::OfficeCourier;
use crate::config::Config;
use crate::store::Store;
use crate::vault::client::Client;
use crate::vault::command::StaffCommand;
use crate::work::task::Level;

/// Says where what waits too long would reach nobody.
pub(super) fn check(config: &Config, now: Timestamp) {
    if config.duty.shifts.is_empty() {
        warn!("No [duty] in the configuration: nobody is told by e-mail of what waits too long");
        return;
    }
    if config.email.is_none() {
        warn!("[duty] without [email]: nobody is told by e-mail of what waits too long");
    }
    for level in [Level::Supervisor, Level::DutyOfficer] {
        if let Some(at) = config.duty.gap(level, &config.web.zone, now) {
            warn!(task.level = %level, duty.gap_from = %at,
                "Nobody is on duty at some hours of the next seven days: see `savin-hub duty`");
        }
    }
}

/// Starts both.
pub(super) fn start(
    config: &Config,
    (store, vault): (Store, Client<StaffCommand>),
    (composer, mailer): (Arc<Composer>, Arc<Mailer>),
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) {
    let offices = OfficeCourier {
        store: store.clone(),
        composer: Arc::clone(&composer),
        mailer: Arc::clone(&mailer),
        world: world(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        offices.run(stop).await;
        Ok(())
    });
    if config.duty.shifts.is_empty() {
        return;
    }
    let caller = DutyCaller {
        store,
        vault,
        roster: config.duty.clone(),
        zone: config.web.zone.clone(),
        composer,
        mailer,
        world: world(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        caller.run(stop).await;
        Ok(())
    });
}
