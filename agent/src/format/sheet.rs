//! Excel workbooks: the first visible sheet, or the one that is named. Numbers and dates are written
//! as people write them: whole numbers without decimals, dates as ISO.

use std::io::Cursor;

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, Sheet, SheetType, SheetVisible};
use calamine::{ExcelDateTimeType, Xls, Xlsx};

use quick_xml::events::Event;

use super::error::FormatError;
use super::grid::Grid;
use super::layout::{Choice, Format, Layout, Place};
use super::packed::Packed;
use super::{biff, ole, zipped};

/// Columns of the widest sheet that is read.
const COLUMNS_MAX: u32 = 1024;

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;

/// Reads a workbook.
pub(super) fn read(
    bytes: &[u8],
    format: Format,
    layout: &Layout,
) -> Result<(Packed, Vec<String>), FormatError> {
    let read = if format == Format::Xls {
        read_xls
    } else {
        read_xlsx
    };
    // The library counts on what a workbook says of itself. One that lies must not stop the agent,
    // which would then start again and read it again.
    std::panic::catch_unwind(|| read(bytes, layout)).unwrap_or_else(|_| Err(unreadable(0)))
}

fn read_xlsx(bytes: &[u8], layout: &Layout) -> Result<(Packed, Vec<String>), FormatError> {
    zipped::check(bytes, check_strings)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable(0))?;
    let sheet = choose(workbook.sheets_metadata(), &layout.sheet)?;
    let mut rows = Rows::new(layout, Format::Xlsx);
    let mut cells = workbook
        .worksheet_cells_reader(&sheet)
        .map_err(|_| unreadable(0))?;
    while let Some((cell, style)) = cells
        .next_cell_with_style_id()
        .map_err(|_| unreadable(rows.number))?
    {
        let format = cells
            .styles()
            .get(style)
            .and_then(|style| style.number_format.as_ref())
            .map(|format| format.format_code.as_str());
        let text = text(cell.get_value(), format, &mut rows.errors);
        rows.put(cell.get_position(), text)?;
    }
    rows.finish(&sheet)
}

fn read_xls(bytes: &[u8], layout: &Layout) -> Result<(Packed, Vec<String>), FormatError> {
    let streams = ole::workbooks(bytes)?;
    streams.iter().try_for_each(|stream| biff::check(stream))?;
    drop(streams);
    let mut workbook: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|_| unreadable(0))?;
    let sheet = choose(workbook.sheets_metadata(), &layout.sheet)?;
    let range = workbook
        .worksheet_range(&sheet)
        .map_err(|_| unreadable(0))?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut rows = Rows::new(layout, Format::Xls);
    for (row, column, value) in range.used_cells() {
        let place = |within: usize, first: u32| {
            u32::try_from(within)
                .ok()
                .and_then(|within| first.checked_add(within))
        };
        let (Some(row), Some(column)) = (place(row, first_row), place(column, first_column)) else {
            return Err(unreadable(rows.number));
        };
        let text = text(&referred(value), None, &mut rows.errors);
        rows.put((row, column), text)?;
    }
    rows.finish(&sheet)
}

/// Checks that a workbook has no fewer strings than it claims: the library that reads them sets memory
/// aside for as many. A string takes five bytes at least, as `<si/>`.
fn check_strings(name: &str, size: u64, beginning: &[u8]) -> Result<(), FormatError> {
    if !name.to_ascii_lowercase().ends_with("sharedstrings.xml") {
        return Ok(());
    }
    let text = String::from_utf8_lossy(beginning);
    let mut reader = quick_xml::Reader::from_str(&text);
    loop {
        match reader.read_event().map_err(|_| unreadable(0))? {
            Event::Start(start) | Event::Empty(start) => {
                let mut attributes = start.attributes();
                let mut attributes = attributes.with_checks(false).filter_map(Result::ok);
                let claimed = attributes.find(|a| a.key.local_name().as_ref() == "uniqueCount");
                let claimed = claimed.and_then(|claimed| claimed.value.trim().parse::<u64>().ok());
                return match claimed {
                    Some(claimed) if claimed > size / 5 => Err(unreadable(0)),
                    Some(_) | None => Ok(()),
                };
            }
            Event::Decl(_)
            | Event::Text(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
            Event::End(_) | Event::CData(_) | Event::GeneralRef(_) | Event::Eof => {
                return Err(unreadable(0));
            }
        }
    }
}

const fn unreadable(row: u64) -> FormatError {
    FormatError::malformed(Place::Row, row, "the workbook is not readable")
}

fn choose(sheets: &[Sheet], choice: &Choice) -> Result<String, FormatError> {
    let mut sheets = sheets.iter().filter(|s| s.typ == SheetType::WorkSheet);
    let names: Vec<&str> = sheets.clone().map(|sheet| sheet.name.as_str()).collect();
    let found = match choice {
        Choice::First => sheets.find(|sheet| sheet.visible == SheetVisible::Visible),
        Choice::Number(number) => sheets.nth(number.saturating_sub(1)),
        Choice::Named(name) => sheets.find(|s| s.name.trim().eq_ignore_ascii_case(name.trim())),
    };
    found.map(|sheet| sheet.name.clone()).ok_or_else(|| {
        let names = names.join(", ");
        FormatError::missing(match choice {
            Choice::First => format!("no sheet of the workbook is visible: it has {names}"),
            Choice::Number(number) => {
                format!("[excel] sheet names sheet {number}, and the workbook has {names}")
            }
            Choice::Named(name) => {
                format!("[excel] sheet names {name:?}, and the workbook has {names}")
            }
        })
    })
}

/// Cells that are gathered into rows.
struct Rows<'a> {
    grid: Grid<'a>,
    /// The row that is being gathered, counted from 1; 0 before the first.
    number: u64,
    cells: Vec<String>,
    errors: u64,
}

