//! Evidence of notices whatever caused them: an event, a deadline that was adopted later, a correction.

use savin_shared::event::EventCode;

use super::{claim, each, fact, plan, register};
use crate::ids::NoticeId;
use crate::notification::fact::{Disclosure, Fact};
use crate::vault::Vault;
use crate::vault::command::{PlannerCommand, StaffAnswer, StaffCommand};
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};

/// Returns by what a notice says that it was caused.
fn cause(vault: &Vault, notice: NoticeId) -> String {
    let ask = |command| {
        let StaffAnswer::Evidence(answer) = super::ask(vault, StaffCommand::Evidence(command))
        else {
            panic!("an answer about evidence")
        };
        answer
    };
    let EvidenceAnswer::Checkpoint(head) = ask(EvidenceCommand::Head) else {
        panic!("a head")
    };
    let size = head.size;
    let EvidenceAnswer::Notice(found) = ask(EvidenceCommand::Export { notice, size }) else {
        panic!("evidence")
    };
    found.notice.opening.unwrap().rules
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
            ..fact(1, 1)
        }];
        super::ask(vault, PlannerCommand::Correct { facts });
        let [corrected] = claim(vault).try_into().unwrap();

        assert_eq!(cause(vault, retold.notice), "clock/adopted-later");
        assert_eq!(cause(vault, corrected.notice), "correction");
        assert_eq!(
            cause(vault, planned.notice),
            crate::notification::rules::SHIPPED_VERSION
        );
    });
}
