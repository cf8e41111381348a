# The public pages. Eighth-grade words at most; short sentences; nothing in a title that tells.

site-title = Information
site-skip = Skip to the content
site-leave = Leave this site now
site-leave-hint = Or press Shift three times.
site-danger = If you are in danger, call 911.
site-safety = Somebody can see which sites you visit. Nothing can erase every trace.
site-phone = Help by phone, day and night: { $phone }
site-home = Look somebody up
site-manage = Change or stop my notices
site-help = Your rights, and help
site-banner = A service of the State of Mississippi
site-footer = Mississippi Department of Corrections, Division of Victim Services. Free of charge. We use no cookies and no trackers.

home-heading = Find out where somebody is
home-lead = Look up a person who is or was in a jail or prison in Mississippi, or in the state registry.
home-label = Name or number
home-hint = First and last name in any order, or the person's MDOC number.
home-button = Look up
home-notices-heading = Get told when something changes
home-notices-text = Look the person up first. Then choose to be told. It is free, and the person is not told that you asked.
home-by-number = Told by the number of a protective order or a court case

results-heading = { $count ->
    [0] We found nobody
    [one] We found one person
   *[other] We found { $count } people
}
results-many = There are more. Add a first name or a number.
results-none = That can be because the name is written in another way, the person was released or never held here, the record is sealed, or the jail has not sent it yet. Try only the last name, or call { $phone }.
results-empty = Type a name or a number.

person-heading = { $name }
person-unnamed = A person without a name on record
person-numbers = MDOC number: { $number }
person-other-names = Also known as: { $names }
person-now = Where the person is
person-nothing = We have no status that we can show. Call { $phone }.
person-past = What was reported last
person-coming = What is coming
person-register = Tell me when something changes
person-back = Look up somebody else
person-not-found = We do not show this page. The person is not in our records, or the record is sealed.

state-InCustody = In custody at { $facility }
state-OnLeave = On leave from { $facility }, and expected back
state-OutOfCustody = Out of custody. Was at { $facility }. { $reason ->
    [Bond] Reason: bond.
    [OwnRecognizance] Reason: promised to come to court.
    [ChargesDropped] Reason: charges dropped.
    [TimeServed] Reason: time served.
    [Parole] Reason: parole.
    [Probation] Reason: probation.
    [EarnedReleaseSupervision] Reason: earned release, under watch.
    [CourtOrder] Reason: court order.
    [Pardon] Reason: pardon.
    [ToOtherAgency] Handed to another agency, and maybe in custody there.
    [SentenceExpired] Reason: the sentence is over.
    [Mistaken] Reason: released by mistake.
    [Other] Reason: another one.
   *[Unknown] Reason: not given to us.
}
state-Escaped = Escaped from { $facility }. If you are in danger, call 911.
state-Deceased = Died in custody. Was at { $facility }.
state-EscapeSuspected = Missing from { $facility }, and may have escaped. If you are in danger, call 911.
state-TransferredOut = Moved to another facility. We do not know which one. Was at { $facility }.
state-TransferredOutOfState = Handed to an agency outside the state. Was at { $facility }.
state-NoLongerListed = No longer on the list of { $facility }. This does not mean released. Only { $facility } can say.
state-Unknown = Not known. The words in the record of { $facility } do not say.

state-supervised = Under supervision{ $kind ->
    [none] { "" }
   *[other] : { $kind }
}{ $status ->
    [none] { "" }
   *[other] , { $status }
}
state-absconded = Under supervision and not to be found. If you are in danger, call 911.
state-registered = In the state's sex offender registry, and doing what it asks for
state-noncompliant = In the state's sex offender registry, and not doing what it asks for
state-registered-unknown = In the state's sex offender registry
profile-updated = Profile updated: { $when }

as-of = As of { $when }
as-of-unknown = We do not know up to when this is so.
since = Since { $when }
sure-transaction = How sure: { $facility } reported exactly this.
sure-status = How sure: the record at { $facility } says so.
sure-listing = How sure: the person is on the list of { $facility }.
sure-absence = How sure: only that the list no longer has the person.
heard-just-now = We heard from this place less than a minute ago.
heard-minutes = { $minutes ->
    [one] We heard from this place a minute ago.
   *[other] We heard from this place { $minutes } minutes ago.
}
heard-stale = We have not heard from this place since { $when }. Things may have changed. Call { $phone }.
heard-never = We have not heard from this place yet. Call { $phone }.
held = Changes from this place are being checked by a person. Call { $phone }.
list-old = But it has not confirmed its list for much longer than is usual. Call { $phone }.
results-doubtful = We have no fresh word from this place. Things may have changed. Call { $phone }.
not-readable = The records of this place cannot be read right now. Call { $phone }.
classification = Security level: { $classification }

