//! Building packages: the programs, everything beside them, and the packager's own tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};

use crate::product::{PRODUCTS, Product};
use crate::tree::Tree;
use crate::{deb, pages, rpm};

/// Builds the packages of agent, its helper for ODBC, and hub.
#[derive(Debug, Parser)]
#[command(name = "savin-packaging", version)]
pub struct Arguments {
    /// Which kind.
    kind: Kind,
    /// Where the packages are put.
    #[arg(long, value_name = "FOLDER", default_value = "target/packages")]
    output: PathBuf,
    /// Take the programs from this folder instead of building them.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Build only this package; may be given again.
    #[arg(long, value_name = "NAME", value_parser = PRODUCTS.each_ref().map(|product| product.name))]
    only: Vec<String>,
    /// Pack quickly rather than small: for a trial.
    #[arg(long)]
    quick: bool,
    /// The version of the packages, if not that of the programs.
    #[arg(long, value_name = "VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    release: String,
}

/// A kind of package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// For Debian and Ubuntu.
    Deb,
    /// For Red Hat and its kin.
    Rpm,
}

/// What is the same for every package of a build.
#[derive(Debug)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// Whether it is a trial, packed quickly rather than small.
    pub is_quick: bool,
    /// The moment that every file in it is dated, in seconds since 1970: two builds are then equal.
    pub epoch: String,
    /// The same as Debian's changelogs write it.
    pub date: String,
    /// The same as those of Red Hat write it.
    pub day: String,
}

impl Arguments {
    /// Builds, and returns the files.
    ///
    /// # Errors
    /// Returns which tool is missing or failed, and what it said.
    pub fn run(&self) -> anyhow::Result<Vec<PathBuf>> {
        let top = top()?;
        let programs = match &self.programs {
            Some(folder) => folder.clone(),
            None => top.join("target"),
        };
        let release = Release::at_commit(&top, self)?;
        fs::create_dir_all(&self.output)
            .with_context(|| format!("failed to make {}", self.output.display()))?;
        let output = fs::canonicalize(&self.output).context("failed to find the output")?;
        let mut packages = Vec::new();
        for product in &PRODUCTS {
            if !self.only.is_empty() && !self.only.iter().any(|name| name == product.name) {
                continue;
            }
            let program = if self.programs.is_some() {
                programs.join(product.program)
            } else {
                build(&top, product)?;
                programs.join(product.profile).join(product.program)
            };
            let scratch = tempfile::tempdir().context("failed to make a folder")?;
            let tree = stage(&top, product, &program, self.kind, &release, scratch.path())?;
            packages.push(match self.kind {
                Kind::Deb => deb::build(&tree, product, &release, &output)?,
                Kind::Rpm => rpm::build(&tree, product, &release, &output)?,
            });
        }
        Ok(packages)
    }
}

impl Release {
    fn at_commit(top: &Path, arguments: &Arguments) -> anyhow::Result<Self> {
        let mut git = Command::new("git");
        git.arg("-C").arg(top).args(["log", "-1", "--format=%ct"]);
        // An unpacked archive has no history; its packages are dated to the beginning of time.
        let epoch = run(git).map_or_else(|_| "0".to_owned(), |text| text.trim().to_owned());
        let date = |format: &str| -> anyhow::Result<String> {
            let mut date = Command::new("date");
            date.env("LC_ALL", "C")
                .args(["--utc", &format!("--date=@{epoch}"), format]);
            Ok(run(date)?.trim().to_owned())
        };
        Ok(Self {
            version: arguments.release.clone(),
            is_quick: arguments.quick,
            date: date("+%a, %d %b %Y %H:%M:%S +0000")?,
            day: date("+%a %b %d %Y")?,
            epoch,
        })
    }
}

/// Builds a program with the profile that it is installed with.
fn build(top: &Path, product: &Product) -> anyhow::Result<()> {
    let (source, feature) = product.source;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(top).args([
        "build",
        "--locked",
        "--profile",
        product.profile,
        "--package",
        source,
        "--bin",
        product.program,
    ]);
    cargo.args(feature.map(|feature| format!("--features={feature}")));
    let status = cargo.status().context("failed to start cargo")?;
    if !status.success() {
        bail!("cargo did not build {}", product.name);
    }
    Ok(())
}

/// Puts everything that a package installs into a folder.
fn stage(
    top: &Path,
    product: &Product,
    program: &Path,
    kind: Kind,
    release: &Release,
    folder: &Path,
) -> anyhow::Result<Tree> {
    let name = product.name;
    let mut tree = Tree::new(folder.join("root"));
    let installed = format!("{}/{}", product.folder, product.program);
    tree.copy(&installed, 0o755, program)?;
    let mut strip = Command::new("strip");
    strip.args(["--strip-unneeded", "--remove-section=.comment"]);
    strip.arg(tree.path().join(&installed));
    run(strip)?;
    if let Some(service) = &product.service {
        let unit = format!("usr/lib/systemd/system/{name}.service");
        tree.put(&unit, 0o644, service.unit.as_bytes())?;
    }
    let doc = format!("usr/share/doc/{name}");
    let guide = top.join(product.guide);
    tree.copy(&format!("{doc}/README.md"), 0o644, &guide)?;
    for (file, text) in product.examples {
        tree.put(&format!("{doc}/examples/{file}"), 0o644, text.as_bytes())?;
    }
    for (file, text) in product.configuration {
        tree.put_configuration(&format!("etc/{name}/{file}"), text.as_bytes())?;
    }
    for (path, mode) in product.folders {
        tree.folder(path, *mode)?;
    }
    if let Some(describe) = product.describe {
        pages::manual(&mut tree, describe(), folder)?;
        pages::completions(&mut tree, describe(), kind)?;
    }
    match kind {
        Kind::Deb => deb::documents(&mut tree, product, release)?,
        Kind::Rpm => tree.copy(&format!("{doc}/LICENSE"), 0o644, &top.join("LICENSE"))?,
    }
    Ok(tree)
}

fn top() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.parent().context("the crate lies in the repository")?;
    Ok(top.to_owned())
}

/// Runs a tool and returns what it printed.
pub(crate) fn run(mut command: Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("failed to start {name}: is it installed?"))?;
    if !output.status.success() {
        bail!(
            "{name} failed: {}{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
