//! The digest of a state: 256 buckets of a count and an additive SHA-256 of key and row hash.
//!
//! Both ends keep it as they apply changes, so that equal roots prove equal states without sending
//! a row, and unequal buckets name where to look.

use crate::hash::Hash;
use crate::ids::{FeedName, RecordKey};

/// Buckets in a digest; a row's bucket is the first byte of its key's hash.
pub const BUCKETS: usize = 256;

/// Bytes of a stored digest.
pub const DIGEST_BYTES: usize = BUCKETS * BUCKET_BYTES;

const BUCKET_BYTES: usize = 4 + 32;

/// Hashes what names a row: its feed, kind and number.
#[must_use]
pub fn key_hash(feed: &FeedName, key: &RecordKey) -> Hash {
    let parts: [&[u8]; 3] = [
        feed.as_str().as_bytes(),
        &[key.kind.code()],
        key.number.as_str().as_bytes(),
    ];
    Hash::tagged("savin/key/1", &parts)
}

/// Returns in which bucket a row is that is named by a hash.
#[must_use]
pub const fn bucket_of(key: &Hash) -> u8 {
    let [first, ..] = *key.as_bytes();
    first
}

/// The digest of all rows that one agent lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(Box<[Bucket; BUCKETS]>);

/// The rows of one bucket: how many, and the sum of their hashes modulo 2^256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How many rows.
    pub count: u32,
    sum: [u64; 4],
}

impl Default for Digest {
    fn default() -> Self {
        Self(Box::new([Bucket::default(); BUCKETS]))
    }
}

impl Digest {
    /// Takes a row in.
    pub fn add(&mut self, key: &Hash, row: &Hash) {
        if let Some(bucket) = self.bucket(key) {
            bucket.count = bucket.count.wrapping_add(1);
            bucket.sum = added(bucket.sum, leaf(key, row));
        }
    }

    /// Takes a row out that was taken in before.
    pub fn remove(&mut self, key: &Hash, row: &Hash) {
        if let Some(bucket) = self.bucket(key) {
            bucket.count = bucket.count.wrapping_sub(1);
            bucket.sum = subtracted(bucket.sum, leaf(key, row));
        }
    }

    /// Returns how many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|bucket| u64::from(bucket.count)).sum()
    }

    /// Returns how many rows there are in some buckets.
    #[must_use]
    pub fn rows_in(&self, buckets: &[u8]) -> u64 {
        let counts = buckets
            .iter()
            .filter_map(|number| self.0.get(usize::from(*number)));
        counts.map(|bucket| u64::from(bucket.count)).sum()
    }

    /// Returns one hash that is equal exactly when all buckets are.
    #[must_use]
    pub fn root(&self) -> Hash {
        Hash::tagged("savin/digest/1", &[&self.to_bytes()])
    }

    /// Returns the numbers of the buckets that differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<u8> {
        (0..=u8::MAX)
            .zip(self.0.iter().zip(other.0.iter()))
            .filter(|(_, (ours, theirs))| ours != theirs)
            .map(|(number, _)| number)
            .collect()
    }

    /// Writes the digest as [`DIGEST_BYTES`] bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(DIGEST_BYTES);
        for bucket in self.0.iter() {
            bytes.extend_from_slice(&bucket.count.to_be_bytes());
            for limb in bucket.sum {
                bytes.extend_from_slice(&limb.to_be_bytes());
            }
        }
        bytes
    }

    /// Reads a stored digest, or returns `None` when it has another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != DIGEST_BYTES {
            return None;
        }
        let mut digest = Self::default();
        for (bucket, stored) in digest.0.iter_mut().zip(bytes.chunks_exact(BUCKET_BYTES)) {
            let (count, sum) = stored.split_first_chunk::<4>()?;
            bucket.count = u32::from_be_bytes(*count);
            bucket.sum = limbs(sum.try_into().ok()?);
        }
        Some(digest)
    }

    fn bucket(&mut self, key: &Hash) -> Option<&mut Bucket> {
        self.0.get_mut(usize::from(bucket_of(key)))
    }
}

fn leaf(key: &Hash, row: &Hash) -> [u64; 4] {
    limbs(*Hash::tagged("savin/leaf/1", &[key.as_bytes(), row.as_bytes()]).as_bytes())
}

/// Splits 256 bits into limbs, the most significant first.
fn limbs(bytes: [u8; 32]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte));
    }
    limbs
}

fn added(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut sum = a;
    let mut carry = false;
    for (limb, other) in sum.iter_mut().zip(b).rev() {
        let (partial, first) = limb.overflowing_add(other);
        let (full, second) = partial.overflowing_add(u64::from(carry));
        *limb = full;
        carry = first || second;
    }
    sum
}

fn subtracted(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut difference = a;
    let mut borrow = false;
    for (limb, other) in difference.iter_mut().zip(b).rev() {
        let (partial, first) = limb.overflowing_sub(other);
        let (full, second) = partial.overflowing_sub(u64::from(borrow));
        *limb = full;
        borrow = first || second;
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::{Digest, added, subtracted};
    use crate::hash::Hash;

    fn hash(text: &str) -> Hash {
        Hash::of(text.as_bytes())
    }

    #[test]
    fn does_not_depend_on_the_order() {
        let (mut one, mut other) = (Digest::default(), Digest::default());
        for (key, row) in [("a", "1"), ("b", "2"), ("c", "3")] {
            one.add(&hash(key), &hash(row));
        }
        for (key, row) in [("c", "3"), ("a", "1"), ("b", "2")] {
            other.add(&hash(key), &hash(row));
        }
        assert_eq!(one.root(), other.root());
        assert_eq!(one.rows(), 3);
    }

    #[test]
    fn forgets_what_was_taken_out() {
        let mut digest = Digest::default();
        digest.add(&hash("a"), &hash("1"));
        let before = digest.clone();
        digest.add(&hash("b"), &hash("2"));
        assert_ne!(digest.root(), before.root());
        digest.remove(&hash("b"), &hash("2"));
        assert_eq!(digest, before);
    }

    #[test]
    fn names_the_bucket_that_differs() {
        let (mut one, other) = (Digest::default(), Digest::default());
        one.add(&hash("a"), &hash("1"));
        let [first, ..] = *hash("a").as_bytes();
        assert_eq!(one.differing(&other), vec![first]);
    }

    #[test]
    fn reads_back_what_it_stored() {
        let mut digest = Digest::default();
        digest.add(&hash("a"), &hash("1"));
        assert_eq!(Digest::from_bytes(&digest.to_bytes()), Some(digest));
        assert_eq!(Digest::from_bytes(&[0; 7]), None);
    }

    #[test]
    fn carries_across_limbs() {
        let all = [u64::MAX; 4];
        assert_eq!(added(all, [0, 0, 0, 1]), [0; 4]);
        assert_eq!(subtracted([0; 4], [0, 0, 0, 1]), all);
    }
}
