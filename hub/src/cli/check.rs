//! `check`: whether the configuration, the tables that it names and the voice of calls can be used, before
//! the hub is started.

use anyhow::bail;
use savin_telephone::script::speech::Language;
use savin_telephone::voice::catalogue::Fault;
use serde_json::{Value, json};

use super::output::Output;
use super::voice::fixed;
use crate::config::Config;
use crate::notification::bounds::Bounds;
use crate::notification::bounds::money::Money;

/// What was found of the voice of calls.
struct Voice {
    /// Files that are no recordings.
    faults: Vec<Fault>,
    /// Phrases that people recorded.
    recorded: usize,
    /// Why the command does not speak a language.
    mute: Vec<(Language, String)>,
    /// The languages whose phrases another voice said.
    outdated: Vec<Language>,
}

impl Voice {
    fn look(config: &Config) -> anyhow::Result<Self> {
        let voice = &config.voice;
        let (faults, recorded) = voice.catalogue.look(&fixed())?;
        let mute = Language::ALL.into_iter().filter_map(|language| {
            let failure = voice.engine.render(language, "1").err()?;
            Some((language, format!("{:#}", anyhow::Error::new(failure))))
        });
        Ok(Self {
            faults,
            recorded,
            mute: mute.collect(),
            outdated: voice.catalogue.outdated(&voice.engine)?,
        })
    }

    fn is_well(&self) -> bool {
        self.faults.is_empty() && self.mute.is_empty()
    }

    fn shown(&self) -> Value {
        let faults = self.faults.iter();
        let faults = faults.map(|fault| json!({"file": fault.path, "reason": fault.reason}));
        let mute = self.mute.iter();
        let mute = mute.map(|(language, why)| json!({"language": language.tag(), "reason": why}));
        json!({
            "recorded": self.recorded,
            "faults": faults.collect::<Vec<_>>(),
            "command_fails": mute.collect::<Vec<_>>(),
            "rendered_by_another_voice": self.outdated.iter().map(|one| one.tag()).collect::<Vec<_>>(),
        })
    }

    /// Says what is wrong, one line each.
    fn wrongs(&self) -> Vec<String> {
        let faults = self.faults.iter();
        let faults = faults.map(|fault| format!("{}: {}", fault.path.display(), fault.reason));
        let mute = self.mute.iter().map(|(language, why)| {
            format!(
                "[voice] command, in {}: {why}; names are spelled, and phrases that are not in the catalogue not \
                 said",
                language.tag()
            )
        });
        faults.chain(mute).collect()
    }
}

/// Says what was found; whatever is wrong with the configuration was said while it was read.
pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let calls = config.telephone.is_some() || config.carrier.is_some();
    let voice = calls.then(|| Voice::look(config)).transpose()?;
    said(config, voice.as_ref(), output)?;
    let wrongs = voice.map_or_else(Vec::new, |voice| voice.wrongs());
    if !wrongs.is_empty() {
        bail!("use the voice of calls:\n{}", wrongs.join("\n"));
    }
    Ok(())
}

fn said(config: &Config, voice: Option<&Voice>, output: &Output) -> anyhow::Result<()> {
    let channels = [
        ("email", config.email.is_some()),
        (
            "telephone",
            config.telephone.is_some() || config.carrier.is_some(),
        ),
        ("letters", config.letters.is_some()),
    ];
    if output.is_json() {
        let carried = channels.iter().filter(|(_, is_there)| *is_there);
        let carried: Vec<_> = carried.map(|(name, _)| *name).collect();
        let sum = |sum: Option<Money>| sum.map(|sum| sum.to_string());
        let bounds = &config.bounds;
        return output.object(&json!({
            "usable": voice.is_none_or(Voice::is_well),
            "voice": voice.map(Voice::shown),
            "channels": carried,
            "bounds": {
                "calls_per_second": bounds.calls_per_second,
                "lines": bounds.lines,
                "calls_a_day": bounds.calls_a_day,
                "escape_calls_a_day": bounds.escape_calls_a_day,
                "budget_day": sum(bounds.budget.day),
                "budget_month": sum(bounds.budget.month),
                "incoming_day": sum(bounds.budget.incoming_day),
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
    output.line(&format!("bounds: {}", bounds(&config.bounds)))?;
    voice.map_or(Ok(()), |voice| {
        output.line(&format!(
            "voice: {} phrases are recorded by people",
            voice.recorded
        ))?;
        voice.outdated.iter().try_for_each(|language| {
            output.line(&format!(
                "voice: the rendered phrases in {} are by another voice than that of names: `savin-hub voice build` \
                 says them anew",
                language.tag()
            ))
        })
    })
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
        "{} calls begun a second, {lines}, {} calls a day to one number ({} where somebody escaped); {}, {}; for calls \
         that come in {} before a person is called",
        bounds.calls_per_second,
        bounds.calls_a_day,
        bounds.escape_calls_a_day,
        sum(bounds.budget.day, "day"),
        sum(bounds.budget.month, "month"),
        sum(bounds.budget.incoming_day, "day"),
    )
}
