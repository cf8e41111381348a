//! `trunks`: whether each trunk carries calls, asked now and from here.

use std::time::Duration;

use anyhow::Context as _;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::health::Condition;
use savin_telephone::sip::settings::{Settings, Use};
use savin_telephone::sip::trunk::Status;
use serde_json::json;
use tokio::sync::watch;

use super::output::Output;
use crate::app;
use crate::config::{Config, Telephone};

/// How long all trunks together may take to answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Between two looks at what they answered.
const LOOK: Duration = Duration::from_millis(50);

/// Returns the telephone channel of a configuration.
pub(super) fn telephone(config: &Config) -> anyhow::Result<&Telephone> {
    config.telephone.as_ref().context(
        "the configuration has no [telephone]: the guide's section on telephones has an example",
    )
}

/// Returns settings under which trunks can be used beside a hub that runs: at ports of their own.
pub(super) fn beside(telephone: &Telephone) -> Settings {
    let mut settings = telephone.settings.clone();
    for trunk in &mut settings.trunks {
        trunk.bind.set_port(0);
        trunk.announced = None;
    }
    settings
}

/// Opens an exchange for as long as something is done with it.
pub(super) fn with_exchange<T>(
    settings: Settings,
    work: impl AsyncFnOnce(&Exchange) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    runtime.block_on(async {
        let opened = Exchange::open(settings, app::world()).await;
        let (exchange, door, _rings) = opened.context("failed to open the exchange")?;
        let (stop, shutdown) = watch::channel(false);
        let work = async {
            let outcome = work(&exchange).await;
            stop.send_replace(true);
            outcome
        };
        let ((), outcome) = tokio::join!(door.run(shutdown), work);
        outcome
    })
}

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let telephone = telephone(config)?;
    let status = with_exchange(beside(telephone), async |exchange| {
        let asking = async {
            loop {
                let status = exchange.status();
                let is_known = |condition| condition != Condition::Unknown;
                if status.iter().all(|trunk| is_known(trunk.condition)) {
                    return status;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let asked = tokio::time::timeout(PATIENCE, asking).await;
        Ok(asked.unwrap_or_else(|_| exchange.status()))
    })?;
    let trunks = telephone.settings.trunks.iter().zip(&status);
    if output.is_json() {
        for (trunk, status) in trunks {
            output.object(&json!({
                "name": trunk.name,
                "use": purpose(trunk.purpose),
                "server": trunk.server.host,
                "condition": status.condition.as_str(),
                "lines": trunk.lines,
                "calls_per_second": trunk.calls_per_second,
            }))?;
        }
        return Ok(());
    }
    let rows = trunks.map(|(trunk, status)| {
        vec![
            trunk.name.clone(),
            purpose(trunk.purpose).to_owned(),
            trunk.server.host.clone(),
            status.condition.as_str().to_owned(),
            trunk.lines.to_string(),
            trunk.calls_per_second.to_string(),
        ]
    });
    let header = ["trunk", "use", "server", "condition", "lines", "calls/s"];
    output.table(&header, rows.collect())?;
    let is_carrying = |status: &&Status| status.condition == Condition::Up;
    if status.iter().filter(is_carrying).count() < status.len() {
        output.line(
            "A trunk that is silent is still tried after the others, since some answer no questions: \
             `savin-hub call --test NUMBER --trunk NAME` shows whether it carries calls.",
        )?;
    }
    Ok(())
}

const fn purpose(purpose: Use) -> &'static str {
    match purpose {
        Use::Public => "public",
        Use::Operators => "operators",
    }
}
