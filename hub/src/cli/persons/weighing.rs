//! `persons weights`: the table by which persons are told apart, and what the registry would teach it.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::app;
use crate::cli::output::Output;
use crate::cli::signing::SignAs;
use crate::config::Config;
use crate::linkage::learning::Tally;
use crate::linkage::weights::{Weight, Weights};
use crate::store::registry::{decision, weights};

/// The weights, and whether they are learnt anew.
#[derive(Debug, Args)]
pub(in crate::cli) struct Weigh {
    /// Show what the registry's own records would make of the table.
    #[arg(long)]
    learn: bool,
    /// Adopt what was learnt, as a new version, signed by an admin.
    #[arg(long, requires = "learn", requires = "reason")]
    adopt: bool,
    /// Why it is adopted; it stands in the log of changes.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    by: SignAs,
}

impl Weigh {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let store = app::open_registry(config)?;
        let learns = self.learn;
        let (present, tally) = store.read_now("weights", move |tx| {
            let present = weights::load(tx)?;
            let tally = if learns {
                Some(weights::tally(tx, &present)?)
            } else {
                None
            };
            Ok((present, tally))
        })?;
        let learnt = tally
            .as_ref()
            .map(|tally| Weights::check(tally.learn(&present)));
        let learnt = learnt.transpose()?;
        if !self.adopt {
            return print(&present, tally.as_ref().zip(learnt.as_ref()), output);
        }
        let Some(learnt) = learnt else {
            bail!("only what was learnt is adopted: add --learn");
        };
        if learnt.version() == present.version() {
            bail!("the registry teaches nothing that the present table does not say");
        }
        let signer = self.by.signer(config)?;
        let now = (app::world().wall)();
        let changes = differences(&present, &learnt).join("; ");
        let reason = self.reason.clone().unwrap_or_default();
        let subject = format!("rules/linkage/{}", learnt.version());
        let signed = signer.sign("rules-adopt", &subject, "adopt", &reason, now)?;
        let version = learnt.version();
        let number = store.write_now("adopt weights", move |tx| {
            let decision = decision::record(tx, &signed)?;
            weights::adopt(tx, &learnt, (&changes, &reason), decision, now)
        })?;
        if output.is_json() {
            return output.object(&json!({ "number": number, "version": version }));
        }
        output.line(&format!(
            "Table {version} counts from the next record on, as version {number}. What was joined \
             stays; `savin-hub persons relink --dry-run` shows what would be otherwise."
        ))
    }
}

fn print(
    present: &Weights,
    learnt: Option<(&Tally, &Weights)>,
    output: &Output,
) -> anyhow::Result<()> {
    let table = present.table();
    let thresholds = [
        ("joined from", table.join_bits),
        ("asked from", table.review_bits),
        ("a number is doubted below", table.veto_bits),
        ("before the next by", table.rival_bits),
    ];
    let learnt_row = |weight: &Weight| {
        let (tally, learnt) = learnt?;
        let row = learnt.row(weight.comparison, weight.level)?;
        Some((row, tally.pairs(weight.comparison)))
    };
    if output.is_json() {
        let rows = table.weights.iter().map(|weight| {
            json!({
                "comparison": weight.comparison.as_str(),
                "level": weight.level.as_str(),
                "m": weight.m,
                "u": weight.u,
                "learnt_m": learnt_row(weight).map(|(row, _)| row.m),
                "learnt_u": learnt_row(weight).and_then(|(row, _)| row.u),
                "pairs": learnt_row(weight).map(|(_, pairs)| pairs),
            })
        });
        return output.object(&json!({
            "version": present.version(),
            "learnt_version": learnt.map(|(_, learnt)| learnt.version()),
            "join_bits": table.join_bits,
            "review_bits": table.review_bits,
            "veto_bits": table.veto_bits,
            "rival_bits": table.rival_bits,
            "population_least": table.population_least,
            "weights": rows.collect::<Vec<_>>(),
        }));
    }
    output.line(&format!("Table {}", present.version()))?;
    for (name, bits) in thresholds {
        output.line(&format!("{name} {bits:+.1} bits"))?;
    }
    let rows = table.weights.iter().map(|weight| {
        let mut row = vec![
            weight.comparison.as_str().to_owned(),
            weight.level.as_str().to_owned(),
        ];
        row.extend(cells(weight));
        if let Some((learnt, pairs)) = learnt_row(weight) {
            row.extend(cells(&learnt));
            row.push(pairs.to_string());
        }
        row
    });
    let mut header = vec!["compared", "how they agree", "m", "u", "bits"];
    if learnt.is_some() {
        header.extend(["m learnt", "u learnt", "bits", "pairs"]);
    }
    output.table(&header, rows.collect())
}

/// Writes a row's shares and what they count.
fn cells(weight: &Weight) -> [String; 3] {
    let u = weight
        .u
        .map_or_else(|| "by name".to_owned(), |u| u.to_string());
    let bits = weight.u.map(|u| format!("{:+.1}", (weight.m / u).log2()));
    [weight.m.to_string(), u, bits.unwrap_or_default()]
}

/// Lists what a table says otherwise than another.
fn differences(present: &Weights, learnt: &Weights) -> Vec<String> {
    let changed = learnt.table().weights.iter().filter_map(|weight| {
        let before = present.row(weight.comparison, weight.level)?;
        (before != *weight).then(|| {
            let [m, u, _] = cells(weight);
            let [m_before, u_before, _] = cells(&before);
            format!(
                "{} {}: m {m_before} to {m}, u {u_before} to {u}",
                weight.comparison.as_str(),
                weight.level.as_str()
            )
        })
    });
    changed.collect()
}
