//! The packages: built from the programs of this build, checked by Debian's own tools, and installed,
//! upgraded, removed and purged on copies of this machine that are gone afterwards: one where systemd does
//! not run, and one that it boots, where agent and hub are its services.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;

use anyhow::{Context as _, ensure};
use clap::Parser as _;
use savin_packaging::build::Arguments;
use savin_tests::program::run;

/// Builds the programs as `cargo test` would, and returns the folder that holds them.
fn programs() -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--workspace", "--bins", "--quiet"]);
    run(cargo)?;
    // The helper for ODBC is built apart: it alone needs unixODBC.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "savin-agent", "--quiet"]);
    cargo.args(["--features", "odbc", "--bin", "savin-odbc"]);
    run(cargo)?;
    let demo = Path::new(env!("CARGO_BIN_EXE_savin-demo"));
    Ok(demo
        .parent()
        .context("a program lies in a folder")?
        .to_owned())
}

/// Builds the packages of the agent, of its helper and of the hub.
fn build(
    kind: &str,
    programs: &Path,
    output: &Path,
    release: &str,
) -> anyhow::Result<[PathBuf; 3]> {
    let paths = [programs, output].map(|path| path.to_string_lossy().into_owned());
    let [programs, output] = paths.each_ref().map(String::as_str);
    let words = [
        "savin-packaging",
        kind,
        "--quick",
        "--programs",
        programs,
        "--output",
        output,
        "--release",
        release,
    ];
    let packages = Arguments::try_parse_from(words)?.run()?;
    <[PathBuf; 3]>::try_from(packages).map_err(|packages| anyhow::anyhow!("{packages:?}"))
}

fn tool(program: &str, arguments: &[&str], files: &[PathBuf]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).args(files);
    run(command).with_context(|| format!("{program} {}", arguments.join(" ")))
}

/// Looks whether a listing names everything that must lie beside a program.
fn holds_everything(name: &str, listing: &str, commands: &clap::Command) -> anyhow::Result<()> {
    let mut wanted = vec![
        format!("/usr/bin/{name}"),
        format!("/usr/lib/systemd/system/{name}.service"),
        format!("/usr/share/bash-completion/completions/{name}"),
        format!("/usr/share/doc/{name}/README.md"),
    ];
    for command in commands.get_subcommands() {
        let page = format!("/usr/share/man/man1/{name}-{}.1.gz", command.get_name());
        wanted.push(page);
    }
    for path in wanted {
        ensure!(listing.contains(&path), "no {path} in:\n{listing}");
    }
    Ok(())
}

/// Lets systemd boot a copy of this machine, on which the packages are installed, run, upgraded and
/// removed.
fn boots(kind: &str, first: &Path, second: &Path) -> anyhow::Result<()> {
    let jail = tempfile::tempdir()?;
    let county = rusqlite::Connection::open(jail.path().join("booking.sqlite"))?;
    county.execute_batch(
        "CREATE TABLE booking (booking_no TEXT, jacket_no TEXT, last_name TEXT, first_name TEXT,
             booked_at TEXT, status TEXT, status_at TEXT, released_at TEXT, release_reason TEXT);
         INSERT INTO booking (booking_no, jacket_no, last_name, first_name, booked_at, status) VALUES
             ('26-1', 'J1', 'SAMPLE', 'AVERY', '2026-01-02 03:04:05', 'IN'),
             ('26-2', 'J2', 'EXAMPLE', 'BLAKE', '2026-01-03 03:04:05', 'IN'),
             ('26-3', 'J3', 'SPECIMEN', 'CASEY', '2026-01-04 03:04:05', 'LEAVE');",
    )?;
    drop(county);
    let booted = concat!(env!("CARGO_MANIFEST_DIR"), "/packages/booted.sh");
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", booted, kind]);
    unshare.args([first, second, jail.path()]);
    let said = run(unshare)?;
    ensure!(said.contains("== well"), "{said}");
    Ok(())
}

#[test]
fn debian_packages_install_upgrade_and_purge() -> anyhow::Result<()> {
    let programs = programs()?;
    let (first, second) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let packages = build("deb", &programs, first.path(), "0.9.0")?;
    build("deb", &programs, second.path(), "0.9.1")?;
    let [agent, odbc, hub] = packages.each_ref();

    let said = tool(
        "lintian",
        &["--allow-root", "--fail-on", "error,warning,info"],
        &packages,
    )?;
    ensure!(!said.contains("W: ") && !said.contains("E: "), "{said}");
    let listing = |package: &PathBuf| tool("dpkg-deb", &["--contents"], slice::from_ref(package));
    holds_everything(
        "savin-agent",
        &listing(agent)?,
        &savin_agent::cli::describe(),
    )?;
    holds_everything("savin-hub", &listing(hub)?, &savin_hub::cli::describe())?;
    let helper = listing(odbc)?;
    ensure!(
        helper.contains("/usr/libexec/savin-agent/savin-odbc"),
        "{helper}"
    );
    // Two builds of the same are the same.
    let again = tempfile::tempdir()?;
    let repeated = build("deb", &programs, again.path(), "0.9.0")?;
    for (one, other) in packages.iter().zip(&repeated) {
        ensure!(
            std::fs::read(one)? == std::fs::read(other)?,
            "{one:?} differs"
        );
    }

    let cycle = concat!(env!("CARGO_MANIFEST_DIR"), "/packages/cycle.sh");
    let folders = [first.path().to_owned(), second.path().to_owned()];
    let said = tool(
        "unshare",
        &["--mount", "--propagation", "private", cycle],
        &folders,
    )?;
    ensure!(said.contains("== well"), "{said}");
    boots("deb", first.path(), second.path())
}

#[test]
fn red_hat_packages_install_upgrade_and_erase() -> anyhow::Result<()> {
    let programs = programs()?;
    let output = tempfile::tempdir()?;
    let packages = build("rpm", &programs, output.path(), "0.9.0")?;
    let [agent, odbc, hub] = packages.each_ref();
    let ask = |words: &[&str], package: &PathBuf| tool("rpm", words, slice::from_ref(package));
    let listing = ask(&["-qlp"], agent)?;
    holds_everything("savin-agent", &listing, &savin_agent::cli::describe())?;
    let listing = ask(&["-qlp"], hub)?;
    holds_everything("savin-hub", &listing, &savin_hub::cli::describe())?;
    let listing = ask(&["-qlp"], odbc)?;
    ensure!(
        listing.contains("/usr/libexec/savin-agent/savin-odbc"),
        "{listing}"
    );
    let needs = ask(&["-qp", "--requires"], odbc)?;
    ensure!(needs.contains("savin-agent = 0.9.0-1"), "{needs}");
    ensure!(needs.contains("libodbc.so"), "{needs}");
    let kept = ask(&["-qcp"], agent)?;
    ensure!(kept.trim() == "/etc/savin-agent/agent.toml", "{kept}");
    let scripts = ask(&["-qp", "--scripts"], agent)?;
    ensure!(
        scripts.contains("useradd --system --gid savin-agent"),
        "{scripts}"
    );
    let second = tempfile::tempdir()?;
    build("rpm", &programs, second.path(), "0.9.1")?;
    boots("rpm", output.path(), second.path())
}
