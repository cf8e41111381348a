//! The fields of our records by the names that profiles use for them.

use serde::Deserialize;

use super::column::ColumnDocument;

/// Defines the fields and the table of a profile that gives each its columns.
macro_rules! fields {
    ($( $(#[$meta:meta])* $variant:ident = $name:ident ),+ $(,)?) => {
        /// A field that a column can fill.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $( $(#[$meta])* $variant, )+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// Returns the field's name in a profile.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => stringify!($name), )+ }
            }

            /// Returns the field of a name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.name() == name)
            }
        }

        /// The `[columns]` table of a profile, before it is checked.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct ColumnsDocument {
            $( $name: Option<ColumnDocument>, )+
        }

        impl ColumnsDocument {
            /// Returns each field that has columns, with them.
            pub(super) fn into_fields(self) -> Vec<(Field, ColumnDocument)> {
                let mut fields = Vec::new();
                $( if let Some(column) = self.$name { fields.push((Field::$variant, column)); } )+
                fields
            }
        }
    };
}

fields! {
    /// The number that the agency gave the record: for custody the booking number.
    RecordNumber = record_number,
    /// The agency's own number for the person, its jacket number.
    PersonNumber = person_number,
    /// The MDOC number.
    OffenderId = offender_id,
    /// The state's fingerprint-based number (SID).
    StateId = state_id,
    /// The FBI number.
    FbiId = fbi_id,
    /// The whole name in one column.
    Name = name,
    /// The surname alone.
    Surname = surname,
    /// The given name alone.
    Given = given,
    /// The middle name alone.
    Middle = middle,
    /// The suffix alone.
    Suffix = suffix,
    /// Another name, in the layout of `name`.
    Alias = alias,
    /// The birth date.
    BirthDate = birth_date,
    /// The sex.
    Sex = sex,
    /// The race.
    Race = race,
    /// The facility, where one source covers several.
    Facility = facility,
    /// When the agency last wrote the row.
    EnteredAt = entered_at,
    /// Whether the row is sealed or protected.
    Sealed = sealed,
    /// The custody status, supervision status or registry status.
    Status = status,
    /// When the status took effect.
    StatusAt = status_at,
    /// The security classification.
    Classification = classification,
    /// Block, cell, bed; room or address of a court event or hearing.
    Location = location,
    /// When the person was arrested.
    ArrestedAt = arrested_at,
    /// When the person was booked or admitted.
    BookedAt = booked_at,
    /// When a release is scheduled.
    ScheduledReleaseAt = scheduled_release_at,
    /// When the person was released.
    ReleasedAt = released_at,
    /// Why the person was released.
    ReleaseReason = release_reason,
    /// To whom the person was released.
    ReleasedTo = released_to,
    /// Who else wants the person.
    Hold = hold,
    /// The statute of a charge.
    ChargeStatute = charge_statute,
    /// The words of a charge.
    ChargeText = charge_text,
    /// The level of a charge.
    ChargeLevel = charge_level,
    /// What became of a charge.
    Disposition = disposition,
    /// When that was.
    DispositionAt = disposition_at,
    /// The bond.
    Bond = bond,
    /// The case or docket number.
    CaseNumber = case_number,
    /// The court.
    Court = court,
    /// What is to happen in court or at the hearing.
    EventType = event_type,
    /// When it is to begin.
    StartsAt = starts_at,
    /// Whether it stands.
    Schedule = schedule,
    /// What the board decided.
    Decision = decision,
    /// When the board decided.
    DecidedAt = decided_at,
    /// How far the service of an order has come.
    Service = service,
    /// When the order was served, or service was tried.
    ServiceAt = service_at,
    /// When the order ends.
    ExpiresAt = expires_at,
    /// The kind of supervision.
    SupervisionType = supervision_type,
    /// Whether the person is not to be found.
    Absconded = absconded,
    /// The supervised or registered address.
    Address = address,
    /// When the address took effect.
    AddressAt = address_at,
    /// Whether the person meets the registry's duties.
    Compliant = compliant,
    /// When the registry profile was last updated.
    ProfileUpdatedAt = profile_updated_at,
    /// When a registered sex offender intends to move.
    MovesAt = moves_at,
    /// What a row of a mixed file is about: a booking, a release, a transfer, a victim.
    RecordType = record_type,
    /// Whether the person is a juvenile.
    Juvenile = juvenile,
    /// The person's age at booking, for the rule on juveniles alone: it is not sent.
    Age = age,
}

impl Field {
    /// Says whether the field holds a time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(
            self,
            Self::EnteredAt
                | Self::StatusAt
                | Self::ArrestedAt
                | Self::BookedAt
                | Self::ScheduledReleaseAt
                | Self::ReleasedAt
                | Self::DispositionAt
                | Self::StartsAt
                | Self::DecidedAt
                | Self::ServiceAt
                | Self::ExpiresAt
                | Self::AddressAt
                | Self::ProfileUpdatedAt
                | Self::MovesAt
        )
    }

    /// Returns the field's place in a table of all fields.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn gives_every_field_its_place() {
        for (place, field) in Field::ALL.iter().enumerate() {
            assert_eq!(field.index(), place);
            assert_eq!(Field::parse(field.name()), Some(*field));
            assert_eq!(field.is_time(), field.name().ends_with("_at"));
        }
    }
}
