//! Files of every format, made by code: what is read from them, and that nothing cut or damaged is
//! taken for whole.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use zip::write::SimpleFileOptions;

use super::csv::CsvError;
use super::error::FormatError;
use super::layout::{Layout, Wanted};
use super::open::open;
use crate::mapping::profile::Profile;

/// A made workbook of the old kind: a hidden sheet, a title above the header, text and dates.
const OLD_WORKBOOK: &[u8] = include_bytes!("samples/roster.xls");

const COLUMNS: &str = "[columns]\nrecord_number = ['Booking No', 'no']\nname = 'name'\n\
                       booked_at = 'booked'\nstatus = 'status'\ncharge_text = 'charge'\n";

/// Checks a profile with these settings of its file, and returns its layout.
fn layout_with(settings: &str, sections: &str) -> Layout {
    let text = format!(
        "name = 'p'\nkind = 'custody'\nmode = 'roster'\nzone = 'America/Chicago'\n\
         optional = ['name', 'booked_at', 'status', 'charge_text']\n{settings}\n{COLUMNS}{sections}"
    );
    Profile::parse(&text)
        .unwrap_or_else(|error| panic!("{error}"))
        .layout
}

fn layout(settings: &str) -> Layout {
    layout_with(settings, "")
}

/// A row: its number, and its cells under the columns that are taken.
type Row = (u64, Vec<Option<String>>);

struct File {
    columns: Vec<String>,
    rows: Vec<Row>,
    remarks: Vec<String>,
}

impl File {
    /// Returns a column's cells.
    fn column(&self, name: &str) -> Vec<String> {
        let mut names = self.columns.iter();
        let place = names.position(|column| column == name);
        let place = place.unwrap_or_else(|| panic!("{name} is not in {:?}", self.columns));
        let cell = |(_, cells): &Row| cells[place].clone().unwrap_or_default();
        self.rows.iter().map(cell).collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.rows.iter().map(|(number, _)| *number).collect()
    }
}

fn read(bytes: &[u8], layout: &Layout) -> Result<File, FormatError> {
    let mut opened = open(bytes, layout)?;
    let mut rows = opened.rows()?;
    let columns = rows.columns().to_vec();
    let mut all = Vec::new();
    while let Some((number, cells)) = rows.next_row()? {
        let cells = (0..columns.len()).map(|place| cells.cell(place).map(str::to_owned));
        all.push((number, cells.collect()));
    }
    Ok(File {
        columns,
        rows: all,
        remarks: rows.remarks().to_vec(),
    })
}

