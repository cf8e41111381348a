//! Evidence of notices whatever caused them: an event, a deadline that was adopted later, a correction.

use savin_shared::event::EventCode;

use super::{claim, each, fact, plan, register};
use crate::ids::NoticeId;
use crate::notification::fact::{Disclosure, Fact};
use crate::store::evidence::Checked;
use crate::store::testing::without_evidence;
use crate::store::{added, evidence};
use crate::vault::Vault;
use crate::vault::command::{PlannerCommand, StaffAnswer, StaffCommand};
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand, NoticeEvidence};

/// Returns by what a notice says that it was caused.
fn cause(vault: &Vault, notice: NoticeId) -> String {
    exported(vault, notice).notice.opening.unwrap().rules
}

/// Returns what proves a notice.
fn exported(vault: &Vault, notice: NoticeId) -> NoticeEvidence {
    let EvidenceAnswer::Checkpoint(head) = ask(vault, EvidenceCommand::Head) else {
        panic!("a head")
    };
    let size = head.size;
    let EvidenceAnswer::Notice(found) = ask(vault, EvidenceCommand::Export { notice, size }) else {
        panic!("evidence")
    };
    *found
}

fn ask(vault: &Vault, command: EvidenceCommand) -> EvidenceAnswer {
    let StaffAnswer::Evidence(answer) = super::ask(vault, StaffCommand::Evidence(command)) else {
        panic!("an answer about evidence")
    };
    answer
}

#[test]
fn proves_a_notice_by_whatever_caused_it() {
    each("vault_causes", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let [planned] = claim(vault).try_into().unwrap();
        super::finish(vault, &planned, super::accepted());

        let clock = Some("adopted-later".to_owned());
        let again = Box::new(fact(1, 1));
        super::ask(vault, PlannerCommand::Retell { clock, fact: again });
        let [retold] = claim(vault).try_into().unwrap();
        super::finish(vault, &retold, super::accepted());

        let facts = vec![Fact {
            code: EventCode::Correction.code(),
            corrects: Some(fact(1, 1).event),
            ..fact(1, 1)
        }];
        super::ask(vault, PlannerCommand::Correct { facts });
        let [corrected] = claim(vault).try_into().unwrap();

        let told = EvidenceCommand::ToldOf {
            event: fact(1, 1).event,
            received_at: super::wall(),
        };
        let EvidenceAnswer::ToldOf(told) = ask(vault, told) else {
            panic!("who was told")
        };
        let told: Vec<_> = told.iter().map(|told| told.notice).collect();
        assert!(told.contains(&corrected.notice), "corrections of it too");
        assert_eq!(cause(vault, retold.notice), "clock/adopted-later");
        assert_eq!(cause(vault, corrected.notice), "correction");
        assert_eq!(
            cause(vault, planned.notice),
            crate::notification::rules::SHIPPED_VERSION
        );
    });
}

#[test]
fn adds_the_entries_of_a_vault_from_before_there_was_evidence_and_says_so() {
    each("vault_older", |vault, _| {
        register(vault, "avery@example.test", 1, Disclosure::Full);
        plan(vault, 0, 1, vec![fact(1, 1)]);
        let [first] = claim(vault).try_into().unwrap();
        super::finish(vault, &first, super::accepted());
        let before = exported(vault, first.notice);
        without_evidence(&vault.store).unwrap();
        // What this program planned since has entries from the first.
        plan(vault, 1, 2, vec![fact(2, 1)]);
        let [second] = claim(vault).try_into().unwrap();

        // The code by which she registered is a notice as well.
        assert_eq!(vault.complete_evidence().unwrap(), 2);
        assert_eq!(vault.complete_evidence().unwrap(), 0, "once for all");
        let after = exported(vault, first.notice);
        let added = Some(super::wall());
        assert_eq!(after.notice.proof.added_at, added);
        assert_eq!(after.notice.opening, before.notice.opening);
        assert_eq!(after.notice.commitment, before.notice.commitment);
        let [tried] = after.attempts.as_slice() else {
            panic!("one try")
        };
        let outcome = tried.outcome.as_ref().unwrap();
        assert_eq!([tried.proof.added_at, outcome.proof.added_at], [added; 2]);
        assert!(outcome.answer.is_some());
        let since = exported(vault, second.notice);
        assert_eq!(since.notice.proof.added_at, None);
        let checked = vault.store.read_now("check", evidence::check).unwrap();
        assert!(matches!(checked, Checked::Whole(_)), "{checked:?}");
        let is_done = vault
            .store
            .read_now("backfill", |tx| added::is_done(tx, "notices"));
        assert!(is_done.unwrap());
    });
}
