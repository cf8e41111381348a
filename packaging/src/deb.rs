//! `.deb` packages, put together by Debian's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::build::{Release, run};
use crate::pages::gzip;
use crate::product::{Product, Service};
use crate::tree::{EntryKind, Tree};

/// Who answers for the packages.
pub(crate) const MAINTAINER: &str = "SAVIN maintainers <savin@mdoc.example>";

const COPYRIGHT: &str = include_str!("../scripts/copyright");

const SCRIPTS: [(&str, &str); 3] = [
    ("postinst", include_str!("../scripts/postinst.sh")),
    ("prerm", include_str!("../scripts/prerm.sh")),
    ("postrm", include_str!("../scripts/postrm.sh")),
];

/// Adds what Debian wants to know of a package: who may copy it, and what changed.
///
/// # Errors
/// Returns what could not be written.
pub fn documents(tree: &mut Tree, product: &Product, release: &Release) -> anyhow::Result<()> {
    let name = product.name;
    tree.put(
        &format!("usr/share/doc/{name}/copyright"),
        0o644,
        COPYRIGHT.as_bytes(),
    )?;
    if !product.overrides.is_empty() {
        tree.put(
            &format!("usr/share/lintian/overrides/{name}"),
            0o644,
            product.overrides.as_bytes(),
        )?;
    }
    let changes = format!(
        "{name} ({}) unstable; urgency=medium\n\n  * See the section Changes of the project's \
         README.\n\n -- {MAINTAINER}  {}\n",
        release.version, release.date
    );
    let scratch = tempfile::tempdir().context("failed to make a folder")?;
    let file = scratch.path().join("changelog");
    fs::write(&file, changes).context("failed to write the changelog")?;
    let packed = gzip(&file)?;
    tree.put(
        &format!("usr/share/doc/{name}/changelog.gz"),
        0o644,
        &packed,
    )
}

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
    let control = tree.path().join("DEBIAN");
    fs::create_dir_all(&control).context("failed to make a folder")?;
    let mut dpkg = Command::new("dpkg");
    dpkg.arg("--print-architecture");
    let architecture = run(dpkg)?.trim().to_owned();
    let text = describe(tree, product, release, &architecture)?;
    fs::write(control.join("control"), text).context("failed to write control")?;
    let configuration: String = tree
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Configuration)
        .map(|entry| format!("/{}\n", entry.path))
        .collect();
    if !configuration.is_empty() {
        fs::write(control.join("conffiles"), configuration).context("failed to write conffiles")?;
    }
    if let Some(service) = &product.service {
        scripts(product.name, service, &control)?;
    }
    checksums(tree, &control)?;
    let file = output.join(format!(
        "{}_{}_{architecture}.deb",
        product.name, release.version
    ));
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.env("SOURCE_DATE_EPOCH", &release.epoch)
        .arg("--root-owner-group")
        .args(if release.is_quick {
            ["-Zgzip", "-z1"]
        } else {
            ["-Zxz", "-z9"]
        })
        .arg("--build")
        .arg(tree.path())
        .arg(&file);
    run(dpkg)?;
    Ok(file)
}

/// Writes what dpkg runs when a service comes and goes.
fn scripts(name: &str, service: &Service, control: &Path) -> anyhow::Result<()> {
    for (script, text) in SCRIPTS {
        let text = text
            .replace("@NAME@", name)
            .replace("@TITLE@", service.title)
            .replace("@STATE@", &service.state.join(" "))
            .replace("@PURGE@", service.purge.trim_end());
        let file = control.join(script);
        fs::write(&file, text).with_context(|| format!("failed to write {script}"))?;
        let mut chmod = Command::new("chmod");
        chmod.arg("0755").arg(&file);
        run(chmod)?;
    }
    Ok(())
}

/// Writes what dpkg asks a package.
fn describe(
    tree: &Tree,
    product: &Product,
    release: &Release,
    architecture: &str,
) -> anyhow::Result<String> {
    let bytes: u64 = tree
        .entries()
        .iter()
        .filter_map(|entry| fs::metadata(tree.path().join(&entry.path)).ok())
        .map(|metadata| metadata.len())
        .sum();
    let mut depends = libraries(tree, product)?;
    if product.service.is_some() {
        depends.push_str(", adduser");
    }
    if let Some(needed) = product.needs {
        depends = format!("{needed} (= {}), {depends}", release.version);
    }
    let mut text = format!(
        "Package: {}\nVersion: {}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {}\nDepends: {depends}\nSection: net\nPriority: optional\n\
         Description: {}\n",
        product.name,
        release.version,
        bytes.div_ceil(1024),
        product.summary,
    );
    for line in product.description {
        text.push(' ');
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}

/// Asks Debian which libraries the program needs, and from which version on.
fn libraries(tree: &Tree, product: &Product) -> anyhow::Result<String> {
    // The tool insists on a source package around it.
    let scratch = tempfile::tempdir().context("failed to make a folder")?;
    let debian = scratch.path().join("debian");
    fs::create_dir(&debian).context("failed to make a folder")?;
    let source = format!(
        "Source: {0}\n\nPackage: {0}\nArchitecture: any\n",
        product.name
    );
    fs::write(debian.join("control"), source).context("failed to write control")?;
    let mut shlibdeps = Command::new("dpkg-shlibdeps");
    shlibdeps
        .current_dir(scratch.path())
        .arg("-O")
        .arg(tree.path().join(product.folder).join(product.program));
    let found = run(shlibdeps)?;
    let depends = found.trim().strip_prefix("shlibs:Depends=");
    Ok(depends
        .context("dpkg-shlibdeps found no libraries")?
        .to_owned())
}

/// Writes the checksums that `dpkg --verify` compares.
fn checksums(tree: &Tree, control: &Path) -> anyhow::Result<()> {
    let mut text = String::new();
    for entry in tree.entries() {
        if entry.kind == EntryKind::Folder {
            continue;
        }
        let mut md5sum = Command::new("md5sum");
        md5sum.current_dir(tree.path()).arg(&entry.path);
        text.push_str(&run(md5sum)?);
    }
    fs::write(control.join("md5sums"), text).context("failed to write md5sums")
}
