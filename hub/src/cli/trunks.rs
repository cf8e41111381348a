//! `trunks`: whether each trunk and the carrier carry calls, asked now and from here.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use savin_telephone::carrier::client::{Client, ClientError};
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::health::Condition;
use savin_telephone::sip::settings::{Settings, Use};
use serde_json::json;
use tokio::sync::watch;

use super::output::Output;
use crate::app;
use crate::config::{Carrier, Config, Outgoing, Telephone};
use crate::store::registry::trunk::{self, TrunkRow};
use crate::watch::trunks::is_registered;

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
        // Calls go on coming to the hub.
        trunk.registers = false;
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
    /// Whether it knows where the hub is, which the hub that runs has noted; nothing where it need not.
    registered: Option<TrunkRow>,
}

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    if config.carrier.is_none() || config.telephone.is_some() {
        lines = trunks(telephone(config)?)?;
        add_registered(config, &mut lines)?;
    }
    let now = (app::world().wall)();
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
                "registers": line.registered.is_some(),
                "registered": line.registered.as_ref().map(|row| is_registered(row, now)),
                "registered_until": line.registered.as_ref().and_then(|row| row.registered_until),
                "refused_at": line.registered.as_ref().and_then(|row| row.refused_at),
                "refused_status": line.registered.as_ref().and_then(|row| row.refused_status),
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
            line.registered
                .map_or_else(String::new, |row| registered(&row, now)),
        ]
    });
    let header = [
        "trunk",
        "use",
        "server",
        "condition",
        "lines",
        "calls/s",
        "registered",
    ];
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
        registered: None,
    });
    Ok(lines.collect())
}

/// Adds what the hub that runs knows of the trunks that want to be told where it is.
fn add_registered(config: &Config, lines: &mut [Line]) -> anyhow::Result<()> {
    let trunks = &telephone(config)?.settings.trunks;
    if !trunks.iter().any(|trunk| trunk.registers) {
        return Ok(());
    }
    let store = app::open_registry(config)?;
    for (trunk, line) in trunks.iter().zip(lines) {
        if trunk.registers {
            let name = trunk.name.clone();
            let known = store.read_now("trunk", move |tx| trunk::find(tx, &name))?;
            line.registered = Some(known.unwrap_or_else(|| TrunkRow::unknown(&trunk.name)));
        }
    }
    Ok(())
}

/// Says whether a trunk knows where the hub is.
fn registered(row: &TrunkRow, now: Timestamp) -> String {
    let until = row.registered_until.map(|until| format!("{until:.0}"));
    let refused = row.refused_at.map(|at| {
        let answer = row.refused_status.map(|status| status.to_string());
        format!("{} at {at:.0}", answer.as_deref().unwrap_or("silence"))
    });
    match (until, refused) {
        (Some(until), _) if is_registered(row, now) => format!("until {until}"),
        (_, Some(refused)) => format!("no: {refused}"),
        (Some(until), None) => format!("no: ended {until}"),
        (None, None) => "no: not asked yet".to_owned(),
    }
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
        registered: None,
    }
}

const fn purpose(purpose: Use) -> &'static str {
    match purpose {
        Use::Public => "public",
        Use::Operators => "operators",
    }
}
