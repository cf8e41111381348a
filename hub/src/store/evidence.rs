//! The evidence log of a database: leaves and whole subtrees, written in the transaction of what
//! they witness, and the checkpoints that were signed over them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use savin_shared::hash::Hash;

use super::StoreError;
use super::conn::Tx;
use super::value::{Row, count, time};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::leaf::{Leaf, Salt};
use crate::evidence::merkle::{self, Frontier, Node, leaf_hash};
use crate::values;

/// A leaf as it was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Where in the log.
    pub index: u64,
    /// What it says.
    pub content: String,
    /// The salt of its commitment, if the database keeps it and it was not erased.
    pub salt: Option<Salt>,
}

/// Appends leaves; nothing in a database that is thrown away.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn append(tx: &mut Tx<'_>, leaves: &[Leaf]) -> Result<(), StoreError> {
    if leaves.is_empty() || tx.is_scratch() {
        return Ok(());
    }
    let mut frontier = frontier(tx)?;
    let (mut rows, mut nodes) = (Vec::with_capacity(leaves.len()), Vec::new());
    for leaf in leaves {
        rows.push(vec![
            count(frontier.size()),
            leaf.subject.as_str().into(),
            leaf.content.as_str().into(),
            leaf.salt.as_ref().map(<[u8; 16]>::as_slice).into(),
        ]);
        for node in frontier.push(leaf.hash()) {
            let hash = node.hash.as_bytes().into();
            nodes.push(vec![node.level.into(), count(node.index), hash]);
        }
    }
    tx.execute_many(
        "INSERT INTO evidence_leaf (leaf_index, subject, content, salt) VALUES ($1, $2, $3, $4)",
        &rows,
    )?;
    tx.execute_many(
        "INSERT INTO evidence_node (level, node_index, hash) VALUES ($1, $2, $3)",
        &nodes,
    )?;
    tx.execute_one(
        "evidence head",
        "INSERT INTO evidence_head (log, size, frontier) VALUES ('log', $1, $2)
         ON CONFLICT (log) DO UPDATE SET size = $1, frontier = $2",
        values![
            i64::try_from(frontier.size()).unwrap_or(i64::MAX),
            frontier.bytes()
        ],
    )
}

/// Returns the right edge of the tree as it stands.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn frontier(tx: &mut Tx<'_>) -> Result<Frontier, StoreError> {
    let row = tx.query_optional("SELECT size, frontier FROM evidence_head", values![])?;
    let Some(row) = row else {
        return Ok(Frontier::default());
    };
    let frontier = Frontier::read(row.count(0)?, row.bytes(1)?);
    frontier.ok_or(StoreError::Damaged("the evidence log's head"))
}

/// Returns what the log is now.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn head(tx: &mut Tx<'_>) -> Result<Checkpoint, StoreError> {
    let frontier = frontier(tx)?;
    Ok(Checkpoint {
        size: frontier.size(),
        root: frontier.root(),
    })
}

/// Returns what the log was at a size, from the hashes of its subtrees.
///
/// # Errors
/// Returns [`StoreError`] when the log is shorter or the database refuses.
pub fn at(tx: &mut Tx<'_>, size: u64) -> Result<Checkpoint, StoreError> {
    let root = merkle::root_at(size, &mut |level, index| node(tx, level, index))?;
    Ok(Checkpoint { size, root })
}

/// Proves that a leaf is in the log at a size.
///
/// # Errors
/// Returns [`StoreError`] when it is not, or the database refuses.
pub fn inclusion(tx: &mut Tx<'_>, index: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
    if index >= size {
        return Err(StoreError::Damaged("a leaf beyond the checkpoint"));
    }
    merkle::inclusion(index, size, &mut |level, index| node(tx, level, index))
}

/// Proves that the log at a size continues what it was at a smaller one.
///
/// # Errors
/// Returns [`StoreError`] when the log is shorter or the database refuses.
pub fn consistency(tx: &mut Tx<'_>, before: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
    if before == 0 || before >= size {
        return Ok(Vec::new());
    }
    merkle::consistency(before, size, &mut |level, index| node(tx, level, index))
}

