//! The prompts of the scripts, by the keys of their words and recordings.

/// Names every prompt once, with the key of its words and the name of its recording.
macro_rules! prompts {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal,)+) => {
        /// A prompt of the scripts: what is said, apart from its words and its voice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Prompt {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Prompt {
            /// Every prompt.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the key of its words, which is the name of its recording too.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }
        }
    };
}

prompts! {
    /// Who calls, without saying what about.
    Greeting = "greeting",
    /// That a relay operator has time to type.
    RelayWelcome = "relay-welcome",
    /// The message for a machine, before the number to call.
    Voicemail = "voicemail",
    /// That the number of the message follows.
    Reference = "reference",
    /// That the word that follows is the one that she chose.
    CodeWord = "code-word",
    /// How to hear this language, in this language.
    ThisLanguage = "this-language",
    /// Asks for the PIN.
    EnterPin = "enter-pin",
    /// Asks for the PIN once more.
    PinAgain = "pin-again",
    /// How to say that the number is the wrong one.
    WrongNumber = "wrong-number",
    /// Asks to say so once more.
    WrongNumberSure = "wrong-number-sure",
    /// That it is noted.
    WrongNumberNoted = "wrong-number-noted",
    /// How to reach a person.
    ForOperator = "for-operator",
    /// That she is being connected.
    Connecting = "connecting",
    /// Asks whoever took a call at an operator's desk to take the caller.
    DeskOffer = "desk-offer",
    /// That a person helps further, after three misses.
    PersonHelps = "person-helps",
    /// That something does not work here, and a person helps.
    Trouble = "trouble",
    /// That no operator is free, and that somebody calls her back at the number that we called.
    NoOperator = "no-operator",
    /// That no operator is free: nothing is promised before there is a number to call.
    NobodyFree = "nobody-free",
    /// That no operator is free, and to call again.
    TryAgain = "try-again",
    /// What to press after a notice was told.
    AfterNotice = "after-notice",
    /// The good-bye.
    Goodbye = "goodbye",
    /// What is said to whoever enters the duress PIN.
    NothingNew = "nothing-new",
    /// That somebody asked for this call, and what to press for the code.
    CodeOffer = "code-offer",
    /// That the code follows.
    YourCode = "your-code",
    /// What to press after a code was said.
    AfterCode = "after-code",
    /// That something changed, which whoever presses a key hears.
    ChangeOffer = "change-offer",
    /// What to press after that was said.
    AfterChange = "after-change",
    /// That we do not call again.
    NeverAgain = "never-again",
    /// What to do in danger: the first words of every call to us.
    Danger = "danger",
    /// Who answers.
    Welcome = "welcome",
    /// What can be done here.
    Menu = "menu",
    /// How to have more time for each answer.
    MoreTime = "more-time",
    /// That something is asked again.
    OnceMore = "once-more",
    /// That a person has to be found before anybody is told.
    FindFirst = "find-first",
    /// How to name a person.
    HowToFind = "how-to-find",
    /// Asks for a number.
    EnterNumber = "enter-number",
    /// Asks for a surname.
    SpellLast = "spell-last",
    /// Asks for a given name.
    SpellFirst = "spell-first",
    /// That nobody was found, which proves nothing.
    NobodyFound = "nobody-found",
    /// That more letters are needed.
    TooMany = "too-many",
    /// Before a name.
    For = "for",
    /// Before a key.
    Press = "press",
    /// What to press after a status.
    AfterStatus = "after-status",
    /// Asks which number to call.
    EnterPhone = "enter-phone",
    /// Asks for the number that we call.
    EnterYourPhone = "enter-your-phone",
    /// What to press who has no PIN any more.
    ForgotPin = "forgot-pin",
    /// Asks where to call back.
    EnterCallBack = "enter-call-back",
    /// Before a number is read back.
    PhoneIs = "phone-is",
    /// Asks whether a number is right.
    IsThatRight = "is-that-right",
    /// Asks for a new PIN.
    ChoosePin = "choose-pin",
    /// Asks for the new PIN a second time.
    PinOnceMore = "pin-once-more",
    /// That the two were not the same.
    PinsDiffer = "pins-differ",
    /// That anybody would guess it.
    PinTooEasy = "pin-too-easy",
    /// That we do not call such a number.
    NotCalled = "not-called",
    /// That a code is on its way to another number of hers, and that the old one is called for some days too.
    Moves = "moves",
    /// That a code is on its way.
    Registered = "registered",
    /// Asks for a code.
    EnterCode = "enter-code",
    /// That the number counts.
    Proved = "proved",
    /// That a code was right, by which somebody chooses a new PIN.
    CodeRight = "code-right",
    /// Before the initials of those about whom she is told.
    ToldAbout = "told-about",
    /// That she is told about nobody.
    ToldAboutNobody = "told-about-nobody",
    /// Before the day on which something ends.
    EndsOn = "ends-on",
    /// That everything ends, before the day.
    AllEndsOn = "all-ends-on",
    /// What somebody can change.
    Mine = "mine",
    /// Asks for a PIN for when somebody makes her enter one.
    ChooseDuressPin = "choose-duress-pin",
    /// That it counts.
    DuressPinSet = "duress-pin-set",
    /// That another PIN has to be chosen.
    OtherPin = "other-pin",
    /// What somebody can choose of how she is told and called.
    Profile = "profile",
    /// What to press for a PIN for when somebody makes her enter one.
    OrDuressPin = "or-duress-pin",
    /// What to press to change nothing.
    OrNothing = "or-nothing",
    /// Asks in which language to tell her.
    ChooseLanguage = "choose-language",
    /// That she is told in English.
    InEnglish = "in-english",
    /// That she is told in Spanish.
    InSpanish = "in-spanish",
    /// Asks at which hours to call her.
    ChooseHours = "choose-hours",
    /// That she is called at any hour.
    HoursAny = "hours-any",
    /// That she is called in the morning.
    HoursMorning = "hours-morning",
    /// That she is called during the day.
    HoursDay = "hours-day",
    /// That she is called in the evening.
    HoursEvening = "hours-evening",
    /// Asks what is told at any hour all the same.
    ChooseAtAnyHour = "choose-at-any-hour",
    /// That she is called about an escape at any hour.
    EscapesAtAnyHour = "escapes-at-any-hour",
    /// That she is called about an escape and a release at any hour.
    ReleasesAtAnyHour = "releases-at-any-hour",
    /// That she is not called at other hours, whatever happens.
    NothingAtOtherHours = "nothing-at-other-hours",
    /// Asks what a machine may hear.
    ChooseMachine = "choose-machine",
    /// That nothing is left with a machine.
    MachineNothing = "machine-nothing",
    /// That the number to call is left with a machine.
    MachineCallBack = "machine-call-back",
    /// That what she chose is kept, and that she is told so.
    Set = "set",
    /// That the new PIN counts.
    PinChanged = "pin-changed",
    /// Before a name about which to stop.
    StopFor = "stop-for",
    /// What to press to stop everything, or nothing.
    StopAll = "stop-all",
    /// Asks whether to stop.
    ConfirmStop = "confirm-stop",
    /// That it is asked for, and how to take it back.
    Stopped = "stopped",
    /// That nothing stops.
    Kept = "kept",
    /// What happens to somebody who forgot a PIN.
    ResetSent = "reset-sent",
    /// That a person calls back.
    CallBackTaken = "call-back-taken",
}
