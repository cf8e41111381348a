//! Manual pages and completions, made from the commands that the programs really have.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use clap_complete::Shell;

use crate::build::{Kind, run};
use crate::tree::Tree;

/// Adds a manual page for the program and one for each of its commands.
///
/// # Errors
/// Returns what could not be written.
pub fn manual(tree: &mut Tree, command: clap::Command, scratch: &Path) -> anyhow::Result<()> {
    let folder = scratch.join("man");
    fs::create_dir_all(&folder).context("failed to make a folder")?;
    clap_mangen::generate_to(command, &folder).context("failed to make the manual pages")?;
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).context("failed to list the manual pages")? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names {
        let packed = gzip(&folder.join(&name))?;
        tree.put(&format!("usr/share/man/man1/{name}.gz"), 0o644, &packed)?;
    }
    Ok(())
}

/// Adds completions for the usual shells, where this kind of system looks for them.
///
/// # Errors
/// Returns what could not be written.
pub fn completions(tree: &mut Tree, mut command: clap::Command, kind: Kind) -> anyhow::Result<()> {
    let name = command.get_name().to_owned();
    let (zsh, fish) = match kind {
        Kind::Deb => ("zsh/vendor-completions", "fish/vendor_completions.d"),
        Kind::Rpm => ("zsh/site-functions", "fish/vendor_completions.d"),
    };
    let files = [
        (
            Shell::Bash,
            format!("usr/share/bash-completion/completions/{name}"),
        ),
        (Shell::Zsh, format!("usr/share/{zsh}/_{name}")),
        (Shell::Fish, format!("usr/share/{fish}/{name}.fish")),
    ];
    for (shell, path) in files {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, &name, &mut text);
        tree.put(&path, 0o644, &text)?;
    }
    Ok(())
}

/// Packs a file without its name and date, so that two builds are equal.
pub(crate) fn gzip(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut gzip = Command::new("gzip");
    gzip.args(["--best", "--no-name"]).arg(file);
    run(gzip)?;
    let mut packed = file.as_os_str().to_owned();
    packed.push(".gz");
    fs::read(&packed).context("failed to read what gzip wrote")
}
