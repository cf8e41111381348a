//! When a server is asked and what for, the same for every engine.
//!
//! A declared cursor (`max(updated_at), count(*)`) is asked at every look, and the whole query only
//! when its answer changed; without one, the query itself is asked and its answer compared. Whatever
//! neither shows (deletes, back-dated edits) is found by a full read, at least hourly.

use std::time::Instant;

use savin_shared::hash::Hash;
use tracing::trace;

use super::DatabaseSettings;
use super::engine::Engine;
use super::error::DatabaseError;
use super::table::Table;

/// A watched server.
#[derive(Debug)]
pub(super) struct Polled {
    engine: Box<dyn Engine>,
    settings: DatabaseSettings,
    last: Last,
    read_at: Option<Instant>,
}

/// What the last look saw.
#[derive(Debug, Default)]
struct Last {
    sign: Option<String>,
    cursor: Option<Hash>,
    content: Option<Hash>,
}

impl Polled {
    /// Watches a server.
    pub(super) fn new(engine: Box<dyn Engine>, settings: DatabaseSettings) -> Self {
        Self {
            engine,
            settings,
            last: Last::default(),
            read_at: None,
        }
    }

    /// Reads the query's rows if they changed since the last read, or a full read is due.
    pub(super) fn read_if_changed(&mut self, now: Instant) -> Result<Option<Table>, DatabaseError> {
        let outcome = self.try_read(now);
        if outcome.is_err() {
            self.forget();
        }
        outcome
    }

    /// Forgets what was read, and the connection.
    pub(super) fn forget(&mut self) {
        self.last = Last::default();
        self.engine.close();
    }

    fn try_read(&mut self, now: Instant) -> Result<Option<Table>, DatabaseError> {
        let is_due = self
            .read_at
            .is_none_or(|at| now.duration_since(at) >= self.settings.full_read);
        let sign = self.engine.sign()?;
        if !is_due && sign.is_some() && sign == self.last.sign {
            return Ok(None);
        }
        self.engine.begin(now)?;
        // Asked before the query and in the same moment: what changes later changes it again.
        let cursor = match &self.settings.cursor {
            Some(sql) => Some(self.engine.ask(sql)?.content()),
            None => None,
        };
        if !is_due && cursor.is_some() && cursor == self.last.cursor {
            self.engine.end()?;
            self.last.sign = sign;
            return Ok(None);
        }
        trace!("Reading the source");
        let table = self.engine.ask(&self.settings.query)?;
        self.engine.end()?;
        let content = Some(table.content());
        let is_same = content == self.last.content;
        self.last = Last {
            sign,
            cursor,
            content,
        };
        if is_same && !is_due {
            return Ok(None);
        }
        self.read_at = Some(now);
        Ok(Some(table))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::sources::database::Place;

    /// An engine without a server: what it would answer, and what it was asked.
    #[derive(Debug, Default)]
    struct Jail {
        cursor: &'static str,
        rows: Vec<&'static str>,
        sign: Option<String>,
        is_dark: bool,
        asked: Vec<String>,
        closed: usize,
    }

    #[derive(Debug, Clone, Default)]
    struct Told(Arc<Mutex<Jail>>);

    impl Told {
        fn with<T>(&self, change: impl FnOnce(&mut Jail) -> T) -> T {
            change(&mut self.0.lock().unwrap())
        }

        fn asked(&self) -> Vec<String> {
            self.with(|jail| std::mem::take(&mut jail.asked))
        }
    }

    impl Engine for Told {
        fn sign(&mut self) -> Result<Option<String>, DatabaseError> {
            Ok(self.with(|jail| jail.sign.clone()))
        }

        fn begin(&mut self, _: Instant) -> Result<(), DatabaseError> {
            if self.with(|jail| jail.is_dark) {
                return Err(DatabaseError::NoColumns);
            }
            Ok(())
        }

        fn ask(&mut self, sql: &str) -> Result<Table, DatabaseError> {
            self.with(|jail| {
                jail.asked.push(sql.to_owned());
                let mut table = Table::new(vec!["no".to_owned()]);
                let rows = if sql == "cursor" {
                    vec![jail.cursor]
                } else {
                    jail.rows.clone()
                };
                for row in rows {
                    table.add([Some(Cow::Borrowed(row))].into_iter())?;
                }
                Ok(table)
            })
        }

        fn end(&mut self) -> Result<(), DatabaseError> {
            Ok(())
        }

        fn close(&mut self) {
            self.with(|jail| jail.closed += 1);
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    fn origin() -> Instant {
        Instant::now()
    }

    fn watch(told: &Told, cursor: Option<&str>) -> impl FnMut(u64) -> Result<bool, DatabaseError> {
        let settings = DatabaseSettings {
            place: Place::Sqlite("none".into()),
            query: "query".to_owned(),
            cursor: cursor.map(str::to_owned),
            full_read: Duration::from_secs(3600),
            timeout: Duration::from_secs(1),
        };
        let (mut polled, start) = (Polled::new(Box::new(told.clone()), settings), origin());
        move |after| {
            let now = start + Duration::from_secs(after);
            Ok(polled.read_if_changed(now)?.is_some())
        }
    }

    #[test]
    fn asks_the_query_only_when_the_cursor_changed_or_an_hour_has_passed() {
        let told = Told::default();
        told.with(|jail| jail.rows = vec!["1"]);
        let mut look = watch(&told, Some("cursor"));
        assert!(look(0).unwrap());
        assert_eq!(told.asked(), ["cursor", "query"]);
        told.with(|jail| jail.rows = vec!["1", "2"]);
        assert!(!look(1).unwrap(), "the cursor did not show it");
        assert_eq!(told.asked(), ["cursor"]);
        told.with(|jail| jail.cursor = "later");
        assert!(look(2).unwrap());
        told.with(|jail| jail.cursor = "later still");
        assert!(!look(3).unwrap(), "the same rows");
        told.with(|jail| jail.rows = vec!["2"]);
        assert!(!look(3000).unwrap());
        assert!(look(3602).unwrap(), "the deleted row");
    }

    #[test]
    fn compares_answers_where_there_is_no_cursor() {
        let told = Told::default();
        told.with(|jail| jail.rows = vec!["1", "2"]);
        let mut look = watch(&told, None);
        assert!(look(0).unwrap());
        assert!(!look(1).unwrap());
        told.with(|jail| jail.rows = vec!["12"]);
        assert!(look(2).unwrap(), "the same text in other cells");
        assert!(look(3700).unwrap());
    }

    #[test]
    fn asks_nothing_while_the_sign_stays() {
        let told = Told::default();
        told.with(|jail| jail.sign = Some("10:00".to_owned()));
        let mut look = watch(&told, None);
        assert!(look(0).unwrap());
        told.with(|jail| jail.rows = vec!["1"]);
        assert!(!look(1).unwrap());
        assert_eq!(told.asked(), ["query"]);
        told.with(|jail| jail.sign = Some("10:01".to_owned()));
        assert!(look(2).unwrap());
    }

    #[test]
    fn reads_everything_after_a_server_was_away() {
        let told = Told::default();
        told.with(|jail| jail.rows = vec!["1"]);
        let mut look = watch(&told, Some("cursor"));
        assert!(look(0).unwrap());
        told.with(|jail| jail.is_dark = true);
        assert!(look(1).is_err());
        assert_eq!(told.with(|jail| jail.closed), 1);
        told.with(|jail| jail.is_dark = false);
        assert!(look(2).unwrap());
    }
}