fn node(tx: &mut Tx<'_>, level: u8, index: u64) -> Result<Hash, StoreError> {
    let missing = StoreError::Damaged("a hash of the evidence log is missing");
    let key = [level.into(), count(index)];
    let row = match level {
        0 => tx.query_optional(
            "SELECT content FROM evidence_leaf WHERE leaf_index = $2 AND $1 = 0",
            &key,
        )?,
        _ => tx.query_optional(
            "SELECT hash FROM evidence_node WHERE level = $1 AND node_index = $2",
            &key,
        )?,
    };
    let row = row.ok_or(missing)?;
    match level {
        0 => Ok(leaf_hash(row.text(0)?.as_bytes())),
        _ => Ok(Hash::from_bytes(row.array(0)?)),
    }
}

/// What a look at every leaf found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Every leaf is what was logged.
    Whole(Checkpoint),
    /// The first leaf that is missing or is not what was logged is one of two, from this one on.
    Changed(u64),
}

/// Looks at every leaf, and at every hash above. Leaves and hashes are read in pages, each in the order
/// in which it is stored.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn check(tx: &mut Tx<'_>) -> Result<Checked, StoreError> {
    let end = head(tx)?;
    let mut frontier = Frontier::default();
    loop {
        let page = tx.query(
            "SELECT leaf_index, content FROM evidence_leaf
             WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2",
            &[count(frontier.size()), LEAVES_AT_ONCE.into()],
        )?;
        let mut wanted: BTreeMap<u8, Vec<Node>> = BTreeMap::new();
        let mut is_gap = false;
        for leaf in &page {
            is_gap = leaf.count(0)? != frontier.size();
            if is_gap {
                break;
            }
            for node in frontier.push(leaf_hash(leaf.text(1)?.as_bytes())) {
                wanted.entry(node.level).or_default().push(node);
            }
        }
        if let Some(changed) = first_other(tx, &wanted)? {
            return Ok(Checked::Changed(changed));
        }
        if is_gap {
            return Ok(Checked::Changed(frontier.size() & !1));
        }
        if page.is_empty() {
            break;
        }
    }
    let found = Checkpoint {
        size: frontier.size(),
        root: frontier.root(),
    };
    Ok(if found == end {
        Checked::Whole(found)
    } else {
        Checked::Changed(found.size.min(end.size).saturating_sub(1) & !1)
    })
}

/// Leaves that are looked at together: some 2 MB, and one question a level.
const LEAVES_AT_ONCE: i64 = 8_192;

/// Returns the first leaf below the first subtree that is not as it is stored. The subtrees of a level
/// follow one another; the first is the one that was whole first.
fn first_other(
    tx: &mut Tx<'_>,
    wanted: &BTreeMap<u8, Vec<Node>>,
) -> Result<Option<u64>, StoreError> {
    let mut other: Option<(u64, u8, u64)> = None;
    for (level, nodes) in wanted {
        let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else {
            continue;
        };
        let stored = tx.query(
            "SELECT node_index, hash FROM evidence_node
             WHERE level = $1 AND node_index BETWEEN $2 AND $3 ORDER BY node_index",
            &[(*level).into(), count(first.index), count(last.index)],
        )?;
        let mut stored = stored.iter().peekable();
        for node in nodes {
            let row = stored.next_if(|row| row.count(0).ok() == Some(node.index));
            let hash = row.map(|row| row.array(1)).transpose()?;
            if hash != Some(*node.hash.as_bytes()) {
                let begins = node.index << level;
                let whole_with = begins + (1 << level);
                let found = (whole_with, *level, begins);
                other = Some(other.map_or(found, |before| before.min(found)));
                break;
            }
        }
    }
    Ok(other.map(|(_, _, begins)| begins))
}

/// Finds the leaf of a subject.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn find(tx: &mut Tx<'_>, subject: &str) -> Result<Option<Logged>, StoreError> {
    let row = tx.query_optional(
        "SELECT leaf_index, content, salt FROM evidence_leaf WHERE subject = $1",
        values![subject],
    )?;
    row.as_ref().map(read).transpose()
}

