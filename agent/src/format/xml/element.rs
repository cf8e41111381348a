//! What stands in one element of XML, and how a row is laid flat: its values, those that it refers to, and
//! each of its charges by itself.

use std::collections::BTreeMap;

use super::{Own, REFERENCE};
use crate::format::error::FormatError;
use crate::format::layout::is_of_charges;
use crate::format::packed::Packed;

/// How many references may lead to one another.
const HOPS_MAX: usize = 8;

/// The column of a row's own text.
const OWN: &str = ".";

/// What stands in one row, or in one element that others refer to, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its parts.
    pub(super) parts: Vec<Part>,
}

/// A part of an element, under its path from there.
#[derive(Debug)]
pub(super) enum Part {
    /// An element begins that may be a charge.
    Begin(String),
    /// A value.
    Value(String, String),
    /// A reference, and to what.
    Reference(String, String),
}

impl Element {
    /// Opens an element in this one; `charges` is where the charges of a row stand.
    pub(super) fn open(
        &mut self,
        path: &str,
        attributes: &[(String, String)],
        charges: Option<&str>,
    ) {
        // In what rows refer to, only the end of the path is known yet.
        if !path.is_empty() && charges.is_some_and(|charges| ends(charges, path)) {
            self.parts.push(Part::Begin(path.to_owned()));
        }
        for (name, value) in attributes {
            let column = joined(path, &format!("@{name}"));
            self.parts.push(Part::Value(column, value.clone()));
            if name == REFERENCE {
                let reference = Part::Reference(path.to_owned(), value.clone());
                self.parts.push(reference);
            }
        }
    }

    pub(super) fn close(&mut self, path: String, text: &Own) {
        if let Some(text) = text.value() {
            self.parts.push(Part::Value(path, text.to_owned()));
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let bytes = |part: &Part| match part {
            Part::Begin(path) => path.len(),
            Part::Value(path, value) | Part::Reference(path, value) => path.len() + value.len(),
        };
        let parts = self.parts.iter();
        parts.map(|part| bytes(part) + size_of::<Part>()).sum()
    }
}

/// Puts a row with everything that it refers to.
pub(super) struct Following<'a> {
    /// What rows refer to, by its id.
    pub(super) targets: &'a BTreeMap<String, Element>,
    /// Where the charges of a row stand.
    pub(super) charges: Option<&'a str>,
    /// Where it is put.
    pub(super) packed: &'a mut Packed,
    /// Values that may still come by references.
    pub(super) left: usize,
}

impl<'a> Following<'a> {
    /// Puts what stands in an element: in the charge at a place, if it is part of one.
    pub(super) fn put(
        &mut self,
        element: &'a Element,
        before: &str,
        (hops, within): (usize, Option<usize>),
    ) -> Result<(), FormatError> {
        let mut references = Vec::new();
        let mut charge = None;
        for part in &element.parts {
            match part {
                Part::Begin(path) => {
                    let here = joined(before, path);
                    let is_charge = self
                        .charges
                        .is_some_and(|at| at.eq_ignore_ascii_case(&here));
                    if is_charge && within.is_none() {
                        charge = Some(self.packed.next_place());
                    }
                }
                Part::Value(path, value) => {
                    if hops > 0 && self.left == 0 {
                        return Ok(());
                    }
                    self.left = self.left.saturating_sub(usize::from(hops > 0));
                    let column = joined(before, path);
                    let place = within.or_else(|| charge.filter(|_| self.is_of_charge(&column)));
                    let column = if column.is_empty() { OWN } else { &column };
                    let column = self.packed.column(column)?;
                    match place {
                        Some(place) => self.packed.put_at(column, place, value),
                        None => self.packed.put(column, value),
                    }
                }
                Part::Reference(path, id) => {
                    let at = joined(before, path);
                    let place = within.or_else(|| charge.filter(|_| self.is_of_charge(&at)));
                    references.push((at, id, place));
                }
            }
        }
        if hops >= HOPS_MAX {
            return Ok(());
        }
        for (at, id, place) in references {
            if let Some(target) = self.targets.get(id) {
                self.put(target, &at, (hops + 1, place))?;
            }
        }
        Ok(())
    }

    /// Says whether something stands in a charge, or is one.
    fn is_of_charge(&self, path: &str) -> bool {
        self.charges
            .is_some_and(|charges| is_of_charges(charges, path))
    }
}

/// Says whether a path ends with another, whatever the case of its names.
fn ends(path: &str, with: &str) -> bool {
    let before = path.len().checked_sub(with.len());
    let end = before.and_then(|before| path.get(before..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(with))
}

/// Writes a path below another.
pub(super) fn joined(before: &str, path: &str) -> String {
    match (before.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => before.to_owned(),
        (false, false) => format!("{before}/{path}"),
    }
}