fn good(bytes: &[u8], layout: &Layout) -> File {
    read(bytes, layout).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(bytes: &[u8], layout: &Layout) -> FormatError {
    match read(bytes, layout) {
        Err(error) => error,
        Ok(file) => panic!("{} rows were taken", file.rows.len()),
    }
}

fn said(bytes: &[u8], layout: &Layout) -> String {
    refused(bytes, layout).to_string()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in entries {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn csv_text() -> Vec<u8> {
    b"Booking No,Name,Status\n0017,\"SAMPLE, AVERY\",IN\n18,\"SAMPLE, BLAIR\",IN\n".to_vec()
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let notes = book.add_worksheet();
    notes.set_name("Notes").unwrap().set_hidden(true);
    notes.write(0, 0, "nothing").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Roster").unwrap().set_active(true);
    sheet.write(0, 0, "Sample County jail roster").unwrap();
    for (column, name) in (0..).zip(["Booking No", "Name", "Booked", "Status", "Charge"]) {
        sheet.write(2, column, name).unwrap();
    }
    let moment = CellFormat::new().set_num_format("mm/dd/yyyy hh:mm");
    let day = CellFormat::new().set_num_format("mm/dd/yyyy");
    let padded = CellFormat::new().set_num_format("0000");
    sheet.write(3, 0, "0017").unwrap();
    sheet.write(3, 1, "SAMPLE, AVERY").unwrap();
    let at = ExcelDateTime::from_ymd(2026, 6, 1).unwrap();
    sheet
        .write_with_format(3, 2, at.and_hms(8, 30, 0).unwrap(), &moment)
        .unwrap();
    sheet.write(3, 3, "IN").unwrap();
    sheet.write(4, 0, 18).unwrap();
    let at = ExcelDateTime::from_ymd(2026, 6, 1).unwrap();
    sheet
        .write_with_format(4, 2, at.and_hms(23, 59, 59).unwrap(), &moment)
        .unwrap();
    sheet.write_with_format(5, 0, 19, &padded).unwrap();
    let at = ExcelDateTime::from_ymd(2026, 6, 2).unwrap();
    sheet.write_with_format(5, 2, &at, &day).unwrap();
    sheet.write(5, 4, 2.5).unwrap();
    sheet.write(7, 0, "Total: 3").unwrap();
    book.save_to_buffer().unwrap()
}

fn page() -> Vec<u8> {
    b"<!DOCTYPE html><html><head><script>var t = '<table><tr><td>x</td></tr></table>';</script>\
      </head><body><table><tr><td>Menu</td></tr></table><h2>Released today</h2>\
      <table><tr><th>Booking No<th>Name<th>Status<tr><td>9<td>SAMPLE, DREW<td>REL</table>\
      <h2>Current&nbsp;Inmates</h2><table class=x><tr><td><table id=list><thead><tr>\
      <th>Booking No</th><th>Name</th><th>Status</th></tr></thead><tbody>\
      <tr><td colspan=3>Cell block A</td></tr>\
      <tr><td><a href=\"x?id=1\">0017</a></td><td>SAMPLE,&nbsp;AVERY<br>Jr.</td><td>IN</td></tr>\
      <tr><td>18</td><td>MU&Ntilde;OZ &amp; SAMPLE</td><td>&nbsp;</td></tr>\
      </tbody></table></td></tr></table></body></html>"
        .to_vec()
}

fn json() -> Vec<u8> {
    br#"{"succes": true, "data": {"count": 2, "inmates": [
        {"no": "0017", "name": {"last": "SAMPLE", "first": "AVERY"}, "hold": [], "x": null},
        {"no": 18.0, "name": {"last": "SAMPLE"}, "status": "IN",
         "charges": [{"text": "A"}, {"text": "B"}]}
    ]}}"#
        .to_vec()
}

fn json_lines() -> Vec<u8> {
    b"{\"no\": \"0017\", \"status\": \"IN\"}\n\n{\"no\": 18, \"status\": \"OUT\"}\n".to_vec()
}

const BOOKINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<x:BookingExchange xmlns:x="urn:x" xmlns:nc="urn:nc" xmlns:s="urn:s">
  <x:Operation s:id="add">add</x:Operation>
  <x:Agency><nc:Name>Sample County</nc:Name></x:Agency>
  <x:Booking s:ref="add">
    <nc:Id>0017</nc:Id>
    <x:Subject s:ref="P1"/>
    <x:Charge><nc:Text>A &amp; B</nc:Text></x:Charge>
    <x:Charge><nc:Text><![CDATA[C <D>]]></nc:Text></x:Charge>
  </x:Booking>
  <x:Booking state="open">
    <nc:Id>18</nc:Id>
    <x:Subject s:ref="P2"/>
  </x:Booking>
  <nc:Person s:id="P1"><nc:SurName>SAMPLE</nc:SurName><nc:Spouse s:ref="P2"/></nc:Person>
  <nc:Person s:id="P2"><nc:SurName>MU&#209;OZ</nc:SurName><nc:Spouse s:ref="P1"/></nc:Person>
</x:BookingExchange>
"#;

#[test]
fn keeps_the_values_of_each_charge_of_json_together() {
    let layout = charged_layout(
        "json",
        "[json]\nrows = 'data.inmates'\ncharges = 'Charges'\n",
        ".",
    );
    let text = r#"{"data": {"inmates": [
        {"no": 1, "charges": [{"text": "ASSAULT", "bond": 5},
                              {"text": "DUI", "what": "DISMISSED", "bond": 7, "counts": [{"n": 1}]},
                              {"text": "ASSAULT"}]},
        {"no": 2, "charges": {"text": "THEFT", "what": null}},
        {"no": 3, "charges": []},
        {"no": 4}
    ]}}"#;
    let file = read(text.as_bytes(), &layout).unwrap();
    assert_eq!(
        file.column("charges.text"),
        ["ASSAULT\u{1f}DUI\u{1f}ASSAULT", "THEFT", "", ""]
    );
    assert_eq!(
        file.column("charges.what"),
        ["\u{1f}DISMISSED\u{1f}", "", "", ""]
    );
    // What the row has once is joined as ever.
    assert_eq!(file.column("charges.bond"), ["5; 7", "", "", ""]);
    let texts = charged_layout("json-lines", "[json]\ncharges = 'charges'\n", "");
    let lines =
        b"{\"no\": 1, \"charges\": [\"A\", null, \"B\"]}\n{\"no\": 2, \"charges\": \"C\"}\n";
    let file = read(lines, &texts).unwrap();
    assert_eq!(file.column("charges"), ["A\u{1f}\u{1f}B", "C"]);
}

