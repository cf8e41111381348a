//! What agent and ODBC helper say to each other: a line of JSON each, questions on standard input and
//! answers on standard output. Both come from one build, so that there are no versions.

use std::fmt;
use std::io::{self, BufRead, Read as _, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bytes of the longest line.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Rows of one answer of the helper.
pub const ROWS_MAX: usize = 256;

/// What the agent asks of the helper.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Connect, once.
    Connect {
        /// The connection string, which holds a password.
        connection: String,
        /// How many seconds that may take.
        login_s: u32,
    },
    /// Begin a look; answered by `Done`.
    Begin,
    /// Ask; answered by `Columns`, any number of `Rows`, and `Done`.
    Ask {
        /// The query.
        sql: String,
        /// How many seconds the server may take, where the driver can say so.
        timeout_s: usize,
    },
    /// End a look; answered by `Done`.
    End,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect { .. } => "Connect",
            Self::Begin => "Begin",
            Self::Ask { .. } => "Ask",
            Self::End => "End",
        })
    }
}

/// What the helper answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// The names of the columns.
    Columns(Vec<String>),
    /// Some rows.
    Rows(Vec<Vec<Option<String>>>),
    /// It failed.
    Failed {
        /// The driver's code (SQLSTATE).
        state: String,
        /// The driver's words.
        words: String,
    },
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Done => "Done",
            Self::Columns(_) => "Columns",
            Self::Rows(_) => "Rows",
            Self::Failed { .. } => "Failed",
        })
    }
}

/// Writes one line.
///
/// # Errors
/// Returns the system's error.
pub fn write(into: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    into.write_all(&bytes)?;
    into.flush()
}

/// Reads one line; none at the end.
///
/// # Errors
/// Returns the system's error, or that a line is too long, cut, or none of these.
pub fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    from.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::other("a line that is too long or was cut"));
    }
    // The cause would quote the line, which holds rows.
    let read = serde_json::from_slice(&line);
    read.map(Some)
        .map_err(|_| io::Error::other("a line that is none of the helper's"))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Request, read, write};

    #[test]
    fn reads_what_was_written_and_refuses_the_rest() {
        let mut line = Vec::new();
        let row = vec![Some("O'Brien, \"Avery\"\n".to_owned()), None];
        write(&mut line, &Answer::Rows(vec![row.clone()])).unwrap();
        let Some(Answer::Rows(rows)) = read(&mut line.as_slice()).unwrap() else {
            panic!("rows")
        };
        assert_eq!(rows, [row]);
        line.pop();
        let cut = read::<Answer>(&mut line.as_slice()).unwrap_err();
        assert!(!cut.to_string().contains("Avery"));
        let other = read::<Answer>(&mut b"Avery\n".as_slice()).unwrap_err();
        assert!(!other.to_string().contains("Avery"));
        assert!(read::<Answer>(&mut b"".as_slice()).unwrap().is_none());
    }

    #[test]
    fn shows_no_password() {
        let request = Request::Connect {
            connection: "PWD=blue".to_owned(),
            login_s: 5,
        };
        assert!(!format!("{request:?}").contains("blue"));
    }
}
