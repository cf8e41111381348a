//! What the host's answers lead to.

use super::super::Effect;
use super::super::prompt::Prompt;
use super::super::query::{Found, Reply};
use super::ask::watched;
use super::{Inbound, PinFor, Purpose, State, Wanted};

impl Inbound {
    pub(super) fn replied(&mut self, reply: Reply) -> Vec<Effect> {
        let State::Waiting(wanted) = self.state else {
            return Vec::new();
        };
        match (wanted, reply) {
            (Wanted::People, Reply::Found(people)) => self.found(people),
            (Wanted::People, Reply::TooMany) => self.go(State::LastName, &[Prompt::TooMany]),
            (Wanted::Registered, Reply::Done) => self.go(State::Menu, &[Prompt::Registered]),
            (Wanted::Proved, Reply::Done) => {
                self.misses = 0;
                self.go(State::Menu, &[Prompt::Proved])
            }
            (Wanted::Proved, Reply::SignedIn) => {
                self.misses = 0;
                self.is_under_duress = false;
                self.go(State::NewPin(PinFor::Herself), &[Prompt::CodeRight])
            }
            (Wanted::SignedIn, Reply::Done) => {
                self.misses = 0;
                self.is_under_duress = false;
                self.go(State::Mine, &[])
            }
            (Wanted::SignedIn, Reply::SignedInUnderDuress) => {
                self.misses = 0;
                self.is_under_duress = true;
                self.go(State::Mine, &[])
            }
            (Wanted::Proved, Reply::Refused) => self.refused(Purpose::Prove),
            (Wanted::SignedIn, Reply::Refused) => self.refused(Purpose::SignIn),
            (Wanted::Watched, Reply::Watched { entries, ends }) => {
                self.state = State::Mine;
                self.ask(watched(&entries, ends))
            }
            (Wanted::StopWhich, Reply::Watched { entries, .. }) => self.stop(entries),
            (Wanted::PhoneChanged, Reply::Done) => self.go(State::Mine, &[Prompt::Moves]),
            (Wanted::PinChanged, Reply::Done) => self.go(State::Mine, &[Prompt::PinChanged]),
            (Wanted::DuressPinSet, Reply::Done) => self.go(State::Mine, &[Prompt::DuressPinSet]),
            (Wanted::PinChanged, Reply::Refused) => self.other_pin(PinFor::Herself),
            (Wanted::DuressPinSet, Reply::Refused) => self.other_pin(PinFor::Duress),
            (Wanted::Set(setting), Reply::Done) => self.is_set(setting),
            (Wanted::Stopped, Reply::Done) => self.go(State::Mine, &[Prompt::Stopped]),
            (Wanted::Kept, Reply::Done) => self.go(State::Mine, &[Prompt::Kept]),
            (Wanted::Registered, Reply::Refused) => self.not_called(Purpose::Register),
            (Wanted::PhoneChanged, Reply::Refused) => self.not_called(Purpose::Change),
            (Wanted::Reset, Reply::Refused) => self.not_called(Purpose::Reset),
            (Wanted::CallBack, Reply::Refused) => self.not_called(Purpose::CallBack),
            (Wanted::Reset, Reply::Done) => self.go(State::Menu, &[Prompt::ResetSent]),
            (Wanted::CallBack, Reply::Done) => {
                let last = [Prompt::CallBackTaken, Prompt::Goodbye].map(|last| self.talk.say(last));
                self.talk.over(last.into())
            }
            _ => self.dial(Prompt::Trouble),
        }
    }

    /// Asks for the number again: whether the number or the secret was wrong is not said.
    fn refused(&mut self, purpose: Purpose) -> Vec<Effect> {
        self.state = State::Phone(purpose);
        self.miss()
    }

    /// Asks for another number: this is none that is called.
    fn not_called(&mut self, purpose: Purpose) -> Vec<Effect> {
        self.go(State::Phone(purpose), &[Prompt::NotCalled])
    }

    /// Asks for another PIN: her two must not be the same.
    fn other_pin(&mut self, of: PinFor) -> Vec<Effect> {
        self.go(State::NewPin(of), &[Prompt::OtherPin])
    }

    fn found(&mut self, mut people: Vec<Found>) -> Vec<Effect> {
        if people.len() > 8 {
            return self.go(State::LastName, &[Prompt::TooMany]);
        }
        self.misses = 0;
        match people.len() {
            0 => self.go(State::How, &[Prompt::NobodyFound]),
            1 => match people.pop() {
                Some(person) => self.heard(person),
                None => self.go(State::How, &[Prompt::NobodyFound]),
            },
            _ => self.go(State::Choose(people), &[]),
        }
    }
}
