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
    /// How to reach a person.
    ForOperator = "for-operator",
    /// That she is being connected.
    Connecting = "connecting",
    /// That a person helps further, after three misses.
    PersonHelps = "person-helps",
    /// That something does not work here, and a person helps.
    Trouble = "trouble",
    /// That no operator is free, and that somebody calls back.
    NoOperator = "no-operator",
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
    /// That we do not call again.
    NeverAgain = "never-again",
}
