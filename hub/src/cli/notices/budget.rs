//! `notices budget`: what telling has cost today and in this month, and what a person allows besides.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::super::output::Output;
use super::super::signing::SignAs;
use super::staff;
use crate::app;
use crate::config::Config;
use crate::notification::bounds::budget::{Level, Span};
use crate::notification::bounds::money::Money;
use crate::store::registry::decision;
use crate::store::vault::spend::CallCost;
use crate::vault::Vault;
use crate::vault::command::{
    AccountView, BudgetCommand, BudgetView, IncomingView, StaffAnswer, StaffCommand,
};

/// What telling has cost.
#[derive(Debug, Args)]
pub(super) struct Budget {
    /// Allow so many dollars more, as in 250 or 99.50: what waits for the budget goes on at once.
    #[arg(long, value_name = "AMOUNT", requires = "span")]
    raise: Option<String>,
    /// For what more is allowed: day (today) or month.
    #[arg(long = "for", value_name = "SPAN", id = "span", requires = "raise")]
    span: Option<String>,
    /// Why more is allowed, in a few words.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    by: SignAs,
}

impl Budget {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let vault = app::open_vault(config)?;
        let mut command = BudgetCommand::Show;
        if let (Some(amount), Some(span)) = (&self.raise, &self.span) {
            let amount = Money::parse(amount).context("--raise")?;
            let span = Span::parse(span).context("--for is \"day\" or \"month\"")?;
            self.sign((span, amount), config)?;
            command = BudgetCommand::Raise { span, amount };
        }
        let view = view(&vault, command)?;
        if output.is_json() {
            return output.object(&json(&view));
        }
        let rows = view.accounts.iter().map(row);
        let rows = rows.chain(came_in(&view.incoming)).collect();
        let header = ["budget of", "allowed", "spent", "which is", "by"];
        output.table(&header, rows)?;
        output.line(&waiting(&view))
    }

    fn sign(&self, (span, amount): (Span, Money), config: &Config) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let subject = format!("budget/{}", span.name(&config.web.zone, now));
        let signed = signer.sign(
            "budget-raise",
            &subject,
            &amount.to_string(),
            &self.note,
            now,
        )?;
        app::open_registry(config)?
            .write_now("budget raise", move |tx| decision::record(tx, &signed))?;
        Ok(())
    }
}

/// Asks the vault for the budget.
pub(in super::super) fn view(vault: &Vault, command: BudgetCommand) -> anyhow::Result<BudgetView> {
    let StaffAnswer::Budget(view) = staff(vault, StaffCommand::Budget(command))? else {
        bail!("the vault gave another answer");
    };
    Ok(view)
}

/// Returns it for programs: sums in dollars, as texts.
pub(in super::super) fn json(view: &BudgetView) -> serde_json::Value {
    let accounts = view.accounts.iter().map(|view| {
        let by = view.by.iter().map(|by| {
            let sum = json!({ "spent": by.amount.to_string(), "tries": by.tries });
            (by.channel.to_string(), sum)
        });
        json!({
            "span": view.account.span.as_str(),
            "name": view.account.name,
            "allowed": view.account.limit().map(|limit| limit.to_string()),
            "raised": view.account.raised.to_string(),
            "spent": view.account.spent.to_string(),
            "level": view.level.as_str(),
            "by": by.collect::<serde_json::Map<_, _>>(),
        })
    });
    let cost = |cost: &CallCost| {
        json!({
            "name": cost.period,
            "spent": cost.amount.to_string(),
            "calls": cost.calls,
            "minutes": cost.minutes,
        })
    };
    let incoming = &view.incoming;
    json!({
        "accounts": accounts.collect::<Vec<_>>(),
        "kept_back": view.kept_back,
        "incoming": {
            "day": cost(&incoming.day),
            "month": cost(&incoming.month),
            "operators_day": cost(&incoming.operators_day),
            "operators_month": cost(&incoming.operators_month),
            "asks_above": incoming.bound.map(|bound| bound.to_string()),
            "is_over": incoming.is_over(),
        },
    })
}

/// Returns the rows of calls that came in, and of those to operators.
fn came_in(view: &IncomingView) -> [Vec<String>; 4] {
    let row = |what: &str, cost: &CallCost, bound: Option<Money>, level: &str| {
        vec![
            format!("{what}, {}", cost.period),
            bound.map_or_else(|| "no bound".to_owned(), |bound| bound.to_string()),
            cost.amount.to_string(),
            level.to_owned(),
            format!("{} calls of {} minutes", cost.calls, cost.minutes),
        ]
    };
    let level = if view.is_over() {
        "ABOVE IT"
    } else {
        "within it"
    };
    [
        row("calls in", &view.day, view.bound, level),
        row("calls in", &view.month, None, "within it"),
        row("operators", &view.operators_day, view.bound, level),
        row("operators", &view.operators_month, None, "within it"),
    ]
}

fn row(view: &AccountView) -> Vec<String> {
    let account = &view.account;
    let limit = account.limit();
    let level = match view.level {
        Level::Within => "within it",
        Level::Near => "nearly all",
        Level::Spent => "SPENT",
    };
    let by = view.by.iter().map(|by| {
        let (channel, amount, tries) = (by.channel, by.amount, by.tries);
        format!("{channel} {amount} for {tries}")
    });
    vec![
        account.name.clone(),
        limit.map_or_else(|| "no bound".to_owned(), |limit| limit.to_string()),
        account.spent.to_string(),
        level.to_owned(),
        by.collect::<Vec<_>>().join(", "),
    ]
}

/// Says what waits, and that calls cost too much which come in.
pub(in super::super) fn waiting(view: &BudgetView) -> String {
    let pumped = if view.incoming.is_over() {
        " CALLS THAT COME IN, with those to operators, cost more today than they should: ask the carrier who calls. Nobody is turned away."
    } else {
        ""
    };
    if view.kept_back == 0 && !view.is_spent() {
        return format!("Nothing waits for the budget.{pumped}");
    }
    format!(
        "BUDGET SPENT: {} notices wait, and what says that somebody is out goes on. `savin-hub notices budget \
         --raise AMOUNT --for day --as KEYFILE` lets them go on.{pumped}",
        view.kept_back
    )
}
