//! XML: each element at a declared path is a row, and each text or attribute below it a column, named
//! by the local names on the way. NIEM's references by id are followed.

mod element;

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::error::FormatError;
use super::layout::{Layout, Place};
use super::packed::Packed;
use element::{Element, Following, Part, joined};

/// How deep elements may be nested.
const DEPTH_MAX: usize = 128;

/// The attribute with which an element refers to another.
const REFERENCE: &str = "ref";

/// Values above rows that are kept.
const ABOVE_MAX: usize = 1_000;

/// Values that one row may get by references: a few that refer to one another make very many.
const FOLLOWED_MAX: usize = 10_000;

/// Bytes of all elements that others refer to.
const TARGET_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a document.
pub(super) fn read(text: &str, layout: &Layout) -> Result<Packed, FormatError> {
    // The whole document is looked at before any row is, for what rows refer to.
    let charges = layout.charges.as_deref();
    let wanted = Walk::new(text, &layout.xml_row).references()?;
    let targets = if wanted.is_empty() {
        BTreeMap::new()
    } else {
        Walk::of_charges(text, layout).targets(&wanted)?
    };
    let mut walk = Walk::of_charges(text, layout);
    let mut packed = Packed::new(&layout.wanted);
    while let Some((line, row)) = walk.next_row()? {
        let mut following = Following {
            targets: &targets,
            charges,
            packed: &mut packed,
            left: FOLLOWED_MAX,
        };
        following.put(&row, "", (0, None))?;
        packed.end_row(line)?;
    }
    let path = layout.xml_row.join("/");
    match walk.root.as_deref() {
        None => Err(FormatError::cut("the document has no element")),
        Some(root) if layout.xml_row.first().is_none_or(|first| first != root) => {
            Err(FormatError::missing(format!(
                "the document begins with {root}, and [xml] row names {path}: this is another kind \
                 of document"
            )))
        }
        Some(_) => packed.finish(layout, &format!("no element {path}, which [xml] row names")),
    }
}

/// An element's own text.
#[derive(Debug, Default)]
pub(super) struct Own {
    text: String,
    has_child: bool,
}

impl Own {
    /// Returns it, unless it is only the space between children.
    pub(super) fn value(&self) -> Option<&str> {
        let text = self.text.trim();
        (!text.is_empty() || !self.has_child).then_some(text)
    }
}

/// What a step came upon.
pub(super) enum Step {
    /// An element began: it is the last on the path.
    Open(Vec<(String, String)>),
    /// An element ended: it is still the last on the path.
    Close(Own),
    End,
}

/// A walk through a document.
pub(super) struct Walk<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    row: &'a [String],
    /// Where the charges of a row stand.
    charges: Option<&'a str>,
    root: Option<String>,
    /// Local names from the root to here.
    path: Vec<String>,
    own: Vec<Own>,
    is_closing: bool,
    /// Values that stand above the rows, with the depth of the element that they hold for.
    above: Vec<(usize, String, String)>,
    /// How far lines are counted, and the line there.
    counted: (usize, u64),
}

