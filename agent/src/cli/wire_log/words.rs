//! Every field of a record in words, as it was sent; what is about a person is masked unless asked for.

use std::fmt::Display;

use savin_shared::clock::EffectiveAt;
use savin_shared::record::custody::Custody;
use savin_shared::record::subject::{PersonName, Subject};
use savin_shared::record::{Record, RecordBody};

/// Returns the fields of a record that hold something, in the order in which people read them.
pub(super) fn fields(record: &Record, reveal: bool) -> Vec<(&'static str, String)> {
    let mut words = Words {
        reveal,
        fields: Vec::new(),
    };
    words.field("facility", Some(&record.facility));
    words.subject(&record.subject);
    words.field("entered", record.entered_at.as_ref());
    if record.synthetic {
        words.field("synthetic", Some("yes"));
    }
    words.body(&record.body);
    words.fields
}

struct Words {
    reveal: bool,
    fields: Vec<(&'static str, String)>,
}

impl Words {
    fn field(&mut self, name: &'static str, value: Option<impl Display>) {
        self.fields
            .extend(value.map(|value| (name, value.to_string())));
    }

    fn time(&mut self, name: &'static str, at: Option<EffectiveAt>) {
        self.field(name, at.map(|at| at.timestamp()));
    }

    fn list(&mut self, name: &'static str, values: &[String]) {
        self.field(name, (!values.is_empty()).then(|| values.join("; ")));
    }

    /// Keeps the first letter, so that a clerk recognises the row and a bystander does not.
    fn personal(&mut self, name: &'static str, value: Option<&str>) {
        let masked = value.map(|value| {
            if self.reveal || value.is_empty() {
                value.to_owned()
            } else {
                value.chars().take(1).chain("•••".chars()).collect()
            }
        });
        self.field(name, masked);
    }

    fn name(&mut self, label: &'static str, name: &PersonName) {
        let rest = [&name.given, &name.middle, &name.suffix];
        let parts = std::iter::once(name.surname.reveal()).chain(
            rest.into_iter()
                .filter_map(|part| part.as_ref().map(|part| part.reveal())),
        );
        let masked: Vec<String> = parts
            .map(|part| {
                if self.reveal {
                    part.clone()
                } else {
                    part.chars().take(1).chain("•••".chars()).collect()
                }
            })
            .collect();
        self.field(label, Some(masked.join(" ")));
    }

    fn subject(&mut self, subject: &Subject) {
        self.field("person number", subject.person_number.as_ref());
        self.field("offender id", subject.offender_id.as_ref());
        self.field("state id", subject.state_id.as_ref());
        self.field("fbi id", subject.fbi_id.as_ref());
        if let Some(name) = &subject.name {
            self.name("name", name);
        }
        for alias in &subject.aliases {
            self.name("alias", alias);
        }
        let born = subject.birth_date.as_ref();
        let born = born.map(|born| born.reveal().to_string());
        self.personal("born", born.as_deref());
        self.field("sex", subject.sex);
        self.field("race", subject.race.as_ref());
    }

    fn body(&mut self, body: &RecordBody) {
        match body {
            RecordBody::Custody(custody) => self.custody(custody),
            RecordBody::CourtEvent(event) => {
                self.field("case", event.case_number.as_ref());
                self.field("court", event.court.as_ref());
                self.field("event", event.event_type.as_ref());
                self.field("location", event.location.as_ref());
                self.time("starts", event.starts_at);
                self.field("schedule", Some(event.schedule));
            }
            RecordBody::Hearing(hearing) => {
                self.field("hearing", hearing.hearing_type.as_ref());
                self.field("location", hearing.location.as_ref());
                self.time("starts", hearing.starts_at);
                self.field("schedule", Some(hearing.schedule));
                self.field("decision", hearing.decision.as_ref());
                self.time("decided", hearing.decided_at);
            }
            RecordBody::ProtectiveOrder(order) => {
                self.field("court", order.court.as_ref());
                self.field("service", Some(order.service));
                self.time("service at", order.service_at);
                self.time("expires", order.expires_at);
            }
            RecordBody::Supervision(supervision) => {
                self.field("supervision", supervision.supervision_type.as_ref());
                self.field("status", supervision.status.as_ref());
                self.field("absconded", Some(supervision.absconded));
                self.time("status at", supervision.status_at);
                let address = supervision.address.as_ref();
                self.personal("address", address.map(|a| a.reveal().as_str()));
                self.time("address since", supervision.address_at);
            }
            RecordBody::SexOffender(registration) => {
                self.field("compliant", registration.compliant);
                self.field("status", registration.status.as_ref());
                self.time("profile updated", registration.profile_updated_at);
                let address = registration.address.as_ref();
                self.personal("address", address.map(|a| a.reveal().as_str()));
                self.time("moves", registration.moves_at);
            }
        }
    }

    fn custody(&mut self, custody: &Custody) {
        self.field("state", Some(custody.state));
        self.field("status", custody.status_text.as_ref());
        self.time("status at", custody.status_at);
        self.field("classification", custody.classification.as_ref());
        self.field("location", custody.location.as_ref());
        self.time("arrested", custody.arrested_at);
        self.time("booked", custody.booked_at);
        self.time("release scheduled", custody.scheduled_release_at);
        self.time("released", custody.released_at);
        self.field("release reason", custody.release_text.as_ref());
        self.field("released to", custody.released_to.as_ref());
        self.list("holds", &custody.holds);
        for charge in &custody.charges {
            let parts = [&charge.statute, &charge.text, &charge.level];
            let mut parts: Vec<String> = parts.into_iter().flatten().cloned().collect();
            parts.extend(charge.disposition.map(|disposition| {
                let at = disposition
                    .at
                    .map_or_else(String::new, |at| format!(" {at}"));
                format!("{}{at}", disposition.kind)
            }));
            self.field("charge", Some(parts.join(", ")));
        }
        self.field("bond", custody.bond.as_ref());
        self.list("cases", &custody.case_numbers);
    }
}
