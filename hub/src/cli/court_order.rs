//! `seal`, `unseal` and `expunge`: what a court ordered to be shown and told to nobody, or to be destroyed.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use savin_shared::hash::Hash;
use savin_shared::ids::AgencyId;
use serde_json::json;

use super::output::Output;
use super::signing::SignAs;
use crate::app;
use crate::config::Config;
use crate::ids::{OrderId, PersonId, RecordId};
use crate::orders::Databases;
use crate::orders::carrying::carry_out;
use crate::orders::journal::Journal;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::court_order::{self, NewOrder, OrderKind, OrderRow, Scope};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::expunging::Gone;
use crate::store::registry::record::RecordRow;
use crate::vault::Vault;

/// Orders that the list shows.
const LISTED_MAX: u32 = 100;

/// Keep a person, or records of one, from every page and every notice, by a court's order. Without a person
/// it lists the orders.
#[derive(Debug, Args)]
pub(super) struct Seal {
    /// The person, as `savin-hub persons find NAME` shows the identifier. The order covers every record there is now.
    person: Option<PersonId>,
    /// Only this record, by its number in `savin-hub persons show`. May be repeated.
    #[arg(long = "record", value_name = "NUMBER", requires = "person")]
    records: Vec<i64>,
    #[command(flatten)]
    authority: Authority,
    /// Only show what it would cover. So it does without --as.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    by: SignAs,
}

/// Destroy a person, or records of one, by a court's order. There is no way back.
#[derive(Debug, Args)]
pub(super) struct Expunge {
    /// The person, as `savin-hub persons find NAME` shows the identifier. The order covers every record there is now.
    person: Option<PersonId>,
    /// Only this record, by its number in `savin-hub persons show`. May be repeated.
    #[arg(long = "record", value_name = "NUMBER", requires = "person")]
    records: Vec<i64>,
    #[command(flatten)]
    authority: Authority,
    /// Only show what would be destroyed. So it does without --as.
    #[arg(long)]
    dry_run: bool,
    /// When both databases are written anew, so that no page of them holds what was destroyed. Without a
    /// person that is all that is done.
    #[arg(long, value_enum, default_value_t = Compact::Now, value_name = "WHEN")]
    compact: Compact,
    #[command(flatten)]
    by: SignAs,
}

/// When databases are written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compact {
    /// At once.
    Now,
    /// With a later order.
    Later,
}

/// Show again what an order sealed. Nobody is told late of what came meanwhile.
#[derive(Debug, Args)]
pub(super) struct Unseal {
    /// The order that sealed it, by its number in `savin-hub seal`.
    order: i64,
    #[command(flatten)]
    authority: Authority,
    /// Only show what it would show again. So it does without --as.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    by: SignAs,
}

/// On what a decision rests.
#[derive(Debug, Args)]
struct Authority {
    /// The number of the court's order. It is part of the signed decision.
    #[arg(long = "order", value_name = "NUMBER")]
    number: Option<String>,
    /// The court that gave it.
    #[arg(long, value_name = "NAME")]
    court: Option<String>,
}

impl Authority {
    fn order(&self, kind: OrderKind) -> anyhow::Result<NewOrder> {
        let given = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let number = given(&self.number);
        let court = given(&self.court);
        let missing = "it rests on a court's order: --order NUMBER --court NAME";
        Ok(NewOrder {
            kind,
            number: number.context(missing)?,
            court: court.context(missing)?,
        })
    }
}

/// Returns about what the decision is: nothing of a person.
fn subject(order: &NewOrder) -> String {
    format!("order {} of {}", order.number, order.court)
}

impl Seal {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let Some(person) = self.person else {
            return list(config, output);
        };
        let only: Vec<RecordId> = self.records.iter().copied().map(RecordId).collect();
        let find = move |tx: &mut Tx<'_>| Scope::find(tx, person, &only);
        let scope = store.read_now("scope", find)?;
        let signer = if self.dry_run {
            None
        } else {
            self.by.optional(config)?
        };
        let Some(signer) = signer else {
            return say(&scope, None, output);
        };
        let order = self.authority.order(OrderKind::Seal)?;
        let now = (app::world().wall)();
        let choice = choice("seal", &scope);
        let signed = signer.sign("seal", &subject(&order), &choice, "", now)?;
        let opened = Opened::open(config, store)?;
        opened.interrupted(now)?;
        let sealed = opened.databases().give(&scope, &order, &signed, now)?;
        carry_out(opened.databases(), now).context(
            "it is sealed in the registry, and what waits to be told is withdrawn when the hub starts or \
             the next order is given",
        )?;
        say(&scope, Some(sealed), output)
    }
}

