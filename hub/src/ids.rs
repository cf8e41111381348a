//! Identifiers that only the hub makes.

use savin_shared::event::EventCode;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, Seq};
use savin_shared::own_id;

own_id! {
    /// A person in the registry. Public: it stands in the addresses of pages.
    PersonId,
    /// An event. Derived from what caused it, so that no repetition makes a second one.
    EventId,
    /// Somebody who registered. Known to the vault alone.
    RegistrantId,
    /// What a registrant is told about one person. Known to the vault and to her alone.
    SubscriptionId,
    /// A case or an order that a registrant follows. Known to the vault and to her alone.
    FollowId,
    /// A way to reach a registrant. Known to the vault and to her alone.
    ContactId,
    /// A notice. Known to the vault alone, and derived under its key.
    NoticeId,
    /// A node of the hub that carries notices. Made at its first start, and the same after each.
    WorkerId,
    /// An entry of the journal of courts' orders. Derived from the signed decision in it.
    EntryId,
}

/// A record, as the registry numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub i64);

/// An order of a court, as the registry numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub i64);

/// The place of an event in the order in which events became known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct EventPosition(pub i64);

impl PersonId {
    /// Makes an identifier from the time and 128 random bits (UUID version 7, RFC 9562).
    #[must_use]
    pub fn new(at: jiff::Timestamp, random: [u8; 16]) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let tail = random.first_chunk::<10>().copied().unwrap_or_default();
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid();
        Self::from_bytes(*uuid.as_bytes())
    }

    /// Derives the identifier of the n-th person whom the intake made: the same whenever the same is taken
    /// in the same order, in the order in which they became known, and not to be guessed without the key
    /// (UUID version 7 with a counter, RFC 9562, section 6.2).
    #[must_use]
    pub fn numbered(key: &[u8; 16], at: jiff::Timestamp, number: i64) -> Self {
        let parts: [&[u8]; 2] = [key, &number.to_be_bytes()];
        let hash = Hash::tagged("savin/person/1", &parts);
        // The version takes the first 4 of 80 bits and the variant the 17th and 18th: 42 bits of the
        // number go around them, and 32 of the hash follow.
        let number = number.unsigned_abs();
        let (high, middle, low) = (
            number >> 30 & 0xFFF,
            number >> 24 & 0x3F,
            number & 0xFF_FFFF,
        );
        let [_, _, number @ ..] = (high << 32 | middle << 24 | low).to_be_bytes();
        let mut tail = [0; 16];
        for (to, from) in tail.iter_mut().zip(number.iter().chain(hash.as_bytes())) {
            *to = *from;
        }
        Self::new(at, tail)
    }
}

impl EventId {
    /// Derives the identifier of what is told of a facility at a moment.
    #[must_use]
    pub fn of_facility(facility: &FacilityCode, code: EventCode, at: jiff::Timestamp) -> Self {
        let parts: [&[u8]; 3] = [
            facility.as_str().as_bytes(),
            &[code.code()],
            &at.as_microsecond().to_be_bytes(),
        ];
        Self::of(&Hash::tagged("savin/facility-event/1", &parts))
    }

    /// Derives the identifier of the n-th event of a delta, or of a row of a full state.
    #[must_use]
    pub fn derive(agent: AgentId, epoch: Epoch, seq: Seq, row: &[u8], ordinal: u8) -> Self {
        let parts: [&[u8]; 5] = [
            agent.as_bytes(),
            epoch.as_bytes(),
            &seq.0.to_be_bytes(),
            row,
            &[ordinal],
        ];
        Self::of(&Hash::tagged("savin/event/1", &parts))
    }

    fn of(hash: &Hash) -> Self {
        let first = hash.as_bytes().first_chunk::<16>();
        Self::from_bytes(first.copied().unwrap_or_default())
    }
}

impl FollowId {
    /// Derives the identifier of what a registrant follows: another one for each who follows the same.
    #[must_use]
    pub fn of(registrant: RegistrantId, link: &[u8; 32]) -> Self {
        let parts: [&[u8]; 2] = [registrant.as_bytes(), link];
        let hash = Hash::tagged("savin/follow/1", &parts);
        let first = hash.as_bytes().first_chunk::<16>();
        Self::from_bytes(first.copied().unwrap_or_default())
    }
}

impl EntryId {
    /// Derives the identifier of what was decided, by its signature.
    #[must_use]
    pub fn of_decision(signature: &[u8]) -> Self {
        let hash = Hash::tagged("savin/order-entry/1", &[signature]);
        let first = hash.as_bytes().first_chunk::<16>();
        Self::from_bytes(first.copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::PersonId;

    #[test]
    fn numbers_persons_of_one_moment_in_the_order_in_which_they_became_known() {
        let at = Timestamp::from_second(1_781_000_000).unwrap();
        let of = |number| PersonId::numbered(&[7; 16], at, number);
        let numbers = [
            1,
            2,
            255,
            256,
            65_536,
            1 << 24,
            (1 << 30) - 1,
            1 << 30,
            1 << 41,
        ];
        let persons = numbers.map(of);
        assert!(persons.is_sorted(), "{persons:?}");
        assert_eq!(of(5), of(5));
        let other = PersonId::numbered(&[8; 16], at, 5);
        assert_ne!(of(5), other);
        assert_eq!(other.as_bytes()[6] >> 4, 7);
        assert_eq!(other.as_bytes()[8] >> 6, 2);
    }
}