coming-hearing = { $kind }: { $when }
coming-court = { $kind }, { $place }: { $when }
coming-unnamed = Date

event-line = { $what }: { $when }
event-Booked = Taken into custody
event-TransferInState = Moved to another place
event-TransferOutOfState = Handed to an agency outside the state
event-ClassificationChange = Security level changed
event-LeaveStart = Left on leave
event-LeaveEnd = Back from leave
event-Released = Released
event-Discharged = Released: the sentence is over
event-Escaped = Escaped
event-EscapeSuspected = Missing, maybe escaped
event-Recaptured = Caught and back in custody
event-ProtectiveOrderServed = Protective order served
event-ProtectiveOrderAttempted = Service of a protective order tried
event-ProtectiveOrderExpiring = Protective order about to end
event-CourtEventSet = Court date set
event-CourtEventChanged = Court date moved
event-CourtEventCancelled = Court date called off
event-HearingSet = Hearing set
event-HearingChanged = Hearing moved
event-HearingCancelled = Hearing called off
event-BoardDecision = Board decision
event-SupervisionChange = Supervision changed
event-Absconded = Under supervision and not to be found
event-SupervisedAddressChange = Address under supervision changed
event-SexOffenderProfileUpdated = Registry profile updated
event-SexOffenderNoncompliant = Not doing what the registry asks for
event-Died = Died
event-MistakenRelease = Released by mistake
event-ReleaseScheduled = Release planned
event-ReleaseDateChanged = Planned release changed
event-NoLongerListed = No longer on the list
event-FeedStale = Place not heard from
event-FeedRestored = Place heard from again
event-Correction = Correction
event-IdentityMerged = Records joined
event-IdentitySplit = Records taken apart

register-heading = Tell me when something changes
register-about = About: { $name }
register-by-number = If a court gave you a protective order, or if you follow a court case, we can tell you by its number.
register-safe-text = Think about who can read your mail or pick up your phone. You choose how much a message says.
register-ways = How shall we tell you?
register-ways-text = Fill in one way or more. Leave empty what you do not want.
register-words = What a message says
reach-email = E-mail
reach-email-hint = We send a code to it first. Use one that only you can read.
reach-email-label = Your e-mail address
reach-email-field-hint = { "" }
reach-telephone = Telephone
reach-telephone-hint = We call you with a code first. Think about who can pick up.
reach-telephone-label = Your telephone number
reach-telephone-field-hint = Ten digits, as in 601 555 0123
reach-letter = Letter
reach-letter-hint = We write to you with a code first. A PO box or a substitute address is as good as any.
reach-name-label = Name on the envelope
reach-name-field-hint = You can leave this empty.
reach-street-label = Street and number, or PO box
reach-street-field-hint = { "" }
reach-unit-label = Apartment or suite
reach-unit-field-hint = You can leave this empty.
reach-city-label = City
reach-city-field-hint = { "" }
reach-state-label = State
reach-state-field-hint = Two letters
reach-zip-label = ZIP code
reach-zip-field-hint = { "" }
register-level = How much may a message say?
level-discreet = What happened, without any name
level-discreet-hint = "The person you asked about was released."
level-full = What happened, with the name
level-full-hint = "Avery Sample was released from Sample County Jail."
level-content-free = Only that there is news
level-content-free-hint = "There is news about something you asked us to watch."
register-language = Language of the messages
register-button = Send me the code
register-phone = A person can sign you up by phone: call { $phone }.
register-care = Quiet hours, voicemail and a code word
register-follow = A protective order or a court case
follow-text = You find the number and the court on the papers. Leave empty what you do not have.
follow-order = A protective order that you asked for
follow-order-hint = We tell you when it is served, when that fails, and before it ends. We tell nobody else.
follow-case = A court case
follow-case-hint = We tell you of its court dates.
reach-order-number-label = Number of the order
reach-order-number-field-hint = { "" }
reach-order-court-label = Court of the order
reach-order-court-field-hint = As on the papers, such as County Court of Hinds County
reach-case-number-label = Number of the case
reach-case-number-field-hint = { "" }
reach-case-court-label = Court of the case
reach-case-court-field-hint = { "" }

