//! `staff add`, `list`, `remove`: who may decide, and the key with which each signs.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::signing::{SignAs, Signer};
use crate::app;
use crate::config::Config;
use crate::decided::entry::About;
use crate::store::StoreError;
use crate::store::registry::decision::{self, Choice};
use crate::store::registry::staff::{self, StaffRow};
use crate::work::role::{Role, check_name};

#[derive(Debug, Subcommand)]
pub(super) enum StaffCommand {
    /// Add a member of staff and write the key file with which they sign.
    Add(Add),
    /// Show who is or was a member of staff.
    List,
    /// End what a member of staff may decide; their decisions stay and verify.
    Remove(Remove),
}

/// Add a member of staff.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// What decisions and tasks call them: 1 to 64 letters, digits, dots, hyphens, underscores or @.
    name: String,
    /// What they may do: auditor (reads), operator (works on tasks), supervisor (corrections,
    /// handing over tasks), admin (staff and rules).
    #[arg(long)]
    role: String,
    /// Where their new key goes; hand it over, and keep no copy.
    #[arg(long, value_name = "KEYFILE")]
    output: PathBuf,
    /// The admin who adds them. The first admin needs none.
    #[command(flatten)]
    by: SignAs,
}

/// Remove a member of staff.
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Whom.
    name: String,
    #[command(flatten)]
    by: SignAs,
}

impl StaffCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config, output),
            Self::List => list(config, output),
            Self::Remove(remove) => remove.run(config, output),
        }
    }
}

impl Add {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        check_name(&self.name)?;
        let role = Role::parse(&self.role)
            .context("--role is \"auditor\", \"operator\", \"supervisor\" or \"admin\"")?;
        let admin = self.by.optional(config)?;
        let new = Signer::make(config, &self.name, role, &self.output)?;
        if let Err(failure) = self.store(config, role, admin.as_ref(), &new) {
            // Nobody was added: the key is of no use.
            let _gone = std::fs::remove_file(&self.output);
            return Err(failure);
        }
        let fingerprint = new.verifying_key().fingerprint();
        if output.is_json() {
            return output.object(&json!({
                "staff": self.name,
                "role": role.as_str(),
                "key_fingerprint": fingerprint.to_string(),
                "file": self.output,
            }));
        }
        output.line(&format!(
            "Added {} ({role}), key {}. {} is theirs: whoever has it decides in their name.",
            self.name,
            fingerprint.short(),
            self.output.display()
        ))
    }

    fn store(
        &self,
        config: &Config,
        role: Role,
        admin: Option<&Signer>,
        new: &Signer,
    ) -> anyhow::Result<()> {
        let now = (app::world().wall)();
        let row = StaffRow {
            key: new.verifying_key(),
            name: self.name.clone(),
            role,
            added_at: now,
            added_by: admin.unwrap_or(new).name().to_owned(),
            removed_at: None,
            removed_by: None,
        };
        let subject = format!("staff/{}", self.name);
        let choice = format!("{role} {}", row.key.fingerprint());
        let signer = admin.unwrap_or(new);
        let made = Choice {
            kind: "staff-add",
            subject: &subject,
            choice: &choice,
            note: "",
        };
        let signed = signer.sign_about(made, About::Staff(row.key), now)?;
        let is_by_admin = admin.is_some();
        app::open_registry(config)?.write_now("staff add", move |tx| {
            if staff::active(tx, &row.name)?.is_some() {
                return refused(format!("{} is a member of staff already", row.name));
            }
            if is_by_admin {
                decision::record(tx, &signed)?;
                return staff::add(tx, &row);
            }
            // The first admin is whoever can write to the hub's data, and signs that alone.
            if staff::count_active(tx, Role::Admin)? > 0 {
                return refused("there is an admin, who adds staff: give --as KEYFILE".to_owned());
            }
            if row.role != Role::Admin {
                return refused(
                    "there is no admin yet: add one first, with --role admin".to_owned(),
                );
            }
            staff::add(tx, &row)?;
            decision::record(tx, &signed).map(|_| ())
        })?;
        Ok(())
    }
}

impl Remove {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let admin = self.by.signer(config)?;
        let now = (app::world().wall)();
        let signed = admin.sign(
            "staff-remove",
            &format!("staff/{}", self.name),
            "remove",
            "",
            now,
        )?;
        let (name, by) = (self.name.clone(), admin.name().to_owned());
        app::open_registry(config)?.write_now("staff remove", move |tx| {
            let Some(row) = staff::active(tx, &name)? else {
                return refused(format!("no member of staff is called {name}"));
            };
            if row.role == Role::Admin && staff::count_active(tx, Role::Admin)? == 1 {
                return refused("that is the last admin: add another one first".to_owned());
            }
            decision::record(tx, &signed)?;
            staff::remove(tx, &name, &by, now)
        })?;
        if output.is_json() {
            return output.object(&json!({ "removed": self.name }));
        }
        output.line(&format!("{} decides nothing more.", self.name))
    }
}

fn refused(why: String) -> Result<(), StoreError> {
    Err(StoreError::Refused(why))
}

fn list(config: &Config, output: &Output) -> anyhow::Result<()> {
    let staff = app::open_registry(config)?.read_now("staff", staff::all)?;
    if staff.is_empty() && !output.is_json() {
        bail!(
            "nobody is staff yet: `savin-hub staff add NAME --role admin --output KEYFILE` adds the \
             first admin"
        );
    }
    let mut rows = Vec::new();
    for row in &staff {
        if output.is_json() {
            output.object(&json!({
                "staff": row.name,
                "role": row.role.as_str(),
                "key_fingerprint": row.key.fingerprint().to_string(),
                "added_at": row.added_at,
                "added_by": row.added_by,
                "removed_at": row.removed_at,
                "removed_by": row.removed_by,
            }))?;
        }
        let until = match (&row.removed_at, &row.removed_by) {
            (Some(at), Some(by)) => format!("removed {at:.0} by {by}"),
            (_, _) => "active".to_owned(),
        };
        rows.push(vec![
            row.name.clone(),
            row.role.to_string(),
            row.key.fingerprint().short(),
            format!("{:.0}", row.added_at),
            row.added_by.clone(),
            until,
        ]);
    }
    if output.is_json() {
        return Ok(());
    }
    let header = ["name", "role", "key", "since", "added by", "state"];
    output.table(&header, rows)
}
