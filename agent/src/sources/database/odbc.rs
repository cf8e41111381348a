//! Whatever has an ODBC driver, asked by a helper process, because drivers crash and hang.
//!
//! The helper gets the connection string on its standard input and has the time of one look for each.
//! It is ended when that is over, when it fails, and when the agent ends.

pub mod copy;
pub mod frames;

use std::borrow::Cow;
use std::io::{BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::access::SecretFile;
use super::engine::Engine;
use super::error::DatabaseError;
use super::scrub::Scrub;
use super::table::Table;
use copy::CopySettings;
use frames::{Answer, Request};

/// How long the helper may take beyond what a look is allowed.
const GRACE: Duration = Duration::from_secs(5);

/// Bytes of its standard error that are kept, the first.
const SAID_BYTES_MAX: usize = 4096;

/// Where the path of a copied file stands in a connection string.
const FILE: &str = "$FILE";

/// What is asked through ODBC.
#[derive(Debug, Clone)]
pub struct OdbcSettings {
    /// The file that holds the connection string.
    pub connection_file: SecretFile,
    /// The helper's program.
    pub helper: PathBuf,
    /// The file that is copied before it is read.
    pub copy: Option<CopySettings>,
}

/// A database behind an ODBC driver.
#[derive(Debug)]
pub(super) struct Odbc {
    settings: OdbcSettings,
    timeout: Duration,
    helper: Option<Helper>,
    began: Option<Instant>,
}

impl Odbc {
    /// Asks through a helper; a look may take so long.
    pub(super) const fn new(settings: OdbcSettings, timeout: Duration) -> Self {
        Self {
            settings,
            timeout,
            helper: None,
            began: None,
        }
    }

    /// Asks the helper for something that it only does.
    fn command(&mut self, request: &Request) -> Result<(), DatabaseError> {
        self.send(request)?;
        match self.next()? {
            Answer::Done => Ok(()),
            Answer::Columns(_) | Answer::Rows(_) | Answer::Failed { .. } => {
                Err(self.lost("answered something else"))
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), DatabaseError> {
        let helper = self.helper.as_mut();
        let stdin = helper.and_then(|helper| helper.stdin.as_mut());
        match stdin.map(|stdin| frames::write(stdin, request)) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(self.lost("hung up")),
        }
    }

    /// Waits for an answer, as long as the look may still take.
    fn next(&mut self) -> Result<Answer, DatabaseError> {
        let limit = self.timeout.saturating_add(GRACE);
        let spent = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        let Some(helper) = &self.helper else {
            return Err(self.lost("does not run"));
        };
        match helper.answers.recv_timeout(limit.saturating_sub(spent)) {
            Ok(Answer::Failed { state, words }) => {
                Err(DatabaseError::refused(&state, &helper.scrub.clean(&words)))
            }
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => {
                self.close();
                Err(DatabaseError::TimedOut(limit))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.lost("hung up")),
        }
    }

    /// Says how the helper ended, and ends it where it has not.
    fn lost(&mut self, how: &str) -> DatabaseError {
        let reason = match self.helper.take() {
            Some(helper) => helper.epitaph(how),
            None => how.to_owned(),
        };
        DatabaseError::Helper {
            helper: self.settings.helper.clone(),
            reason,
        }
    }

    fn connect(&mut self) -> Result<(), DatabaseError> {
        let connection = self.settings.connection_file.read()?;
        let scrub = Scrub::new(&connection);
        let mut text = connection.reveal().clone();
        if let Some(copy) = &self.settings.copy {
            text = text.replace(FILE, &copy.copy.to_string_lossy());
        }
        let started = Helper::start(&self.settings.helper, scrub);
        let helper = started.map_err(|cause| DatabaseError::Helper {
            helper: self.settings.helper.clone(),
            reason: format!("cannot be started: {cause}"),
        })?;
        self.helper = Some(helper);
        let request = Request::Connect {
            connection: text,
            login_s: u32::try_from(self.timeout.as_secs()).unwrap_or(u32::MAX),
        };
        self.command(&request)
    }
}

impl Engine for Odbc {
    fn sign(&mut self) -> Result<Option<String>, DatabaseError> {
        let copy = self.settings.copy.as_ref();
        copy.map(CopySettings::sign).transpose()
    }

    fn begin(&mut self, now: Instant) -> Result<(), DatabaseError> {
        self.began = Some(now);
        if let Some(copy) = &self.settings.copy {
            // A driver that holds the copy of the last look open would not see this one.
            self.helper = None;
            copy.make()?;
        } else if self.helper.is_some() && self.command(&Request::Begin).is_ok() {
            return Ok(());
        }
        self.helper = None;
        self.connect()?;
        self.command(&Request::Begin)
    }

    fn ask(&mut self, sql: &str) -> Result<Table, DatabaseError> {
        self.send(&Request::Ask {
            sql: sql.to_owned(),
            timeout_s: usize::try_from(self.timeout.as_secs()).unwrap_or(usize::MAX),
        })?;
        let mut table = None;
        loop {
            match (self.next()?, &mut table) {
                (Answer::Columns(columns), None) if !columns.is_empty() => {
                    table = Some(Table::new(columns));
                }
                (Answer::Rows(rows), Some(table)) => {
                    for row in rows {
                        if row.len() != table.width() {
                            return Err(self.lost("answered rows of another width"));
                        }
                        table.add(row.into_iter().map(|cell| cell.map(Cow::Owned)))?;
                    }
                }
                (Answer::Done, _) => return table.ok_or(DatabaseError::NoColumns),
                (_, _) => return Err(self.lost("answered something else")),
            }
        }
    }

    fn end(&mut self) -> Result<(), DatabaseError> {
        if let Some(copy) = self.settings.copy.clone() {
            self.close();
            copy.remove();
            return Ok(());
        }
        self.command(&Request::End)
    }

    fn close(&mut self) {
        self.helper = None;
        if let Some(copy) = &self.settings.copy {
            copy.remove();
        }
    }
}

/// The running helper.
#[derive(Debug)]
struct Helper {
    child: Child,
    /// Closed first, so that the helper ends.
    stdin: Option<ChildStdin>,
    answers: Receiver<Answer>,
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<thread::JoinHandle<()>>,
    scrub: Scrub,
}

impl Helper {
    fn start(program: &PathBuf, scrub: Scrub) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // Few, so that a helper that is faster than the agent waits for it.
        let (answer, answers) = sync_channel(2);
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut helper = Self {
            child,
            stdin,
            answers,
            said: Arc::clone(&said),
            listener: None,
            scrub,
        };
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(std::io::Error::other("it has no output"));
        };
        let reader = thread::Builder::new().name("odbc".to_owned());
        // Both end with the helper.
        reader.spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(read)) = frames::read(&mut stdout) {
                if answer.send(read).is_err() {
                    break;
                }
            }
        })?;
        let listener = thread::Builder::new().name("odbc-words".to_owned());
        helper.listener = Some(listener.spawn(move || listen(stderr, &said))?);
        Ok(helper)
    }

    /// Ends it and says how it ended.
    fn epitaph(mut self, how: &str) -> String {
        self.stdin = None;
        // One that hung up has ended or is about to; one that did not is ended.
        let status = match self.answers.recv_timeout(GRACE) {
            Err(RecvTimeoutError::Disconnected) => self.child.wait().ok(),
            Ok(_) | Err(RecvTimeoutError::Timeout) => None,
        };
        self.end();
        if let Some(listener) = self.listener.take() {
            // A listener that panicked has nothing more to say.
            let _panicked = listener.join();
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = self.scrub.clean(&String::from_utf8_lossy(&said));
        let ended = status.map_or_else(|| how.to_owned(), fate);
        if said.is_empty() {
            ended
        } else {
            format!("{ended} and said: {said}")
        }
    }

    fn end(&mut self) {
        self.stdin = None;
        // Whoever has ended already is only waited for.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.end();
    }
}

fn listen(mut from: impl Read, said: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 512];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let room = SAID_BYTES_MAX.saturating_sub(said.len());
        let kept = bytes.get(..count.min(room)).unwrap_or_default();
        // Into memory, which does not fail.
        let _kept = said.write_all(kept);
    }
}

fn fate(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("crashed or was killed (signal {signal})");
    }
    format!("ended ({status})")
}