code-heading = Type the code
code-lead = If the address is right, a message with a code is on its way. It can take a few minutes.
code-lead-telephone = We call the number that you gave and say a code. This can take a day. Keep this page open, or say the code to us: call { $phone }.
code-label = Code
code-hint = Six digits
code-pin-label = PIN, if you have one
code-pin-hint = Leave it empty if you have none.
code-button = Go on
code-again = No code? Check the spelling of your address and start again. An address gets at most three codes in an hour.

done-registered-heading = You are signed up
done-registered-text = From now on we tell you when something changes. If you gave a second way to tell you, a code comes there too. To change or stop it, use the link at the top of this page.
done-letter-heading = A letter is on its way
done-letter-text = It can take a week. When you have it, call { $phone } and say the code that it holds. From then on we tell you when something changes.

manage-heading = Change or stop my notices
manage-lead = Type the e-mail address at which we tell you. We send a code to it. If you have none with us, call the number at the end of this page.
manage-button = Send me the code
view-heading = Your notices
view-ending-heading = Something is about to stop
view-ending-all = We were asked to stop everything. Until { $until } we tell you as before. Then we delete where we reach you and what you asked for.
view-ending-some = Below it says what stops, and when. Until then we tell you as before.
view-ending-not-you = If it was not you, keep it, and call { $phone }.
view-ending-button = Keep everything as it was
view-ends = We were asked to stop this. Until { $until } we tell you as before.
view-contacts-heading = Where we tell you
view-email = By e-mail to { $address }
view-telephone = By telephone at { $address }
view-letter = By letter to { $address }
view-unproved = We do not tell you anything there yet: first we need the code that comes there. No code? Call { $phone }.
view-going = You took this off, or another took its place. Until { $until } we use it all the same.
view-came-back = The post brought a letter back from there. We write there no more. Give us an address below, or call { $phone }.
view-prove = Take this code
view-prefer = Try this one first
view-prefer-of = Try this one first: { $line }
view-unreach = Stop telling me there
view-unreach-of = Stop telling me there: { $line }
view-silenced = This was turned off by the link in one of our messages. We tell you nothing there.
view-resume = Turn it on again
view-resume-of = Turn it on again: { $line }
view-reach-heading = Tell me in one more way
view-reach-text = Fill in what you want. You can have three telephone numbers and two e-mail addresses. We try them one after the other. A new address for letters takes the place of the old one after three days. We use each one once you gave us the code that came there.
view-reach-button = Send me the code
view-about-heading = People you asked about
view-about-none = You are not told about anybody now.
view-follow-heading = Your protective orders and court cases
view-follow-none = We know of none.
view-follow-button = Tell me of it
view-order = the order with the number { $number }
view-case = the case with the number { $number }
view-drop = Stop for { $label }
view-change-heading = How we tell you
view-change-button = Save
view-saved = Saved.
care-heading = When and how we reach you
care-quiet = In these hours we do not call you and send you no e-mail.
care-from = Quiet from
care-until = Quiet until
care-no-hour = No quiet hours
care-excepted = What may we tell you in quiet hours all the same?
care-excepted-escapes = An escape
care-excepted-releases = An escape, or that somebody gets out
care-excepted-nothing = Nothing
care-voicemail = What may we leave on an answering machine?
care-voicemail-never = Nothing
care-voicemail-neutral = That we called, and our number
care-word = A word that we say when we call you
care-word-hint = So that you know it is us. Leave it empty for none. Take no name.
care-button = Save
pin-heading = Your PIN for calls
pin-there = You have a PIN. To change it, type a new one.
pin-none = You have no PIN. We ask for it when we call, so that nobody else hears the news.
pin-label = New PIN
pin-hint = 4 to 6 digits. Take none that others guess, such as a birthday.
pin-button = Save my PIN
second-pin-heading = A second PIN, for when you are not alone
second-pin-text = Type it when somebody makes you type your PIN, in a call or here. Then we say that there is nothing new, nothing is changed, and a person of ours learns of it. Once you have one, we ask for a PIN beside the code on this page too.
second-pin-change = This page never shows if you have one: somebody may look. To set or change it, type a new one. To have none, leave it empty and save.
second-pin-label = Second PIN
second-pin-hint = 4 to 6 digits that are not your PIN
second-pin-button = Save my second PIN
error-pin-other = Choose another PIN. This one cannot be taken.
error-quiet = Choose two hours that are not the same, or none.
error-code-word = Type a word of up to 24 letters and digits.
error-pin = Type 4 to 6 digits, not all the same and not in a row such as 1234.
error-stop-pin = That PIN is not right.
error-stop-often = Too many wrong PINs. Try again in an hour, or call { $phone } and press 0.
view-stop-heading = Stop everything
view-stop-text = We go on for three more days, and say so wherever we tell you. Then we delete where we reach you and what you asked for. Until then you can take it back on this page.
view-stop-button = Stop all notices
stop-pin-heading = Your PIN, please
stop-pin-text = Type the PIN that you press in our calls. So nobody else can stop it.
stop-pin-label = PIN
stop-pin-button = Stop this one
stop-pin-forgot = Forgot it? Go back and save a new one, or call { $phone } and press 0.
stop-pin-back = Go back, stop nothing
view-over = For your safety this page works for 15 minutes after your last click.

