# Messages by e-mail, letter and telephone. Sixth-grade words, the fact first, the name once.
# $name, $facility, $from, $to, $place, $destination: as the agency writes them; $kind, $place and $destination
# are "none" where it wrote nothing. $state, $before, $hearing: a word of our own that
# chooses. $when, $scheduled: written out.

notice-sender = Information Service
notice-subject = Information you asked for
notice-may-repeat = You may have heard this from us before.
notice-hello = Hello,

# When: $at and $day are "none" where nobody said.
notice-when = { $at ->
    [none] We were not told when.
   *[given] The time was { $when }.
}
notice-on = { $day ->
    [none] We were not told the day.
   *[given] The time is { $scheduled }.
}
notice-now-on = { $day ->
    [none] We were not told the new day.
   *[given] The new time is { $scheduled }.
}
notice-was-on = { $day ->
    [none] { "" }
   *[given] The time would have been { $scheduled }.
}

notice-Booked-full = { $name } was taken into custody. The place is { $facility }. { notice-when }
notice-Booked-discreet = The person you asked about was taken into custody. { notice-when }
notice-TransferInState-full = { $state ->
    [TransferredOut] { $name } was moved from { $facility } to another facility. { $destination ->
        [none] We were not told which one.
       *[other] The record calls it { $destination }.
    } The person may still be in custody there. { notice-when }
   *[other] { $name } was moved from { $from_facility } to { $facility }. { notice-when }
}
notice-TransferInState-discreet = { $state ->
    [TransferredOut] The person you asked about was moved to another facility. We cannot say which one. The person may still be in custody there. { notice-when }
   *[other] The person you asked about was moved to another place in the state. The person is still in custody. { notice-when }
}
notice-TransferOutOfState-full = { $name } was handed to an agency outside the state. Before that the person was at { $facility }. { notice-when }
notice-TransferOutOfState-discreet = The person you asked about was handed to an agency outside the state. { notice-when }
notice-ClassificationChange-full = The security level of { $name } at { $facility } changed from { $from } to { $to }. The person is still in custody.
notice-ClassificationChange-discreet = The security level of the person you asked about changed from { $from } to { $to }. The person is still in custody.
notice-LeaveStart-full = { $reason ->
    [WorkRelease] { $name } may leave { $facility } to work, and has to come back. { notice-when }
    [HouseArrest] { $name } left { $facility } for house arrest. The person lives at a home, and is watched there. { notice-when }
   *[other] { $name } left { $facility } on leave, and has to come back. { notice-when }
}
notice-LeaveStart-discreet = { $reason ->
    [WorkRelease] The person you asked about may leave to work, and has to come back. { notice-when }
    [HouseArrest] The person you asked about is under house arrest. The person lives at a home, and is watched there. { notice-when }
   *[other] The person you asked about is out on leave, and has to come back. { notice-when }
}
notice-LeaveEnd-full = { $name } is back at { $facility } from leave. { notice-when }
notice-LeaveEnd-discreet = The person you asked about is back in custody from leave. { notice-when }
notice-Released-full = { $name } was released from { $facility }. { notice-when } { $reason ->
    [Bond] The reason: a bond was paid.
    [OwnRecognizance] The reason: the person promised to come to court.
    [ChargesDropped] The reason: the charges were dropped.
    [TimeServed] The reason: the time was served.
    [Parole] The reason: parole.
    [Probation] The reason: probation.
    [EarnedReleaseSupervision] The reason: earned release, under watch.
    [CourtOrder] The reason: a court order.
    [Pardon] The reason: a pardon.
    [ToOtherAgency] The person was handed to another agency, and may still be in custody there.
    [Other] The reason was not one we have words for.
   *[Unknown] We were not told the reason.
}
notice-Released-discreet = The person you asked about was released. { notice-when } { $reason ->
    [ToOtherAgency] The person was handed to another agency, and may still be in custody there.
   *[Unknown] { "" }
}
notice-Discharged-full = { $name } was released from { $facility } because the sentence is over. { notice-when }
notice-Discharged-discreet = The person you asked about was released because the sentence is over. { notice-when }
notice-Escaped-full = { $name } escaped from { $facility }. { notice-when } If you are in danger, call 911 now.
notice-Escaped-discreet = The person you asked about escaped. { notice-when } If you are in danger, call 911 now.
notice-EscapeSuspected-full = { $name } is missing from { $facility } and may have escaped. { notice-when } If you are in danger, call 911 now.
notice-EscapeSuspected-discreet = The person you asked about is missing and may have escaped. { notice-when } If you are in danger, call 911 now.
notice-Recaptured-full = { $before ->
    [EscapeSuspected] { $name } was missing and has been found. The person is in custody at { $facility }. { notice-when }
   *[other] { $name } was caught and is back in custody. The place is { $facility }. { notice-when }
}
notice-Recaptured-discreet = { $before ->
    [EscapeSuspected] The person you asked about was missing and has been found. The person is in custody. { notice-when }
   *[other] The person you asked about was caught and is back in custody. { notice-when }
}
notice-ProtectiveOrderServed-full = The protective order that you asked for was served on { $name }. { notice-when } { $place ->
    [none] { "" }
   *[other] The court is { $place }.
}
notice-ProtectiveOrderServed-discreet = The court paper that you asked for was handed over. { notice-when }
notice-ProtectiveOrderAttempted-full = Somebody tried to serve the protective order that you asked for on { $name }. It is not served yet. { notice-when }
notice-ProtectiveOrderAttempted-discreet = Somebody tried to hand over the court paper that you asked for. It is not handed over yet. { notice-when }
notice-ProtectiveOrderExpiring-full = The protective order that you asked for against { $name } ends soon. The day is { $scheduled }. To keep it, ask the court before that day.
notice-ProtectiveOrderExpiring-discreet = The court paper that you asked for ends soon. The day is { $scheduled }. To keep it, ask the court before that day.
notice-CourtEventSet-full = A court date for { $name } was set{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-on } { $place ->
    [none] { "" }
   *[other] The place is { $place }.
}
notice-CourtEventSet-discreet = A court date was set for the person you asked about. { notice-on }
notice-CourtEventChanged-full = A court date for { $name } was moved{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-now-on } { $place ->
    [none] { "" }
   *[other] The place is { $place }.
}
notice-CourtEventChanged-discreet = A court date of the person you asked about was moved. { notice-now-on }
notice-CourtEventCancelled-full = A court date for { $name } was called off{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}. { notice-was-on }
notice-CourtEventCancelled-discreet = A court date of the person you asked about was called off. { notice-was-on }
notice-HearingSet-full = { $hearing ->
    [presumptive] { $name } is to be paroled without a hearing. The day is { $scheduled }. There is a hearing only if you ask for one before that day. To ask, call us.
   *[other] A hearing for { $name } was set{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-on } { $place ->
        [none] { "" }
       *[other] The place is { $place }.
    } You may have the right to speak there.
}
notice-HearingSet-discreet = { $hearing ->
    [presumptive] The person you asked about is to be paroled without a hearing. The day is { $scheduled }. There is a hearing only if you ask for one before that day. To ask, call us.
   *[other] A hearing was set for the person you asked about. { notice-on } You may have the right to speak there.
}
notice-HearingChanged-full = { $hearing ->
    [presumptive] { $name } is to be paroled without a hearing on another day. The new day is { $scheduled }. There is a hearing only if you ask for one before that day. To ask, call us.
   *[other] A hearing for { $name } was moved{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-now-on } { $place ->
        [none] { "" }
       *[other] The place is { $place }.
    }
}
notice-HearingChanged-discreet = { $hearing ->
    [presumptive] The person you asked about is to be paroled without a hearing on another day. The new day is { $scheduled }. There is a hearing only if you ask for one before that day. To ask, call us.
   *[other] A hearing of the person you asked about was moved. { notice-now-on }
}
notice-HearingCancelled-full = { $hearing ->
    [presumptive] The parole of { $name } without a hearing was called off. The day would have been { $scheduled }.
   *[other] A hearing for { $name } was called off{ $kind ->
        [none] { "" }
       *[other] : { $kind }
    }. { notice-was-on }
}
notice-HearingCancelled-discreet = { $hearing ->
    [presumptive] The parole without a hearing of the person you asked about was called off. The day would have been { $scheduled }.
   *[other] A hearing of the person you asked about was called off. { notice-was-on }
}
notice-BoardDecision-full = The board decided about { $name }: { $decision }.
notice-BoardDecision-discreet = The board decided about the person you asked about.
notice-SupervisionChange-full = { $before ->
    [none] { $name } is under supervision now{ $to ->
        [none] { "" }
       *[other] : { $to }
    }. { notice-when }
    [Absconded] { $name } was missing from supervision, and is not any more. { $to ->
        [none] { "" }
       *[other] The status now: { $to }.
    } { notice-when }
   *[other] The supervision of { $name } changed from { $from } to { $to }. { notice-when }
}
notice-SupervisionChange-discreet = { $before ->
    [none] The person you asked about is under supervision now. { notice-when }
    [Absconded] The person you asked about was missing from supervision, and is not any more. { notice-when }
   *[other] The supervision of the person you asked about changed. { notice-when }
}
notice-Absconded-full = { $name } is under supervision and cannot be found. { notice-when } If you are in danger, call 911 now.
notice-Absconded-discreet = The person you asked about is under supervision and cannot be found. { notice-when } If you are in danger, call 911 now.
notice-SupervisedAddressChange-full = { $name } lives at another address under supervision. { notice-when }
notice-SupervisedAddressChange-discreet = The person you asked about lives at another address under supervision. { notice-when }
notice-SexOffenderProfileUpdated-full = { $day ->
    [none] { $name } updated the state registry. { notice-when }
   *[given] { $name } told the state registry of a move to another home. The day of the move is { $scheduled }.
}
notice-SexOffenderProfileUpdated-discreet = { $day ->
    [none] The person you asked about updated the state registry. { notice-when }
   *[given] The person you asked about told the state registry of a move to another home. The day of the move is { $scheduled }.
}
notice-SexOffenderNoncompliant-full = { $name } is not doing what the state registry asks for.
notice-SexOffenderNoncompliant-discreet = The person you asked about is not doing what the state registry asks for.
notice-Died-full = { $name } died in custody. The place was { $facility }. { notice-when }
notice-Died-discreet = The person you asked about died in custody. { notice-when }
notice-MistakenRelease-full = { $name } was released from { $facility } by mistake. { notice-when } If you are in danger, call 911 now.
notice-MistakenRelease-discreet = The person you asked about was released by mistake. { notice-when } If you are in danger, call 911 now.
notice-ReleaseScheduled-full = { $name } is to be released from { $facility }. The day is { $scheduled }.
notice-ReleaseScheduled-discreet = The person you asked about is to be released. The day is { $scheduled }.
notice-ReleaseDateChanged-full = { $day ->
    [none] The day on which { $name } was to be released from { $facility } was taken back. There is no new day yet.
   *[given] The day on which { $name } is to be released from { $facility } changed. The new day: { $scheduled }.
}
notice-ReleaseDateChanged-discreet = { $day ->
    [none] The day on which the person you asked about was to be released was taken back. There is no new day yet.
   *[given] The day on which the person you asked about is to be released changed. The new day: { $scheduled }.
}
notice-Correction-full = We told you something about { $name } that is not so. What the record says now: { $state ->
    [InCustody] the person is in custody at { $facility }.
    [none] the last date or record of which we told you was entered by mistake.
   *[other] the reason for the release was another one. The person is out of custody.
}
notice-Correction-discreet = We told you something about the person you asked about that is not so. What the record says now: { $state ->
    [InCustody] the person is in custody.
    [none] the last date or record of which we told you was entered by mistake.
   *[other] the reason for the release was another one. The person is out of custody.
}

