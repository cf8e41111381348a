//! The registry's tables: one file a table or two, one function a statement.

pub mod agency;
pub mod agency_notice;
pub mod agent;
pub mod backfill;
pub mod clock;
pub mod clone;
pub mod court_order;
pub mod decision;
pub mod duty;
pub mod elsewhere;
pub mod event;
pub mod expunged;
pub mod expunging;
pub mod face;
pub mod facility;
pub mod feed;
pub mod freshness;
pub mod gap;
pub mod import;
pub mod instruction;
pub mod left;
pub mod listing;
pub mod log;
pub mod lookup;
pub mod merge;
pub mod office_door;
pub mod order_entry;
pub mod person;
pub mod placing;
pub mod position;
pub mod recipient;
pub mod record;
pub mod relinked;
pub mod replica;
pub mod restoration;
pub mod rules;
pub mod sealed;
pub mod shadow;
pub mod staff;
pub mod step;
pub mod task;
pub mod telling;
pub mod timely;
pub mod token;
pub mod trunk;
pub mod weights;

use super::migrate::Schema;

/// The registry's migrations.
pub static SCHEMA: Schema = Schema {
    name: "registry",
    migrations: &[
        (
            "0001_registry.sql",
            include_str!("migrations/registry/0001_registry.sql"),
        ),
        (
            "0002_agent_clone.sql",
            include_str!("migrations/registry/0002_agent_clone.sql"),
        ),
        (
            "0003_work.sql",
            include_str!("migrations/registry/0003_work.sql"),
        ),
        ("0004_evidence.sql", include_str!("migrations/evidence.sql")),
        (
            "0005_clock.sql",
            include_str!("migrations/registry/0005_clock.sql"),
        ),
        (
            "0006_linkage.sql",
            include_str!("migrations/registry/0006_linkage.sql"),
        ),
        (
            "0007_import.sql",
            include_str!("migrations/registry/0007_import.sql"),
        ),
        (
            "0008_freshness.sql",
            include_str!("migrations/registry/0008_freshness.sql"),
        ),
        (
            "0009_proposal.sql",
            include_str!("migrations/registry/0009_proposal.sql"),
        ),
        (
            "0010_court_order.sql",
            include_str!("migrations/registry/0010_court_order.sql"),
        ),
        (
            "0011_step.sql",
            include_str!("migrations/registry/0011_step.sql"),
        ),
        (
            "0012_recipient.sql",
            include_str!("migrations/registry/0012_recipient.sql"),
        ),
        (
            "0013_name_start.sql",
            include_str!("migrations/registry/0013_name_start.sql"),
        ),
        (
            "0014_index.sql",
            include_str!("migrations/registry/0014_index.sql"),
        ),
        (
            "0015_expunged.sql",
            include_str!("migrations/registry/0015_expunged.sql"),
        ),
        (
            "0016_relink.sql",
            include_str!("migrations/registry/0016_relink.sql"),
        ),
        (
            "0017_order_entry.sql",
            include_str!("migrations/registry/0017_order_entry.sql"),
        ),
        (
            "0018_agency_link.sql",
            include_str!("migrations/registry/0018_agency_link.sql"),
        ),
        (
            "0019_duty.sql",
            include_str!("migrations/registry/0019_duty.sql"),
        ),
        (
            "0020_placing.sql",
            include_str!("migrations/registry/0020_placing.sql"),
        ),
        (
            "0021_trunk.sql",
            include_str!("migrations/registry/0021_trunk.sql"),
        ),
        (
            "0022_expunged_step.sql",
            include_str!("migrations/registry/0022_expunged_step.sql"),
        ),
        (
            "0023_office_door.sql",
            include_str!("migrations/registry/0023_office_door.sql"),
        ),
        (
            "0024_backfill.sql",
            include_str!("migrations/registry/0024_backfill.sql"),
        ),
        (
            "0025_elsewhere.sql",
            include_str!("migrations/registry/0025_elsewhere.sql"),
        ),
        (
            "0026_restoration.sql",
            include_str!("migrations/registry/0026_restoration.sql"),
        ),
    ],
};
