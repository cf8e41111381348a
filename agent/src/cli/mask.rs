//! Records and cells as a command shows them: masked, unless the county asks to see its own names.

use savin_shared::record::Record;
use savin_shared::record::subject::PersonName;

/// Whether names are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask {
    reveal: bool,
}

impl Mask {
    /// Shows names and birth dates, or keeps their first letter.
    pub(super) const fn new(reveal: bool) -> Self {
        Self { reveal }
    }

    /// Writes a record, a line a field.
    pub(super) fn record(self, record: &Record) -> String {
        let mut lines = vec![format!("facility {}", record.facility)];
        if let Some(name) = &record.subject.name {
            lines.push(format!("name {}", self.name(name)));
        }
        if let Some(born) = &record.subject.birth_date {
            lines.push(format!("born {}", self.text(&born.reveal().to_string())));
        }
        if let Some(custody) = record.custody() {
            lines.push(format!("state {}", custody.state));
            let texts = [
                ("classification", &custody.classification),
                ("location", &custody.location),
            ];
            for (label, text) in texts {
                lines.extend(text.iter().map(|text| format!("{label} {text}")));
            }
            let times = [
                ("booked", custody.booked_at),
                ("released", custody.released_at),
            ];
            for (label, time) in times {
                lines.extend(time.iter().map(|time| format!("{label} {time}")));
            }
        }
        lines.join("\n")
    }

    fn name(self, name: &PersonName) -> String {
        let given = name.given.as_ref().map(|given| self.text(given.reveal()));
        format!(
            "{}, {}",
            self.text(name.surname.reveal()),
            given.unwrap_or_default()
        )
    }

    /// Keeps the first letter, so that a clerk recognises the row and a bystander does not.
    pub(super) fn text(self, text: &str) -> String {
        if self.reveal || text.len() < 2 {
            return text.to_owned();
        }
        text.chars()
            .take(1)
            .chain(std::iter::repeat_n('•', 3))
            .collect()
    }
}