notice-FeedStale-full = We have had no word from { $facility } since { $when }. Until we have, we cannot see what changes there, and cannot tell you of it. This does not mean that anyone was let go. { $phone ->
    [none] { "" }
   *[other] To ask the place itself, call { $phone }.
} We will tell you when we hear from it again.
notice-FeedStale-discreet = We have had no word from a place that you asked about since { $when }. Until we have, we cannot see what changes there, and cannot tell you of it. This does not mean that anyone was let go. We will tell you when we hear from it again.
notice-FeedRestored-full = We hear from { $facility } again, since { $when }. What changed there before that is told to you as we learn of it.
notice-FeedRestored-discreet = We hear again from the place that you asked about, since { $when }. What changed there before that is told to you as we learn of it.
notice-canary = This is the daily test of the line from { $facility }. It is not about a real person, and nobody was released:
notice-still-held-full = But the record of { $held } says that the person is still in custody there.
notice-still-held-discreet = But another record says that the person is still in custody.
notice-content-free = There is news about something you asked us to watch. To hear it, visit { $site } or call { $phone }.
notice-late = { $hours ->
    [one] This was an hour ago or more.
   *[other] This was about { $hours } hours ago.
}
notice-late-days = { $days ->
    [one] This was a day ago or more.
   *[other] This was about { $days } days ago.
}
notice-learned-late = We learned of it late.
notice-found-late = It may have happened well before we learned of it: for some time we could not see the records there.
notice-no-time = not given
notice-no-name = The person you asked about
notice-more = To see the latest, to change how we reach you, or to stop: visit { $site } or call { $phone }. Somebody answers the phone day and night.
notice-help = Your rights, and help: { $site }/help
notice-danger = If you are in danger, call 911.

