//! A table of an HTML page: the first that holds the profile's columns, or one chosen by its number
//! or by the heading above it.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};

use super::error::FormatError;
use super::grid::Grid;
use super::layout::{Choice, Format, Layout, Place};
use super::packed::Packed;

/// Tables within tables.
const DEPTH_MAX: usize = 32;

/// Cells that one cell may span.
const SPAN_MAX: usize = 1000;

/// Cells of the largest page.
const CELLS_MAX: usize = 4_000_000;

/// Bytes of a heading.
const HEADING_BYTES_MAX: usize = 1000;

/// Reads the chosen table of a page.
pub(super) fn read(text: &str, layout: &Layout) -> Result<(Packed, Vec<String>), FormatError> {
    let mut emitter = DefaultEmitter::default();
    // So that a script that writes tags is no table.
    emitter.naively_switch_states(true);
    let mut page = Page::new(layout);
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        page.take(token)?;
        if let Some(table) = page.chosen.take() {
            return table.read(layout);
        }
    }
    if !page.open.is_empty() {
        return Err(FormatError::cut("a table that begins never ends"));
    }
    Err(match &layout.table {
        _ if page.tables == 0 => FormatError::missing(
            "the page holds no table: is it an error page, or a page that a script fills?",
        ),
        Choice::Number(number) => FormatError::missing(format!(
            "the page has {} tables, and [html] table names number {number}",
            page.tables
        )),
        Choice::Named(heading) => FormatError::missing(format!(
            "no table of the page stands below a heading with {heading:?}, which [html] heading \
             names"
        )),
        Choice::First => FormatError::missing(format!(
            "none of the {} tables of the page has the columns of the profile in its first rows",
            page.tables
        )),
    })
}

/// Where in a table text goes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Nowhere.
    #[default]
    Between,
    Caption,
    /// A row that has begun, between its cells.
    Row,
    Cell,
}

#[derive(Debug, Default)]
struct Table {
    number: usize,
    heading: String,
    rows: Vec<Vec<String>>,
    spot: Spot,
    /// Cells of the row that is read, and how many columns they take.
    width: (usize, usize),
    /// The first row with a cell that spans several rows, or several columns beside others.
    spanning: Option<u64>,
}

impl Table {
    fn read(self, layout: &Layout) -> Result<(Packed, Vec<String>), FormatError> {
        if let Some(row) = self.spanning {
            let reason = "a cell spans several rows or columns, which is not read";
            return Err(FormatError::malformed(Place::Row, row, reason));
        }
        let mut grid = Grid::new(layout, Format::Html);
        for (number, row) in (1..).zip(self.rows) {
            grid.row(number, row)?;
        }
        grid.finish()
    }

    fn begin_row(&mut self) {
        self.rows.push(Vec::new());
        self.width = (0, 0);
    }

    fn cell(&mut self) -> Option<&mut String> {
        match self.spot {
            Spot::Cell => self.rows.last_mut().and_then(|row| row.last_mut()),
            Spot::Caption if self.heading.len() < HEADING_BYTES_MAX => Some(&mut self.heading),
            Spot::Caption | Spot::Row | Spot::Between => None,
        }
    }

    fn is_chosen(&self, layout: &Layout) -> bool {
        match &layout.table {
            Choice::First => self
                .rows
                .iter()
                .take(50)
                .any(|row| layout.wanted.is_header(row.iter().map(String::as_str))),
            Choice::Number(number) => self.number == *number,
            Choice::Named(text) => folded(&self.heading).contains(&folded(text)),
        }
    }
}

fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

struct Page<'a> {
    layout: &'a Layout,
    tables: usize,
    open: Vec<Table>,
    heading: String,
    is_in_heading: bool,
    cells: usize,
    chosen: Option<Table>,
}

impl<'a> Page<'a> {
    const fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            tables: 0,
            open: Vec::new(),
            heading: String::new(),
            is_in_heading: false,
            cells: 0,
            chosen: None,
        }
    }

    fn take(&mut self, token: Token) -> Result<(), FormatError> {
        match token {
            Token::StartTag(tag) => self.start(&tag),
            Token::EndTag(tag) => {
                self.end(&tag.name);
                Ok(())
            }
            Token::String(text) => {
                self.write(&String::from_utf8_lossy(&text));
                Ok(())
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => Ok(()),
        }
    }

    fn start(&mut self, tag: &StartTag<()>) -> Result<(), FormatError> {
        let name: &[u8] = &tag.name;
        match name {
            b"table" => {
                if self.open.len() >= DEPTH_MAX {
                    let reason = "tables are nested too deeply";
                    return Err(FormatError::malformed(Place::Row, 0, reason));
                }
                self.tables += 1;
                self.open.push(Table {
                    number: self.tables,
                    heading: self.heading.clone(),
                    ..Table::default()
                });
            }
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                self.heading.clear();
                self.is_in_heading = true;
            }
            _ => {}
        }
        let Some(table) = self.open.last_mut() else {
            return Ok(());
        };
        match name {
            b"caption" => {
                table.heading.clear();
                table.spot = Spot::Caption;
            }
            b"tr" => {
                table.begin_row();
                table.spot = Spot::Row;
            }
            b"td" | b"th" => {
                if !matches!(table.spot, Spot::Row | Spot::Cell) {
                    table.begin_row();
                }
                table.spot = Spot::Cell;
                let width = span(tag, b"colspan").clamp(1, SPAN_MAX);
                table.width = (table.width.0 + 1, table.width.1 + width);
                let is_beside = table.width.0 > 1 && table.width.1 > table.width.0;
                if (is_beside || span(tag, b"rowspan") > 1) && table.spanning.is_none() {
                    table.spanning = Some(table.rows.len() as u64);
                }
                self.cells += width;
                if self.cells > CELLS_MAX {
                    return Err(FormatError::TooLarge {
                        what: format!("the page has more than {CELLS_MAX} cells"),
                    });
                }
                if let Some(row) = table.rows.last_mut() {
                    // The text goes into the last of the cells that it spans.
                    row.extend(std::iter::repeat_n(String::new(), width));
                }
            }
            b"br" | b"p" | b"div" | b"li" => self.write(" "),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &HtmlString) {
        let name: &[u8] = name;
        match name {
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => self.is_in_heading = false,
            b"table" => {
                if let Some(table) = self.open.pop()
                    && table.is_chosen(self.layout)
                {
                    self.chosen = Some(table);
                }
            }
            _ => {}
        }
        let Some(table) = self.open.last_mut() else {
            return;
        };
        match name {
            b"caption" | b"tr" => table.spot = Spot::Between,
            b"td" | b"th" => table.spot = Spot::Row,
            b"p" | b"div" | b"li" => self.write(" "),
            _ => {}
        }
    }

    fn write(&mut self, text: &str) {
        if self.is_in_heading && self.heading.len() < HEADING_BYTES_MAX {
            self.heading.push_str(text);
        }
        if let Some(cell) = self.open.last_mut().and_then(Table::cell) {
            cell.push_str(text);
        }
    }
}

fn span(tag: &StartTag<()>, name: &[u8]) -> usize {
    let value = tag.attributes.get(name);
    let text = value.and_then(|value| std::str::from_utf8(value).ok());
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(1)
}
