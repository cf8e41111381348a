//! `.rpm` packages, put together by rpmbuild from the same files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::build::{Release, run};
use crate::deb::MAINTAINER;
use crate::product::Product;
use crate::tree::{EntryKind, Tree};

const SPEC: &str = include_str!("../scripts/package.spec");

/// The part of a package with a service.
const SERVICE: &str = include_str!("../scripts/service.spec");

/// Builds the package and returns its file.
///
/// # Errors
/// Returns which tool is missing or failed.
pub fn build(
    tree: &Tree,
    product: &Product,
    release: &Release,
    output: &Path,
) -> anyhow::Result<PathBuf> {
    let scratch = tempfile::tempdir().context("failed to make a folder")?;
    let files: String = tree
        .entries()
        .iter()
        .map(|entry| {
            let what = match entry.kind {
                EntryKind::Folder => "%dir ",
                EntryKind::File => "",
                EntryKind::Configuration => "%config(noreplace) ",
            };
            format!(
                "%attr({:04o}, root, root) {what}/{}\n",
                entry.mode, entry.path
            )
        })
        .collect();
    let service = product.service.as_ref();
    let service = service.map(|service| SERVICE.replace("@STATE@", &service.state.join(" ")));
    let needs = product
        .needs
        .map(|needed| format!("Requires: {needed} = %{{version}}-%{{release}}\n"));
    let spec = SPEC
        .replace("@NEEDS@\n", &needs.unwrap_or_default())
        .replace("@SERVICE@", &service.unwrap_or_default())
        .replace("@NAME@", product.name)
        .replace("@VERSION@", &release.version.replace('-', "~"))
        .replace("@SUMMARY@", product.summary)
        .replace("@DESCRIPTION@", &product.description.join("\n"))
        .replace("@FILES@", &files)
        .replace("@DAY@", &release.day)
        .replace("@MAINTAINER@", MAINTAINER);
    let file = scratch.path().join("package.spec");
    fs::write(&file, spec).context("failed to write the spec")?;
    let top = scratch.path().join("top");
    let mut rpmbuild = Command::new("rpmbuild");
    rpmbuild
        .env("SOURCE_DATE_EPOCH", &release.epoch)
        .arg("-bb")
        .arg("--define")
        .arg(format!("_topdir {}", top.display()))
        .arg("--define")
        .arg(format!("staged {}", tree.path().display()))
        .args(["--define", "clamp_mtime_to_source_date_epoch 1"])
        .args(["--define", "use_source_date_epoch_as_buildtime 1"])
        .args(["--define", "_buildhost builder.example"])
        .arg("--define")
        .arg(if release.is_quick {
            "_binary_payload w1.gzdio"
        } else {
            "_binary_payload w9.xzdio"
        })
        .arg(&file);
    run(rpmbuild)?;
    let mut folders = vec![top.join("RPMS")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).context("failed to find the package")? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.file_name() {
                let target = output.join(name);
                fs::copy(&path, &target).context("failed to copy the package")?;
                return Ok(target);
            }
        }
    }
    anyhow::bail!("rpmbuild made no package")
}