mail-stop-heading = Turn off e-mail?
mail-stop-text = We will send no more messages to your e-mail address. What you asked for stays. We still tell you in the other ways that you gave us.
mail-stop-other = No other way? Then we may not be able to warn you. Give us one first, or call { $phone }.
mail-stop-button = Turn off e-mail
mail-off-heading = E-mail is off
mail-off-text = We send no more messages to your e-mail address. What you asked for stays. To give us another way, or to turn it on again, use the link at the top of this page or call { $phone }.
seen-heading = Have you read our message?
seen-text = Press the button to tell us so. Then we need not try to reach you in other ways.
seen-button = I have read it
seen-done-heading = Thank you
seen-done-text = We know now that our message has reached you. If you need help, call { $phone }.
seen-code = The code in the letter
seen-code-hint = 12 letters and digits.
seen-wrong-heading = This code does not work
seen-wrong-text = Nothing was changed. Look at the code and try again, or call { $phone }.
mail-wrong-heading = This link does not work
mail-wrong-text = Nothing was changed. To change how we tell you, use the link at the top of this page or call { $phone }.

help-heading = Your rights, and help
help-lead = You do not have to do this alone. Call { $phone }, day and night. It is free.
help-arrest-heading = After an arrest for violence at home or a sexual assault
help-arrest-text = The law has us try to tell you, even if you did not ask. The officer or the prosecutor can sign you up: give them a number or an address that is safe. Or sign up here: look the person up, and choose to be told. Then you hear when the person gets out. Not on a list yet? Try again in an hour, or call { $phone }.
help-form-heading = Sign up on paper
help-form-text = Call { $phone } and ask for the form. We send it to you. Fill it in and send it back to the Division of Victim Services. We enter it for you. You are signed up only when we have your form, or when you signed up here.
help-protest-heading = Speak against a release
help-protest-text = You may tell the Parole Board why a person should not be released. You may write, or you may speak at a hearing. Call { $phone }. We tell you how, and by which day the Board must have it. Do not wait for the last day.
help-presumptive-heading = When a release needs no hearing
help-presumptive-text = Some people are paroled without a hearing. There is a hearing if you ask for one after you were told. If a message tells you of such a release, call { $phone } at once.
help-conditions-heading = What the person may not do
help-conditions-text = Parole can have special rules, such as to stay away from you. Call { $phone } to ask which rules there are, or to say what you need. If a rule is broken, call the police. If you are in danger, call 911.
help-money-heading = Money for your costs
help-money-text = The state can pay for some costs after a crime, such as a doctor, lost pay or a burial. The Attorney General runs this program. Call { $phone }. We tell you who can ask, and how.
help-referral-heading = Somebody to talk to
help-referral-text = There are support groups, advocates and safe houses. Call { $phone }. We find one near you. You do not have to say your name.
help-address-heading = Keep your address secret
help-address-text = The Attorney General can give you another address to use. Every office of the state must take it, and so do we. We never ask for your true one. Call { $phone } to hear more.

