//! What a caller of the toll-free number is answered: look-ups from the registry, and everything about herself by the
//! vault's write-only commands, as on the public pages. One call has one session, which ends with it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use savin_shared::pii::{Pii, Secret};
use savin_telephone::script::query::{
    AtAnyHour, Hours, Machine, Part, Query, Reply, Setting as Chosen, Watched,
};
use savin_telephone::script::speech::Language as Spoken;
use tracing::{error, warn};

use super::super::Portal;
use super::super::lookup;
use super::answer;
use super::ring::ask_staff;
use crate::ids::{PersonId, SubscriptionId};
use crate::names::initials;
use crate::notification::care::{Excepted, Quiet, Voicemail, pin};
use crate::notification::phone::PhoneNumber;
use crate::notification::words::{Language, Words};
use crate::vault::command::{
    LineCommand, PortalAnswer, PortalCommand, Setting, Shown, Subscribed, Ticket, WatchedList,
};

/// What answers one call.
#[derive(Debug)]
pub(super) struct Line {
    portal: Portal,
    /// The number that the caller shows: it bounds what is asked, and proves nothing.
    shown: Shown,
    /// When the call was taken.
    began: Instant,
    /// Whose session it is, once she entered her PIN or a code.
    session: Mutex<Option<Ticket>>,
}

impl Line {
    pub(super) fn new(portal: Portal, shown: Shown) -> Self {
        Self {
            began: (portal.lookup.site.world.monotonic)(),
            portal,
            shown,
            session: Mutex::new(None),
        }
    }

    /// Answers what the script asks.
    pub(super) async fn answer(&self, query: Query) -> Reply {
        match query {
            Query::FindNumber { .. } | Query::FindName { .. } => {
                answer(&self.portal.lookup, query).await
            }
            Query::Register {
                person,
                phone,
                pin,
                language,
            } => self.register(&person, &phone, &pin, language).await,
            Query::Prove { phone, code } => {
                let prove = |number| LineCommand::Prove { number, code };
                self.with_number(&phone, prove).await
            }
            Query::SignIn { phone, pin } => {
                let sign_in = |number| LineCommand::SignIn { number, pin };
                let reply = self.with_number(&phone, sign_in).await;
                if reply == Reply::SignedIn {
                    Reply::Done
                } else {
                    reply
                }
            }
            Query::ResetPin { phone, language } => {
                let language = language_of(language);
                let forgot = |number| LineCommand::Forgot { number, language };
                self.with_number(&phone, forgot).await
            }
            Query::CallBack { phone, language } => {
                let language = language_of(language);
                let call_back = |number| LineCommand::CallBack { number, language };
                self.with_number(&phone, call_back).await
            }
            Query::Watched
            | Query::ChangePhone { .. }
            | Query::ChangePin { .. }
            | Query::SetDuressPin { .. }
            | Query::Set { .. }
            | Query::Stop { .. }
            | Query::Keep => match self.session() {
                Some(session) => self.change(session, query).await,
                None => Reply::Unavailable,
            },
        }
    }

    /// Answers whoever has signed in.
    async fn change(&self, session: Ticket, query: Query) -> Reply {
        match query {
            Query::Watched => self.line(LineCommand::Watched { session }).await,
            Query::ChangePhone { phone } => {
                let to = |number| LineCommand::Move { session, number };
                self.with_number(&phone, to).await
            }
            Query::ChangePin { pin: said } => match pin(&said) {
                Ok(pin) => self.ask(PortalCommand::SetPin { session, pin }).await,
                Err(_) => Reply::Unavailable,
            },
            Query::SetDuressPin { pin: said } => match pin(&said) {
                Ok(pin) => {
                    let pin = Some(pin);
                    self.ask(PortalCommand::SetDuressPin { session, pin }).await
                }
                Err(_) => Reply::Unavailable,
            },
            Query::Set { setting } => {
                let setting = setting_of(setting);
                self.line(LineCommand::Set { session, setting }).await
            }
            Query::Stop { entry } => match entry.map(|entry| entry.parse::<SubscriptionId>()) {
                None => {
                    let entry = None;
                    self.line(LineCommand::Stop { session, entry }).await
                }
                Some(Ok(entry)) => {
                    let entry = Some(entry);
                    self.line(LineCommand::Stop { session, entry }).await
                }
                Some(Err(_)) => Reply::Unavailable,
            },
            Query::Keep => self.line(LineCommand::Keep { session }).await,
            Query::FindNumber { .. }
            | Query::FindName { .. }
            | Query::Register { .. }
            | Query::Prove { .. }
            | Query::SignIn { .. }
            | Query::ResetPin { .. }
            | Query::CallBack { .. } => Reply::Unavailable,
        }
    }

    async fn register(
        &self,
        person: &str,
        phone: &Pii<String>,
        said: &Secret<String>,
        language: Spoken,
    ) -> Reply {
        let language = language_of(language);
        let (Ok(person), Ok(pin)) = (person.parse::<PersonId>(), pin(said)) else {
            return Reply::Unavailable;
        };
        let name = match lookup::name_of(&self.portal.lookup, person).await {
            Ok(Some(name)) => name,
            Ok(None) => return Reply::Unavailable,
            Err(failure) => {
                error!(
                    reason = &failure as &dyn std::error::Error,
                    "A caller could not be signed up"
                );
                return Reply::Unavailable;
            }
        };
        let unnamed = || Words::of(language).say("person-unnamed");
        let about = Subscribed {
            person,
            label: name.as_ref().map_or_else(unnamed, initials),
        };
        let register = |number| LineCommand::Register {
            number,
            pin,
            about,
            language,
        };
        self.with_number(phone, register).await
    }

