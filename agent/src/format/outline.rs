//! How a nested document is laid out, for somebody who writes a profile: the places where its rows may
//! stand, and how much stands there. No value is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::encoding::decode;
use super::error::FormatError;
use super::json::{self, Members};
use super::layout::Format;
use super::open::is_lines;
use super::sniff::{self, Looks};
use super::xml::{Step, Walk};
use super::zipped;

/// Different paths of the largest document; one with more is keyed by what should be values.
const PATHS_MAX: usize = 4096;

/// How deep objects are looked into.
const DEPTH_MAX: usize = 16;

/// Elements of an array whose keys are counted.
const ELEMENTS_MAX: usize = 1_000;

/// A place where rows may stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowPlace {
    /// The keys or the local names of elements that lead there; none for an array at the top.
    pub path: Vec<String>,
    /// How many there are.
    pub rows: u64,
    /// How many different values they hold.
    pub parts: usize,
    /// Whether several stand beside one another.
    pub repeats: bool,
}

/// A nested document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// JSON or XML.
    pub format: Format,
    /// Where its rows may stand, in the order of the document.
    pub places: Vec<RowPlace>,
    /// The arrays within the rows of JSON; an element of XML within a row is a place as any other.
    pub within: Vec<RowPlace>,
}

/// Looks at a file, zipped or not; `None` for one that is no nested document.
///
/// # Errors
/// Returns [`FormatError`] for a document that is not whole or not well formed.
pub fn outline(bytes: &[u8]) -> Result<Option<Outline>, FormatError> {
    let unpacked;
    let bytes = match sniff::of_bytes(bytes) {
        None => bytes,
        Some(Looks::Zip) => {
            unpacked = zipped::unpack(bytes, None)?;
            unpacked.as_slice()
        }
        Some(Looks::Like(_) | Looks::Plain | Looks::Other(..)) => return Ok(None),
    };
    if sniff::of_bytes(bytes).is_some() {
        return Ok(None);
    }
    let text = decode(bytes).text;
    match sniff::of_text(&text) {
        Looks::Like(Format::Json) if !is_lines(&text) => of_json(&text).map(Some),
        Looks::Like(Format::Xml) => of_xml(&text).map(Some),
        Looks::Like(_) | Looks::Plain | Looks::Zip | Looks::Other(..) => Ok(None),
    }
}

fn of_json(text: &str) -> Result<Outline, FormatError> {
    let document: &RawValue =
        serde_json::from_str(text).map_err(|error| json::broken(&error, 0))?;
    let mut places = Vec::new();
    let mut within = BTreeMap::new();
    arrays(document, &mut Vec::new(), (&mut places, &mut within))?;
    Ok(Outline {
        format: Format::Json,
        places,
        within: within.into_values().collect(),
    })
}

/// Finds the arrays within a row, by their paths from the top.
fn lists(
    value: &RawValue,
    path: &mut Vec<String>,
    within: &mut BTreeMap<Vec<String>, RowPlace>,
) -> Result<(), FormatError> {
    let text = value.get();
    let read = |error: serde_json::Error| json::broken(&error, 0);
    if path.len() >= DEPTH_MAX || within.len() >= PATHS_MAX {
        return Ok(());
    }
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(read)?;
        let place = within.entry(path.clone()).or_default();
        place.path.clone_from(path);
        place.rows += elements.len() as u64;
        place.repeats |= elements.len() > 1;
        for element in elements {
            lists(element, path, within)?;
        }
    } else if text.starts_with('{') {
        let Members(members) = serde_json::from_str(text).map_err(read)?;
        for (key, member) in members {
            path.push(key);
            lists(member, path, within)?;
            path.pop();
        }
    }
    Ok(())
}

/// Finds arrays of objects below objects, and apart from them what arrays stand within those objects.
fn arrays(
    value: &RawValue,
    path: &mut Vec<String>,
    (places, within): (&mut Vec<RowPlace>, &mut BTreeMap<Vec<String>, RowPlace>),
) -> Result<(), FormatError> {
    let text = value.get();
    let read = |error: serde_json::Error| json::broken(&error, 0);
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(read)?;
        let is_object = |element: &&RawValue| element.get().starts_with('{');
        if elements.is_empty() || !elements.iter().all(is_object) {
            return Ok(());
        }
        let mut keys = BTreeSet::new();
        for element in elements.iter().take(ELEMENTS_MAX) {
            let Members(members) = serde_json::from_str(element.get()).map_err(read)?;
            for (key, member) in members {
                path.push(key);
                lists(member, path, within)?;
                keys.extend(path.pop());
            }
        }
        places.push(RowPlace {
            path: path.clone(),
            rows: elements.len() as u64,
            parts: keys.len(),
            repeats: elements.len() > 1,
        });
    } else if text.starts_with('{') && path.len() < DEPTH_MAX && places.len() < PATHS_MAX {
        let Members(members) = serde_json::from_str(text).map_err(read)?;
        for (key, member) in members {
            path.push(key);
            arrays(member, path, (&mut *places, &mut *within))?;
            path.pop();
        }
    }
    Ok(())
}

