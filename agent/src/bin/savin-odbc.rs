//! `savin-odbc`: asks an ODBC driver for the agent, in a process of its own. It reads questions from
//! standard input and writes rows to standard output (`sources/database/odbc/frames.rs`); it is no
//! command for people.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};

use odbc_api::handles::Record;
use odbc_api::{
    ColumnDescription, Connection, ConnectionOptions, Cursor as _, CursorRow, DataType,
    Environment, Error, ResultSetMetadata as _,
};
use savin_agent::sources::database::odbc::frames::{Answer, ROWS_MAX, Request, read, write};

/// Why the helper ends.
enum End {
    /// The driver refused.
    Odbc(Error),
    /// The agent is gone, or its pipe.
    Agent,
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Odbc(error)
    }
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Agent
    }
}

fn main() -> ExitCode {
    let requests = listen();
    let mut answers = BufWriter::new(io::stdout().lock());
    let failed = match serve(&requests, &mut answers) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(End::Agent) => return ExitCode::FAILURE,
        Err(End::Odbc(error)) => error,
    };
    let (state, words) = said(&failed);
    let told = write(&mut answers, &Answer::Failed { state, words });
    // The agent ends this process; until it has read what was said, the pipe must stay.
    let _more = told.is_ok().then(|| requests.recv());
    ExitCode::FAILURE
}

/// Hands questions over one at a time. When the agent is gone, this process ends even while a driver
/// hangs.
fn listen() -> Receiver<Request> {
    let (ask, requests) = sync_channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Ok(Some(request)) = read(&mut stdin) {
            if ask.send(request).is_err() {
                break;
            }
        }
        #[expect(
            clippy::exit,
            clippy::disallowed_methods,
            reason = "a driver that hangs in the other thread cannot be asked to return"
        )]
        std::process::exit(0);
    });
    requests
}

fn serve(requests: &Receiver<Request>, answers: &mut impl Write) -> Result<(), End> {
    let environment = Environment::new()?;
    let mut connection = None;
    while let Ok(request) = requests.recv() {
        match (request, &connection) {
            (
                Request::Connect {
                    connection: text,
                    login_s,
                },
                _,
            ) => connection = Some(connect(&environment, &text, login_s)?),
            // A driver without transactions answers each question by itself.
            (Request::Begin, Some(connection)) => {
                let _without = connection.set_autocommit(false);
            }
            (Request::End, Some(connection)) => {
                let _without = connection.rollback();
            }
            (Request::Ask { sql, timeout_s }, Some(connection)) => {
                ask(connection, &sql, timeout_s, answers)?;
            }
            (Request::Begin | Request::End | Request::Ask { .. }, None) => {
                return Err(End::Agent);
            }
        }
        write(answers, &Answer::Done)?;
    }
    Ok(())
}

fn connect<'a>(
    environment: &'a Environment,
    text: &str,
    login_s: u32,
) -> Result<Connection<'a>, Error> {
    let limited = ConnectionOptions {
        login_timeout_sec: Some(login_s),
        ..ConnectionOptions::default()
    };
    match environment.connect_with_connection_string(text, limited) {
        Ok(connection) => Ok(connection),
        // A driver that knows no such limit; the agent has one of its own.
        Err(Error::Diagnostics { record, .. }) if is_unknown_option(&record) => {
            environment.connect_with_connection_string(text, ConnectionOptions::default())
        }
        Err(error) => Err(error),
    }
}

fn is_unknown_option(record: &Record) -> bool {
    ["HYC00", "HY092", "IM001"].contains(&record.state.as_str())
}

fn ask(
    connection: &Connection<'_>,
    sql: &str,
    timeout_s: usize,
    answers: &mut impl Write,
) -> Result<(), End> {
    let mut statement = connection.preallocate()?;
    // Not every driver can; the agent ends this process when its own limit is over.
    let _unlimited = statement.set_query_timeout_sec(timeout_s);
    let Some(mut cursor) = statement.execute(sql, ())? else {
        return Ok(());
    };
    let width = u16::try_from(cursor.num_result_cols()?).unwrap_or(0);
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for place in 1..=width {
        // Some drivers answer only one of the two ways to ask for a name.
        let mut column = ColumnDescription::default();
        cursor.describe_col(place, &mut column)?;
        let name = match column.name_to_string() {
            Ok(name) if !name.is_empty() => name,
            Ok(_) | Err(_) => cursor.col_name(place)?,
        };
        names.push(name);
        columns.push((place, is_text(&column.data_type)));
    }
    write(answers, &Answer::Columns(names))?;
    let mut rows = Vec::new();
    while let Some(mut row) = cursor.next_row()? {
        rows.push(cells(&mut row, &columns)?);
        if rows.len() == ROWS_MAX {
            write(answers, &Answer::Rows(std::mem::take(&mut rows)))?;
        }
    }
    if !rows.is_empty() {
        write(answers, &Answer::Rows(rows))?;
    }
    Ok(())
}

fn cells(row: &mut CursorRow<'_>, columns: &[(u16, bool)]) -> Result<Vec<Option<String>>, Error> {
    let mut wide = Vec::new();
    let mut cells = Vec::with_capacity(columns.len());
    for (place, is_text) in columns {
        let is_there = *is_text && row.get_wide_text(*place, &mut wide)?;
        cells.push(is_there.then(|| String::from_utf16_lossy(&wide)));
    }
    Ok(cells)
}

/// Says whether a column holds text, numbers or times: pictures and fingerprints stay where they are.
fn is_text(kind: &DataType) -> bool {
    !matches!(
        kind,
        DataType::Binary { .. } | DataType::Varbinary { .. } | DataType::LongVarbinary { .. }
    )
}

fn said(error: &Error) -> (String, String) {
    if let Error::Diagnostics { record, .. } = error {
        return (record.state.as_str().to_owned(), record.to_string());
    }
    let words = error.to_string();
    ("HY000".to_owned(), words)
}
