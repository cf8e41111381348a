//! The toll-free number: registering, changing and stopping by keys. A number that was pressed is proved by a code
//! that is said to it; whoever is told there is known by her PIN. Known and unknown numbers are answered alike, and
//! cost the same work.

mod bounds;
mod moving;
mod setting;

use savin_shared::pii::Secret;

use self::bounds::CODES_PER_DAY;
pub(super) use self::bounds::is_pin_open;
use self::moving::{How, told_there};
use super::care::SealedPin;
use super::command::{
    Choices, LineCommand, PortalAnswer, Shown, Stops, Subscribed, Ticket, WatchedList,
};
use super::contacts::{Hand, contact_ticket, key_of};
use super::duress::{self, Entered, Pins};
use super::registration::{Draft, Request, complete, may_send, tidy};
use super::task::{self, Ask};
use super::{Vault, VaultError, access};
use crate::ids::RegistrantId;
use crate::notification::contact::Contact;
use crate::notification::fact::Disclosure;
use crate::notification::phone::PhoneNumber;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::line::{self, Use};
use crate::store::vault::registrant::{self, RegistrantState};
use crate::store::vault::session::Hold;
use crate::store::vault::spend::CallKind;
use crate::store::vault::verification::{self, Purpose, VerificationRow};
use crate::store::vault::{care, contact, session, stopping};
use crate::vault::access::later;
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// Registrations of one number whose PINs are looked at: as many for every number, so that the time tells nothing.
/// An operator helps where there are more.
const PINS: usize = 4;

/// Codes of one number that are looked at.
const CODES: u32 = 20;

/// How soon somebody is called back.
const CALL_BACK_URGENCY: u8 = 1;

/// How soon a person helps with a PIN that was forgotten.
const FORGOT_URGENCY: u8 = 3;

impl Vault {
    /// Carries out a command of the toll-free number.
    pub(super) fn line(
        &self,
        shown: &Shown,
        command: LineCommand,
    ) -> Result<PortalAnswer, VaultError> {
        let bounded = match &command {
            LineCommand::Register { .. }
            | LineCommand::Forgot { .. }
            | LineCommand::Move { .. } => Some(Use::Ring),
            LineCommand::Prove { .. } | LineCommand::SignIn { .. } => Some(Use::Try),
            LineCommand::CallBack { .. } => Some(Use::CallBack),
            LineCommand::Watched { .. }
            | LineCommand::Set { .. }
            | LineCommand::Stop { .. }
            | LineCommand::Keep { .. }
            | LineCommand::Over { .. }
            | LineCommand::Talked { .. } => None,
        };
        if let Some(bounded) = bounded
            && !self.may_use(bounded, shown)?
        {
            return Ok(PortalAnswer::TooOften);
        }
        match command {
            LineCommand::Register {
                number,
                pin,
                about,
                language,
            } => self.register_by_line(number, &pin, about, language),
            LineCommand::Prove { number, code } => self.prove_by_line(number, code),
            LineCommand::SignIn { number, pin } => self.sign_in(number, &pin),
            LineCommand::Forgot { number, language } => self.forgot_pin(number, language),
            LineCommand::Move { session, number } => self.move_to(&session, number),
            LineCommand::Watched { session } => self.watched(&session),
            LineCommand::Set { session, setting } => self.set(&session, setting),
            LineCommand::Stop { session, entry } => {
                let what = entry.map_or(Stops::Everything, Stops::Person);
                self.stop_later(&session, what)
            }
            LineCommand::Keep { session } => self.keep(&session),
            LineCommand::CallBack { number, language } => self.call_back(number, language),
            LineCommand::Over { took } => {
                self.count_call(CallKind::Incoming, took)?;
                Ok(PortalAnswer::Done)
            }
            LineCommand::Talked { took } => {
                self.count_call(CallKind::Operator, took)?;
                Ok(PortalAnswer::Done)
            }
        }
    }

    fn index_of(&self, contact: &Contact) -> [u8; 32] {
        let channel = contact.channel().as_str();
        self.keys.blind_index(channel, &contact.comparable())
    }

