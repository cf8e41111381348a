//! Starts calling: the trunks and the carrier, what places calls by them, and what takes those that come in.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use savin_telephone::carrier::exchange::Carrier;
use savin_telephone::carrier::live::{Live, Ringing};
use savin_telephone::script::speech::Language;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::settings::Use;
use savin_telephone::voice::catalogue::Catalogue;
use savin_telephone::voice::engine::Engine;
use savin_telephone::voice::speaker::Speaker;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use super::{speaker, world};
use crate::channels::telephone::{Caller, Trunks, Ways};
use crate::config::{Config, Outgoing, Telephone};
use crate::vault::client::Client;
use crate::vault::command::CourierCommand;
use crate::watch::trunks::TrunkWatch;
use crate::web::Portal;
use crate::web::carrier::{CALLS, Door, router};
use crate::web::voice::carried::CarrierTaker;
use crate::web::voice::ring::Taker;

/// A carrier, and the calls that it brings.
pub(super) type Carried = (Carrier, mpsc::Receiver<Ringing>);

/// Makes the carrier of the configuration, if there is one, and what it finds at the site.
///
/// # Errors
/// Returns why it cannot be asked.
pub(super) fn carrier(
    config: &Config,
    shutdown: &watch::Receiver<bool>,
) -> anyhow::Result<(Option<Carried>, Router)> {
    let Some(set) = &config.carrier else {
        return Ok((None, Router::new()));
    };
    let calls_at = format!("{}{CALLS}", set.public_url);
    let (live, rings) = Live::new(&calls_at, world());
    let door = Door {
        live: live.clone(),
        scheme: Arc::new(set.scheme.clone()),
        public_url: set.public_url.as_str().into(),
        world: world(),
    };
    let carrier = Carrier::new(set.settings.clone(), live, world(), shutdown.clone());
    let carrier = carrier.context("failed to set the carrier up")?;
    Ok((Some((carrier, rings)), router(door)))
}

/// Opens the trunks of the configuration, if there are any, calls over them and by the carrier, and takes
/// calls.
///
/// # Errors
/// Returns why a trunk cannot be opened.
pub(super) async fn start(
    config: &Config,
    (portal, vault, carrier): (Portal, Client<CourierCommand>, Option<Carried>),
    planned: watch::Sender<()>,
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let speaker = Arc::new(speaker(config));
    let mut trunks = None;
    if let Some(telephone) = &config.telephone {
        let speaking = (portal.clone(), Arc::clone(&speaker));
        trunks = Some(open(telephone, speaking, shutdown, tasks).await?);
    }
    let carrier = carrier.map(|carried| {
        let speaking = (portal, Arc::clone(&speaker));
        take_carried(carried, speaking, shutdown, tasks)
    });
    let outgoing = config.carrier.as_ref().map(|carrier| carrier.outgoing);
    let ways = ways(outgoing, trunks, carrier);
    if ways.trunks.is_none() && ways.carrier.is_none() {
        return Ok(());
    }
    let voice = &config.voice;
    tasks.spawn(try_voice(voice.catalogue.clone(), voice.engine.clone()));
    let caller = Caller {
        vault,
        ways,
        speaker,
        phone: config.web.phone.clone(),
        zone: config.web.zone.clone(),
        kept: config.bounds.kept,
        planned: planned.subscribe(),
        world: world(),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        caller.run(stop).await;
        Ok(())
    });
    Ok(())
}

/// Tries the voice of calls where it will speak: a service may not run what a person's shell may.
async fn try_voice(speaking: Catalogue, engine: Engine) -> anyhow::Result<()> {
    let trying = tokio::task::spawn_blocking(move || tried(&speaking, &engine));
    // A thread that failed has said so; calls go on.
    drop(trying.await);
    Ok(())
}

/// Says whether the command speaks, and where calls speak with two voices. It blocks.
fn tried(catalogue: &Catalogue, engine: &Engine) {
    for language in Language::ALL {
        match engine.render(language, "1") {
            Ok(_) => info!(language = language.tag(), "The voice of calls speaks"),
            Err(failure) => error!(
                language = language.tag(),
                cause = &failure as &dyn std::error::Error,
                "The voice of calls does not speak: names are spelled, and phrases that are not in the catalogue not said"
            ),
        }
    }
    match catalogue.outdated(engine) {
        Ok(outdated) => {
            for language in outdated {
                warn!(
                    language = language.tag(),
                    "Phrases of calls were rendered by another voice: `savin-hub voice build` says them anew"
                );
            }
        }
        Err(failure) => warn!(
            cause = &failure as &dyn std::error::Error,
            "The catalogue of phrases cannot be read: see `savin-hub check`"
        ),
    }
}

/// Takes the calls that the carrier brings.
fn take_carried(
    (carrier, rings): Carried,
    (portal, speaker): (Portal, Arc<Speaker>),
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> Carrier {
    let taker = CarrierTaker {
        portal,
        carrier: carrier.clone(),
        speaker,
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        taker.run(rings, stop).await;
        Ok(())
    });
    carrier
}

/// Returns by which ways calls go.
fn ways(outgoing: Option<Outgoing>, trunks: Option<Trunks>, carrier: Option<Carrier>) -> Ways {
    // Trunks to operators alone carry no call to her.
    let trunks = trunks.filter(|trunks| trunks.lines > 0);
    match outgoing {
        Some(Outgoing::Always) => Ways {
            trunks: None,
            carrier,
        },
        Some(Outgoing::WhenTrunksAreDown) | None => Ways { trunks, carrier },
        Some(Outgoing::Never) => Ways {
            trunks,
            carrier: None,
        },
    }
}

/// Opens the trunks, and takes the calls that come in over them.
async fn open(
    telephone: &Telephone,
    (portal, speaker): (Portal, Arc<Speaker>),
    shutdown: &watch::Receiver<bool>,
    tasks: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Trunks> {
    if telephone.desks.is_empty() {
        warn!("No desks in [telephone]: whoever asks for a person hears that nobody is there");
    }
    let opened = Exchange::open(telephone.settings.clone(), world()).await;
    let (exchange, door, rings) = opened.context("failed to open the trunks")?;
    let public = |purpose| purpose == Use::Public;
    let lines = telephone.settings.trunks.iter();
    let lines = lines
        .filter(|trunk| public(trunk.purpose))
        .map(|trunk| trunk.lines);
    if telephone
        .settings
        .trunks
        .iter()
        .any(|trunk| trunk.registers)
    {
        let watch = TrunkWatch {
            store: portal.lookup.registry.clone(),
            exchange: exchange.clone(),
            world: world(),
        };
        let stop = shutdown.clone();
        tasks.spawn(async move {
            watch.run(stop).await;
            Ok(())
        });
    }
    let taker = Taker {
        portal,
        exchange: exchange.clone(),
        speaker,
        desks: telephone.desks.clone().into(),
    };
    let trunks = Trunks {
        exchange,
        desks: Arc::clone(&taker.desks),
        ring: telephone.ring,
        lines: lines.sum(),
    };
    let (stop_door, stop_taker) = (shutdown.clone(), shutdown.clone());
    tasks.spawn(async move {
        taker.run(rings, stop_taker).await;
        Ok(())
    });
    tasks.spawn(async move {
        door.run(stop_door).await;
        Ok(())
    });
    Ok(trunks)
}