error-title = Error: { $title }
error-heading = Something is not right yet
error-email-empty = Type your e-mail address.
error-email-wrong = Type an e-mail address such as name@example.com.
error-reach-many = You have as many of this kind as we can keep. Take one away first.
error-reach-empty = Fill in one way or more to tell you.
error-telephone-wrong = Type a telephone number of ten digits.
error-telephone-refused = We do not call numbers of other countries or numbers that cost extra. Choose another way.
error-name = The name is too long for an envelope.
error-street = Type the street and number, or the PO box.
error-city = Type the city.
error-state = Type the two letters of the state, as in MS.
error-zip = Type the five digits of the ZIP code.
error-follow-empty = Type the number of a protective order or of a court case.
error-follow-number = Type the number as it stands on the papers. It has at least one digit.
error-follow-court = Type the name of the court too. Two courts can use the same number.
error-follow-many = You can follow up to { $many }. Stop one first.
error-code = That code is not right, or too old. Check it, or start again.
error-code-access = That code or PIN is not right, or the code is too old. Check both, or start again. Forgot the PIN? Call { $phone } and press 0.
error-session = Your time on this page is over. Start again.
error-level = Choose how much a message may say.
error-broken-heading = That did not work
error-broken-text = It is our fault, not yours. Try again in a minute, or call { $phone }.
error-many-heading = Please wait a minute
error-many-text = This site is asked for more than it can answer from where you are. Try again in a minute, or call { $phone }.
error-missing-heading = There is no such page

changes-heading = Changes to what we tell you
changes-about = Every change of what we tell and by when, with its day and its reason. Events that came before a change were told by the rules of that time.
changes-none = Nothing has changed yet.
changes-notification = What is told, version
changes-clocks = Time limits, version
changes-reason = The reason:
changes-new = This is new.
changes-gone = This is gone.
changes-is = { $column }: { $value }.
changes-was = { $column }. Before: { $before }. Now: { $after }.
changes-nothing = nothing
changes-days = { $number ->
    [one] { $number } day
   *[other] { $number } days
}
changes-hours = { $number ->
    [one] { $number } hour
   *[other] { $number } hours
}
changes-minutes = { $number ->
    [one] { $number } minute
   *[other] { $number } minutes
}
changes-column-told = Do we tell it
changes-column-urgency = How soon
changes-column-why = The law, or the reason
changes-column-statute = The law
changes-column-starts = It starts with
changes-column-kind = For which kind of hearing or date
changes-column-place = For people in
changes-column-direction = Which way it counts
changes-column-amount = How many days or hours
changes-column-unit = Counted in
changes-column-of = Counted from
changes-column-recipient = Who has to hear it
changes-column-met_by = It is kept by
changes-column-ends = It is over with
changes-column-warn = Our staff is warned ahead by
changes-column-what = What has to be done
changes-value-told-yes = yes
changes-value-told-no = no
changes-value-urgency-1 = at once, before all else
changes-value-urgency-2 = very soon
changes-value-urgency-3 = soon
changes-value-urgency-4 = after what is more urgent
changes-value-kind-any = all
changes-value-place-any = all places
changes-value-place-state = state prisons and regional jails
changes-value-direction-before = not later than so long before
changes-value-direction-within = in the last so long before
changes-value-direction-after = not later than so long after
changes-value-unit-days = days
changes-value-unit-business-days = business days
changes-value-unit-hours = hours
changes-value-of-scheduled = the day that was set
changes-value-of-effective = when it happened
changes-value-of-received = when we learned of it
changes-value-recipient-victim = the victim
changes-value-recipient-sheriff-and-police = the sheriff and the police chief
changes-value-recipient-sheriff = the sheriff
changes-value-recipient-court-clerk = the clerk of the court
changes-value-recipient-sex-offender-registry = the sex offender registry
changes-value-met_by-notice = our message
changes-value-met_by-reminder = a second message
changes-value-met_by-agency-notice = telling the office
changes-value-met_by-person = a person who says it was done
changes-value-met_by-event = the next word of the same record
changes-value-met_by-receipt = our own receipt in time
clock-hearing-victim = A hearing of the Parole Board: tell the victim before it
clock-presumptive-parole-victim = Presumptive parole: tell the victim before it
clock-court-event-victim = A court date: tell the victim before it
clock-parole-release-victim = A release: tell the victim before it
clock-sentence-end-victim = The end of a sentence: mail the victim before it
clock-release-agencies = A release: tell the sheriff and the police before it
clock-escape-victim = An escape or a return: tell the victim
clock-release-victim = A release: tell the victim after it
clock-order-registry = A protective order was served: have it on file
clock-offender-90-days = A sex offender: hear from the person again
clock-offender-change-registry = A sex offender changed something: have it on file
clock-offender-move-registry = A sex offender moves: have the notice ten days before
clock-order-end-victim = A protective order ends: tell who asked for it
