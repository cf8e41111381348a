//! What waits for the vault together, on both engines.

use std::sync::Arc;

use savin_shared::event::EventCode;
use tokio::sync::{mpsc, oneshot};

use super::{accepted, beside, claim, each, fact, plan, register, told_code};
use crate::notification::channel::Channel;
use crate::notification::fact::Disclosure;
use crate::vault::Vault;
use crate::vault::client::{Port as _, Request, serve};
use crate::vault::command::{Answer, CourierAnswer, CourierCommand, Message, Room};
use crate::vault::keyring::Keyring;

fn finish(message: &Message, claim: i64) -> CourierCommand {
    CourierCommand::Finish {
        notice: message.notice,
        claim,
        outcome: accepted(),
    }
}

#[test]
fn one_try_that_cannot_be_noted_keeps_back_none_that_came_with_it() {
    each("queue_finish", |vault, place| {
        // Of one the keys are other ones: nothing of her can be read here.
        let strange = Vault {
            keys: Arc::new(Keyring::scratch().unwrap()),
            ..beside(vault, place, None)
        };
        register(&strange, "c@example.test", 2, Disclosure::Full);
        plan(&strange, 0, 1, vec![fact(1, 2)]);
        let mut messages = claim(&strange);
        for address in ["a@example.test", "b@example.test"] {
            register(vault, address, 1, Disclosure::Full);
        }
        plan(vault, 1, 2, vec![fact(2, 1)]);
        messages.extend(claim(vault));
        assert_eq!(messages.len(), 3);
        plan(vault, 2, 3, vec![fact(3, 1)]);
        let asked = [
            finish(&messages[1], messages[1].claim),
            finish(&messages[0], messages[0].claim),
            finish(&messages[2], messages[2].claim),
            finish(&messages[2], messages[2].claim),
            finish(&messages[1], 99),
            CourierCommand::Claim {
                channel: Channel::Email,
                room: Room::all(9),
            },
        ];
        let (requests, queue) = mpsc::channel::<Request>(asked.len());
        let answers = asked.map(|command| {
            let (answer, answered) = oneshot::channel();
            requests.try_send((command.command(), answer)).unwrap();
            answered
        });
        drop(requests);
        serve(vault, queue);
        let answers = answers.map(|mut answer| answer.try_recv().unwrap());
        let counted = answers.iter().map(|answer| match answer {
            Ok(Answer::Courier(CourierAnswer::Noted(is_counted))) => Some(*is_counted),
            _ => None,
        });
        let counted: Vec<_> = counted.take(5).collect();
        let expected = [Some(true), None, Some(true), Some(false), Some(false)];
        assert_eq!(counted, expected);
        let Ok(Answer::Courier(CourierAnswer::Messages(next))) = &answers[5] else {
            panic!("messages")
        };
        let told: Vec<_> = next.iter().map(told_code).collect();
        assert_eq!(told, [EventCode::Released; 2], "and what is next goes on");
    });
}
