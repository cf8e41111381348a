//! `canary`: whether each agency's daily test comes out at the end of the line.

use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::{CanaryLine, Config};
use crate::freshness::canary::Canary;
use crate::store::Store;
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};
use crate::watch::canary::{Tested, tested};

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let Some(line) = &config.canary else {
        if output.is_json() {
            return Ok(());
        }
        return output
            .line("No [canary] in the configuration: the agencies' daily tests come out nowhere.");
    };
    let (store, vault) = (app::open_registry(config)?, app::open_vault(config)?);
    let tests = all(&store, &vault, line)?;
    if output.is_json() {
        for tested in &tests {
            output.object(&json!({
                "agency": tested.agency,
                "agent": tested.agent.to_string(),
                "facility": tested.facility,
                "state": tested.canary.as_str(),
                "made_at": tested.made_at,
                "came_out_at": tested.came.and_then(|came| came.told_at),
                "came_out_made_at": tested.came.and_then(|came| came.made_at),
                "under_way_since": tested.came.and_then(|came| came.waiting_since),
                "expected_by": tested.canary.due(),
            }))?;
        }
        return Ok(());
    }
    let header = [
        "agency",
        "agent",
        "made",
        "came out",
        "under way",
        "expected by",
        "state",
    ];
    output.table(&header, tests.iter().map(row).collect())
}

/// Returns how every agency's daily test stands.
pub(super) fn all(store: &Store, vault: &Vault, line: &CanaryLine) -> anyhow::Result<Vec<Tested>> {
    let answer = vault.handle(Command::Staff(StaffCommand::Canaries))?;
    let Answer::Staff(StaffAnswer::Canaries(standings)) = answer else {
        anyhow::bail!("the vault gave another answer");
    };
    let (late_after, now) = (line.late_after, (app::world().wall)());
    Ok(store.read_now("canaries", move |tx| {
        tested(tx, &standings, late_after, now)
    })?)
}

/// Counts those that are late.
pub(super) fn late(config: &Config, store: &Store, vault: &Vault) -> anyhow::Result<usize> {
    let Some(line) = &config.canary else {
        return Ok(0);
    };
    let tests = all(store, vault, line)?;
    let late = |tested: &&Tested| matches!(tested.canary, Canary::Late(_));
    Ok(tests.iter().filter(late).count())
}

fn row(tested: &Tested) -> Vec<String> {
    let time = |at: Option<jiff::Timestamp>| {
        at.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"))
    };
    let waiting = tested.came.and_then(|came| came.waiting_since);
    vec![
        tested.agency.to_string(),
        tested.agent.to_string(),
        time(tested.made_at),
        time(tested.came.and_then(|came| came.told_at)),
        waiting.map_or_else(String::new, |since| format!("since {since:.0}")),
        tested
            .canary
            .due()
            .map_or_else(String::new, |due| format!("{due:.0}")),
        tested.canary.as_str().to_owned(),
    ]
}