impl<'a> Walk<'a> {
    /// Begins at the top of a document whose rows stand at a path.
    pub(super) fn new(text: &'a str, row: &'a [String]) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            text,
            row,
            charges: None,
            root: None,
            path: Vec::new(),
            own: Vec::new(),
            is_closing: false,
            above: Vec::new(),
            counted: (0, 1),
        }
    }

    /// Begins where it is known how rows and their charges stand.
    fn of_charges(text: &'a str, layout: &'a Layout) -> Self {
        Self {
            charges: layout.charges.as_deref(),
            ..Self::new(text, &layout.xml_row)
        }
    }

    /// Returns the local names from the root to here.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    /// Returns what elements refer to.
    fn references(&mut self) -> Result<BTreeSet<String>, FormatError> {
        let mut references = BTreeSet::new();
        loop {
            match self.step()? {
                Step::Open(attributes) => {
                    let found = attributes.into_iter().filter(|(name, _)| name == REFERENCE);
                    references.extend(found.map(|(_, id)| id));
                }
                Step::Close(_) => {}
                Step::End => return Ok(references),
            }
        }
    }

    /// Gathers the elements that others refer to.
    fn targets(
        &mut self,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Element>, FormatError> {
        let mut targets = BTreeMap::new();
        // Those that have not ended, with their depth.
        let mut open: Vec<(usize, String, Element)> = Vec::new();
        let mut bytes = 0;
        loop {
            match self.step()? {
                Step::Open(attributes) => {
                    let id = attributes.iter().find(|(name, _)| name == "id");
                    if let Some((_, id)) = id.filter(|(_, id)| wanted.contains(id)) {
                        open.push((self.path.len(), id.clone(), Element::default()));
                    }
                    for (depth, _, element) in &mut open {
                        element.open(&below(&self.path, *depth), &attributes, self.charges);
                    }
                }
                Step::Close(own) => {
                    for (depth, _, element) in &mut open {
                        element.close(below(&self.path, *depth), &own);
                    }
                    let here = self.path.len();
                    if let Some((_, id, element)) = open.pop_if(|(depth, ..)| *depth == here) {
                        bytes += element.bytes();
                        targets.entry(id).or_insert(element);
                    }
                }
                Step::End => return Ok(targets),
            }
            if bytes > TARGET_BYTES_MAX {
                return Err(FormatError::TooLarge {
                    what: "too much is referred to by id".to_owned(),
                });
            }
        }
    }

    /// Reads the next row, and the line on which it begins.
    fn next_row(&mut self) -> Result<Option<(u64, Element)>, FormatError> {
        let mut row: Option<(u64, Element)> = None;
        loop {
            match self.step()? {
                Step::Open(attributes) => {
                    if row.is_none() && self.path == self.row {
                        row = Some((self.line(), self.begin_row()));
                    }
                    match &mut row {
                        Some((_, row)) => {
                            row.open(
                                &below(&self.path, self.row.len()),
                                &attributes,
                                self.charges,
                            );
                        }
                        None => self.look_above(|above| above.open("", &attributes, None)),
                    }
                }
                Step::Close(own) => match &mut row {
                    Some((_, element)) => {
                        element.close(below(&self.path, self.row.len()), &own);
                        if self.path.len() == self.row.len() {
                            return Ok(row);
                        }
                    }
                    None => {
                        self.look_above(|above| above.close(String::new(), &own));
                        let depth = self.path.len();
                        self.above.retain(|(holds_for, ..)| *holds_for < depth);
                    }
                },
                Step::End => return Ok(None),
            }
        }
    }

    /// Begins a row with the values above it.
    fn begin_row(&self) -> Element {
        let above = self.above.iter();
        Element {
            parts: above
                .map(|(_, path, value)| Part::Value(path.clone(), value.clone()))
                .collect(),
        }
    }

    /// Keeps the values of an element that is in no row, for the rows after it under the same parent.
    fn look_above(&mut self, look: impl FnOnce(&mut Element)) {
        let pairs = self.path.iter().zip(self.row);
        let shared = pairs.take_while(|(here, row)| here == row).count();
        if self.above.len() >= ABOVE_MAX || shared == 0 {
            return;
        }
        let mut found = Element::default();
        look(&mut found);
        let up = "../".repeat(self.row.len().saturating_sub(shared));
        let here = below(&self.path, shared);
        for part in found.parts {
            if let Part::Value(path, value) = part
                && !value.is_empty()
            {
                let path = format!("{up}{}", joined(&here, &path));
                self.above
                    .push((shared, path.trim_end_matches('/').to_owned(), value));
            }
        }
    }

    /// Goes on to where an element begins or ends.
    pub(super) fn step(&mut self) -> Result<Step, FormatError> {
        if std::mem::take(&mut self.is_closing) {
            self.path.pop();
        }
        loop {
            let event = self.reader.read_event();
            match event.map_err(|error| self.broken(&error))? {
                Event::Start(start) => return self.open(&start).map(Step::Open),
                Event::End(_) => {
                    self.is_closing = true;
                    return Ok(Step::Close(self.own.pop().unwrap_or_default()));
                }
                Event::Text(text) => self.add(&text.xml10_content())?,
                Event::CData(text) => self.add(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().ok().flatten();
                    let named = resolve_predefined_entity(&reference).map(str::to_owned);
                    match character.map(String::from).or(named) {
                        Some(text) => self.add(&text)?,
                        None => return Err(self.malformed("an entity that is not declared")),
                    }
                }
                // An empty element is given as its beginning and its end.
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
                Event::Eof if self.path.is_empty() && self.root.is_some() => return Ok(Step::End),
                Event::Eof => {
                    let name = self.path.last().map_or("the root", String::as_str);
                    return Err(FormatError::cut(format!("the element {name} never ends")));
                }
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, FormatError> {
        if self.path.is_empty() && self.root.is_some() {
            return Err(self.malformed("a second root element"));
        }
        if self.path.len() >= DEPTH_MAX {
            return Err(self.malformed("elements are nested too deeply"));
        }
        let name = start.local_name().as_ref().to_owned();
        if self.path.is_empty() {
            self.root = Some(name.clone());
        }
        if let Some(parent) = self.own.last_mut() {
            parent.has_child = true;
        }
        self.path.push(name);
        self.own.push(Own::default());
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute =
                attribute.map_err(|_| self.malformed("an attribute is not readable"))?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| self.malformed("an attribute is not readable"))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            attributes.push((name, value.into_owned()));
        }
        Ok(attributes)
    }

    fn add(&mut self, text: &str) -> Result<(), FormatError> {
        match self.own.last_mut() {
            Some(own) => own.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(self.malformed("text outside of the root element")),
        }
        Ok(())
    }

    fn line(&mut self) -> u64 {
        let (from, line) = self.counted;
        let here = usize::try_from(self.reader.buffer_position()).unwrap_or(from);
        let passed = self.text.as_bytes().get(from..here).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = (here, line + breaks as u64);
        self.counted.1
    }

    /// Says where XML is broken. The library's own message stays out: it may quote a value.
    fn broken(&mut self, error: &quick_xml::Error) -> FormatError {
        let at_end = match error {
            quick_xml::Error::Syntax(_) => true,
            quick_xml::Error::IllFormed(error) => {
                matches!(error, quick_xml::errors::IllFormedError::MissingEndTag(_))
            }
            quick_xml::Error::Io(_)
            | quick_xml::Error::InvalidAttr(_)
            | quick_xml::Error::Encoding(_)
            | quick_xml::Error::Escape(_)
            | quick_xml::Error::Namespace(_) => false,
        };
        if at_end {
            let line = self.line();
            return FormatError::cut(format!("line {line}: what begins here never ends"));
        }
        self.malformed("not well-formed XML")
    }

    fn malformed(&mut self, reason: &'static str) -> FormatError {
        FormatError::malformed(Place::Line, self.line(), reason)
    }
}

/// Writes a path from an element downwards.
fn below(path: &[String], depth: usize) -> String {
    path.get(depth..).unwrap_or_default().join("/")
}
