//! A booking that a court has sealed, and what is told, and asked of staff, of the person's other.

use savin_shared::event::EventCode;
use savin_shared::ids::OffenderId;
use savin_shared::record::Record;
use savin_shared::record::custody::CustodyState;

use super::{Hub, each, event_of};
use crate::ids::RecordId;
use crate::intake::testing::{BOND, IN, Jail, ORDERS, load, now, send_one};
use crate::notification::fact::Fact;
use crate::store::registry::court_order::{self, Covered, NewOrder, OrderKind};
use crate::store::registry::decision::DecisionId;
use crate::store::registry::instruction::InstructionKind;
use crate::vault::command::{
    Content, OrderCommand, StaffAnswer, StaffCommand, TaskCommand, TryOutcome,
};
use crate::work::task::TaskKind;

/// Two jails that hold one person.
struct Two {
    hub: Hub,
    jails: [Jail; 2],
}

impl Two {
    fn new(hub: Hub) -> Self {
        let jails = [1, 2].map(|number| Jail::new(&hub.store, number));
        let mut two = Self { hub, jails };
        two.say(0, IN);
        two.say(1, IN);
        two.hub.register("avery@example.test", 1);
        two
    }

    fn say(&mut self, jail: usize, state: CustodyState) {
        let jail = &mut self.jails[jail];
        let body = jail.tells(&person(jail, state));
        let batch = jail.batch(vec![body]);
        send_one(&self.hub.store, jail, &batch);
        self.hub.plan();
    }

    /// A court has the second booking sealed, in the registry and in the vault.
    fn seal(&self) {
        let row = load(&self.hub.store, &self.jails[1], "7");
        let records: Vec<RecordId> = vec![row.record];
        let seal = move |tx: &mut crate::store::conn::Tx<'_>| {
            let covered = Covered {
                records: records.clone(),
                named: Vec::new(),
            };
            let order = NewOrder {
                kind: OrderKind::Seal,
                number: "26-0118".to_owned(),
                court: "Hinds".to_owned(),
            };
            court_order::seal(tx, &covered, &order, DecisionId(1), now())
        };
        let order = self.hub.store.write_now("seal", seal).unwrap();
        let jail = &self.jails[1];
        let withhold = OrderCommand::Withhold {
            order,
            events: Vec::new(),
            bookings: vec![ORDERS.tombstone(&jail.speaker.agency, &person(jail, IN).key())],
            silenced: Vec::new(),
            hidden: Vec::new(),
        };
        let withhold = StaffCommand::Order(withhold);
        self.hub.wait(self.hub.staff.ask(withhold)).unwrap();
    }

    /// Counts the calls that staff is asked for.
    fn calls(&self) -> usize {
        let kind = Some(TaskKind::CourtOrder);
        let list = StaffCommand::Tasks(TaskCommand::List { kind, limit: 9 });
        let StaffAnswer::Tasks(tasks) = self.hub.wait(self.hub.staff.ask(list)).unwrap() else {
            panic!("tasks")
        };
        tasks.len()
    }

    /// Carries what waits, and returns what it said.
    fn heard(&self) -> Vec<Fact> {
        let messages = self.hub.claim().into_iter();
        let heard = messages.map(|message| {
            let detail = "250 ok".to_owned();
            self.hub.finish(&message, TryOutcome::Accepted { detail });
            let Content::Fact(fact) = message.content else {
                panic!("a fact")
            };
            *fact
        });
        heard.collect()
    }
}

fn person(jail: &Jail, state: CustodyState) -> Record {
    let mut record = jail.record("7", state);
    record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
    record
}

#[test]
fn has_whoever_asked_called_once_the_other_jail_lets_go_of_somebody_whom_a_sealed_booking_holds() {
    each("sealed_later", |hub| {
        let mut two = Two::new(hub);
        two.seal();
        two.heard();
        assert_eq!(two.calls(), 0, "the first jail holds the person still");
        two.say(0, BOND);
        let [told] = two.heard().try_into().unwrap();
        assert_eq!(told.event_code(), Some(EventCode::Released));
        assert_eq!(told.still_held_at, None);
        assert_eq!(two.calls(), 1, "a person says what no message may");
        // Booked and let go there again: she was called.
        two.say(0, IN);
        two.say(0, BOND);
        assert_eq!(two.calls(), 1);
    });
}

#[test]
fn has_nobody_called_where_the_sealed_booking_has_let_go_as_well() {
    each("sealed_over", |hub| {
        let mut two = Two::new(hub);
        two.seal();
        two.say(1, BOND);
        two.say(0, BOND);
        assert_eq!(two.calls(), 0);
    });
}

#[test]
fn takes_back_a_transfer_to_a_sealed_booking_as_its_own_jail_told_it() {
    each("sealed_wrong", |hub| {
        let mut two = Two::new(hub);
        two.say(0, CustodyState::TransferredOut);
        let transfer = event_of(&two.hub, EventCode::TransferInState);
        let before = two.heard();
        assert!(
            before.iter().any(|fact| fact.facility == "JAIL-2"),
            "{before:?}"
        );
        two.hub
            .decide(InstructionKind::Correct, transfer..=transfer);
        two.hub.carry_out();
        // What waits says nothing of it either, from the order on.
        two.seal();
        let [said] = two.heard().try_into().unwrap();
        assert_eq!(said.event_code(), Some(EventCode::Correction));
        assert_eq!(
            (said.facility.as_str(), &said.still_held_at),
            ("JAIL-1", &None)
        );
    });
    each("sealed_before_wrong", |hub| {
        let mut two = Two::new(hub);
        two.say(0, CustodyState::TransferredOut);
        let transfer = event_of(&two.hub, EventCode::TransferInState);
        two.heard();
        two.seal();
        two.hub
            .decide(InstructionKind::Correct, transfer..=transfer);
        two.hub.carry_out();
        let [said] = two.heard().try_into().unwrap();
        assert_eq!(
            (said.facility.as_str(), &said.still_held_at),
            ("JAIL-1", &None)
        );
    });
}
