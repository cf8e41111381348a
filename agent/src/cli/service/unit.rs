//! The unit for a program, a configuration and a state folder wherever they lie: the packages' own,
//! with these in it.

use std::path::Path;

use anyhow::bail;

/// The packages' unit.
const PACKAGED: &str = include_str!("../../../../packaging/systemd/savin-agent.service");

/// The state folder that it names.
const USUAL_STATE: &str = "/var/lib/savin-agent";

/// Folders that the unit's sandbox hides unless it is told.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// Folders of which the service has its own.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// Writes the unit.
pub(super) fn unit(
    program: &Path,
    config: &Path,
    state: &Path,
    user: &str,
) -> anyhow::Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if user.is_empty() || !user.chars().all(is_plain) {
        bail!("{user:?} is not a user's name");
    }
    for path in [program, config, state] {
        if TEMPORARY.iter().any(|folder| path.starts_with(folder)) {
            bail!(
                "{} lies in a folder for temporary files, of which the service has its own: move it",
                path.display()
            );
        }
    }
    let at_home = [program, config, state]
        .iter()
        .any(|path| HOMES.iter().any(|home| path.starts_with(home)));
    let mut lines = Vec::new();
    for line in PACKAGED.lines() {
        let (key, _) = line.split_once('=').unwrap_or((line, ""));
        match key {
            // What only a package brings along.
            "Documentation" | "ConfigurationDirectory" | "LoadCredential" => {}
            "ConditionPathExists" => {
                let identity = state.join("identity.json");
                lines.push(format!("ConditionPathExists={}", plain(&identity)));
            }
            "ExecStart" => lines.push(format!(
                "ExecStart={} --config {} run",
                word(program),
                word(config)
            )),
            "User" => lines.push(format!("User={user}")),
            // That of the user, whatever it is called.
            "Group" => {}
            "StateDirectory" | "StateDirectoryMode" if state != Path::new(USUAL_STATE) => {
                if key == "StateDirectory" {
                    lines.push(format!("ReadWritePaths={}", word(state)));
                }
            }
            "ProtectHome" if at_home => lines.push("ProtectHome=read-only".to_owned()),
            _ => lines.push(line.to_owned()),
        }
    }
    // The remark about credentials goes with them.
    lines.retain(|line| !line.starts_with("# Passwords of") && !line.starts_with("# which could"));
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Writes a path so that systemd takes nothing in it for a specifier.
fn plain(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%%")
}

/// Writes a path as one word of a command.
fn word(path: &Path) -> String {
    let escaped = plain(path)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::unit;

    #[test]
    fn names_program_configuration_and_state_wherever_they_lie() {
        let paths = [
            "/opt/savin/savin-agent",
            "/srv/100% jail/agent.toml",
            "/srv/state",
        ];
        let [program, config, state] = paths.map(Path::new);
        let text = unit(program, config, state, "jail-agent").unwrap();
        for line in [
            "ExecStart=\"/opt/savin/savin-agent\" --config \"/srv/100%% jail/agent.toml\" run",
            "ConditionPathExists=/srv/state/identity.json",
            "ReadWritePaths=\"/srv/state\"",
            "User=jail-agent",
            "ProtectHome=yes",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for gone in [
            "Group=",
            "StateDirectory",
            "LoadCredential",
            "/usr/bin",
            "secrets",
        ] {
            assert!(!text.contains(gone), "{gone}\n{text}");
        }
    }

    #[test]
    fn refuses_what_the_sandbox_would_hide() {
        let usual = Path::new("/var/lib/savin-agent");
        let config = Path::new("/etc/savin-agent/agent.toml");
        let hidden = unit(Path::new("/tmp/savin-agent"), config, usual, "a").unwrap_err();
        assert!(hidden.to_string().contains("temporary"), "{hidden}");
        let program = Path::new("/home").join("it");
        let home = unit(&program, config, usual, "a").unwrap();
        assert!(home.contains("\nProtectHome=read-only\n"), "{home}");
        assert!(home.contains("\nStateDirectory=savin-agent\n"), "{home}");
        assert!(unit(usual, config, usual, "a\nExecStartPre=x").is_err());
    }
}
