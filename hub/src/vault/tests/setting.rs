//! What a caller chooses of how she is told and called, on both engines, and who is told of it (T03).

use jiff::SignedDuration;

use super::carrying::{call, calls, doors, escape};
use super::contacts::{phone, register_by};
use super::line::{HERS, PIN, line, signed_in};
use super::{accepted, address, claim, each_with, fact, finish, pass, plan, session, view};
use crate::notification::care::{Excepted, Quiet, Voicemail};
use crate::notification::change::Changed;
use crate::notification::contact::Contact;
use crate::notification::words::Language;
use crate::vault::Vault;
use crate::vault::command::{
    CallOutcome, Content, LineCommand, Message, PortalAnswer, Setting, Ticket,
};

const EMAIL: &str = "avery@example.test";

/// Somebody who is told by telephone and e-mail, in a call.
fn in_a_call(vault: &Vault) -> Ticket {
    let email = Contact::Email(address(EMAIL));
    let who = register_by(vault, vec![phone(HERS), email], None);
    super::care::keep(vault, who, None, Some(PIN));
    signed_in(vault, HERS, PIN)
}

fn set(vault: &Vault, session: &Ticket, setting: Setting) {
    let session = session.clone();
    let answer = line(vault, LineCommand::Set { session, setting });
    assert_eq!(answer, PortalAnswer::Done);
}

/// Takes the messages and ends them; returns what changed.
fn changes(vault: &Vault, messages: Vec<Message>) -> Vec<Changed> {
    for message in &messages {
        finish(vault, message, accepted());
    }
    let of = |message: Message| match message.content {
        Content::Change(change) => Some(change.what),
        Content::Fact(_) | Content::News | Content::Code(_) => None,
    };
    messages.into_iter().filter_map(of).collect()
}

#[test]
fn keeps_what_is_chosen_by_keys_and_tells_it_wherever_she_is_told() {
    each_with("setting", doors, |vault, _| {
        let session_of_call = in_a_call(vault);
        set(vault, &session_of_call, Setting::Language(Language::Es));
        assert_eq!(changes(vault, claim(vault)), [Changed::Language]);
        assert_eq!(changes(vault, calls(vault, 9)), [Changed::Language]);
        let setting = Setting::Voicemail(Voicemail::Neutral);
        set(vault, &session_of_call, setting);
        assert_eq!(changes(vault, claim(vault)), [Changed::Care]);
        assert_eq!(changes(vault, calls(vault, 9)), [Changed::Care]);
        // What is so already is no news.
        set(vault, &session_of_call, setting);
        set(vault, &session_of_call, Setting::Hours(None));
        assert!(claim(vault).is_empty() && calls(vault, 9).is_empty());
        let quiet = Quiet::parse("12:00-07:00").unwrap();
        let hours = Some((quiet, Excepted::Releases));
        set(vault, &session_of_call, Setting::Hours(hours));
        assert_eq!(changes(vault, claim(vault)), [Changed::Care]);
        let shown = view(vault, &session(vault, EMAIL));
        assert_eq!(shown.choices.language, Language::Es);
        assert_eq!(shown.care.quiet, Some(quiet));
        assert_eq!(shown.care.excepted, Excepted::Releases);
        assert_eq!(shown.care.voicemail, Voicemail::Neutral);
    });
}

#[test]
fn calls_in_her_hours_and_with_an_escape_at_any() {
    each_with("setting_hours", doors, |vault, _| {
        let session = in_a_call(vault);
        // The test's clock says 20:26 in the vault's zone: the morning is to come.
        let quiet = Quiet::parse("12:00-07:00").unwrap();
        set(
            vault,
            &session,
            Setting::Hours(Some((quiet, Excepted::Escapes))),
        );
        // Of the change she is told by the hours before.
        assert_eq!(changes(vault, calls(vault, 9)), [Changed::Care]);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        assert!(calls(vault, 9).is_empty());
        plan(vault, 1, 2, vec![escape(2, 1)]);
        let urgent = calls(vault, 9);
        assert_eq!(urgent.len(), 1);
        finish(vault, &urgent[0], call(CallOutcome::Unallocated));
        pass(SignedDuration::from_hours(11));
        assert_eq!(calls(vault, 9).len(), 1, "the fact");
    });
}
