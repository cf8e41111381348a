//! The events of Miss. Code 99-45-1 and its neighbours, by their codes.

use crate::code::coded_enum;

coded_enum! {
    /// What happened to a person, or to what we know. The words are those of the public log.
    pub enum EventCode {
        /// Taken into custody.
        Booked = 1 => "Booked",
        /// Section 1(a)(i): moved to another facility; out of the state only where an agency says so.
        TransferInState = 2 => "TransferInState",
        /// Section 1(a)(ii): handed to an agency outside the state.
        TransferOutOfState = 3 => "TransferOutOfState",
        /// Section 1(a)(iii): another security classification.
        ClassificationChange = 4 => "ClassificationChange",
        /// Section 1(a)(iv): gone on temporary leave.
        LeaveStart = 5 => "LeaveStart",
        /// Section 1(a)(iv): back from temporary leave.
        LeaveEnd = 6 => "LeaveEnd",
        /// Section 1(a)(iv): released, with a reason.
        Released = 7 => "Released",
        /// Section 1(a)(v): sentence served and discharged.
        Discharged = 8 => "Discharged",
        /// Section 1(a)(vi): escaped.
        Escaped = 9 => "Escaped",
        /// Section 1(a)(vi): missing, and the facility believes it an escape.
        EscapeSuspected = 10 => "EscapeSuspected",
        /// 99-43-35(e): back in custody after an escape.
        Recaptured = 11 => "Recaptured",
        /// Section 1(a)(vii): served with the protective order.
        ProtectiveOrderServed = 12 => "ProtectiveOrderServed",
        /// Service of the protective order was tried.
        ProtectiveOrderAttempted = 13 => "ProtectiveOrderAttempted",
        /// The protective order is about to end.
        ProtectiveOrderExpiring = 14 => "ProtectiveOrderExpiring",
        /// Section 1(b)(i): a court event was set.
        CourtEventSet = 15 => "CourtEventSet",
        /// Section 1(b)(i): a court event was moved.
        CourtEventChanged = 16 => "CourtEventChanged",
        /// Section 1(b)(i): a court event was called off.
        CourtEventCancelled = 17 => "CourtEventCancelled",
        /// Section 1(b)(ii): a parole or pardon hearing was set.
        HearingSet = 18 => "HearingSet",
        /// Section 1(b)(ii): a hearing was moved.
        HearingChanged = 19 => "HearingChanged",
        /// Section 1(b)(ii): a hearing was called off.
        HearingCancelled = 20 => "HearingCancelled",
        /// Section 1(b)(ii): the board decided.
        BoardDecision = 21 => "BoardDecision",
        /// Section 1(b)(iii)1: another supervision status.
        SupervisionChange = 22 => "SupervisionChange",
        /// Section 1(b)(iii)1: no longer to be found under supervision.
        Absconded = 23 => "Absconded",
        /// Section 1(b)(iii)2: another address under supervision.
        SupervisedAddressChange = 24 => "SupervisedAddressChange",
        /// Section 1(c)(i): the sex offender registry profile was updated.
        SexOffenderProfileUpdated = 25 => "SexOffenderProfileUpdated",
        /// Section 1(c)(ii): noncompliant with the sex offender registry.
        SexOffenderNoncompliant = 26 => "SexOffenderNoncompliant",
        /// Died in custody; never told as a release.
        Died = 27 => "Died",
        /// Released by mistake.
        MistakenRelease = 28 => "MistakenRelease",
        /// A release has been scheduled.
        ReleaseScheduled = 29 => "ReleaseScheduled",
        /// The scheduled release moved or was called off.
        ReleaseDateChanged = 30 => "ReleaseDateChanged",
        /// Missing from a complete roster; not a release, the jail is asked.
        NoLongerListed = 31 => "NoLongerListed",
        /// The jail has not been heard from.
        FeedStale = 32 => "FeedStale",
        /// The jail is heard from again.
        FeedRestored = 33 => "FeedRestored",
        /// An earlier event was wrong.
        Correction = 34 => "Correction",
        /// Two persons turned out to be one.
        IdentityMerged = 35 => "IdentityMerged",
        /// One person turned out to be two.
        IdentitySplit = 36 => "IdentitySplit",
    }
}

impl EventCode {
    /// Says whether it sets, moves or calls off a court event or a hearing: it is about a day, and not about what
    /// happened on it.
    #[must_use]
    pub const fn is_of_a_date(self) -> bool {
        matches!(
            self,
            Self::CourtEventSet
                | Self::CourtEventChanged
                | Self::CourtEventCancelled
                | Self::HearingSet
                | Self::HearingChanged
                | Self::HearingCancelled
        )
    }
}

#[cfg(test)]
mod tests {
    use super::EventCode;

    #[test]
    fn reads_every_code_back_from_its_number_and_its_word() {
        for code in EventCode::ALL {
            assert_eq!(EventCode::from_code(code.code()), Some(*code));
            assert_eq!(EventCode::parse(code.as_str()), Some(*code));
        }
        assert_eq!(EventCode::ALL.len(), 36);
        assert_eq!(EventCode::from_code(0), None);
    }
}
