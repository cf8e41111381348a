//! Custody: who is held where, since when, and how it ended.

use std::fmt;

use crate::clock::EffectiveAt;
use crate::code::coded_enum;
use crate::ids::RecordNumber;

coded_enum! {
    /// Why somebody is out of custody.
    pub enum ReleaseReason {
        /// Bond posted.
        Bond = 1 => "Bond",
        /// Own recognisance.
        OwnRecognizance = 2 => "OwnRecognizance",
        /// Charges dropped.
        ChargesDropped = 3 => "ChargesDropped",
        /// Time served.
        TimeServed = 4 => "TimeServed",
        /// Paroled.
        Parole = 5 => "Parole",
        /// On probation.
        Probation = 6 => "Probation",
        /// Earned release supervision.
        EarnedReleaseSupervision = 7 => "EarnedReleaseSupervision",
        /// A court ordered it.
        CourtOrder = 8 => "CourtOrder",
        /// Pardoned.
        Pardon = 9 => "Pardon",
        /// Handed to another agency.
        ToOtherAgency = 10 => "ToOtherAgency",
        /// The sentence ended: section 1(a)(v), discharged.
        SentenceExpired = 11 => "SentenceExpired",
        /// Released by mistake.
        Mistaken = 12 => "Mistaken",
        /// A reason for which there is no word here.
        Other = 13 => "Other",
        /// The agency gave no reason.
        Unknown = 14 => "Unknown",
    }
}

/// Where a person stands, as far as anyone has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustodyState {
    /// Held.
    InCustody,
    /// Away on a pass, furlough or work release, and expected back.
    OnLeave,
    /// Let go on explicit evidence.
    OutOfCustody(ReleaseReason),
    /// Escaped.
    Escaped,
    /// Missing, and the facility believes that it may be an escape.
    EscapeSuspected,
    /// Died in custody.
    Deceased,
    /// Moved to another facility or agency: whether that is in the state, nobody has said.
    TransferredOut,
    /// Handed to an agency outside the state, in the agency's own words.
    TransferredOutOfState,
    /// Missing from a complete roster. Not a release: the jail is asked.
    NoLongerListed,
    /// The agency's words do not say.
    Unknown,
}

impl CustodyState {
    /// Returns the numbers that stand for this state, and for its reason, on the wire.
    #[must_use]
    pub const fn codes(self) -> (u8, u8) {
        match self {
            Self::InCustody => (1, 0),
            Self::OnLeave => (2, 0),
            Self::OutOfCustody(reason) => (3, reason.code()),
            Self::Escaped => (4, 0),
            Self::Deceased => (5, 0),
            Self::TransferredOut => (6, 0),
            Self::NoLongerListed => (7, 0),
            Self::Unknown => (8, 0),
            Self::EscapeSuspected => (9, 0),
            Self::TransferredOutOfState => (10, 0),
        }
    }

    /// Returns the state of two wire numbers, or `None` where this build does not know them.
    #[must_use]
    pub const fn from_codes(state: u8, reason: u8) -> Option<Self> {
        match (state, ReleaseReason::from_code(reason)) {
            (3, Some(reason)) => Some(Self::OutOfCustody(reason)),
            (1, None) => Some(Self::InCustody),
            (2, None) => Some(Self::OnLeave),
            (4, None) => Some(Self::Escaped),
            (5, None) => Some(Self::Deceased),
            (6, None) => Some(Self::TransferredOut),
            (7, None) => Some(Self::NoLongerListed),
            (8, None) => Some(Self::Unknown),
            (9, None) => Some(Self::EscapeSuspected),
            (10, None) => Some(Self::TransferredOutOfState),
            _ => None,
        }
    }

