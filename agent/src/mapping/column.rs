//! How columns fill a field: one column under any of its names, the first of several that holds
//! anything, several that are joined, or a date and a time that stand apart.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::document::Aliases;

/// How several columns fill one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The first that holds anything speaks.
    First,
    /// All that hold anything are joined by this text.
    Join(String),
    /// The first holds the date and the second the time.
    DateTime,
}

/// Several columns that fill one field, each with the names that it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// How they fill it.
    pub how: How,
    /// The columns.
    pub columns: Vec<Vec<String>>,
}

/// What a profile gives a field, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ColumnDocument {
    /// One column under any of these names.
    Names(Vec<String>),
    /// Several columns.
    Parts(Parts),
}

impl ColumnDocument {
    /// Writes every column name in another way.
    pub(super) fn rename(&mut self, rename: impl Fn(&str) -> String) {
        let names = match self {
            Self::Names(names) => std::slice::from_mut(names),
            Self::Parts(parts) => parts.columns.as_mut_slice(),
        };
        for name in names.iter_mut().flatten() {
            *name = rename(name);
        }
    }

    /// Returns every column name in it.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Names(names) => names.clone(),
            Self::Parts(parts) => parts.columns.iter().flatten().cloned().collect(),
        }
    }
}

const KEYS: [&str; 5] = ["first", "join", "with", "date", "time"];

impl<'de> Deserialize<'de> for ColumnDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor;

        impl<'de> Visitor<'de> for ColumnVisitor {
            type Value = ColumnDocument;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(
                    "a column's name, a list of the names that it may have, { first = [...] }, \
                     { join = [...], with = \" \" } or { date = ..., time = ... }",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnDocument, E> {
                Ok(ColumnDocument::Names(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut names: A,
            ) -> Result<ColumnDocument, A::Error> {
                let mut aliases = Vec::new();
                while let Some(name) = names.next_element()? {
                    aliases.push(name);
                }
                Ok(ColumnDocument::Names(aliases))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnDocument, A::Error> {
                parts(map).map(ColumnDocument::Parts)
            }
        }

        deserializer.deserialize_any(ColumnVisitor)
    }
}

fn parts<'de, A: MapAccess<'de>>(mut map: A) -> Result<Parts, A::Error> {
    let (mut first, mut join): (Option<Vec<Aliases>>, Option<Vec<Aliases>>) = (None, None);
    let (mut with, mut date, mut time): (Option<String>, Option<Aliases>, Option<Aliases>) =
        (None, None, None);
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "first" => first = Some(map.next_value()?),
            "join" => join = Some(map.next_value()?),
            "with" => with = Some(map.next_value()?),
            "date" => date = Some(map.next_value()?),
            "time" => time = Some(map.next_value()?),
            other => return Err(de::Error::unknown_field(other, &KEYS)),
        }
    }
    let columns = |columns: Vec<Aliases>| columns.into_iter().map(|names| names.0).collect();
    let parts = match (first, join, with, date, time) {
        (Some(first), None, None, None, None) => Parts {
            how: How::First,
            columns: columns(first),
        },
        (None, Some(join), with, None, None) => Parts {
            how: How::Join(with.unwrap_or_else(|| " ".to_owned())),
            columns: columns(join),
        },
        (None, None, None, Some(date), Some(time)) => Parts {
            how: How::DateTime,
            columns: vec![date.0, time.0],
        },
        _ => {
            return Err(de::Error::custom(
                "write { first = [...] }, { join = [...], with = \" \" } or { date = ..., time = ... }",
            ));
        }
    };
    if parts.columns.iter().any(Vec::is_empty) || parts.columns.is_empty() {
        return Err(de::Error::custom("a column has no name"));
    }
    Ok(parts)
}