    fn register_by_line(
        &self,
        number: PhoneNumber,
        pin: &Secret<String>,
        about: Subscribed,
        language: Language,
    ) -> Result<PortalAnswer, VaultError> {
        let contact = Contact::Telephone(number);
        let joins = self.whose_pin(self.index_of(&contact), pin)?;
        let joins = joins.and_then(|(whose, entered)| (entered == Entered::Hers).then_some(whose));
        let draft = Draft::new(self, &[contact], choices(language))?;
        let Some(to) = draft.contacts.first().cloned() else {
            return Ok(PortalAnswer::Refused);
        };
        let request = Request::from(about).joining(joins);
        let request = draft.key.seal("request", draft.registrant, &request)?;
        let pin = SealedPin::new(pin, (self.world.random)())?;
        let pin = draft.key.seal("pin", draft.registrant, &pin)?;
        let (ticket, code) = self.ticket_and_code();
        let mut row = self.code_row((&ticket, &code), Purpose::Registration, &to, request);
        row.code_hash = Some(said_hash(&self.keys, &to.blind_index, &code));
        let now = (self.world.wall)();
        let (keys, means) = (
            std::sync::Arc::clone(&self.keys),
            std::sync::Arc::clone(&self.means),
        );
        let random = self.world.random;
        self.store
            .write_now("register by telephone", move |tx| {
                tidy(tx, now)?;
                let is_sent = may_send(tx, (to.channel, &row.blind_index), now)?;
                draft.insert(tx, RegistrantState::Pending, now)?;
                care::put_pin(tx, draft.registrant, &pin)?;
                row.code_hash = row.code_hash.filter(|_| is_sent);
                verification::insert(tx, &row, now)?;
                if is_sent {
                    let hand = Hand {
                        keys: &keys,
                        means: &means,
                        random,
                        now,
                    };
                    let whose = (draft.registrant, &draft.key);
                    hand.send_code(tx, whose, (to.channel, to.contact), (&code, language))?;
                }
                Ok(PortalAnswer::Done)
            })
            .map_err(VaultError::from)
    }