    /// Returns the word of the state, without its reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InCustody => "InCustody",
            Self::OnLeave => "OnLeave",
            Self::OutOfCustody(_) => "OutOfCustody",
            Self::Escaped => "Escaped",
            Self::Deceased => "Deceased",
            Self::TransferredOut => "TransferredOut",
            Self::NoLongerListed => "NoLongerListed",
            Self::Unknown => "Unknown",
            Self::EscapeSuspected => "EscapeSuspected",
            Self::TransferredOutOfState => "TransferredOutOfState",
        }
    }

    /// Returns the release reason, where there is one.
    #[must_use]
    pub const fn reason(self) -> Option<ReleaseReason> {
        match self {
            Self::OutOfCustody(reason) => Some(reason),
            Self::InCustody
            | Self::OnLeave
            | Self::Escaped
            | Self::EscapeSuspected
            | Self::Deceased
            | Self::TransferredOut
            | Self::TransferredOutOfState
            | Self::NoLongerListed
            | Self::Unknown => None,
        }
    }

    /// Reads `State` or `OutOfCustody(Reason)`, as profiles and tables write them.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if let Some(reason) = word
            .strip_prefix("OutOfCustody(")
            .and_then(|w| w.strip_suffix(')'))
        {
            return ReleaseReason::parse(reason).map(Self::OutOfCustody);
        }
        match word {
            "InCustody" => Some(Self::InCustody),
            "OnLeave" => Some(Self::OnLeave),
            "OutOfCustody" => Some(Self::OutOfCustody(ReleaseReason::Unknown)),
            "Escaped" => Some(Self::Escaped),
            "EscapeSuspected" => Some(Self::EscapeSuspected),
            "Deceased" => Some(Self::Deceased),
            "TransferredOut" => Some(Self::TransferredOut),
            "TransferredOutOfState" => Some(Self::TransferredOutOfState),
            "Unknown" => Some(Self::Unknown),
            // Only a complete roster says that somebody is no longer listed; no row can.
            _ => None,
        }
    }

    /// Says whether the person is in the facility's hands.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::InCustody | Self::OnLeave)
    }

    /// Says whether custody has ended here by the agency's own word, which absence never does. Whoever is
    /// missing in its word, and may have escaped, is in nobody's custody either.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::OutOfCustody(_)
                | Self::Escaped
                | Self::EscapeSuspected
                | Self::Deceased
                | Self::TransferredOut
                | Self::TransferredOutOfState
        )
    }
}

impl fmt::Display for CustodyState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfCustody(reason) => write!(formatter, "OutOfCustody({reason})"),
            Self::InCustody
            | Self::OnLeave
            | Self::Escaped
            | Self::EscapeSuspected
            | Self::Deceased
            | Self::TransferredOut
            | Self::TransferredOutOfState
            | Self::NoLongerListed
            | Self::Unknown => formatter.write_str(self.as_str()),
        }
    }
}

coded_enum! {
    /// What became of a charge (NIEM `j:ChargeDisposition`).
    pub enum DispositionKind {
        /// Nothing yet: it is pending, or an agency that gives dispositions gives none.
        Open = 1 => "Open",
        /// Found or pleaded guilty.
        Convicted = 2 => "Convicted",
        /// Found not guilty.
        Acquitted = 3 => "Acquitted",
        /// Dismissed by the court.
        Dismissed = 4 => "Dismissed",
        /// Not pursued by the prosecutor.
        NolleProsequi = 5 => "NolleProsequi",
        /// Remanded, or retired, to the file: at rest, and can be taken up again.
        RemandedToFile = 6 => "RemandedToFile",
        /// The grand jury did not indict.
        NoTrueBill = 7 => "NoTrueBill",
        /// Withheld without adjudication (Miss. Code 99-15-26), or another diversion.
        NonAdjudicated = 8 => "NonAdjudicated",
        /// Sent on to the grand jury or to another court: it goes on there.
        BoundOver = 9 => "BoundOver",
        /// Disposed of in a way for which there is no word here.
        Other = 10 => "Other",
        /// The agency's word for it is not explained.
        Unknown = 11 => "Unknown",
    }
}

impl DispositionKind {
    /// Says whether the charge waits for a disposition. A word that nobody has explained is one.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::BoundOver)
    }
}

/// What became of a charge, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disposition {
    /// What (`j:ChargeDispositionCategoryText`).
    pub kind: DispositionKind,
    /// When (`nc:DispositionDate`).
    pub at: Option<EffectiveAt>,
}

