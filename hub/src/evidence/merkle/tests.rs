//! The tree against the published vectors of Certificate Transparency, and against its definition.

use std::convert::Infallible;

use savin_shared::hash::{Hash, hex, unhex};

use super::{
    Frontier, consistency, inclusion, is_continued, is_included, join, leaf_hash, root_at,
};

/// The leaves and roots of the Certificate Transparency reference tests, in hexadecimal digits.
const VECTORS: [(&str, &str); 8] = [
    (
        "",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    ),
    (
        "00",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    ),
    (
        "10",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    ),
    (
        "2021",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (
        "3031",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    ),
    (
        "40414243",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    ),
    (
        "5051525354555657",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    ),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

/// A tree with all of its leaves.
struct Tree(Vec<Hash>);

impl Tree {
    fn of(contents: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(
            contents
                .into_iter()
                .map(|content| leaf_hash(&content))
                .collect(),
        )
    }

    fn node(&self) -> impl FnMut(u8, u64) -> Result<Hash, Infallible> + '_ {
        |level, index| {
            let width = 1_usize << level;
            let start = usize::try_from(index).unwrap() * width;
            Ok(defined(&self.0[start..start + width]))
        }
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion(index, size, &mut self.node()).unwrap()
    }

    fn consistency(&self, before: u64, size: u64) -> Vec<Hash> {
        consistency(before, size, &mut self.node()).unwrap()
    }

    fn root(&self, size: u64) -> Hash {
        defined(&self.0[..usize::try_from(size).unwrap()])
    }
}

/// The tree hash as RFC 6962 defines it.
fn defined(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            join(&defined(left), &defined(right))
        }
    }
}

fn published() -> Tree {
    Tree::of(VECTORS.map(|(leaf, _)| unhex(leaf).unwrap()))
}

fn digits(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(|hash| hex(hash.as_bytes())).collect()
}

fn numbered(many: u64) -> Tree {
    Tree::of((0..many).map(|number| number.to_be_bytes().to_vec()))
}

#[test]
fn grows_to_the_published_roots() {
    let mut frontier = Frontier::default();
    assert_eq!(
        frontier.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (leaf, root) in VECTORS {
        frontier.push(leaf_hash(&unhex(leaf).unwrap()));
        assert_eq!(frontier.root().to_string(), root);
        let read = Frontier::read(frontier.size(), &frontier.bytes()).unwrap();
        assert_eq!(read, frontier);
    }
    assert_eq!(Frontier::read(7, &frontier.bytes()), None);
    assert_eq!(Frontier::read(8, &[1, 2, 3]), None);
}

#[test]
fn proves_as_published() {
    let tree = published();
    let first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(digits(&tree.inclusion(0, 8)), first);
    assert_eq!(digits(&tree.consistency(1, 8)), first);
    let sixth = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(digits(&tree.inclusion(5, 8)), sixth);
    let from_six = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(digits(&tree.consistency(6, 8)), from_six);
}

#[test]
fn proves_every_leaf_of_every_size_and_no_other() {
    let tree = numbered(70);
    for size in 1..=70 {
        let root = tree.root(size);
        assert_eq!(root_at(size, &mut tree.node()), Ok(root));
        for (index, leaf) in (0..size).zip(&tree.0) {
            let proof = tree.inclusion(index, size);
            assert!(
                is_included(*leaf, index, size, &proof, &root),
                "{index} of {size}"
            );
            let other = Hash::of(b"another leaf");
            assert!(!is_included(other, index, size, &proof, &root));
            assert!(!is_included(*leaf, index, size, &proof, &other));
            assert!(!is_included(*leaf, index + size, size, &proof, &root));
            if size > 1 {
                assert!(!is_included(*leaf, index ^ 1, size, &proof, &root));
                assert!(!is_included(*leaf, index, size, &proof[1..], &root));
            }
            let longer = [proof.as_slice(), &[other]].concat();
            assert!(!is_included(*leaf, index, size, &longer, &root));
        }
    }
}

#[test]
fn proves_every_growth_and_no_rewriting() {
    let tree = numbered(40);
    let other = Hash::of(b"another root");
    for size in 1..=40 {
        let after = tree.root(size);
        for before in 1..=size {
            let root = tree.root(before);
            let proof = tree.consistency(before, size);
            assert!(
                is_continued((before, &root), (size, &after), &proof),
                "{before} to {size}"
            );
            assert!(!is_continued((before, &other), (size, &after), &proof));
            assert!(!is_continued((before, &root), (size, &other), &proof));
            let longer = [proof.as_slice(), &[other]].concat();
            assert!(!is_continued((before, &root), (size, &after), &longer));
            if before < size {
                assert!(!is_continued((size, &after), (before, &root), &proof));
            }
        }
        assert!(is_continued((0, &other), (size, &after), &[]));
    }
}

#[test]
fn looks_up_only_as_many_hashes_as_the_tree_is_high() {
    let mut asked = 0_u32;
    let mut node = |_, _| {
        asked += 1;
        Ok::<_, Infallible>(Hash::of(b"any"))
    };
    let size = 1_000_003;
    inclusion(7, size, &mut node).unwrap();
    consistency(999_999, size, &mut node).unwrap();
    assert!(asked <= 80, "{asked} hashes");
}