    /// Finds who is told at a number and has this PIN, and which of hers it is.
    fn whose_pin(
        &self,
        index: [u8; 32],
        pin: &Secret<String>,
    ) -> Result<Option<(RegistrantId, Entered)>, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        let kept = self.store.read_now("PINs of a number", move |tx| {
            let mut kept = Vec::new();
            for told in contact::told_at(tx, &index, PINS)? {
                let who = told.registrant;
                if let Some(row) = registrant::load(tx, who)? {
                    let key = key_of(&keys, &row)?;
                    kept.push((who, Pins::opened(&key, who, &care::load(tx, who)?)?));
                }
            }
            Ok(kept)
        })?;
        let mut found = None;
        let nobody = Pins::default();
        for place in 0..PINS {
            let kept = kept.get(place);
            let entered = kept.map_or(&nobody, |(_, pins)| pins).entered(pin)?;
            let own = kept.and_then(|(who, _)| Some((*who, entered?)));
            // Where one's own is what another has for duress, it is that one's own.
            found = match found {
                Some((_, Entered::Hers)) => found,
                Some((_, Entered::Duress)) | None => own
                    .filter(|(_, entered)| *entered == Entered::Hers)
                    .or(found)
                    .or(own),
            };
        }
        Ok(found)
    }

    fn sign_in(
        &self,
        number: PhoneNumber,
        pin: &Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let index = self.index_of(&Contact::Telephone(number));
        let whose = self.whose_pin(index, pin)?;
        let (ticket, _) = self.ticket_and_code();
        let hash = self.keys.ticket_hash(&ticket.0);
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(self.store.write_now("sign in by telephone", move |tx| {
            let is_open = is_pin_open(tx, &index, now)?;
            match whose.filter(|_| is_open) {
                Some((whose, entered)) => {
                    session::begin(tx, &hash, whose, later(now))?;
                    if entered == Entered::Duress {
                        session::under_duress(tx, &hash, Hold::Begun)?;
                        duress::ask(tx, &keys, (whose, "in a call to the toll-free number"), now)?;
                        return Ok(PortalAnswer::DuressSession(ticket.clone()));
                    }
                    Ok(PortalAnswer::Session(ticket.clone()))
                }
                None => {
                    line::note(tx, Use::Pin, &index, (now, line::ago(now, 24)))?;
                    Ok(PortalAnswer::Refused)
                }
            }
        })?)
    }

    fn prove_by_line(
        &self,
        number: PhoneNumber,
        code: Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let index = self.index_of(&Contact::Telephone(number));
        let (ticket, _) = self.ticket_and_code();
        let hash = self.keys.ticket_hash(&ticket.0);
        let (now, random) = ((self.world.wall)(), self.world.random);
        let (keys, means) = (
            std::sync::Arc::clone(&self.keys),
            std::sync::Arc::clone(&self.means),
        );
        Ok(self.store.write_now("prove by telephone", move |tx| {
            let hand = Hand {
                keys: &keys,
                means: &means,
                random,
                now,
            };
            let tried = line::of_one(tx, Use::Code, &index, line::ago(now, 24))?;
            line::note(tx, Use::Code, &index, (now, line::ago(now, 24)))?;
            let found = came_back(tx, hand, &index, &code)?.filter(|_| tried < CODES_PER_DAY);
            let Some((row, how)) = found else {
                return Ok(PortalAnswer::Refused);
            };
            let Some(whose) = row.registrant else {
                return Ok(PortalAnswer::Refused);
            };
            match row.purpose {
                Purpose::Registration => {
                    let is_done = complete(tx, hand, whose, &index)?;
                    if is_done && registrant::load(tx, whose)?.is_some() {
                        verification::use_up(tx, &row.ticket_hash, now)?;
                    }
                    Ok(if is_done {
                        PortalAnswer::Done
                    } else {
                        PortalAnswer::Refused
                    })
                }
                Purpose::Contact => {
                    verification::use_up(tx, &row.ticket_hash, now)?;
                    told_there(tx, hand, whose, (&index, how))?;
                    Ok(PortalAnswer::Done)
                }
                Purpose::Forgot => {
                    verification::use_up(tx, &row.ticket_hash, now)?;
                    session::begin(tx, &hash, whose, later(now))?;
                    Ok(PortalAnswer::Session(ticket.clone()))
                }
                Purpose::Access => Ok(PortalAnswer::Refused),
            }
        })?)
    }

    /// Says a code to a number at which one registrant is told. Where several are, nobody can tell which of them
    /// asks, and a person helps; where none is, nothing happens.
    fn forgot_pin(
        &self,
        number: PhoneNumber,
        language: Language,
    ) -> Result<PortalAnswer, VaultError> {
        // A draft costs a stranger's number the same work as a registrant's.
        let draft = Draft::new(self, &[Contact::Telephone(number)], choices(language))?;
        let Some(to) = draft.contacts.first() else {
            return Ok(PortalAnswer::Refused);
        };
        let (ticket, code) = self.ticket_and_code();
        let mut row = self.code_row((&ticket, &code), Purpose::Forgot, to, Vec::new());
        row.code_hash = Some(said_hash(&self.keys, &to.blind_index, &code));
        let channel = to.channel;
        let (now, random) = ((self.world.wall)(), self.world.random);
        let (keys, means) = (
            std::sync::Arc::clone(&self.keys),
            std::sync::Arc::clone(&self.means),
        );
        self.store.write_now("PIN forgotten", move |tx| {
            let told = contact::told_at(tx, &row.blind_index, 2)?;
            let may_send = may_send(tx, (channel, &row.blind_index), now)?;
            let one = told.first().filter(|_| told.len() == 1 && may_send);
            row.registrant = one.map(|one| one.registrant);
            row.code_hash = row.code_hash.filter(|_| one.is_some());
            verification::insert(tx, &row, now)?;
            let hand = Hand {
                keys: &keys,
                means: &means,
                random,
                now,
            };
            if let Some(one) = one {
                let who = registrant::load(tx, one.registrant)?
                    .ok_or(StoreError::Damaged("a contact without a registrant"))?;
                let key = key_of(&keys, &who)?;
                let to = (channel, one.contact);
                hand.send_code(tx, (one.registrant, &key), to, (&code, language))?;
            } else if let Some(first) = told.first() {
                let ask = Ask {
                    kind: TaskKind::ByHand,
                    subject: format!("forgot/{}/{}", first.contact, now.as_second() / 86_400),
                    registrant: first.registrant,
                    urgency: FORGOT_URGENCY,
                    due_at: None,
                    note: "Somebody who is told at a telephone of several registrations forgot her PIN: this one \
                        or another. Call there, find out whose it is, and set a new one with `savin-hub register \
                        --to PSEUDONYM --pin`."
                        .to_owned(),
                };
                task::open(tx, &keys, &ask, now)?;
            }
            Ok(())
        })?;
        Ok(PortalAnswer::Done)
    }

    fn watched(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        let list = self.with_session("watched", session, |tx, sitting| {
            if sitting.hold != Hold::Hers {
                let feigned = session::feigned(tx, sitting.hash)?;
                return Ok(WatchedList {
                    entries: Vec::new(),
                    ends_at: feigned.get(Stops::Everything.entry()).copied(),
                });
            }
            let whose = sitting.whose();
            let stops = stopping::of_registrant(tx, whose.0)?;
            Ok(WatchedList {
                entries: access::watched(tx, whose, &stops)?,
                ends_at: access::ends(&stops, Stops::Everything),
            })
        })?;
        Ok(list.map_or(PortalAnswer::Refused, PortalAnswer::Watched))
    }

    /// Has a person call back a caller of whom nothing else is known.
    fn call_back(
        &self,
        number: PhoneNumber,
        language: Language,
    ) -> Result<PortalAnswer, VaultError> {
        let note = format!(
            "A caller of the toll-free number wanted a person, and none was free: 99-45-1(1)(e). Call back {}, in {}. \
             Whose number that is, nobody has checked: say nothing of anybody before she asks.",
            number.reveal(),
            language.own_name()
        );
        let draft = Draft::new(self, &[Contact::Telephone(number)], choices(language))?;
        let Some(index) = draft.contacts.first().map(|to| to.blind_index) else {
            return Ok(PortalAnswer::Refused);
        };
        let ask = Ask {
            kind: TaskKind::ByHand,
            subject: format!("call-back/{}", draft.registrant),
            registrant: draft.registrant,
            urgency: CALL_BACK_URGENCY,
            due_at: None,
            note,
        };
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        self.store.write_now("call a caller back", move |tx| {
            if line::of_one(tx, Use::CallBackTo, &index, line::ago(now, 1))?
                >= bounds::CALL_BACKS_TO
            {
                return Ok(());
            }
            line::note(tx, Use::CallBackTo, &index, (now, line::ago(now, 24)))?;
            draft.insert(tx, RegistrantState::Caller, now)?;
            task::open(tx, &keys, &ask, now).map(|_| ())
        })?;
        Ok(PortalAnswer::Done)
    }
}