fn of_xml(text: &str) -> Result<Outline, FormatError> {
    let mut walk = Walk::new(text, &[]);
    // The order in which paths were first met, and what was met there.
    let mut order: Vec<Vec<String>> = Vec::new();
    let mut met: BTreeMap<Vec<String>, RowPlace> = BTreeMap::new();
    let mut leaves: BTreeSet<Vec<String>> = BTreeSet::new();
    // How often each name was met in the elements that have not ended.
    let mut beside: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new()];
    loop {
        match walk.step()? {
            Step::Open(attributes) => {
                let path = walk.path().to_vec();
                for (name, _) in attributes {
                    let attribute = path.iter().cloned().chain([format!("@{name}")]);
                    leaves.insert(attribute.collect());
                }
                let seen = beside
                    .last_mut()
                    .zip(path.last())
                    .map_or(0, |(names, name)| {
                        let seen = names.entry(name.clone()).or_default();
                        *seen += 1;
                        *seen
                    });
                if !met.contains_key(&path) {
                    order.push(path.clone());
                }
                let place = met.entry(path).or_default();
                place.rows += 1;
                place.repeats |= seen > 1;
                beside.push(BTreeMap::new());
            }
            Step::Close(own) => {
                beside.pop();
                if own.value().is_some() {
                    leaves.insert(walk.path().to_vec());
                }
            }
            Step::End => break,
        }
        if order.len() > PATHS_MAX || leaves.len() > PATHS_MAX {
            return Err(FormatError::TooLarge {
                what: format!("more than {PATHS_MAX} different elements: this is no list"),
            });
        }
    }
    let mut places = Vec::new();
    for path in order {
        let parts = leaves
            .iter()
            .filter(|leaf| leaf.len() > path.len() && leaf.starts_with(&path))
            .count();
        let place = met.remove(&path).unwrap_or_default();
        places.push(RowPlace {
            path,
            parts,
            ..place
        });
    }
    Ok(Outline {
        format: Format::Xml,
        places,
        within: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Format, outline};
    use crate::format::error::FormatError;

    fn places(text: &str) -> Vec<(String, u64, usize, bool)> {
        let outline = outline(text.as_bytes()).unwrap().unwrap();
        let separator = if outline.format == Format::Xml {
            "/"
        } else {
            "."
        };
        let places = outline.places.into_iter();
        places
            .map(|place| {
                (
                    place.path.join(separator),
                    place.rows,
                    place.parts,
                    place.repeats,
                )
            })
            .collect()
    }

    #[test]
    fn lists_arrays_of_objects_below_objects() {
        let text =
            r#"{"a": {"rows": [{"x": 1}, {"y": {"z": [{"q": 1}]}}], "no": [1, 2], "none": []}}"#;
        assert_eq!(places(text), [("a.rows".to_owned(), 2, 2, true)]);
        assert_eq!(places(r#"[{"x": 1}]"#), [(String::new(), 1, 1, false)]);
    }

    #[test]
    fn lists_the_arrays_within_rows_apart() {
        let text = r#"[{"no": 1, "charges": ["A"], "case": {"counts": [{"x": 1}, {"x": 2}]}},
                       {"no": 2, "charges": ["B", "C"]}]"#;
        let outline = outline(text.as_bytes()).unwrap().unwrap();
        let within: Vec<_> = outline
            .within
            .iter()
            .map(|place| (place.path.join("."), place.rows, place.repeats))
            .collect();
        let expected = [("case.counts", 2, true), ("charges", 3, true)];
        assert_eq!(
            within,
            expected.map(|(path, rows, repeats)| (path.to_owned(), rows, repeats))
        );
        assert_eq!(outline.places.len(), 1);
    }

    #[test]
    fn lists_elements_with_what_they_hold() {
        let text = "<?xml version='1.0'?><n:a xmlns:n='u'><n:b id='1'><n:c>1</n:c></n:b><n:b><d/></n:b></n:a>";
        let expected = [
            ("a", 1, 3, false),
            ("a/b", 2, 3, true),
            ("a/b/c", 1, 0, false),
            ("a/b/d", 1, 0, false),
        ];
        assert_eq!(
            places(text),
            expected.map(|(path, rows, parts, repeats)| (path.to_owned(), rows, parts, repeats))
        );
    }

    #[test]
    fn looks_at_nested_documents_only_and_at_whole_ones() {
        for other in [
            "no,name\n1,SAMPLE\n",
            "{\"a\": 1}\n{\"a\": 2}\n",
            "<table></table>",
        ] {
            assert_eq!(outline(other.as_bytes()).unwrap(), None, "{other}");
        }
        for cut in [r#"{"a": [{"x": 1}"#, "<?xml version='1.0'?><a><b>"] {
            let refused = outline(cut.as_bytes()).unwrap_err();
            assert!(
                matches!(refused, FormatError::Cut { .. }),
                "{cut}: {refused}"
            );
        }
    }
}