#[test]
fn keeps_the_values_of_each_charge_of_xml_together() {
    let section = "[xml]\nrow = 'x:E/x:B'\ncharge = 'x:Charges'\n";
    let layout = charged_layout("xml", section, "/");
    let text = r#"<?xml version="1.0"?><E><B><no>1</no>
        <Charges><text>ASSAULT</text></Charges>
        <Charges><what>DISMISSED</what><text>DUI</text></Charges>
        <Charges ref="c3"/><Charges/></B>
        <B><no>2</no><Charges><text>THEFT</text></Charges></B>
        <C id="c3"><text>FRAUD</text><what>PENDING</what></C></E>"#;
    let file = read(text.as_bytes(), &layout).unwrap();
    assert_eq!(
        file.column("Charges/text"),
        ["ASSAULT\u{1f}DUI\u{1f}FRAUD\u{1f}", "THEFT"]
    );
    assert_eq!(
        file.column("Charges/what"),
        ["\u{1f}DISMISSED\u{1f}PENDING\u{1f}", ""]
    );
    // The charges may stand in what a row refers to.
    let section = "[xml]\nrow = 'E/B'\ncharge = 'A/Charges'\n";
    let layout = charged_layout("xml", section, "/A/");
    let text = r#"<?xml version="1.0"?><E><B><no>1</no><A ref="a"/></B>
        <A id="a"><Charges><text>ASSAULT</text></Charges>
        <Charges><what>DISMISSED</what><text>DUI</text></Charges></A></E>"#;
    let file = read(text.as_bytes(), &layout).unwrap();
    assert_eq!(file.column("A/Charges/text"), ["ASSAULT\u{1f}DUI"]);
    assert_eq!(file.column("A/Charges/what"), ["\u{1f}DISMISSED"]);
}

/// A layout of rows with charges: `joint` is what stands between their element and what it holds; before it
/// what leads there, and without one a charge is a text.
fn charged_layout(format: &str, section: &str, joint: &str) -> Layout {
    let columns = match joint {
        "" => "charge_text = 'charges'\n".to_owned(),
        "." => {
            "charge_text = 'charges.text'\ndisposition = 'charges.what'\nbond = 'charges.bond'\n"
                .to_owned()
        }
        "/" => "charge_text = 'Charges/text'\ndisposition = 'Charges/what'\n".to_owned(),
        _ => "charge_text = 'A/Charges/text'\ndisposition = 'A/Charges/what'\n".to_owned(),
    };
    let text = format!(
        "name = 'p'\nkind = 'custody'\nmode = 'roster'\nzone = 'America/Chicago'\nformat = '{format}'\n\
         {section}[columns]\nrecord_number = 'no'\n{columns}"
    );
    let profile = Profile::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(profile.charge_separator.as_deref(), Some("\u{1f}"));
    profile.layout
}

fn xml_layout() -> Layout {
    let text = "name = 'p'\nkind = 'custody'\nmode = 'transactions'\nzone = 'America/Chicago'\n\
                format = 'xml'\noptional = ['surname', 'charge_text', 'status']\n\
                [xml]\nrow = 'b:BookingExchange/b:Booking'\n\
                [columns]\nrecord_number = 'n:Id'\nsurname = 'b:Subject/n:SurName'\n\
                charge_text = 'b:Charge/n:Text'\nstatus = '.'\n";
    Profile::parse(text).unwrap().layout
}

fn fixed_layout(settings: &str) -> Layout {
    let sections = "[fixed_width.columns]\nno = { start = 1, length = 6 }\n\
                    name = { start = 7, length = 10 }\nstatus = { start = 20, length = 3 }\n";
    layout_with(&format!("format = 'fixed'\n{settings}"), sections)
}

const FIXED: &str = "NO    NAME         STS\n0017  SAMPLE, A    IN\n18    MUÑOZ, B     REL\n";