    /// Asks the vault something about a number that was pressed; one that is not called is refused.
    async fn with_number(
        &self,
        phone: &Pii<String>,
        command: impl FnOnce(PhoneNumber) -> LineCommand,
    ) -> Reply {
        match PhoneNumber::parse(phone.reveal()) {
            Ok(number) => self.line(command(number)).await,
            Err(_) => Reply::Refused,
        }
    }

    async fn line(&self, command: LineCommand) -> Reply {
        let shown = self.shown.clone();
        self.ask(PortalCommand::Line { shown, command }).await
    }

    async fn ask(&self, command: PortalCommand) -> Reply {
        match self.portal.vault.ask(command).await {
            Ok(PortalAnswer::Done) => Reply::Done,
            Ok(PortalAnswer::Refused | PortalAnswer::Wrong) => Reply::Refused,
            Ok(PortalAnswer::Session(ticket)) => {
                self.keep(Some(ticket));
                Reply::SignedIn
            }
            Ok(PortalAnswer::DuressSession(ticket)) => {
                self.keep(Some(ticket));
                Reply::SignedInUnderDuress
            }
            Ok(PortalAnswer::Watched(list)) => self.watched(list),
            Ok(PortalAnswer::TooOften) => {
                self.too_often().await;
                Reply::Unavailable
            }
            Ok(PortalAnswer::Begun(_) | PortalAnswer::View(_) | PortalAnswer::PinWanted) => {
                Reply::Unavailable
            }
            Err(failure) => {
                error!(
                    reason = &failure as &dyn std::error::Error,
                    "The vault could not answer a caller"
                );
                Reply::Unavailable
            }
        }
    }

    fn watched(&self, list: WatchedList) -> Reply {
        let zone = &self.portal.lookup.site.zone;
        let day = |at: Timestamp| -> Date { zone.to_datetime(at).date() };
        let entries = list.entries.into_iter().map(|entry| Watched {
            entry: entry.entry.to_string(),
            label: Pii::new(entry.label),
            ends: entry.ends_at.map(day),
        });
        Reply::Watched {
            entries: entries.collect(),
            ends: list.ends_at.map(day),
        }
    }

    /// Has staff look who asks for so much; whoever calls talks with a person.
    async fn too_often(&self) {
        warn!("More was asked on the toll-free number than it does by itself: a person helps");
        let hour = (self.portal.lookup.site.world.wall)().as_second() / 3_600;
        let note = "The toll-free number was asked for more codes, PINs or call-backs than its bounds allow, by one \
                    telephone or by all together. Whoever calls now talks with an operator. Look in the log whether \
                    somebody guesses PINs or makes telephones ring, and have the carrier stop them.";
        ask_staff(&self.portal.lookup, format!("line-bounds/{hour}"), note).await;
    }

    /// Ends the session with the call, and has counted what that cost.
    pub(super) async fn leave(&self) {
        if let Some(session) = self.session() {
            self.keep(None);
            // One that could not be ended ends by itself within minutes.
            let _ended = self.ask(PortalCommand::Leave { session }).await;
        }
        let now = (self.portal.lookup.site.world.monotonic)();
        let took = now.saturating_duration_since(self.began);
        let took = SignedDuration::try_from(took).unwrap_or(SignedDuration::MAX);
        // One that could not be counted is in the log, and costs nobody anything but its price.
        let _counted = self.line(LineCommand::Over { took }).await;
    }

    /// Has counted what an operator's call cost.
    pub(super) async fn talked(&self, took: Duration) {
        let took = SignedDuration::try_from(took).unwrap_or(SignedDuration::MAX);
        // As with the call itself.
        let _counted = self.line(LineCommand::Talked { took }).await;
    }

    fn session(&self) -> Option<Ticket> {
        let session = self.session.lock();
        session
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, session: Option<Ticket>) {
        *self
            .session
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = session;
    }
}

/// Returns what was chosen by keys. What cannot be read of the hours would be a fault of this table; it disturbs her
/// rather than not.
fn setting_of(chosen: Chosen) -> Setting {
    match chosen {
        Chosen::Language(language) => Setting::Language(language_of(language)),
        Chosen::Machine(Machine::Nothing) => Setting::Voicemail(Voicemail::Never),
        Chosen::Machine(Machine::CallBack) => Setting::Voicemail(Voicemail::Neutral),
        Chosen::Hours(Hours::Any) => Setting::Hours(None),
        Chosen::Hours(Hours::Within { part, at_any_hour }) => {
            let (begins, ends) = match part {
                Part::Morning => ("7", "12"),
                Part::Day => ("8", "18"),
                Part::Evening => ("17", "22"),
            };
            let excepted = match at_any_hour {
                AtAnyHour::Escapes => Excepted::Escapes,
                AtAnyHour::Releases => Excepted::Releases,
                AtAnyHour::Nothing => Excepted::Nothing,
            };
            let quiet = Quiet::new(ends, begins).ok();
            Setting::Hours(quiet.map(|quiet| (quiet, excepted)))
        }
    }
}

fn language_of(spoken: Spoken) -> Language {
    match spoken {
        Spoken::English => Language::En,
        Spoken::Spanish => Language::Es,
    }
}