impl Unseal {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let order = OrderId(self.order);
        let signer = if self.dry_run {
            None
        } else {
            self.by.optional(config)?
        };
        let Some(signer) = signer else {
            return preview(config, order, output);
        };
        let by = self.authority.order(OrderKind::Seal)?;
        let now = (app::world().wall)();
        let choice = format!("unseal {}", order.0);
        let signed = signer.sign("unseal", &subject(&by), &choice, "", now)?;
        let opened = Opened::open(config, app::open_registry(config)?)?;
        opened.interrupted(now)?;
        opened.databases().lift(order, &signed, now)?;
        carry_out(opened.databases(), now).context(
            "it is lifted in the registry, and the vault follows when the hub starts or the next order is \
             given",
        )?;
        if output.is_json() {
            return output.object(&json!({ "order": order.0, "lifted": true }));
        }
        output.line("Lifted: the pages show it again. What was withdrawn meanwhile stays untold.")
    }
}

impl Expunge {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let opened = Opened::open(config, app::open_registry(config)?)?;
        let databases = opened.databases();
        let Some(person) = self.person else {
            databases.compact()?;
            return output.line("Written anew: no page holds what was destroyed before.");
        };
        let only: Vec<RecordId> = self.records.iter().copied().map(RecordId).collect();
        let find = move |tx: &mut Tx<'_>| Scope::find(tx, person, &only);
        let scope = opened.registry.read_now("scope", find)?;
        let signer = if self.dry_run {
            None
        } else {
            self.by.optional(config)?
        };
        let now = (app::world().wall)();
        let Some(signer) = signer else {
            let gone = databases.rehearse(&scope, now)?;
            return say_gone(&scope, (None, &gone), output);
        };
        let order = self.authority.order(OrderKind::Expunge)?;
        let choice = choice("expunge", &scope);
        let signed = signer.sign("expunge", &subject(&order), &choice, "", now)?;
        opened.interrupted(now)?;
        let order = databases.give(&scope, &order, &signed, now)?;
        let mut carried = carry_out(databases, now).context(
            "it is sealed, and the rest is destroyed when the hub starts or the next order is given",
        )?;
        app::forget_decisions(config, &opened.registry, &opened.key)?;
        let gone = carried.destroyed.remove(&order).unwrap_or_default();
        if self.compact == Compact::Now {
            databases.compact().context(
                "it is destroyed, and pages of the databases may still hold it: run `savin-hub expunge`",
            )?;
        }
        say_gone(&scope, (Some(order), &gone), output)
    }
}

/// What orders are carried out in, open.
struct Opened {
    registry: Store,
    vault: Vault,
    key: OrderKey,
    journal: Journal,
}

impl Opened {
    fn open(config: &Config, registry: Store) -> anyhow::Result<Self> {
        Ok(Self {
            vault: app::open_vault(config)?,
            key: app::open_order_key(config, &registry)?,
            journal: Journal::of(&config.data),
            registry,
        })
    }

    const fn databases(&self) -> Databases<'_> {
        Databases {
            registry: &self.registry,
            vault: &self.vault,
            key: &self.key,
            journal: &self.journal,
        }
    }

    /// Does first what was interrupted before.
    fn interrupted(&self, now: Timestamp) -> anyhow::Result<()> {
        let carried = carry_out(self.databases(), now);
        carried
            .map(|_| ())
            .context("failed to carry out what was ordered before")
    }
}

/// Shows what lifting an order would show again.
fn preview(config: &Config, order: OrderId, output: &Output) -> anyhow::Result<()> {
    let store = app::open_registry(config)?;
    let lifting = store.read_now("unseal", move |tx| court_order::lifting(tx, order))?;
    if output.is_json() {
        let records = lifting.records.iter().map(|(agency, row, is_shown)| {
            json!({ "record": record_json(agency, row), "shown_again": is_shown })
        });
        return output.object(&json!({
            "order": order.0,
            "lifted": false,
            "number": lifting.row.about.number,
            "court": lifting.row.about.court,
            "records": records.collect::<Vec<_>>(),
            "events": lifting.events,
        }));
    }
    let rows = lifting.records.iter().map(|(agency, row, is_shown)| {
        let mut cells = record_cells(agency, row);
        let state = if *is_shown {
            "shown again"
        } else {
            "stays sealed by another order, or by its agency"
        };
        cells.push(state.to_owned());
        cells
    });
    output.table(
        &["record", "agency", "kind", "number", "then"],
        rows.collect(),
    )?;
    output.line(&format!(
        "Order {} of {} ({}) and {} events of these: what comes is told again, what was withdrawn meanwhile stays \
         untold, and nobody is called any more because of it.",
        lifting.row.about.number, lifting.row.about.court, order.0, lifting.events
    ))?;
    output.line("Nothing was changed: decide it with --order NUMBER --court NAME --as KEYFILE.")
}