fn choices(language: Language) -> Choices {
    Choices {
        language,
        disclosure: Disclosure::default(),
    }
}

/// Hashes a code with the number to which it is said: a caller has no ticket.
fn said_hash(keys: &Keyring, index: &[u8; 32], code: &Secret<String>) -> [u8; 32] {
    let said_to = format!("line/{}", savin_shared::hash::hex(index));
    keys.code_hash(&Secret::new(said_to), code)
}

/// Finds for what a code was said to a number.
fn came_back(
    tx: &mut Tx<'_>,
    hand: Hand<'_>,
    index: &[u8; 32],
    code: &Secret<String>,
) -> Result<Option<(VerificationRow, How)>, StoreError> {
    let said = Secret::new(said_hash(hand.keys, index, code));
    for row in verification::open_of(tx, index, hand.now, CODES)? {
        let Some(sent) = row.code_hash.map(Secret::new) else {
            continue;
        };
        if sent == said {
            return Ok(Some((row, How::Instead)));
        }
        // A further number that she gave on a page.
        if let (Purpose::Contact, Some(whose)) = (row.purpose, row.registrant) {
            let rows = contact::of_registrant(tx, whose)?;
            let own = rows.iter().find(|own| own.blind_index == *index);
            let ticket = own.map(|own| contact_ticket(own.contact));
            let typed = ticket.map(|ticket| hand.keys.code_hash(&ticket.0, code));
            if typed.is_some_and(|typed| Secret::new(typed) == sent) {
                return Ok(Some((row, How::Beside)));
            }
        }
    }
    Ok(None)
}
