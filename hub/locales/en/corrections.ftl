# What a person decided to take back: each event in its own words, then what the record says now.
# $name, $facility: as in the notice that was wrong; $held: where the record says now that the person is held.

correction-Booked-full = We told you that { $name } was taken into custody at { $facility }. That is not so, and we are sorry.
correction-Booked-discreet = We told you that the person you asked about was taken into custody. That is not so, and we are sorry.
correction-TransferInState-full = { $state ->
    [TransferredOut] We told you that { $name } was moved from { $facility } to another facility. That is not so, and we are sorry.
   *[other] We told you that { $name } was moved to { $facility }. That is not so, and we are sorry.
}
correction-TransferInState-discreet = { $state ->
    [TransferredOut] We told you that the person you asked about was moved to another facility. That is not so, and we are sorry.
   *[other] We told you that the person you asked about was moved to another place in the state. That is not so, and we are sorry.
}
correction-TransferOutOfState-full = We told you that { $name } was handed to an agency outside the state. That is not so, and we are sorry.
correction-TransferOutOfState-discreet = We told you that the person you asked about was handed to an agency outside the state. That is not so, and we are sorry.
correction-ClassificationChange-full = We told you that { $name } has another security level. That is not so, and we are sorry.
correction-ClassificationChange-discreet = We told you that the person you asked about has another security level. That is not so, and we are sorry.
correction-LeaveStart-full = We told you that { $name } left { $facility } on leave. That is not so, and we are sorry.
correction-LeaveStart-discreet = We told you that the person you asked about is out on leave. That is not so, and we are sorry.
correction-LeaveEnd-full = We told you that { $name } is back at { $facility } from leave. That is not so, and we are sorry.
correction-LeaveEnd-discreet = We told you that the person you asked about is back from leave. That is not so, and we are sorry.
correction-Released-full = We told you that { $name } was released from { $facility }. That is not so, and we are sorry.
correction-Released-discreet = We told you that the person you asked about was released. That is not so, and we are sorry.
correction-Discharged-full = We told you that { $name } was released from { $facility } because the sentence is over. That is not so, and we are sorry.
correction-Discharged-discreet = We told you that the person you asked about was released because the sentence is over. That is not so, and we are sorry.
correction-Escaped-full = We told you that { $name } escaped from { $facility }. That is not so, and we are sorry.
correction-Escaped-discreet = We told you that the person you asked about escaped. That is not so, and we are sorry.
correction-EscapeSuspected-full = We told you that { $name } is missing from { $facility } and may have escaped. That is not so, and we are sorry.
correction-EscapeSuspected-discreet = We told you that the person you asked about is missing and may have escaped. That is not so, and we are sorry.
correction-Recaptured-full = We told you that { $name } was caught and is back in custody. That is not so, and we are sorry.
correction-Recaptured-discreet = We told you that the person you asked about was caught and is back in custody. That is not so, and we are sorry.
correction-CourtEventSet-full = We told you that { $name } has a court date. That is not so, and we are sorry.
correction-CourtEventSet-discreet = We told you that the person you asked about has a court date. That is not so, and we are sorry.
correction-CourtEventChanged-full = We told you that { $name } has another court date. That is not so, and we are sorry.
correction-CourtEventChanged-discreet = We told you that the person you asked about has another court date. That is not so, and we are sorry.
correction-CourtEventCancelled-full = We told you that { $name } has no court date any more. That is not so, and we are sorry.
correction-CourtEventCancelled-discreet = We told you that the person you asked about has no court date any more. That is not so, and we are sorry.
correction-HearingSet-full = We told you that { $name } has a hearing. That is not so, and we are sorry.
correction-HearingSet-discreet = We told you that the person you asked about has a hearing. That is not so, and we are sorry.
correction-HearingChanged-full = We told you that { $name } has a hearing at another time. That is not so, and we are sorry.
correction-HearingChanged-discreet = We told you that the person you asked about has a hearing at another time. That is not so, and we are sorry.
correction-HearingCancelled-full = We told you that { $name } has no hearing any more. That is not so, and we are sorry.
correction-HearingCancelled-discreet = We told you that the person you asked about has no hearing any more. That is not so, and we are sorry.
correction-BoardDecision-full = We told you that { $name } had a decision of the board. That is not so, and we are sorry.
correction-BoardDecision-discreet = We told you that the person you asked about had a decision of the board. That is not so, and we are sorry.
correction-SupervisionChange-full = We told you that { $name } has another kind of supervision. That is not so, and we are sorry.
correction-SupervisionChange-discreet = We told you that the person you asked about has another kind of supervision. That is not so, and we are sorry.
correction-Absconded-full = We told you that { $name } is under supervision and cannot be found. That is not so, and we are sorry.
correction-Absconded-discreet = We told you that the person you asked about is under supervision and cannot be found. That is not so, and we are sorry.
correction-SupervisedAddressChange-full = We told you that { $name } lives at another address under supervision. That is not so, and we are sorry.
correction-SupervisedAddressChange-discreet = We told you that the person you asked about lives at another address under supervision. That is not so, and we are sorry.
correction-SexOffenderProfileUpdated-full = We told you that { $name } updated the state registry. That is not so, and we are sorry.
correction-SexOffenderProfileUpdated-discreet = We told you that the person you asked about updated the state registry. That is not so, and we are sorry.
correction-SexOffenderNoncompliant-full = We told you that { $name } is not doing what the state registry asks for. That is not so, and we are sorry.
correction-SexOffenderNoncompliant-discreet = We told you that the person you asked about is not doing what the state registry asks for. That is not so, and we are sorry.
correction-Died-full = We told you that { $name } died in custody. That is not so, and we are sorry.
correction-Died-discreet = We told you that the person you asked about died in custody. That is not so, and we are sorry.
correction-MistakenRelease-full = We told you that { $name } was released from { $facility } by mistake. That is not so, and we are sorry.
correction-MistakenRelease-discreet = We told you that the person you asked about was released by mistake. That is not so, and we are sorry.
correction-ReleaseScheduled-full = We told you that { $name } is to be released from { $facility }. That is not so, and we are sorry.
correction-ReleaseScheduled-discreet = We told you that the person you asked about is to be released. That is not so, and we are sorry.
correction-ReleaseDateChanged-full = We told you that { $name } is to be released from { $facility } on another day. That is not so, and we are sorry.
correction-ReleaseDateChanged-discreet = We told you that the person you asked about is to be released on another day. That is not so, and we are sorry.
correction-ProtectiveOrderServed-full = We told you that the protective order that you asked for was served on { $name }. That is not so, and we are sorry. If you are in danger, call 911.
correction-ProtectiveOrderServed-discreet = We told you that the court paper that you asked for was handed over. That is not so, and we are sorry.
correction-ProtectiveOrderAttempted-full = We told you that somebody tried to serve the protective order that you asked for on { $name }. That is not so, and we are sorry.
correction-ProtectiveOrderAttempted-discreet = We told you that somebody tried to hand over the court paper that you asked for. That is not so, and we are sorry.
correction-ProtectiveOrderExpiring-full = We told you that the protective order that you asked for against { $name } ends soon. That is not so, and we are sorry.
correction-ProtectiveOrderExpiring-discreet = We told you that the court paper that you asked for ends soon. That is not so, and we are sorry.
correction-FeedStale-full = We told you that there was no word from { $facility }. That was wrong. We do hear from it.
correction-FeedStale-discreet = We told you that there was no word from a place that you asked about. That was wrong. We do hear from it.
correction-FeedRestored-full = We told you that we hear from { $facility } again. That was wrong. We do not.
correction-FeedRestored-discreet = We told you that we hear again from a place that you asked about. That was wrong. We do not.
correction-Correction-full = We told you that something about { $name } was not so. That was wrong, and we are sorry.
correction-Correction-discreet = We told you that something about the person you asked about was not so. That was wrong, and we are sorry.

correction-now-full = The record says now that the person is in custody at { $held }.
correction-now-discreet = The record says now that the person is in custody.
