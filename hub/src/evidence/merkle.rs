//! The Merkle tree of RFC 6962 (section 2) over SHA-256.
//!
//! It grows leaf by leaf, proves that a leaf is in it and that a larger tree continues a smaller one,
//! and checks both as RFC 9162 does (sections 2.1.3 and 2.1.4).

use savin_shared::hash::Hash;

/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A subtree that is whole: `2^level` leaves from `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// How many times it was joined: 0 for a leaf.
    pub level: u8,
    /// The how-manieth of its level, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Hashes what a leaf says.
#[must_use]
pub fn leaf_hash(content: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(content.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(content);
    Hash::of(&bytes)
}

/// Joins two subtrees.
#[must_use]
pub fn join(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = Vec::with_capacity(2 * HASH_BYTES + 1);
    bytes.push(1);
    bytes.extend_from_slice(left.as_bytes());
    bytes.extend_from_slice(right.as_bytes());
    Hash::of(&bytes)
}

/// The right edge of a tree: its largest whole subtrees, from the left, which is all that growing
/// needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// Reads what [`Frontier::bytes`] wrote; nothing for a size and hashes that do not belong
    /// together.
    #[must_use]
    pub fn read(size: u64, bytes: &[u8]) -> Option<Self> {
        let hashes: Option<Vec<_>> = bytes.chunks(HASH_BYTES).map(Hash::from_slice).collect();
        let hashes = hashes?;
        let is_whole = u64::try_from(hashes.len()).ok() == Some(u64::from(size.count_ones()));
        is_whole.then_some(Self { size, hashes })
    }

    /// Writes the hashes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let hashes = self.hashes.iter().flat_map(|hash| hash.as_bytes());
        hashes.copied().collect()
    }

    /// Returns how many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and returns the subtrees that are whole since, the smallest first, without the
    /// leaf itself.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut whole = Vec::new();
        let (mut hash, mut index, mut level) = (leaf, self.size, 0_u8);
        while index & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break };
            hash = join(&left, &hash);
            index >>= 1;
            level += 1;
            whole.push(Node { level, index, hash });
        }
        self.hashes.push(hash);
        self.size += 1;
        whole
    }

    /// Returns the root; of an empty tree the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut hashes = self.hashes.iter().rev();
        let Some(last) = hashes.next() else {
            return Hash::of(&[]);
        };
        hashes.fold(*last, |right, left| join(left, &right))
    }
}

/// Returns the root of a tree's first leaves, from the hashes of its whole subtrees.
///
/// # Errors
/// Returns what the look-up of a hash returns.
pub fn root_at<E>(size: u64, node: &mut impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 {
        return Ok(Hash::of(&[]));
    }
    subtree(0, size, node)
}

/// Proves that a leaf is in a tree of a size: the hashes beside its way to the root.
///
/// # Errors
/// Returns what the look-up of a hash returns. The caller has checked that the leaf is within.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + left_part(end - start);
        if index < middle {
            proof.push(subtree(middle, end, node)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, node)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proves that a tree continues what it was at a smaller size, above 0.
///
/// # Errors
/// Returns what the look-up of a hash returns. The caller has checked that it is smaller.
pub fn consistency<E>(
    before: u64,
    size: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end != before {
        let middle = start + left_part(end - start);
        if before <= middle {
            proof.push(subtree(middle, end, node)?);
            end = middle;
        } else {
            proof.push(subtree(start, middle, node)?);
            start = middle;
        }
    }
    // The verifier knows the smaller tree's root; what is only a part of it is named.
    if start > 0 {
        proof.push(subtree(start, end, node)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Hashes the leaves from `start` to before `end`, where `start` is a border of whole subtrees.
fn subtree<E>(
    start: u64,
    end: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut parts = Vec::new();
    let mut from = start;
    while from < end {
        let rest = end - from;
        let many = if rest.is_power_of_two() {
            rest
        } else {
            left_part(rest)
        };
        let level = many.trailing_zeros();
        parts.push(node(u8::try_from(level).unwrap_or(u8::MAX), from >> level)?);
        from += many;
    }
    let mut parts = parts.into_iter().rev();
    let last = parts.next().unwrap_or(Hash::of(&[]));
    Ok(parts.fold(last, |right, left| join(&left, &right)))
}

/// Returns the largest power of two below a number above 1.
const fn left_part(many: u64) -> u64 {
    1 << (many - 1).ilog2()
}

/// Checks that a leaf is in the tree of a root (RFC 9162, section 2.1.3.2).
#[must_use]
pub fn is_included(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = join(beside, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = join(&hash, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Checks that a tree continues a smaller one (RFC 9162, section 2.1.4.2).
#[must_use]
pub fn is_continued(before: (u64, &Hash), after: (u64, &Hash), proof: &[Hash]) -> bool {
    if before.0 == 0 {
        return proof.is_empty();
    }
    if before.0 >= after.0 {
        return before == after && proof.is_empty();
    }
    let (mut place, mut last) = (before.0 - 1, after.0 - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let mut rest = proof.iter();
    let first = if before.0.is_power_of_two() {
        Some(before.1)
    } else {
        rest.next()
    };
    let Some(first) = first else { return false };
    let (mut old, mut new) = (*first, *first);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = join(beside, &old);
            new = join(beside, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = join(&new, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *before.1 && new == *after.1
}

#[cfg(test)]
mod tests;
