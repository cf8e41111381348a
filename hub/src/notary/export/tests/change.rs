//! Evidence files of notices that tell of a change in how somebody is told.

use super::{
    accept, ask, claim, exported, forget, holds, no_changed_byte_passes, no_changed_value_passes,
    register, steps,
};
use crate::evidence::file::EvidenceFile;
use crate::ids::{NoticeId, PersonId};
use crate::notary::Log;
use crate::notary::signing::Notary;
use crate::notary::signing::tests::each;
use crate::vault::Vault;
use crate::vault::command::{Content, PortalCommand, Stops};

const EMAIL: &str = "avery@example.test";

/// Registers somebody who asks on her page for everything to stop, and is told so.
fn told(vault: &Vault) -> NoticeId {
    register(vault, EMAIL, PersonId::from_bytes([1; 16]));
    let session = super::session(vault, EMAIL);
    let stop = PortalCommand::Stop {
        session,
        what: Stops::Everything,
        pin: None,
    };
    ask(vault, stop);
    let message = claim(vault).remove(0);
    assert!(matches!(message.content, Content::Change(_)));
    accept(vault, message.notice, message.claim, "250 ok");
    message.notice
}

fn of(notary: &Notary<'_>, text: &str) -> EvidenceFile {
    EvidenceFile::open(text, notary.keys.public(Log::Registry)).unwrap()
}

#[test]
fn proves_that_she_was_told_of_a_change_and_of_which() {
    each("export_change", |notary| {
        let notice = told(notary.vault);
        let text = exported(notary, notice);
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
        let what: Vec<_> = steps.iter().map(|step| step.what).collect();
        let expected = [
            "file",
            "registry checkpoint",
            "vault checkpoint",
            "notice",
            "attempt",
        ];
        assert_eq!(what, expected);
        let said = steps[3].outcome.clone().unwrap();
        assert!(said.contains("of change-stop on 2026-06-15"), "{said}");
        assert!(
            said.contains("could be taken back until 2026-06-18"),
            "{said}"
        );
        assert!(!text.contains("avery@"), "{text}");
    });
}

#[test]
fn finds_every_byte_and_every_value_of_it_that_was_changed() {
    each("export_change_bytes", |notary| {
        let notice = told(notary.vault);
        let text = exported(notary, notice);
        no_changed_byte_passes(notary, &text);
        no_changed_value_passes(notary, &text, 25);
    });
}

#[test]
fn opens_nothing_of_it_once_she_is_forgotten() {
    each("export_change_gone", |notary| {
        let notice = told(notary.vault);
        let before = of(notary, &exported(notary, notice));
        let opening = before.notice.change.unwrap();
        forget(notary.vault, EMAIL);
        let text = exported(notary, notice);
        assert!(holds(&steps(notary, &text)));
        assert_eq!(of(notary, &text).notice.change, None);
        for secret in [opening.salt, opening.pseudonym] {
            assert!(!text.contains(&secret), "{secret}");
        }
    });
}
