//! `check`: whether the configuration and the tables that it names can be used, before the hub is started.

use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::notification::bounds::Bounds;
use crate::notification::bounds::money::Money;

/// Says what was found; whatever is wrong was said while it was read.
pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let channels = [
        ("email", config.email.is_some()),
        ("telephone", config.telephone.is_some()),
        ("letters", config.letters.is_some()),
    ];
    if output.is_json() {
        let carried = channels.iter().filter(|(_, is_there)| *is_there);
        let carried: Vec<_> = carried.map(|(name, _)| *name).collect();
        let sum = |sum: Option<Money>| sum.map(|sum| sum.to_string());
        let bounds = &config.bounds;
        return output.object(&json!({
            "usable": true,
            "channels": carried,
            "bounds": {
                "calls_per_second": bounds.calls_per_second,
                "lines": bounds.lines,
                "calls_a_day": bounds.calls_a_day,
                "escape_calls_a_day": bounds.escape_calls_a_day,
                "budget_day": sum(bounds.budget.day),
                "budget_month": sum(bounds.budget.month),
            },
        }));
    }
    output.line("The configuration is usable, and so is the table of ladders.")?;
    for (name, is_there) in channels {
        let who = if is_there {
            "by the hub"
        } else if name == "email" {
            "by nobody: notices wait"
        } else {
            "by a person"
        };
        output.line(&format!("{name}: carried {who}"))?;
    }
    output.line(&format!("bounds: {}", bounds(&config.bounds)))
}

/// Says the bounds in words.
fn bounds(bounds: &Bounds) -> String {
    let sum = |sum: Option<Money>, span: &str| match sum {
        Some(sum) => format!("{sum} dollars a {span}"),
        None => format!("no bound a {span}"),
    };
    let lines = bounds.lines.map_or_else(
        || "the lines of its trunks".to_owned(),
        |lines| format!("{lines} lines over all workers"),
    );
    format!(
        "{} calls begun a second, {lines}, {} calls a day to one number ({} where somebody escaped); {}, {}",
        bounds.calls_per_second,
        bounds.calls_a_day,
        bounds.escape_calls_a_day,
        sum(bounds.budget.day, "day"),
        sum(bounds.budget.month, "month"),
    )
}
