//! `freshness`: how fresh what is known of each facility is, and what changed of it.

use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::freshness::standing::{Grade, usual_pause};
use crate::store::Store;
use crate::store::registry::freshness::{self, Change, FacilityStanding};

/// Show how fresh what is known of each facility is, the worst first.
#[derive(Debug, Args)]
pub(super) struct Freshness {
    /// Show the newest changes instead, at most so many.
    #[arg(long, value_name = "NUMBER")]
    changes: Option<u32>,
}

impl Freshness {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        if let Some(limit) = self.changes {
            let changes = store.read_now("changes", move |tx| freshness::changes(tx, limit))?;
            return show_changes(&changes, output);
        }
        let now = (app::world().wall)();
        let mut known = store.read_now("freshness", move |tx| {
            let all = freshness::all(tx)?.into_iter();
            all.map(|known| {
                let pauses = freshness::pauses(tx, &known.facility, now)?;
                Ok((known, usual_pause(&pauses)))
            })
            .collect::<Result<Vec<_>, crate::store::StoreError>>()
        })?;
        known.sort_by_key(|(known, _)| std::cmp::Reverse(known.standing.grade));
        if output.is_json() {
            for (known, usual) in &known {
                output.object(&json!({
                    "facility": known.facility,
                    "grade": known.standing.grade.as_str(),
                    "why": known.standing.why.as_str(),
                    "since": known.standing.since,
                    "as_of": known.standing.as_of,
                    "confirmed_at": known.standing.confirmed_at,
                    "no_word_since": (known.standing.grade > Grade::Fresh)
                        .then(|| known.standing.last_word()),
                    "usual_pause_s": usual.map(|usual| usual.as_secs()),
                    "victims_told": known.told.is_some(),
                }))?;
            }
            return Ok(());
        }
        if known.is_empty() {
            return output.line("No facility has been heard yet.");
        }
        let header = [
            "facility",
            "grade",
            "why",
            "since",
            "confirmed",
            "usual pause",
            "victims",
        ];
        output.table(&header, known.iter().map(row).collect())
    }
}

fn row((known, usual): &(FacilityStanding, Option<jiff::SignedDuration>)) -> Vec<String> {
    let standing = &known.standing;
    vec![
        known.facility.to_string(),
        standing.grade.as_str().to_owned(),
        standing.why.as_str().to_owned(),
        format!("{:.0}", standing.since),
        format!("{:.0}", standing.confirmed_at),
        usual.map_or_else(
            || "not known yet".to_owned(),
            |usual| format!("{} min", usual.as_mins().max(1)),
        ),
        known.told.map_or("", |_| "told").to_owned(),
    ]
}

fn show_changes(changes: &[Change], output: &Output) -> anyhow::Result<()> {
    if output.is_json() {
        for change in changes {
            output.object(&json!({
                "facility": change.facility,
                "at": change.at,
                "grade": change.grade.as_str(),
                "why": change.why.as_str(),
            }))?;
        }
        return Ok(());
    }
    let rows = changes.iter().map(|change| {
        vec![
            format!("{:.0}", change.at),
            change.facility.to_string(),
            change.grade.as_str().to_owned(),
            change.why.as_str().to_owned(),
        ]
    });
    output.table(&["at", "facility", "grade", "why"], rows.collect())
}

/// Counts the facilities that are stale, and those that are dark.
pub(super) fn counts(store: &Store) -> anyhow::Result<(usize, usize)> {
    let all = store.read_now("freshness", freshness::all)?;
    let count = |grade| {
        let of_grade = all.iter().filter(|known| known.standing.grade == grade);
        of_grade.count()
    };
    Ok((count(Grade::Stale), count(Grade::Dark)))
}
