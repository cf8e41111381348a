//! The vault's tables: sealed bytes and keyed hashes, which mean nothing without the vault's keys.

pub mod attempt;
pub mod booking;
pub mod called;
pub mod canary;
pub mod care;
pub mod carrying;
pub mod contact;
pub mod expunging;
pub mod follow;
pub mod heard;
pub mod key;
pub mod line;
pub mod never;
pub mod notice;
pub mod notice_event;
pub mod order_entry;
pub mod parted;
pub mod placed;
pub mod registrant;
pub mod restoration;
pub mod session;
pub mod spend;
pub mod stopping;
pub mod subscription;
pub mod taken_over;
pub mod task;
pub mod trace;
pub mod unplanned;
pub mod verification;
pub mod watermark;
pub mod withheld;

use super::migrate::Schema;

/// The vault's migrations.
pub static SCHEMA: Schema = Schema {
    name: "vault",
    migrations: &[
        (
            "0001_vault.sql",
            include_str!("migrations/vault/0001_vault.sql"),
        ),
        (
            "0004_work.sql",
            include_str!("migrations/vault/0004_work.sql"),
        ),
        ("0005_evidence.sql", include_str!("migrations/evidence.sql")),
        (
            "0006_restoration.sql",
            include_str!("migrations/vault/0006_restoration.sql"),
        ),
        (
            "0007_canary.sql",
            include_str!("migrations/vault/0007_canary.sql"),
        ),
        (
            "0008_contacts.sql",
            include_str!("migrations/vault/0008_contacts.sql"),
        ),
        (
            "0009_correction.sql",
            include_str!("migrations/vault/0009_correction.sql"),
        ),
        (
            "0010_follow.sql",
            include_str!("migrations/vault/0010_follow.sql"),
        ),
        (
            "0011_withheld.sql",
            include_str!("migrations/vault/0011_withheld.sql"),
        ),
        (
            "0012_silence.sql",
            include_str!("migrations/vault/0012_silence.sql"),
        ),
        (
            "0013_tries.sql",
            include_str!("migrations/vault/0013_tries.sql"),
        ),
        (
            "0014_index.sql",
            include_str!("migrations/vault/0014_index.sql"),
        ),
        (
            "0015_care.sql",
            include_str!("migrations/vault/0015_care.sql"),
        ),
        (
            "0016_ladder.sql",
            include_str!("migrations/vault/0016_ladder.sql"),
        ),
        (
            "0017_order_entry.sql",
            include_str!("migrations/vault/0017_order_entry.sql"),
        ),
        (
            "0018_points.sql",
            include_str!("migrations/vault/0018_points.sql"),
        ),
        (
            "0019_parted.sql",
            include_str!("migrations/vault/0019_parted.sql"),
        ),
        (
            "0020_line.sql",
            include_str!("migrations/vault/0020_line.sql"),
        ),
        (
            "0021_returned.sql",
            include_str!("migrations/vault/0021_returned.sql"),
        ),
        (
            "0022_duty.sql",
            include_str!("migrations/vault/0022_duty.sql"),
        ),
        (
            "0023_call.sql",
            include_str!("migrations/vault/0023_call.sql"),
        ),
        (
            "0024_bounds.sql",
            include_str!("migrations/vault/0024_bounds.sql"),
        ),
        (
            "0025_retiring.sql",
            include_str!("migrations/vault/0025_retiring.sql"),
        ),
        (
            "0026_never.sql",
            include_str!("migrations/vault/0026_never.sql"),
        ),
        (
            "0027_worker.sql",
            include_str!("migrations/vault/0027_worker.sql"),
        ),
        (
            "0028_doubted.sql",
            include_str!("migrations/vault/0028_doubted.sql"),
        ),
        (
            "0029_duress.sql",
            include_str!("migrations/vault/0029_duress.sql"),
        ),
        (
            "0030_unplanned.sql",
            include_str!("migrations/vault/0030_unplanned.sql"),
        ),
        (
            "0031_told.sql",
            include_str!("migrations/vault/0031_told.sql"),
        ),
        (
            "0032_incoming.sql",
            include_str!("migrations/vault/0032_incoming.sql"),
        ),
        (
            "0033_stopping.sql",
            include_str!("migrations/vault/0033_stopping.sql"),
        ),
        (
            "0034_operator.sql",
            include_str!("migrations/vault/0034_operator.sql"),
        ),
        (
            "0035_trace.sql",
            include_str!("migrations/vault/0035_trace.sql"),
        ),
        (
            "0036_backfill.sql",
            include_str!("migrations/vault/0036_backfill.sql"),
        ),
        (
            "0037_feigned.sql",
            include_str!("migrations/vault/0037_feigned.sql"),
        ),
        (
            "0038_booking.sql",
            include_str!("migrations/vault/0038_booking.sql"),
        ),
    ],
};