/// The content of a custody record (NIEM `j:Booking` and `j:Detention`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// `j:BookingAgencyRecordIdentification`.
    pub booking_number: RecordNumber,
    /// `nc:SupervisionCustodyStatus`, in our words.
    pub state: CustodyState,
    /// The same in the agency's words (`nc:StatusDescriptionText`).
    pub status_text: Option<String>,
    /// When the status took effect (`nc:StatusDate`).
    pub status_at: Option<EffectiveAt>,
    /// Security classification: close, medium, minimum and so on.
    pub classification: Option<String>,
    /// Block, cell or bed (`j:SupervisionAugmentation`).
    pub location: Option<String>,
    /// `j:Arrest/nc:ActivityDate`.
    pub arrested_at: Option<EffectiveAt>,
    /// `j:Booking/nc:ActivityDate`.
    pub booked_at: Option<EffectiveAt>,
    /// `j:BookingRelease/nc:ActivityScheduledDate`.
    pub scheduled_release_at: Option<EffectiveAt>,
    /// `nc:Release/nc:ActivityDate`.
    pub released_at: Option<EffectiveAt>,
    /// `nc:Release/nc:ActivityReasonText`, in the agency's words.
    pub release_text: Option<String>,
    /// `nc:Release/nc:ReleaseToLocation`.
    pub released_to: Option<String>,
    /// `j:Charge/ext:HoldForAgency`: who else wants the person.
    pub holds: Vec<String>,
    /// `j:Charge`.
    pub charges: Vec<Charge>,
    /// `j:BailBond`, in the agency's words.
    pub bond: Option<String>,
    /// `nc:Case/nc:CaseDocketID`.
    pub case_numbers: Vec<String>,
}

impl Custody {
    /// A booking about which nothing else is known.
    #[must_use]
    pub const fn new(booking_number: RecordNumber, state: CustodyState) -> Self {
        Self {
            booking_number,
            state,
            status_text: None,
            status_at: None,
            classification: None,
            location: None,
            arrested_at: None,
            booked_at: None,
            scheduled_release_at: None,
            released_at: None,
            release_text: None,
            released_to: None,
            holds: Vec::new(),
            charges: Vec::new(),
            bond: None,
            case_numbers: Vec::new(),
        }
    }
}

/// One charge (NIEM `j:Charge`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charge {
    /// `j:StatuteCodeSectionIdentification`.
    pub statute: Option<String>,
    /// `j:ChargeDescriptionText`.
    pub text: Option<String>,
    /// `j:ChargeSeverityText`.
    pub level: Option<String>,
    /// `j:ChargeDisposition`; nothing where the agency gives none of any charge.
    pub disposition: Option<Disposition>,
}

#[cfg(test)]
mod tests {
    use super::{CustodyState, ReleaseReason};

    const STATES: [CustodyState; 11] = [
        CustodyState::InCustody,
        CustodyState::OnLeave,
        CustodyState::OutOfCustody(ReleaseReason::Bond),
        CustodyState::OutOfCustody(ReleaseReason::Unknown),
        CustodyState::Escaped,
        CustodyState::Deceased,
        CustodyState::TransferredOut,
        CustodyState::NoLongerListed,
        CustodyState::Unknown,
        CustodyState::EscapeSuspected,
        CustodyState::TransferredOutOfState,
    ];

    #[test]
    fn reads_every_state_back_from_its_numbers() {
        for state in STATES {
            let (code, reason) = state.codes();
            assert_eq!(CustodyState::from_codes(code, reason), Some(state));
        }
        assert_eq!(CustodyState::from_codes(3, 0), None);
        assert_eq!(CustodyState::from_codes(1, 1), None);
        assert_eq!(CustodyState::from_codes(99, 0), None);
    }

    #[test]
    fn lets_no_row_say_that_somebody_is_no_longer_listed() {
        for state in STATES {
            let read = CustodyState::parse(&state.to_string());
            if state == CustodyState::NoLongerListed {
                assert_eq!(read, None);
            } else {
                assert_eq!(read, Some(state));
            }
        }
    }

    #[test]
    fn never_counts_absence_as_an_end_of_custody() {
        assert!(!CustodyState::NoLongerListed.has_ended());
        assert!(!CustodyState::Unknown.has_ended());
    }
}
