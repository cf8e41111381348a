//! What the driver does with a receipt, without a line.

use savin_shared::chain::Position;
use savin_shared::clock::ReceivedAt;
use savin_shared::hash::Hash;
use savin_shared::ids::{AgentId, Epoch, Seq};
use savin_shared::sign::SigningKey;

use super::*;

fn driver() -> Driver {
    let agent = AgentId::from_bytes([1; 16]);
    let key = SigningKey::from_seed(&[2; 32]).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "an origin for invented deadlines"
    )]
    let monotonic = Instant::now;
    let parts = Parts {
        receipt_key: key.verifying_key(),
        signer: Arc::new(Signer::new(agent, key)),
        feeds: Vec::new(),
        certificate_ends: Timestamp::UNIX_EPOCH,
        state: StateFolder::new("none".into()),
        reserve: Reserve::of(std::path::Path::new("nowhere")),
        beat: Beat::unheard(),
        world: World {
            wall: || Timestamp::UNIX_EPOCH,
            monotonic,
            random: || [4; 16],
        },
    };
    let journal = Journal::scratch(agent, Epoch::from_bytes([3; 16])).unwrap();
    Driver::new(parts, journal, mpsc::channel(1).1)
}

fn stored(driver: &mut Driver, position: Position) -> Result<(), DriveError> {
    let agent = AgentId::from_bytes([1; 16]);
    let hub = SigningKey::from_seed(&[2; 32]).unwrap();
    let receipt = Receipt::sign(agent, position, ReceivedAt(Timestamp::UNIX_EPOCH), &hub);
    driver.receipt = Some((receipt, driver.now()));
    driver.store_receipt()
}

#[test]
fn ends_the_session_at_a_receipt_for_another_history() {
    let mut driver = driver();
    let end = driver.standpoint().unwrap().end;
    assert!(stored(&mut driver, end).is_ok());
    let other = Position {
        seq: Seq(7),
        head: Hash::of(b"other"),
        ..end
    };
    assert!(matches!(
        stored(&mut driver, other),
        Err(DriveError::Closed(AgentClose::Contradiction))
    ));
}

#[test]
fn keeps_a_receipt_for_later_while_the_journal_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let open = || {
        let (agent, epoch) = (AgentId::from_bytes([1; 16]), Epoch::from_bytes([3; 16]));
        Journal::open(&path, agent, epoch).unwrap()
    };
    let mut driver = driver();
    driver.journal = open();
    driver.journal.set_busy(Duration::ZERO);
    let end = driver.standpoint().unwrap().end;
    let busy = open().write(|_| Ok(stored(&mut driver, end)));
    assert!(busy.unwrap().is_ok());
    let (_, due) = driver.receipt.as_ref().unwrap();
    assert!(*due > driver.now(), "not at once");
    assert!(stored(&mut driver, end).is_ok());
    assert!(driver.receipt.is_none());
}

#[test]
fn leaves_a_receipt_of_the_epoch_before_alone() {
    let mut driver = driver();
    let end = driver.standpoint().unwrap().end;
    let epoch = Epoch::from_bytes([9; 16]);
    driver
        .journal
        .write(|tx| position::begin_epoch(tx, epoch))
        .unwrap();
    assert!(stored(&mut driver, end).is_ok());
}
