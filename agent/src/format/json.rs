//! JSON: an array of objects, at the top or under declared keys, or one object a line. A nested value
//! is a column by its keys with dots between; several values of one column in one row are joined, but for
//! those of its charges, each of which stays with its own.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::csv::CsvError;
use super::error::FormatError;
use super::layout::{Format, Layout, Place};
use super::packed::Packed;

/// How deep a row may be nested.
const DEPTH_MAX: usize = 32;

/// Reads a document.
pub(super) fn read(text: &str, layout: &Layout) -> Result<Packed, FormatError> {
    let rows = rows(text, layout)?;
    let mut packed = Packed::new(&layout.wanted);
    for (number, row) in (1..).zip(rows) {
        add(&mut packed, row, layout, (Place::Element, number))?;
    }
    packed.finish(layout, "the array is empty")
}

/// Reads one object a line.
pub(super) fn read_lines(text: &str, layout: &Layout) -> Result<Packed, FormatError> {
    if layout.csv.final_newline_required && !text.ends_with('\n') {
        return Err(CsvError::Unterminated.into());
    }
    let mut packed = Packed::new(&layout.wanted);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let row: &RawValue = serde_json::from_str(line).map_err(|error| broken(&error, number))?;
        add(
            &mut packed,
            row,
            layout,
            (Format::JsonLines.place(), number),
        )?;
    }
    packed.finish(layout, "no line holds an object")
}

/// Finds the array under its keys; the whole document is looked at, so that a cut one is refused.
fn rows<'a>(text: &'a str, layout: &Layout) -> Result<Vec<&'a RawValue>, FormatError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Under {
        keys: &layout.json_rows,
    };
    let found = seed
        .deserialize(&mut deserializer)
        .and_then(|found| deserializer.end().map(|()| found))
        .map_err(|error| {
            if error.is_data() {
                nothing_there(&layout.json_rows)
            } else {
                broken(&error, 0)
            }
        })?;
    found.ok_or_else(|| nothing_there(&layout.json_rows))
}

fn nothing_there(keys: &[String]) -> FormatError {
    FormatError::missing(if keys.is_empty() {
        "the document is no array of rows: name the keys above the array in [json] rows, such as \
         \"data.inmates\""
            .to_owned()
    } else {
        format!(
            "there is no array of rows under {:?}, which [json] rows names",
            keys.join(".")
        )
    })
}

/// Says where JSON is broken. Its own message stays out: it may quote a value.
pub(super) fn broken(error: &serde_json::Error, line: u64) -> FormatError {
    let line = if line > 0 { line } else { error.line() as u64 };
    if error.is_eof() {
        return FormatError::cut(format!("line {line}: the JSON does not end"));
    }
    let reason = if error.is_data() {
        "not an object"
    } else {
        "not readable as JSON"
    };
    FormatError::malformed(Place::Line, line, reason)
}

/// Goes down the keys to an array, whose elements are kept as they are written.
struct Under<'k> {
    keys: &'k [String],
}

impl<'de> DeserializeSeed<'de> for Under<'_> {
    type Value = Option<Vec<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.keys.is_empty() {
            deserializer.deserialize_seq(self)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

impl<'de> Visitor<'de> for Under<'_> {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(row) = rows.next_element()? {
            all.push(row);
        }
        Ok(Some(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            match self.keys.split_first() {
                Some((first, keys)) if *first == key => {
                    found = map.next_value_seed(Under { keys })?;
                }
                Some(_) | None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

fn add(
    packed: &mut Packed,
    row: &RawValue,
    layout: &Layout,
    (place, number): (Place, u64),
) -> Result<(), FormatError> {
    if !row.get().starts_with('{') {
        return Err(FormatError::malformed(place, number, "not an object"));
    }
    let mut flat = Flat {
        packed,
        charges: layout.charges.as_deref(),
        charge: None,
        depth: 0,
    };
    flat.value("", row)
        .map_err(|error| error.at(place, number))?;
    packed.end_row(number)
}

/// Why a row could not be laid flat.
enum Flaw {
    Deep,
    Broken,
    Other(FormatError),
}

impl Flaw {
    fn at(self, place: Place, number: u64) -> FormatError {
        match self {
            Self::Deep => FormatError::malformed(place, number, "nested too deeply"),
            Self::Broken => FormatError::malformed(place, number, "not readable as JSON"),
            Self::Other(error) => error,
        }
    }
}

struct Flat<'p> {
    packed: &'p mut Packed,
    /// Where the charges of a row stand.
    charges: Option<&'p str>,
    /// The place of the charge whose values are met.
    charge: Option<usize>,
    depth: usize,
}

impl Flat<'_> {
    fn value(&mut self, path: &str, value: &RawValue) -> Result<(), Flaw> {
        let is_list = value.get().starts_with('[');
        // Whatever stands there and is no list of them is a charge.
        let is_there = self.charges.is_some_and(|at| at.eq_ignore_ascii_case(path));
        if is_list || self.charge.is_some() || !is_there {
            return self.part(path, value);
        }
        self.charge = Some(self.packed.next_place());
        let done = self.part(path, value);
        self.charge = None;
        done
    }

    fn part(&mut self, path: &str, value: &RawValue) -> Result<(), Flaw> {
        let text = value.get();
        if self.depth > DEPTH_MAX {
            return Err(Flaw::Deep);
        }
        self.depth += 1;
        match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(|_| Flaw::Broken)?;
                for (key, member) in members {
                    if path.is_empty() {
                        self.value(&key, member)?;
                    } else {
                        self.value(&format!("{path}.{key}"), member)?;
                    }
                }
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> =
                    serde_json::from_str(text).map_err(|_| Flaw::Broken)?;
                // A column that is empty in every row is still a column.
                if elements.is_empty() {
                    self.put(path, "")?;
                }
                for element in elements {
                    self.value(path, element)?;
                }
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(text).map_err(|_| Flaw::Broken)?;
                self.put(path, &text)?;
            }
            Some(b'n') | None => self.put(path, "")?,
            Some(b't' | b'f') => self.put(path, text)?,
            Some(_) => self.put(path, whole(text))?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn put(&mut self, path: &str, text: &str) -> Result<(), Flaw> {
        let column = self.packed.column(path).map_err(Flaw::Other)?;
        match self.charge {
            Some(place) => self.packed.put_at(column, place, text),
            None => self.packed.put(column, text),
        }
        Ok(())
    }
}

/// Writes a whole number without decimals: a table that once held an empty cell has `17.0` for `17`.
fn whole(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

/// The members of an object as they are written, in their order.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