fn say_gone(
    scope: &Scope,
    (order, gone): (Option<OrderId>, &Gone),
    output: &Output,
) -> anyhow::Result<()> {
    if output.is_json() {
        let gone: BTreeMap<&str, u64> = gone.iter().copied().collect();
        return output.object(&json!({
            "order": order.map(|order| order.0),
            "person": scope.person.to_string(),
            "destroyed": gone,
        }));
    }
    records(scope, output)?;
    let rows = gone.iter().filter(|(_, many)| *many > 0);
    let rows = rows.map(|(what, many)| vec![(*what).to_owned(), many.to_string()]);
    output.table(&["what goes", "how many"], rows.collect())?;
    match order {
        Some(order) => output.line(&format!(
            "Expunged as order {}. Whom it leaves without news, and which agencies still list it, is in \
             `savin-hub tasks --kind court-order`. Backups hold it until they are removed.",
            order.0
        )),
        None => output.line(
            "Nothing was changed. There is no way back: decide it with --order NUMBER --court NAME --as \
             KEYFILE.",
        ),
    }
}

fn records(scope: &Scope, output: &Output) -> anyhow::Result<()> {
    let rows = scope.records.iter();
    let rows = rows.map(|(agency, row)| record_cells(agency, row));
    output.table(&["record", "agency", "kind", "number"], rows.collect())
}

fn record_cells(agency: &AgencyId, row: &RecordRow) -> Vec<String> {
    vec![
        row.record.0.to_string(),
        agency.to_string(),
        row.known.record.kind().to_string(),
        row.known.record.number().to_string(),
    ]
}

fn record_json(agency: &AgencyId, row: &RecordRow) -> serde_json::Value {
    json!({
        "record": row.record.0,
        "agency": agency,
        "kind": row.known.record.kind().to_string(),
        "number": row.known.record.number().as_str(),
    })
}

/// Says what is chosen so that the signature binds every record of it.
fn choice(what: &str, scope: &Scope) -> String {
    let numbers = scope.numbers();
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|record| record.0.to_be_bytes())
        .collect();
    let hash = Hash::tagged("savin/court-order/1", &[&bytes]);
    format!("{what} {} {hash}", numbers.len())
}

fn say(scope: &Scope, sealed: Option<OrderId>, output: &Output) -> anyhow::Result<()> {
    let shown = scope.others.iter().filter(|(_, row)| row.known.is_public());
    let shown = shown.count();
    if output.is_json() {
        let records = scope.records.iter();
        let records = records.map(|(agency, row)| record_json(agency, row));
        let records: Vec<_> = records.collect();
        return output.object(&json!({
            "order": sealed.map(|order| order.0),
            "person": scope.person.to_string(),
            "records": records,
            "events": scope.events.len(),
            "still_shown": shown,
        }));
    }
    records(scope, output)?;
    output.line(&format!(
        "{} events of these; {shown} other records of the person stay public.",
        scope.events.len()
    ))?;
    match sealed {
        Some(order) => output.line(&format!(
            "Sealed as order {0}: no page shows it, nobody is told of it, and what waited is withdrawn. \
             `savin-hub unseal {0}` lifts it. Whom it leaves without any news is in `savin-hub tasks --kind \
             court-order`.",
            order.0
        )),
        None => output.line(
            "Nothing was changed: decide it with --order NUMBER --court NAME --as KEYFILE.",
        ),
    }
}

fn list(config: &Config, output: &Output) -> anyhow::Result<()> {
    let store = app::open_registry(config)?;
    let orders = store.read_now("orders", |tx| court_order::newest(tx, LISTED_MAX))?;
    if output.is_json() {
        for row in &orders {
            output.object(&order_json(row))?;
        }
        return Ok(());
    }
    if orders.is_empty() {
        return output.line("No order of a court was carried out yet.");
    }
    let rows = orders.iter().map(|row| {
        vec![
            row.order.0.to_string(),
            row.about.kind.as_str().to_owned(),
            row.about.number.clone(),
            row.about.court.clone(),
            row.records.to_string(),
            format!("{:.0}", row.ordered_at),
            state(row),
        ]
    });
    let header = [
        "order", "what", "number", "court", "records", "when", "state",
    ];
    output.table(&header, rows.collect())
}

fn state(row: &OrderRow) -> String {
    match (row.lifted, row.done_at) {
        (Some((at, _)), _) => format!("lifted {at:.0}"),
        (None, Some(_)) if row.about.kind == OrderKind::Expunge => "destroyed".to_owned(),
        (None, Some(_)) => "stands".to_owned(),
        (None, None) => "not done everywhere yet".to_owned(),
    }
}

fn order_json(row: &OrderRow) -> serde_json::Value {
    json!({
        "order": row.order.0,
        "what": row.about.kind.as_str(),
        "number": row.about.number,
        "court": row.about.court,
        "records": row.records,
        "decision": row.decision.0,
        "ordered_at": row.ordered_at,
        "done_at": row.done_at,
        "lifted_at": row.lifted.map(|(at, _)| at),
        "lifted_by": row.lifted.map(|(_, decision)| decision.0),
    })
}

#[cfg(test)]
mod tests;