/// A dBase table with the records' deletion marks.
fn dbf(code_page: u8, records: &[(u8, &[u8])]) -> Vec<u8> {
    let fields: [(&[u8], u8, u8); 4] = [
        (b"BOOKING_NO", b'C', 6),
        (b"NAME", b'C', 8),
        (b"BOOKED", b'D', 8),
        (b"NOTE", b'M', 10),
    ];
    let header = 32 + 32 * fields.len() + 1;
    let length = 1 + fields
        .iter()
        .map(|(.., length)| usize::from(*length))
        .sum::<usize>();
    let mut bytes = vec![0x03, 126, 6, 1];
    bytes.extend(u32::try_from(records.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(header).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
    bytes.resize(32, 0);
    bytes[29] = code_page;
    for (name, kind, length) in fields {
        let mut field = name.to_vec();
        field.resize(11, 0);
        field.push(kind);
        field.resize(16, 0);
        field.push(length);
        field.resize(32, 0);
        bytes.extend(field);
    }
    bytes.push(0x0D);
    for (mark, record) in records {
        bytes.push(*mark);
        bytes.extend(*record);
    }
    bytes.push(0x1A);
    bytes
}

fn foxpro() -> Vec<u8> {
    dbf(
        0x01,
        &[
            (b' ', b"0017  SAMPLE  20260601          "),
            (b'*', b"16    GONE    20260531          "),
            (b' ', b"18    MU\xA5OZ   20260602         7"),
        ],
    )
}

/// A file of every format, with its layout.
fn samples() -> Vec<(&'static str, Vec<u8>, Layout)> {
    let under = "[json]\nrows = 'data.inmates'\n";
    vec![
        ("csv", csv_text(), layout("")),
        ("json", json(), layout_with("format = 'json'", under)),
        ("json-lines", json_lines(), layout("format = 'json-lines'")),
        ("xml", BOOKINGS.as_bytes().to_vec(), xml_layout()),
        ("xlsx", workbook(), layout("format = 'xlsx'")),
        ("xls", OLD_WORKBOOK.to_vec(), layout("format = 'xls'")),
        (
            "html",
            page(),
            layout_with("format = 'html'", "[html]\nheading = 'current'\n"),
        ),
        (
            "fixed",
            FIXED.as_bytes().to_vec(),
            fixed_layout("header_row = 1"),
        ),
        ("dbf", foxpro(), layout("format = 'dbf'")),
        ("zip", zipped(&[("roster.csv", &csv_text())]), layout("")),
    ]
}

const TYPED: &str = "[csv]\ndelimiter = '|'\ntype_cell = 2\n[csv.columns_of]\n\
                     B = ['Agency', 'Type', 'No', 'Name']\nR = ['Agency', 'Type', 'No', 'When', 'Why']\nV = []\n";

#[test]
fn reads_lines_of_several_types_each_by_its_own_columns() {
    let mut typed = layout(TYPED);
    typed.wanted = Wanted::everything();
    let text = "A|B|1|SAMPLE, AVERY\nA|r|1|06/04/2026|BOND\nA|V|SAMPLE, NOBODY|601-555-0100\nA|X|1\nA||1\n";
    let mut opened = open(text.as_bytes(), &typed).unwrap();
    let mut rows = opened.rows().unwrap();
    let names = ["Type", "Agency", "No", "Name", "When", "Why"];
    assert_eq!(rows.columns(), names);
    let mut read = Vec::new();
    while let Some((line, cells)) = rows.next_row().unwrap() {
        assert!(!cells.is_blank(), "{line}");
        let cells = (0..6).map(|place| cells.cell(place).unwrap_or_default().to_owned());
        read.push((line, cells.collect::<Vec<_>>().join(",")));
    }
    let expected = [
        (1, "B,A,1,SAMPLE, AVERY,,"),
        (2, "r,A,1,,06/04/2026,BOND"),
        (3, "V,,,,,"),
        (4, "X,,,,,"),
        (5, ",,,,,"),
    ];
    assert_eq!(read, expected.map(|(line, cells)| (line, cells.to_owned())));
}

#[test]
fn refuses_lines_that_are_not_of_their_type() {
    let typed = layout(TYPED);
    let refused = |text: &str| open(text.as_bytes(), &typed).unwrap_err().code();
    assert_eq!(refused("A|B|1\n"), "malformed");
    assert_eq!(refused("A|B|1|SAMPLE|F\n"), "malformed");
    assert_eq!(refused("A|B|1|SAMPLE"), "half-written");
    assert_eq!(refused("A|B|1|\"SAMPLE\n"), "half-written");
    assert_eq!(refused("A|Z|1|SAMPLE\n"), "layout");
    assert_eq!(refused("A,B,1,SAMPLE\n"), "not-as-declared");
}

#[test]
fn writes_numbers_and_dates_of_a_workbook_as_people_do() {
    let file = good(&workbook(), &layout("format = 'xlsx'"));
    assert_eq!(file.numbers(), [4, 5, 6]);
    assert_eq!(file.column("Booking No"), ["0017", "18", "0019"]);
    let booked = ["2026-06-01 08:30:00", "2026-06-01 23:59:59", "2026-06-02"];
    assert_eq!(file.column("Booked"), booked);
    assert_eq!(file.column("Charge"), ["", "", "2.5"]);
    assert!(file.remarks[0].starts_with("1 rows with a single cell"));
}

#[test]
fn reads_a_workbook_of_the_old_kind() {
    let file = good(OLD_WORKBOOK, &layout("format = ['xlsx', 'xls']"));
    assert_eq!(file.numbers(), [4, 5, 6]);
    assert_eq!(file.column("Booking No"), ["0017", "18", "19"]);
    let booked = ["2026-06-01 08:30:00", "2026-06-01 23:59:59", "2026-06-02"];
    assert_eq!(file.column("Booked"), booked);
    assert_eq!(file.column("Name")[2], "MUÑOZ, CASEY");
}

#[test]
fn chooses_a_sheet_by_name_or_number() {
    let sheet = |sheet: &str| {
        let sections = format!("[excel]\nsheet = {sheet}\n");
        read(&workbook(), &layout_with("format = 'xlsx'", &sections))
    };
    assert_eq!(sheet("'roster'").unwrap().rows.len(), 3);
    assert_eq!(sheet("2").unwrap().rows.len(), 3);
    let missing = sheet("'Inmates'").err().unwrap().to_string();
    assert!(
        missing.contains("the workbook has Notes, Roster"),
        "{missing}"
    );
}

#[test]
fn reads_the_table_that_has_the_columns() {
    let sections = "[html]\nheading = 'current inmates'\n";
    let file = good(&page(), &layout_with("format = 'html'", sections));
    assert_eq!(file.column("Booking No"), ["0017", "18"]);
    assert_eq!(
        file.column("Name"),
        ["SAMPLE,\u{a0}AVERY Jr.", "MUÑOZ & SAMPLE"]
    );
    assert_eq!(file.column("Status"), ["IN", ""]);
    assert_eq!(file.numbers(), [3, 4]);
    let first = good(&page(), &layout("format = 'html'"));
    assert_eq!(first.column("Booking No"), ["9"]);
    let numbered = good(
        &page(),
        &layout_with("format = 'html'", "[html]\ntable = 4\n"),
    );
    assert_eq!(numbered.column("Booking No"), ["0017", "18"]);
    let fifth = said(
        &page(),
        &layout_with("format = 'html'", "[html]\ntable = 5\n"),
    );
    assert!(fifth.contains("the page has 4 tables"), "{fifth}");
}

#[test]
fn refuses_a_table_with_rows_of_another_width() {
    let page = "<table><tr><th>no<th>name<th>status<tr><td>1<td>A<td>IN<tr><td>2<td>IN</table>";
    let error = refused(page.as_bytes(), &layout("format = 'html'"));
    assert!(matches!(
        error,
        FormatError::Ragged {
            number: 3,
            expected: 3,
            found: 2,
            ..
        }
    ));
    let page = page.replace("<td>1", "<td rowspan=2>1");
    let error = said(page.as_bytes(), &layout("format = 'html'"));
    assert_eq!(
        error,
        "row 2: a cell spans several rows or columns, which is not read"
    );
}

#[test]
fn reads_json_under_its_keys() {
    let sections = "[json]\nrows = 'data.inmates'\n";
    let file = good(&json(), &layout_with("format = 'json'", sections));
    assert_eq!(file.numbers(), [1, 2]);
    assert_eq!(file.column("no"), ["0017", "18"]);
    let columns = [
        "no",
        "name.last",
        "name.first",
        "hold",
        "x",
        "status",
        "charges.text",
    ];
    assert_eq!(file.columns, columns);
    let elsewhere = said(
        &json(),
        &layout_with("format = 'json'", "[json]\nrows = 'rows'\n"),
    );
    assert!(
        elsewhere.contains("no array of rows under \"rows\""),
        "{elsewhere}"
    );
    let unnamed = said(&json(), &layout("format = 'json'"));
    assert!(unnamed.contains("[json] rows"), "{unnamed}");
}

#[test]
fn joins_several_values_of_a_column() {
    let json = br#"[{"no": 1, "charge": ["A", "B", "A;B"], "status": "IN"}]"#;
    let file = good(json, &layout("format = 'json'"));
    assert_eq!(file.column("charge"), ["A; B; A;B"]);
}

#[test]
fn reads_json_lines_for_what_they_are() {
    let both = layout("format = ['json', 'json-lines']");
    let file = good(&json_lines(), &both);
    assert_eq!(file.column("no"), ["0017", "18"]);
    assert_eq!(file.numbers(), [1, 3]);
    assert_eq!(good(b"[{\"no\": 1},\n{\"no\": 2}]", &both).rows.len(), 2);
    let broken = said(b"{\"no\": 1}\n{\"no\": }\n", &both);
    assert_eq!(broken, "line 2: not readable as JSON");
}

#[test]
fn follows_the_references_of_niem() {
    let file = good(BOOKINGS.as_bytes(), &xml_layout());
    assert_eq!(file.numbers(), [5, 11]);
    assert_eq!(file.column("Id"), ["0017", "18"]);
    assert_eq!(file.column("Subject/SurName"), ["SAMPLE", "MUÑOZ"]);
    assert_eq!(file.column("Charge/Text"), ["A & B; C <D>", ""]);
    assert_eq!(file.column("."), ["add", ""]);
    assert!(file.columns.contains(&"../Agency/Name".to_owned()));
    assert!(file.columns.contains(&"@state".to_owned()));
}

#[test]
fn refuses_xml_of_another_kind_and_with_undeclared_entities() {
    let other = said(b"<Releases><Release/></Releases>", &xml_layout());
    assert!(other.contains("begins with Releases"), "{other}");
    let empty = b"<BookingExchange>\n</BookingExchange>";
    assert_eq!(good(empty, &xml_layout()).rows.len(), 0);
    let whole_roster = Layout {
        may_be_empty: false,
        ..xml_layout()
    };
    assert_eq!(refused(empty, &whole_roster).code(), "header-only");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n\
                <BookingExchange><Booking><Id>&b;</Id></Booking></BookingExchange>";
    let bomb = said(bomb.as_bytes(), &xml_layout());
    assert!(
        bomb.contains("line 2: an entity that is not declared"),
        "{bomb}"
    );
}

#[test]
fn bounds_what_references_can_make() {
    // Each person refers to the next twice: followed without end they would be a thousand thousand.
    let mut text = "<BookingExchange><Booking><Id>1</Id><S ref=\"P0\"/></Booking>".to_owned();
    for number in 0..40 {
        let next = number + 1;
        write!(
            text,
            "<P id='P{number}'><a ref='P{next}'/><b ref='P{next}'/></P>"
        )
        .unwrap();
    }
    text += "</BookingExchange>";
    assert_eq!(good(text.as_bytes(), &xml_layout()).column("Id"), ["1"]);
}

#[test]
fn cuts_lines_at_fixed_places() {
    let file = good(FIXED.as_bytes(), &fixed_layout("header_row = 1"));
    assert_eq!(file.column("no"), ["0017", "18"]);
    assert_eq!(file.column("name"), ["SAMPLE, A", "MUÑOZ, B"]);
    assert_eq!(file.column("status"), ["IN", "REL"]);
    assert_eq!(file.numbers(), [2, 3]);
    let short = said(b"0017  SAMPLE, A    IN\n18\n", &fixed_layout(""));
    assert_eq!(short, "line 2: the line ends before its second column");
}

#[test]
fn passes_over_deleted_records_and_reads_the_code_page() {
    let file = good(&foxpro(), &layout("format = 'dbf'"));
    assert_eq!(file.numbers(), [1, 3]);
    assert_eq!(file.column("BOOKING_NO"), ["0017", "18"]);
    assert_eq!(file.column("NAME"), ["SAMPLE", "MUÑOZ"]);
    assert_eq!(file.column("BOOKED"), ["2026-06-01", "2026-06-02"]);
    assert!(!file.columns.contains(&"NOTE".to_owned()));
    assert_eq!(file.remarks, ["1 deleted records were passed over"]);
    let mut more = foxpro();
    more[4] = 2;
    assert_eq!(
        refused(&more, &layout("format = 'dbf'")).code(),
        "half-written"
    );
}

#[test]
fn reads_one_file_of_a_zip() {
    let two = [("a/roster.csv", &csv_text()[..]), ("readme.txt", b"hello")];
    let bytes = zipped(&two);
    let several = said(&bytes, &layout(""));
    assert!(
        several.contains("holds 2 files (roster.csv, readme.txt)"),
        "{several}"
    );
    let chosen = layout_with("", "[zip]\nentry = '*.CSV'\n");
    assert_eq!(good(&bytes, &chosen).column("Booking No"), ["0017", "18"]);
    let within = zipped(&[("inner.zip", &bytes)]);
    assert!(said(&within, &layout("")).contains("a zip file within a zip file"));
}

#[test]
fn refuses_what_unpacks_out_of_measure() {
    let bomb = zipped(&[("roster.csv", &vec![b'0'; 64 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    let error = refused(&bomb, &layout(""));
    assert_eq!(error.code(), "too-large");
}

#[test]
fn says_what_a_file_is_that_is_not_what_the_profile_says() {
    let csv = layout("");
    let page = said(b"<html><body><h1>502 Bad Gateway</h1></body></html>", &csv);
    assert!(
        page.contains("looks like an HTML page (perhaps an error or login page)"),
        "{page}"
    );
    assert!(page.contains("format = [\"csv\", \"html\"]"), "{page}");
    let workbook = said(&workbook(), &csv);
    assert!(workbook.contains("an Excel workbook (xlsx)"), "{workbook}");
    let delimited = said(b"no;name;status\n1;A;IN\n", &csv);
    assert!(
        delimited.contains("csv.delimiter = [\",\", \";\"]"),
        "{delimited}"
    );
    let access = said(b"\0\x01\0\0Standard ACE DB\0\x02", &csv);
    assert!(access.contains("an Access database"), "{access}");
    for (name, bytes, _) in samples() {
        let other = if name == "xml" {
            layout("format = 'json'")
        } else {
            xml_layout()
        };
        let error = refused(&bytes, &other);
        assert_eq!(error.code(), "not-as-declared", "{name}: {error}");
    }
}

#[test]
fn reads_a_file_for_what_it_is_where_the_profile_allows_it() {
    let either = layout("format = ['xls', 'html']");
    assert_eq!(good(OLD_WORKBOOK, &either).rows.len(), 3);
    assert_eq!(good(&page(), &either).rows.len(), 1);
    let either = layout_with("", "[csv]\ndelimiter = [',', ';']\n");
    assert_eq!(good(b"no;name\n1;A\n", &either).column("no"), ["1"]);
    assert_eq!(good(b"no,name\n1,A\n", &either).column("no"), ["1"]);
}

#[test]
fn finds_a_header_that_is_not_in_the_first_line() {
    let text = b"Sample County\nPrinted 06/01/2026\n\nNo,Name\n17,A\n18\n";
    for rule in ["header_row = 4", "header_row = 'find'"] {
        let error = refused(text, &layout(rule));
        let ragged = CsvError::Ragged {
            line: 6,
            expected: 2,
            found: 1,
        };
        assert_eq!(error, ragged.into());
    }
    let file = good(
        b"Sample County\nNo,Name\n17,A\n",
        &layout("header_row = 'find'"),
    );
    assert_eq!(file.column("No"), ["17"]);
    assert_eq!(file.numbers(), [3]);
}

#[test]
fn reads_a_file_without_a_header_by_the_names_in_the_profile() {
    let named = layout_with("", "[csv]\ndelimiter = '|'\ncolumns = ['no', 'name']\n");
    let file = good(b"17|A\n18|B\n", &named);
    assert_eq!(file.column("no"), ["17", "18"]);
    assert_eq!(file.numbers(), [1, 2]);
    let wide = refused(b"17|A|x\n", &named);
    assert_eq!(wide.code(), "malformed");
}

#[test]
fn counts_rows_against_the_trailer() {
    let layout = layout("trailer = 'TRL'\ntrailer_counts = true");
    let whole = b"no,name\n1,A\n2,B\nTRL,20260601,2\n";
    assert_eq!(good(whole, &layout).rows.len(), 2);
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut], &layout).is_err(), "{cut}");
    }
    let fewer = said(b"no,name\n1,A\nTRL,20260601,2\n", &layout);
    assert!(fewer.contains("there are 1 rows"), "{fewer}");
}

#[test]
fn takes_the_quotes_of_word_processors_for_quotes() {
    let text = "\u{201C}no\u{201D},\u{201C}name\u{201D}\n\u{201C}17\u{201D},\u{201C}A, B\u{201D}\n";
    assert_eq!(good(text.as_bytes(), &layout("")).column("name"), ["A, B"]);
}

#[test]
fn says_what_was_replaced() {
    let file = good(b"no,name\n1,MU\xD1OZ\n", &layout("encoding = 'utf-8'"));
    assert!(
        file.remarks[0].contains("1 places are no UTF-8"),
        "{:?}",
        file.remarks
    );
    let file = good(b"no,na\0me\n1,A\n", &layout(""));
    assert_eq!(file.remarks, ["1 NUL bytes were taken out"]);
}

/// How often each sample is damaged.
const DAMAGES: usize = 300;

/// A small generator, so that every run damages the same bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[test]
fn takes_no_cut_file_for_whole() {
    for (name, bytes, layout) in samples() {
        let whole = good(&bytes, &layout).rows;
        let mut taken = 0;
        for cut in 0..bytes.len() {
            let Ok(file) = read(&bytes[..cut], &layout) else {
                continue;
            };
            taken += 1;
            // Lines without a frame or trailer can be cut between two of them, and nobody can tell.
            let is_between =
                matches!(name, "csv" | "json-lines" | "fixed") && bytes[..cut].ends_with(b"\n");
            assert!(
                file.rows == whole || is_between,
                "{name} cut at {cut} of {} was taken",
                bytes.len()
            );
        }
        assert!(
            taken < bytes.len() / 2,
            "{name}: {taken} of {} cuts taken",
            bytes.len()
        );
    }
}

/// Damages bytes in one to four places.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for _ in 0..=random.below(4) {
        if damaged.is_empty() {
            break;
        }
        let place = random.below(damaged.len());
        let end = (place + random.below(64)).min(damaged.len());
        match random.below(4) {
            0 => damaged[place] = u8::try_from(random.below(256)).unwrap(),
            1 => damaged[place] ^= 1 << random.below(8),
            2 => drop(damaged.drain(place..end)),
            _ => {
                let piece = damaged[place..end].to_vec();
                let to = random.below(damaged.len());
                damaged.splice(to..to, piece);
            }
        }
    }
    damaged
}

