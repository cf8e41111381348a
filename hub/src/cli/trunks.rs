//! `trunks`: whether each trunk and the carrier carry calls, asked now and from here.

use std::time::Duration;

use anyhow::Context as _;
use savin_telephone::carrier::client::{Client, ClientError};
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::health::Condition;
use savin_telephone::sip::settings::{Settings, Use};
use serde_json::json;
use tokio::sync::watch;

use super::output::Output;
use crate::app;
use crate::config::{Carrier, Config, Outgoing, Telephone};

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

/// One way for calls, as it is shown.
struct Line {
    name: String,
    purpose: &'static str,
    server: String,
    condition: &'static str,
    lines: u32,
    calls_per_second: u32,
}

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    if config.carrier.is_none() || config.telephone.is_some() {
        lines = trunks(telephone(config)?)?;
    }
    lines.extend(config.carrier.as_ref().map(carrier));
    if output.is_json() {
        for line in lines {
            output.object(&json!({
                "name": line.name,
                "use": line.purpose,
                "server": line.server,
                "condition": line.condition,
                "lines": line.lines,
                "calls_per_second": line.calls_per_second,
            }))?;
        }
        return Ok(());
    }
    let is_carrying = |line: &Line| line.condition == Condition::Up.as_str();
    let is_whole = lines.iter().all(is_carrying);
    let rows = lines.into_iter().map(|line| {
        vec![
            line.name,
            line.purpose.to_owned(),
            line.server,
            line.condition.to_owned(),
            line.lines.to_string(),
            line.calls_per_second.to_string(),
        ]
    });
    let header = ["trunk", "use", "server", "condition", "lines", "calls/s"];
    output.table(&header, rows.collect())?;
    if !is_whole {
        output.line(
            "A trunk that is silent is still tried after the others, since some answer no questions: \
             `savin-hub call --test NUMBER --trunk NAME` shows whether it carries calls.",
        )?;
    }
    Ok(())
}

/// Asks every trunk.
fn trunks(telephone: &Telephone) -> anyhow::Result<Vec<Line>> {
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
    let lines = trunks.map(|(trunk, status)| Line {
        name: trunk.name.clone(),
        purpose: purpose(trunk.purpose),
        server: trunk.server.host.clone(),
        condition: status.condition.as_str(),
        lines: trunk.lines,
        calls_per_second: trunk.calls_per_second,
    });
    Ok(lines.collect())
}

/// Asks the carrier.
fn carrier(carrier: &Carrier) -> Line {
    let settings = &carrier.settings;
    let client = Client::new(settings.account.clone());
    let condition = match client.and_then(|client| client.look()) {
        Ok(()) => Condition::Up.as_str(),
        Err(ClientError::Account(_)) => "refuses us",
        Err(ClientError::Refused(_)) => "unavailable",
        Err(ClientError::Silent | ClientError::Unreadable | ClientError::Authorities) => "silent",
    };
    Line {
        name: "[carrier]".to_owned(),
        purpose: match carrier.outgoing {
            Outgoing::Always => "always",
            Outgoing::WhenTrunksAreDown => "when trunks are down",
            Outgoing::Never => "never",
        },
        server: settings.account.url.clone(),
        condition,
        lines: settings.lines,
        calls_per_second: settings.calls_per_second,
    }
}

const fn purpose(purpose: Use) -> &'static str {
    match purpose {
        Use::Public => "public",
        Use::Operators => "operators",
    }
}
