//! What must not be in a bundle: every name, date, address and number that the journal knows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use savin_shared::delta::{self, Change, Row};
use savin_shared::envelope::open;
use savin_shared::record::subject::PersonName;
use savin_shared::record::{Record, RecordBody};

use crate::identity::StateFolder;
use crate::journal::{Journal, shadow, spool};

/// What stands in the place of something about somebody.
pub(super) const REPLACED: &str = "[removed]";

/// Shorter words name nobody, and stand everywhere.
const WORD_MIN: usize = 3;

/// Batches that are read from the journal at once.
const PAGE: u32 = 64;

/// What is about somebody, in small letters.
#[derive(Default)]
pub(super) struct Personal {
    /// Whole words: the parts of names.
    words: BTreeSet<String>,
    /// Texts wherever they stand: numbers, dates, addresses.
    texts: BTreeSet<String>,
}

impl Personal {
    /// Collects everything that a journal knows of anybody, of what is listed and of what was sent.
    pub(super) fn of(state: &StateFolder) -> anyhow::Result<Self> {
        let mut personal = Self::default();
        let mut journal = Journal::look(&state.journal())?;
        for row in journal.read(shadow::rows)? {
            personal.add(&Row::from_bytes(row.row).record()?);
        }
        let identity = state.identity()?;
        let key = state.signer(identity.agent()?)?.key().verifying_key();
        let mut after = 0;
        loop {
            let page = journal.read(|tx| spool::page(tx, after, Timestamp::MIN, PAGE))?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (_, batch) in &page {
                for (_, body) in open(batch, &key)? {
                    let Some(body) = body else { continue };
                    match delta::decode(&body)?.change {
                        Change::Upsert { row, .. } => personal.add(&row.record()?),
                        Change::NoLongerListed(key) | Change::Withheld(key) => {
                            personal.text(key.number.as_str());
                        }
                        Change::ObservationGap { .. } => {}
                    }
                }
            }
        }
        Ok(personal)
    }

    fn add(&mut self, record: &Record) {
        let subject = &record.subject;
        self.text(record.number().as_str());
        let numbers = [
            subject.person_number.as_ref().map(|n| n.as_str()),
            subject.offender_id.as_ref().map(|n| n.as_str()),
            subject.state_id.as_ref().map(|n| n.as_str()),
            subject.fbi_id.as_ref().map(|n| n.as_str()),
        ];
        for number in numbers.into_iter().flatten() {
            self.text(number);
        }
        for name in subject.name.iter().chain(&subject.aliases) {
            self.name(name);
        }
        if let Some(born) = &subject.birth_date {
            let born = born.reveal();
            self.text(&born.to_string());
            self.text(&born.strftime("%m/%d/%Y").to_string());
        }
        match &record.body {
            RecordBody::Custody(custody) => {
                for case in &custody.case_numbers {
                    self.text(case);
                }
            }
            RecordBody::Supervision(supervision) => {
                if let Some(address) = &supervision.address {
                    self.text(address.reveal());
                }
            }
            RecordBody::SexOffender(registration) => {
                if let Some(address) = &registration.address {
                    self.text(address.reveal());
                }
            }
            RecordBody::CourtEvent(event) => {
                if let Some(case) = &event.case_number {
                    self.text(case);
                }
            }
            RecordBody::Hearing(_) | RecordBody::ProtectiveOrder(_) => {}
        }
    }

    fn name(&mut self, name: &PersonName) {
        let parts = [
            Some(&name.surname),
            name.given.as_ref(),
            name.middle.as_ref(),
        ];
        for part in parts.into_iter().flatten() {
            for word in part.reveal().split(|c: char| !c.is_alphanumeric()) {
                if word.chars().count() >= WORD_MIN {
                    self.words.insert(word.to_lowercase());
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = text.trim();
        if text.chars().count() >= WORD_MIN {
            self.texts.insert(text.to_lowercase());
        }
    }

    /// Says whether a line holds something about somebody.
    pub(super) fn is_in(&self, line: &str) -> bool {
        let small = line.to_lowercase();
        self.texts.iter().any(|text| small.contains(text))
            || small
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| self.words.contains(word))
    }

    /// Puts [`REPLACED`] in the place of everything that is about somebody.
    pub(super) fn replaced(&self, text: &str) -> String {
        let lines = text.lines().map(|line| {
            if self.is_in(line) {
                self.replaced_in(line)
            } else {
                line.to_owned()
            }
        });
        let mut text = lines.collect::<Vec<_>>().join("\n");
        text.push('\n');
        text
    }

    fn replaced_in(&self, line: &str) -> String {
        // The longest first, so that no rest of it stays.
        let mut texts: Vec<&String> = self.texts.iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let mut line = line.to_owned();
        for text in texts {
            let mut rest = std::mem::take(&mut line);
            while let Some(found) = find_small(&rest, text) {
                let after = rest.split_off(found.end);
                rest.truncate(found.start);
                line.push_str(&rest);
                line.push_str(REPLACED);
                rest = after;
            }
            line.push_str(&rest);
        }
        let mut clean = String::new();
        for piece in line.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            if self.words.contains(&word.to_lowercase()) {
                clean.push_str(REPLACED);
                clean.extend(piece.chars().skip(word.chars().count()));
            } else {
                clean.push_str(piece);
            }
        }
        clean
    }
}

/// Finds a text of small letters in a line, whatever its letters are.
fn find_small(line: &str, text: &str) -> Option<std::ops::Range<usize>> {
    let starts = line.char_indices().map(|(start, _)| start);
    for start in starts {
        let mut wanted = text.chars().peekable();
        let mut end = start;
        for letter in line.get(start..)?.chars() {
            if wanted.peek().is_none() {
                break;
            }
            let mut small = letter.to_lowercase();
            if !small.all(|small| wanted.next() == Some(small)) {
                end = usize::MAX;
                break;
            }
            end += letter.len_utf8();
        }
        if end != usize::MAX && wanted.peek().is_none() {
            return Some(start..end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Personal, REPLACED};

    fn known() -> Personal {
        let mut personal = Personal::default();
        personal.text("B-1001");
        personal.text("12 Canary Lane");
        personal.words.insert("canary".to_owned());
        personal.words.insert("o".to_owned());
        personal
    }

    #[test]
    fn finds_names_as_words_and_numbers_anywhere() {
        let personal = known();
        for line in ["CANARY, Avery", "file_b-1001.csv", "at 12 canary LANE"] {
            assert!(personal.is_in(line), "{line}");
        }
        for line in ["canaryville", "B-1002", ""] {
            assert!(!personal.is_in(line), "{line}");
        }
    }

    #[test]
    fn leaves_nothing_of_it_in_a_line() {
        let personal = known();
        let line = "\"found\": \"Canary (B-1001), 12 Canary Lane; 3 rows of İ\"";
        let clean = personal.replaced(line);
        assert!(!personal.is_in(&clean), "{clean}");
        let expected = format!("\"found\": \"{REPLACED} ({REPLACED}), {REPLACED}; 3 rows of İ\"\n");
        assert_eq!(clean, expected);
    }

    #[test]
    fn ends_even_where_the_replacement_holds_what_is_replaced() {
        let mut personal = Personal::default();
        personal.text("removed");
        assert_eq!(
            personal.replaced("a removed row").matches(REPLACED).count(),
            1
        );
    }
}
