//! Starts calling: the trunks, what places calls over them, and what takes those that come in.

use std::sync::Arc;

use anyhow::Context as _;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::settings::Use;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use super::{speaker, world};
use crate::channels::telephone::Caller;
use crate::config::Config;
use crate::vault::client::Client;
use crate::vault::command::CourierCommand;
use crate::web::Lookup;
use crate::web::voice::ring::Taker;

/// Opens the trunks of the configuration, if there are any, calls over them, and takes calls.
///
/// # Errors
/// Returns why a trunk cannot be opened.
pub(super) async fn start(
    config: &Config,
    (lookup, vault): (Lookup, Client<CourierCommand>),
    planned: watch::Sender<()>,
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let Some(telephone) = &config.telephone else {
        return Ok(());
    };
    if telephone.desks.is_empty() {
        warn!("No desks in [telephone]: whoever asks for a person hears that nobody is there");
    }
    let opened = Exchange::open(telephone.settings.clone(), world()).await;
    let (exchange, door, rings) = opened.context("failed to open the trunks")?;
    let public = |purpose| purpose == Use::Public;
    let trunks = telephone.settings.trunks.iter();
    let lines = trunks
        .filter(|trunk| public(trunk.purpose))
        .map(|trunk| trunk.lines);
    let speaker = Arc::new(speaker(config));
    let taker = Taker {
        lookup,
        exchange: exchange.clone(),
        speaker: Arc::clone(&speaker),
        desks: telephone.desks.clone().into(),
    };
    let caller = Caller {
        vault,
        exchange,
        speaker,
        desks: Arc::clone(&taker.desks),
        ring: telephone.ring,
        lines: lines.sum(),
        phone: config.web.phone.clone(),
        zone: config.web.zone.clone(),
        planned: planned.subscribe(),
        world: world(),
    };
    let (stop_door, stop_caller) = (shutdown.clone(), shutdown.clone());
    let stop_taker = shutdown.clone();
    tasks.spawn(async move {
        taker.run(rings, stop_taker).await;
        Ok(())
    });
    tasks.spawn(async move {
        door.run(stop_door).await;
        Ok(())
    });
    tasks.spawn(async move {
        caller.run(stop_caller).await;
        Ok(())
    });
    Ok(())
}