/// Loads leaves in their order, from one on.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn leaves(tx: &mut Tx<'_>, from: u64, leaves_max: u32) -> Result<Vec<Logged>, StoreError> {
    tx.query(
        "SELECT leaf_index, content, salt FROM evidence_leaf
         WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2",
        &[count(from), i64::from(leaves_max).into()],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Keeps a checkpoint that was signed; one of the same size stays as it is.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn keep(tx: &mut Tx<'_>, size: u64, note: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO evidence_checkpoint (size, signed_at, note) VALUES ($1, $2, $3)
         ON CONFLICT (size) DO NOTHING",
        &[count(size), time(now), note.into()],
    )
    .map(|_| ())
}

/// Returns the checkpoint that was signed last, with when.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn last_checkpoint(tx: &mut Tx<'_>) -> Result<Option<(u64, Timestamp, String)>, StoreError> {
    let row = tx.query_optional(
        "SELECT size, signed_at, note FROM evidence_checkpoint ORDER BY size DESC LIMIT 1",
        values![],
    )?;
    row.map(|row| Ok((row.count(0)?, row.time(1)?, row.text(2)?.to_owned())))
        .transpose()
}

fn read(row: &Row) -> Result<Logged, StoreError> {
    let salt = row.optional_bytes(2)?.map(TryInto::try_into).transpose();
    Ok(Logged {
        index: row.count(0)?,
        content: row.text(1)?.to_owned(),
        salt: salt.map_err(|_| StoreError::Damaged("the salt of a leaf"))?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use savin_shared::fault::Fault;

    use super::Checked;
    use crate::evidence::leaf::Leaf;
    use crate::evidence::merkle::{is_continued, is_included};
    use crate::store::conn::Tx;
    use crate::store::testing::places;
    use crate::store::{Store, registry, vault};

    fn leaf(number: u64) -> Leaf {
        Leaf {
            subject: format!("test/{number}"),
            content: format!("savin/test/1\nnumber {number}\n"),
            salt: (number.is_multiple_of(2)).then_some([7; 16]),
        }
    }

    fn each(name: &str, test: impl Fn(&Store)) {
        let folder = tempfile::tempdir().unwrap();
        for place in places(folder.path(), name) {
            test(&Store::open(&place, &registry::SCHEMA).unwrap());
        }
        for place in places(folder.path(), &format!("{name}_vault")) {
            test(&Store::open(&place, &vault::SCHEMA).unwrap());
        }
    }

    #[test]
    fn proves_what_it_appended_in_groups() {
        each("evidence_log", |store| {
            let mut from = 0;
            let mut heads = Vec::new();
            for many in [0, 1, 2, 5, 1, 16, 9] {
                let leaves: Vec<_> = (from..from + many).map(leaf).collect();
                from += many;
                heads.push(
                    store
                        .write_now("append", move |tx| {
                            super::append(tx, &leaves)?;
                            super::head(tx)
                        })
                        .unwrap(),
                );
            }
            let end = *heads.last().unwrap();
            assert_eq!(end.size, from);
            store
                .read_now("proofs", move |tx| {
                    for before in heads.iter().filter(|before| before.size > 0) {
                        assert_eq!(super::at(tx, before.size)?, *before);
                        let proof = super::consistency(tx, before.size, end.size)?;
                        let (old, new) = ((before.size, &before.root), (end.size, &end.root));
                        assert!(is_continued(old, new, &proof), "{before:?}");
                    }
                    for number in 0..end.size {
                        let logged = super::find(tx, &format!("test/{number}"))?.unwrap();
                        assert_eq!(logged.index, number);
                        assert_eq!(logged.salt.is_some(), number.is_multiple_of(2));
                        let proof = super::inclusion(tx, number, end.size)?;
                        let hash = leaf(number).hash();
                        assert!(is_included(hash, number, end.size, &proof, &end.root));
                    }
                    assert_eq!(super::leaves(tx, end.size - 2, 9)?.len(), 2);
                    assert!(super::at(tx, end.size + 1).is_err());
                    Ok(())
                })
                .unwrap();
        });
    }

    #[test]
    fn names_the_first_leaf_that_was_changed() {
        each("evidence_check", |store| {
            let leaves: Vec<_> = (0..21).map(leaf).collect();
            store
                .write_now("append", move |tx| super::append(tx, &leaves))
                .unwrap();
            let check = || store.read_now("check", super::check).unwrap();
            assert!(matches!(check(), Checked::Whole(end) if end.size == 21));
            let change = |sql: &'static str| {
                store
                    .write_now("change", move |tx| tx.execute(sql, &[]))
                    .unwrap();
            };
            change("UPDATE evidence_leaf SET content = content || 'x' WHERE leaf_index = 20");
            assert_eq!(check(), Checked::Changed(20));
            change("UPDATE evidence_leaf SET content = content || 'x' WHERE leaf_index = 13");
            assert_eq!(check(), Checked::Changed(12));
            change("DELETE FROM evidence_leaf WHERE leaf_index = 7");
            assert_eq!(check(), Checked::Changed(6));
            change(
                "UPDATE evidence_node SET hash = (SELECT hash FROM evidence_node
                    WHERE level = 1 AND node_index = 1) WHERE level = 1 AND node_index = 0",
            );
            assert_eq!(check(), Checked::Changed(0));
        });
    }

    #[test]
    fn names_the_first_leaf_that_was_changed_on_a_later_page() {
        each("evidence_pages", |store| {
            let leaves: Vec<_> = (0..20_001).map(leaf).collect();
            store
                .write_now("append", move |tx| super::append(tx, &leaves))
                .unwrap();
            let check = || store.read_now("check", super::check).unwrap();
            assert!(matches!(check(), Checked::Whole(end) if end.size == 20_001));
            let change = |sql: &'static str| {
                store
                    .write_now("change", move |tx| tx.execute(sql, &[]))
                    .unwrap();
            };
            change("DELETE FROM evidence_node WHERE level = 14 AND node_index = 0");
            assert_eq!(check(), Checked::Changed(0));
            change("UPDATE evidence_leaf SET content = content || 'x' WHERE leaf_index = 10001");
            assert_eq!(check(), Checked::Changed(10_000));
            change("DELETE FROM evidence_node WHERE level = 1 AND node_index = 4096");
            assert_eq!(check(), Checked::Changed(8_192));
        });
    }

    #[test]
    fn undoes_its_leaves_with_what_they_witness() {
        each("evidence_undone", |store| {
            let failed = store.write_now("append", |tx| {
                super::append(tx, &[leaf(1)])?;
                Err::<(), _>(super::StoreError::Refused("no".to_owned()))
            });
            assert!(failed.is_err());
            let head = store.read_now("head", super::head).unwrap();
            assert_eq!(head.size, 0);
        });
    }

    #[test]
    fn appends_one_after_the_other_from_many_threads() {
        each("evidence_threads", |store| {
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    scope.spawn(move || {
                        for number in 0..10 {
                            let leaf = leaf(thread * 100 + number);
                            let append = |store: &Store| {
                                let leaf = leaf.clone();
                                store.write_now("append", move |tx| {
                                    super::append(tx, std::slice::from_ref(&leaf))
                                })
                            };
                            // Whoever loses too often is told to ask again, and of nothing else.
                            while let Err(failure) = append(store) {
                                assert_eq!(failure.fault(), Fault::Retry, "{failure:?}");
                                std::thread::park_timeout(Duration::from_millis(1));
                            }
                        }
                    });
                }
            });
            let whole = store.read_now("whole", |tx| {
                let head = super::head(tx)?;
                assert_eq!(super::at(tx, head.size)?, head);
                Ok(head.size)
            });
            assert_eq!(whole.unwrap(), 40);
        });
    }

    #[test]
    fn keeps_nothing_in_a_database_that_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scratch.sqlite");
        let store = Store::scratch(&path, &registry::SCHEMA).unwrap();
        let append = |tx: &mut Tx<'_>| super::append(tx, &[leaf(1)]);
        store.write_now("append", append).unwrap();
        assert_eq!(store.read_now("head", super::head).unwrap().size, 0);
    }

    #[test]
    fn keeps_the_first_checkpoint_of_a_size() {
        each("evidence_checkpoints", |store| {
            let at = Timestamp::UNIX_EPOCH;
            let last = store.write_now("keep", move |tx| {
                super::keep(tx, 3, "three", at)?;
                super::keep(tx, 9, "nine", at)?;
                super::keep(tx, 9, "another", at)?;
                super::last_checkpoint(tx)
            });
            assert_eq!(last.unwrap(), Some((9, at, "nine".to_owned())));
        });
    }
}