impl<'a> Rows<'a> {
    fn new(layout: &'a Layout, format: Format) -> Self {
        Self {
            grid: Grid::new(layout, format),
            number: 0,
            cells: Vec::new(),
            errors: 0,
        }
    }

    fn put(&mut self, (row, column): (u32, u32), text: String) -> Result<(), FormatError> {
        let number = u64::from(row) + 1;
        if number < self.number {
            let reason = "its rows are out of order";
            return Err(FormatError::malformed(Place::Row, number, reason));
        }
        if number > self.number {
            self.end_row()?;
            self.number = number;
        }
        if text.is_empty() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(FormatError::TooLarge {
                what: format!("row {number}: the sheet has more than {COLUMNS_MAX} columns"),
            });
        }
        let column = usize::try_from(column).unwrap_or_default();
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = text;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), FormatError> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        self.grid.row(self.number, cells)
    }

    fn finish(mut self, sheet: &str) -> Result<(Packed, Vec<String>), FormatError> {
        self.end_row()?;
        let (packed, mut remarks) = self.grid.finish().map_err(|error| {
            if let FormatError::NoRows { frame } = error {
                let frame = format!("sheet {sheet}: {frame}");
                return FormatError::NoRows { frame };
            }
            error
        })?;
        if self.errors > 0 {
            remarks.push(format!(
                "{} cells hold an Excel error (such as #N/A) and were left empty",
                self.errors
            ));
        }
        Ok((packed, remarks))
    }
}

fn referred(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(is) => DataRef::Bool(*is),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

fn text(value: &DataRef<'_>, format: Option<&str>, errors: &mut u64) -> String {
    match value {
        DataRef::Int(number) => padded(number.to_string(), format),
        DataRef::Float(number) => padded(number.to_string(), format),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(is) => is.to_string(),
        DataRef::DateTime(at) => moment(at),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) => {
            *errors += 1;
            String::new()
        }
        DataRef::Empty => String::new(),
    }
}

/// Writes a number with the leading zeros of its format, such as `0000000`: so it is read and quoted.
fn padded(digits: String, format: Option<&str>) -> String {
    let zeros = format.filter(|format| format.bytes().all(|c| c == b'0'));
    match zeros {
        Some(zeros) if digits.bytes().all(|c| c.is_ascii_digit()) && zeros.len() < 32 => {
            format!("{digits:0>width$}", width = zeros.len())
        }
        Some(_) | None => digits,
    }
}

fn moment(at: &ExcelDateTime) -> String {
    // A moment is a fraction of days: the second that was meant is the nearest one.
    let serial = (at.as_f64() * DAY_S).round() / DAY_S;
    if at.is_duration() {
        return serial.to_string();
    }
    let (year, month, day, hour, minute, second, _) = rounded(at, serial).to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if (0.0..1.0).contains(&serial) {
        return time;
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    if time == "00:00:00" {
        day
    } else {
        format!("{day} {time}")
    }
}

/// Returns the same moment at its nearest second, with the workbook's own first year.
fn rounded(at: &ExcelDateTime, serial: f64) -> ExcelDateTime {
    let first_day = ExcelDateTime::new(at.as_f64(), ExcelDateTimeType::DateTime, false);
    let is_1904 = first_day.to_ymd_hms_milli() != at.to_ymd_hms_milli();
    ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, is_1904)
}
