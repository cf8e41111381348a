//! `check`: whether the configuration and the tables that it names can be used, before the hub is started.

use serde_json::json;

use super::output::Output;
use crate::config::Config;

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
        return output.object(&json!({ "usable": true, "channels": carried }));
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
    Ok(())
}
