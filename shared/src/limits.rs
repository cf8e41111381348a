//! Every named bound that agent and hub must agree on, in one place.

/// Bytes of a frame's body, checked before the body is allocated.
///
/// Larger would let one peer claim more memory; smaller would not fit a full batch.
pub const FRAME_BYTES_MAX: u32 = 1024 * 1024;

/// Deltas in one batch. More would delay the acknowledgement of the first of them.
pub const BATCH_DELTAS_MAX: u32 = 512;

/// Uncompressed bytes of the bodies in one batch at which a batch is closed.
pub const BATCH_BYTES_MAX: u32 = 256 * 1024;

/// Uncompressed bytes of one delta. A record that is larger is refused where it is mapped.
pub const DELTA_BYTES_MAX: u32 = 64 * 1024;

/// Uncompressed bytes that the bodies of one batch or chunk may claim to expand to.
pub const UNPACKED_BYTES_MAX: u32 = BATCH_BYTES_MAX + DELTA_BYTES_MAX;

/// Rows in one chunk of a snapshot.
pub const CHUNK_ROWS_MAX: usize = 512;

/// Bytes of rows at which a chunk of a snapshot is closed.
pub const CHUNK_BYTES: usize = 128 * 1024;

/// Rows in a whole snapshot: the largest roster that the hub stages for one agent.
pub const SNAPSHOT_ROWS_MAX: u64 = 1_000_000;

/// Rows that a comparison of digests sends again; beyond, the full state is cheaper than to look twice.
pub const REPAIR_ROWS_MAX: u64 = 2_048;

/// Bytes of an identifier such as a booking number or a facility code.
pub const IDENTIFIER_BYTES_MAX: usize = 96;

/// Bytes of a free text field such as a charge.
pub const TEXT_BYTES_MAX: usize = 512;

/// Entries in a list of a record: charges, holds, aliases, case numbers.
pub const LIST_MAX: usize = 64;

/// Batches that the hub lets an agent have in flight unless configured otherwise.
pub const CREDIT_BATCHES: u32 = 16;

/// Feeds that one heartbeat describes.
pub const FEEDS_MAX: usize = 64;