#[test]
fn no_damage_stops_the_agent() {
    let mut random = Random(20_260_601);
    for (name, bytes, layout) in samples() {
        let refusals = (0..DAMAGES)
            .filter(|_| read(&damage(&bytes, &mut random), &layout).is_err())
            .count();
        assert!(refusals > 0, "{name}: nothing was damaged");
    }
}

#[test]
fn no_damage_within_a_workbook_stops_the_agent() {
    let bytes = workbook();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let names: Vec<String> = archive
        .file_names()
        .map(|n| n.unwrap().into_owned())
        .collect();
    let mut entries = Vec::new();
    for name in &names {
        let mut content = Vec::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        entries.push((name.as_str(), content));
    }
    let mut random = Random(20_260_602);
    let mut refusals = 0;
    for _ in 0..DAMAGES {
        let damaged = random.below(entries.len());
        let content: Vec<(&str, Vec<u8>)> = entries
            .iter()
            .enumerate()
            .map(|(place, (name, content))| {
                let is_it = place == damaged;
                (
                    *name,
                    if is_it {
                        damage(content, &mut random)
                    } else {
                        content.clone()
                    },
                )
            })
            .collect();
        let content: Vec<(&str, &[u8])> = content.iter().map(|(n, c)| (*n, c.as_slice())).collect();
        refusals += usize::from(read(&zipped(&content), &layout("format = 'xlsx'")).is_err());
    }
    assert!(refusals > 0);
}