phone-again = To hear this again, say so now.
phone-news = There is news about something that you asked us to watch. To hear it, press 0 and talk to a person.
phone-code = Somebody asked us to call this number. Your code is { $code }. It works for { $days } days.
phone-code-not-you = If you did not ask for it, say so, and we do not call again.
letter-code = Your code is { $code }. It works for { $days } days. To be told by letter, call { $phone }. Say the code and the number of this letter.
letter-what = What happened
letter-means = What it means
letter-do = What you can do
letter-whom = Whom to call
letter-means-in = The record says that the person is in custody. This can change.
letter-means-out = The record says that the person is out of custody. This can change.
letter-means-unseen = Something may have changed there, or nothing. Until we hear from there, ask the place itself.
letter-means-other = This is what the record said on the day of this letter. It can change.
letter-bars = Barcode of the post office
letter-continued = More on the back.
letter-seen = Have you read this? Please tell us: go to { $page } and type { $code }.
mail-seen = Have you read this? Please tell us here, so that we need not try to reach you in other ways: { $page }
letter-number = Number of this letter: { $number }

# What changed in how she is told, said in her other ways. It names nobody.
change-number = The phone number that we call was changed.
change-way = A new way to reach you was added.
change-way-gone = A way to reach you was taken off.
change-pin = Your PIN was changed.
change-stop = We were asked to stop all messages to you.
change-stop-one = We were asked to stop all messages on one thing that you watch.
change-more = Something was added to what you asked us to watch.
change-wrong-number = Somebody took our call to you and said that we have the wrong number. We go on calling it.
change-number-held = Somebody took our call to you and said that we have the wrong number. Now we call it only if we must.
change-care = When we may call you, or what we leave on a machine, was changed.
change-never-called = Somebody took our call with a code and wants no more calls. We do not call that number.
change-mail-off = E-mail to you was turned off by the link in one of our messages. You can turn it on again on your page.
change-mail-on = E-mail to you was turned on again.
change-address = The address for our letters was changed.
change-order = Which of your numbers or addresses we try first was changed.
change-language = The language in which we tell you was changed.
change-level = How much we say in our messages was changed.
change-hours = The hours in which we leave you alone were changed.
change-voicemail = What we may leave on an answering machine was changed.
change-code-word = The word that we say when we call you was changed.
change-when = The time was { $when }.
change-undo = We go on as before until { $until }. To take this back before then, use your page, or call us, press 4, and then press 8.
change-not-you = If this was you, there is nothing to do. If it was not you, call { $phone } and press 0. A person helps you, day and night.

code-subject = Your code
code-text = Your code is { $code }. It works for { $minutes } minutes.
code-not-you = If you did not ask for a code, do nothing. No one was signed up.
