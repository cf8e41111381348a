//! What every script does alike: saying things in the caller's language, calling an operator, ending.

use savin_shared::pii::Pii;

use super::ending::{EndCause, Ending, Operator, Outcome, Voicemail};
use super::outbound::CallBack;
use super::pace::Pace;
use super::prompt::Prompt;
use super::speech::{Language, Play, Utterance};
use super::{Collect, Dialled, Effect};

/// Answers of a script after which the call ends or a person helps, whatever comes.
const TURNS_MAX: u8 = 40;

/// Whom the other side talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    Script,
    Operator,
    Nobody,
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) language: Language,
    pub(super) pace: Pace,
    pub(super) outcome: Outcome,
    operator: Operator,
    with: With,
    turns: u8,
}

impl Talk {
    pub(super) const fn new(language: Language, pace: Pace, outcome: Outcome) -> Self {
        Self {
            language,
            pace,
            outcome,
            operator: Operator::NotAsked,
            with: With::Script,
            turns: 0,
        }
    }

    /// Says whether the call is over.
    pub(super) fn is_over(&self) -> bool {
        self.with == With::Nobody
    }

    /// Says whether an operator is called or spoken with.
    pub(super) fn is_dialling(&self) -> bool {
        self.with == With::Operator
    }

    /// Counts one more answer, and says whether there were too many.
    pub(super) const fn is_too_long(&mut self) -> bool {
        self.turns = self.turns.saturating_add(1);
        self.turns > TURNS_MAX
    }

    pub(super) const fn switch(&mut self) {
        self.language = self.language.other();
    }

    pub(super) const fn play(&self, say: Vec<Utterance>) -> Effect {
        Effect::Play(Play {
            language: self.language,
            say,
        })
    }

    pub(super) fn say(&self, prompt: Prompt) -> Effect {
        self.play(vec![Utterance::Prompt(prompt)])
    }

    /// Begins what is said first, with the word by which she knows that it is us.
    pub(super) fn greeting(
        &self,
        greeting: Prompt,
        code_word: Option<&Pii<String>>,
    ) -> Vec<Utterance> {
        let relay = (self.pace == Pace::Relay).then_some(Prompt::RelayWelcome);
        let greeting = std::iter::once(greeting).chain(relay);
        let mut say: Vec<_> = greeting.map(Utterance::Prompt).collect();
        if let Some(word) = code_word.cloned() {
            let word = Utterance::CodeWord(word);
            say.extend([Utterance::Prompt(Prompt::CodeWord), word, Utterance::Pause]);
        }
        say
    }

    /// Offers the other language in that language.
    pub(super) fn other_language(&self) -> Effect {
        Effect::Play(Play {
            language: self.language.other(),
            say: vec![Utterance::Prompt(Prompt::ThisLanguage)],
        })
    }

    pub(super) const fn collect(&self, digits_max: u8) -> Effect {
        Effect::Collect(Collect {
            digits_max,
            wait: self.pace.wait(),
        })
    }

    /// Calls an operator. Until they have talked a person has to call back.
    pub(super) fn dial(&mut self, why: Prompt) -> Vec<Effect> {
        self.with = With::Operator;
        self.operator = Operator::Missed;
        vec![self.say(why), Effect::Dial]
    }

    /// Notes what became of the call to an operator; says whether they talked.
    pub(super) fn talked(&mut self, dialled: Dialled) -> bool {
        let has_talked = self.is_dialling() && dialled == Dialled::Talked;
        if has_talked {
            self.operator = Operator::Talked;
        }
        has_talked
    }

    /// Ends a call that we made once an operator was called: where none took it a person calls her back.
    pub(super) fn dialled(&mut self, dialled: Dialled) -> Vec<Effect> {
        let has_talked = self.talked(dialled);
        let sorry = (!has_talked).then(|| self.say(Prompt::NoOperator));
        self.over(sorry.into_iter().collect())
    }

    /// Ends a call that a machine took: with what she agreed to be left there, and nothing else.
    pub(super) fn leave(&mut self, back: Option<CallBack>) -> Vec<Effect> {
        let Some(back) = back else {
            return self.over_with(Outcome::Machine(Voicemail::NotLeft), Vec::new());
        };
        let say = vec![
            Utterance::Prompt(Prompt::Greeting),
            Utterance::Prompt(Prompt::Voicemail),
            Utterance::Digits(back.phone),
            Utterance::Prompt(Prompt::Reference),
            Utterance::Digits(back.reference),
        ];
        let message = vec![self.play(say)];
        self.over_with(Outcome::Machine(Voicemail::Left), message)
    }

    /// Goes on with the script after no operator took the call.
    pub(super) const fn go_on(&mut self) {
        self.with = With::Script;
    }

    /// Ends the call with the outcome that it has, after something more is said.
    pub(super) fn over(&mut self, mut last: Vec<Effect>) -> Vec<Effect> {
        self.with = With::Nobody;
        last.push(Effect::Hangup(Ending {
            outcome: self.outcome,
            operator: self.operator,
        }));
        last
    }

    pub(super) fn over_with(&mut self, outcome: Outcome, last: Vec<Effect>) -> Vec<Effect> {
        self.outcome = outcome;
        self.over(last)
    }

    /// Ends a call whose line is gone.
    pub(super) fn ended(&mut self, cause: EndCause) -> Vec<Effect> {
        if let EndCause::NotAnswered(why) = cause
            && self.turns <= 1
        {
            self.outcome = Outcome::NotAnswered(why);
        }
        self.over(Vec::new())
    }
}
