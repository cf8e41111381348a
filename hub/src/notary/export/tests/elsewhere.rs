//! The evidence of a release that says that another booking holds the person, before that one is expunged and after.

use savin_shared::delta::Origin;
use savin_shared::ids::OffenderId;
use savin_shared::record::Record;
use serde_json::Value;

use super::later::{document, forge};
use super::{accept, changes, claim, exported, holds, plan_last, register, steps};
use crate::evidence::verify::Step;
use crate::ids::NoticeId;
use crate::intake::testing::{BOND, IN, Jail, ORDERS, load, now, send_one};
use crate::notary::signing::Notary;
use crate::notary::signing::tests::each;
use crate::store::conn::Tx;
use crate::store::evidence::{self, Checked};
use crate::store::registry::court_order::{OrderRow, Scope};
use crate::store::registry::expunging;

/// Lets one of two jails let go whom both hold, and tells it; returns the notice and the other jail.
fn told(notary: &Notary<'_>) -> (NoticeId, Jail) {
    let (registry, vault) = (notary.registry, notary.vault);
    let [mut jail, mut other] = [1, 2].map(|number| Jail::new(registry, number));
    let same = |mut record: Record| {
        record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
        record
    };
    let send = |jail: &mut Jail, record: Record| {
        let body = jail.lists(Origin::Live, &same(record));
        let batch = jail.batch(vec![body]);
        send_one(registry, jail, &batch);
    };
    let (here, there) = (jail.record("2", IN), other.record("9", IN));
    send(&mut jail, here);
    send(&mut other, there);
    let person = load(registry, &jail, "2").person;
    register(vault, "avery@example.test", person);
    let let_go = jail.record("2", BOND);
    send(&mut jail, let_go);
    plan_last(registry, vault, person);
    let message = claim(vault).pop().unwrap();
    accept(vault, message.notice, message.claim, "250 ok");
    (message.notice, other)
}

fn expunge(notary: &Notary<'_>, other: &Jail) {
    let row = load(notary.registry, other, "9");
    let work = move |tx: &mut Tx<'_>| {
        let scope = Scope::find(tx, row.person, &[row.record])?;
        expunging::expunge(tx, &scope, &OrderRow::rehearsed(now()), &ORDERS, now())
    };
    notary.registry.write_now("expunge", work).unwrap();
}

fn event_of(steps: &[Step]) -> String {
    let step = steps.iter().find(|step| step.what == "event").unwrap();
    step.outcome.clone().unwrap()
}

#[test]
fn proves_a_release_that_spoke_of_a_booking_which_was_expunged() {
    each("export_elsewhere", |notary| {
        let (notice, other) = told(notary);
        let before = exported(notary, notice);
        let found = steps(notary, &before);
        assert!(holds(&found), "{found:#?}");
        let said = event_of(&found);
        assert!(
            said.ends_with("; another booking holds the person at JAIL-2"),
            "{said}"
        );

        expunge(notary, &other);
        let after = exported(notary, notice);
        let found = steps(notary, &after);
        assert!(holds(&found), "{found:#?}");
        let said = event_of(&found);
        assert!(
            said.contains("taken out by order, and its place holds"),
            "{said}"
        );
        assert!(!after.contains("JAIL-2"), "{after}");
        let (old, new) = (document(&before), document(&after));
        let event = |of: &Value| of["told"]["event"].clone();
        assert_eq!(event(&old)["says"], event(&new)["says"]);
        assert_eq!(event(&old)["salt"], event(&new)["salt"]);
        let commitment = |of: &Value| event(of)["elsewhere"]["commitment"].clone();
        assert_eq!(commitment(&old), commitment(&new));
        assert!(holds(&steps(notary, &before)), "what was exported holds");
        let checked = notary.registry.read_now("check", evidence::check);
        assert!(matches!(checked.unwrap(), Checked::Whole(_)));
    });
}

#[test]
fn finds_every_change_of_what_a_release_says_of_another_booking() {
    each("export_elsewhere_values", |notary| {
        let (notice, other) = told(notary);
        let whole = document(&exported(notary, notice));
        super::no_changed_value_passes(notary, &exported(notary, notice), 60);
        expunge(notary, &other);
        let without = document(&exported(notary, notice));
        let all = changes(&without["told"]["event"]["elsewhere"]);
        assert_eq!(all.len(), 1, "nothing but the commitment is left: {all:#?}");
        super::no_changed_value_passes(notary, &exported(notary, notice), 60);

        let part = "/told/event/elsewhere";
        let mut gone = whole.clone();
        gone["told"]["event"]
            .as_object_mut()
            .unwrap()
            .remove("elsewhere");
        let mut older = whole.clone();
        older["format"] = "savin/evidence/2".into();
        let mut other_salt = whole.clone();
        let own = whole["told"]["event"]["salt"].clone();
        *other_salt
            .pointer_mut(&format!("{part}/opening/salt"))
            .unwrap() = own;
        let mut invented = without.clone();
        invented["told"]["event"]["elsewhere"]["opening"] =
            whole.pointer(&format!("{part}/opening")).unwrap().clone();
        invented["told"]["event"]["elsewhere"]["opening"]["says"]["facility"] = "JAIL-3".into();
        for forged in [gone, older, other_salt, invented] {
            let found = steps(notary, &forge(notary, &forged));
            assert!(!holds(&found), "{forged}");
        }
    });
}
