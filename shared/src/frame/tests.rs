//! A sample of every frame, held against the bytes that were released.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::command::{Command, CommandOutcome, CommandResult, Order};
use super::enrolment::{EnrolAnswer, EnrolRefusal, EnrolRequest, Enrolled, TokenSecret};
use super::greeting::{Hello, Verdict, Welcome};
use super::heartbeat::{FeedBeat, Heartbeat};
use super::line::{LineWord, close};
use super::live::{Ack, Nack, NackReason};
use super::reconcile::{Reconcile, RowHash, RowName};
use super::renewal::{RenewAnswer, RenewRefusal, RenewRequest, Renewed};
use super::snapshot::{SnapshotBegin, SnapshotChunk, SnapshotEnd, SnapshotRow};
use super::{Frame, FrameError, FrameHeader, FrameType, HEADER_BYTES};
use crate::chain::Position;
use crate::clock::{EffectiveAt, Moment, ObservedAt, ReceivedAt};
use crate::codec::Codec;
use crate::delta::{self, Change, Coverage, Delta, Evidence, GapReason, Origin, Row};
use crate::envelope::{SealedBatch, Unsealed, seal};
use crate::hash::{Hash, hex};
use crate::ids::{AgencyId, AgentId, Epoch, FacilityCode, FeedName, RecordNumber, Seq};
use crate::limits::FRAME_BYTES_MAX;
use crate::pii::Pii;
use crate::receipt::{PortableReceipt, Receipt};
use crate::record::custody::{Charge, Custody, CustodyState, ReleaseReason};
use crate::record::subject::{PersonName, Sex, Subject};
use crate::record::{Record, RecordBody};
use crate::sign::SigningKey;

fn agent() -> AgentId {
    AgentId::from_bytes([0xA1; 16])
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).unwrap()
}

fn position() -> Position {
    Position {
        seq: Seq(41),
        ..Position::genesis(agent(), Epoch::from_bytes([0xE0; 16]))
    }
}

fn feed() -> FeedName {
    FeedName::new("roster").unwrap()
}

fn record() -> Record {
    let booked: Timestamp = "2026-06-01T13:30:00Z".parse().unwrap();
    let name = PersonName {
        surname: Pii::new(String::from("SAMPLE")),
        given: Some(Pii::new(String::from("AVERY"))),
        middle: None,
        suffix: Some(Pii::new(String::from("JR"))),
    };
    let state = CustodyState::OutOfCustody(ReleaseReason::Bond);
    let mut custody = Custody::new(RecordNumber::new("2026-000123").unwrap(), state);
    custody.booked_at = Some(EffectiveAt(Moment::exact(booked)));
    custody.charges.push(Charge {
        statute: None,
        text: Some("TEST".to_owned()),
        level: None,
        disposition: None,
    });
    Record {
        facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
        subject: Subject {
            name: Some(name),
            birth_date: Some(Pii::new(jiff::civil::date(1990, 2, 3))),
            sex: Some(Sex::Unknown),
            ..Subject::default()
        },
        entered_at: None,
        synthetic: true,
        body: RecordBody::Custody(Box::new(custody)),
    }
}

fn batch() -> SealedBatch {
    let observed_at = ObservedAt(Timestamp::UNIX_EPOCH);
    let row = Row::of(&record()).unwrap();
    let key_of = record().key();
    let changes = [
        Change::Upsert {
            row,
            coverage: Coverage::Full,
            evidence: Evidence::Status,
        },
        Change::NoLongerListed(key_of.clone()),
        Change::Withheld(key_of),
        Change::ObservationGap {
            from: observed_at,
            to: observed_at,
            reason: GapReason::AgentDown,
        },
    ];
    let bodies = changes
        .into_iter()
        .map(|change| Delta {
            observed_at,
            feed: feed(),
            origin: Origin::Live,
            change,
        })
        .map(|delta| delta::encode(&delta).unwrap())
        .collect();
    seal(Unsealed {
        agent: agent(),
        previous: position(),
        secret: [3; 16],
        bodies,
        state_digest: Some(Hash::of(b"state")),
        sealed_at: Timestamp::UNIX_EPOCH,
        key: &key(),
    })
    .unwrap()
}

fn heartbeat() -> Heartbeat {
    let beat = FeedBeat {
        feed: feed(),
        facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
        as_of_us: Some(1),
        source_changed_us: None,
        rows: 35,
        held: Some(String::from("mass-absence")),
    };
    Heartbeat {
        clock_us: 1,
        end: position(),
        acked: Seq(40),
        state_digest: Hash::of(b"state"),
        spool_deltas: 1,
        oldest_unacked_us: Some(0),
        disk_free_bytes: Some(1 << 30),
        certificate_days: Some(88),
        feeds: vec![beat],
    }
}

fn row_name() -> RowName {
    RowName {
        feed: feed(),
        kind: 1,
        number: String::from("2026-000123"),
    }
}

fn receipt() -> Receipt {
    Receipt::sign(
        agent(),
        position(),
        ReceivedAt(Timestamp::UNIX_EPOCH),
        &key(),
    )
}

fn greetings() -> Vec<Frame> {
    let hello = Hello {
        agent: agent(),
        end: position(),
        acked: Seq(40),
        complete: true,
        build: String::from("0.1.0"),
        boot: [9; 16],
        clock_us: 1,
        spool_deltas: 1,
        codecs: vec![1],
    };
    let verdicts = [
        Verdict::Resume,
        Verdict::Rebaseline,
        Verdict::Reconcile,
        Verdict::Defer { after_s: 30 },
        Verdict::Quarantine,
    ];
    let welcome = |verdict| Welcome {
        position: Some(position()),
        receipt: (verdict == Verdict::Resume).then(|| PortableReceipt::from(&receipt())),
        verdict,
        codec: 1,
        credit: 16,
        spread_s: 60,
        clock_us: 2,
    };
    let mut frames = vec![Frame::Hello(hello)];
    frames.extend(verdicts.map(|verdict| Frame::Welcome(welcome(verdict))));
    frames
}

fn bulk() -> Vec<Frame> {
    let row = SnapshotRow {
        feed: feed(),
        coverage: 1,
        evidence: 2,
        row: Row::of(&record()).unwrap().bytes().to_vec(),
    };
    let digest = Hash::of(b"state");
    vec![
        Frame::SnapshotBegin(SnapshotBegin::sign(agent(), position(), 1, digest, &key())),
        Frame::SnapshotChunk(SnapshotChunk::pack(0, &[row]).unwrap()),
        Frame::SnapshotEnd(SnapshotEnd { chunks: 1 }),
        Frame::Reconcile(Reconcile::Buckets(vec![1, 2, 3])),
        Frame::Reconcile(Reconcile::Rows(vec![RowHash {
            name: row_name(),
            hash: digest,
        }])),
        Frame::Reconcile(Reconcile::Wanted(vec![row_name()])),
    ]
}

fn orders() -> Vec<Frame> {
    let orders = [
        Order::Policy { heartbeat_s: 20 },
        Order::Reconcile,
        Order::Rebaseline,
        Order::Rotate,
        Order::Update {
            version: String::from("0.2.0"),
        },
        Order::Collect,
    ];
    let command = |order| Command::sign(agent(), [4; 16], 3, &order, &key()).unwrap();
    orders.map(|order| Frame::Command(command(order))).to_vec()
}

fn enrolment() -> Vec<Frame> {
    let enrolled = Enrolled {
        agent: agent(),
        agency: AgencyId::new("MS0000000").unwrap(),
        facilities: vec![FacilityCode::new("MS-TEST-JAIL").unwrap()],
        certificate: vec![1, 2, 3],
        expires_us: 4,
        receipt_key: key().verifying_key().0,
    };
    vec![
        Frame::EnrolRequest(EnrolRequest::sign(
            TokenSecret([5; 16]),
            vec![1, 2],
            "0.1.0".to_owned(),
            &key(),
        )),
        Frame::EnrolAnswer(EnrolAnswer::Enrolled(enrolled)),
        Frame::EnrolAnswer(EnrolAnswer::Refused(EnrolRefusal::Token.code())),
    ]
}

fn renewal() -> Vec<Frame> {
    let renewed = Renewed {
        certificate: vec![1, 2, 3],
        expires_us: 4,
    };
    vec![
        Frame::RenewRequest(RenewRequest::sign(agent(), vec![1, 2], &[6; 32], &key())),
        Frame::RenewAnswer(RenewAnswer::Renewed(renewed)),
        Frame::RenewAnswer(RenewAnswer::Refused(RenewRefusal::Agent.code())),
        Frame::Line(LineWord::KeepAlive),
        Frame::Line(LineWord::Close {
            code: close::REPLACED,
            reason: "another".to_owned(),
        }),
    ]
}

fn samples() -> Vec<Frame> {
    let mut frames = greetings();
    frames.push(Frame::Batch(Box::new(batch())));
    frames.push(Frame::Ack(Box::new(Ack {
        receipt: receipt(),
        credit: 16,
    })));
    frames.push(Frame::Nack(Nack::new(NackReason::Gap, Seq(7), "a hole")));
    frames.extend(bulk());
    frames.push(Frame::Heartbeat(heartbeat()));
    frames.extend(orders());
    frames.push(Frame::Result(CommandResult {
        id: [4; 16],
        outcome: CommandOutcome::Unsupported.code(),
    }));
    frames.extend(enrolment());
    frames.extend(renewal());
    frames.extend(comparison());
    frames
}

fn comparison() -> Vec<Frame> {
    let digest = Hash::of(b"state");
    let steps = [
        Reconcile::Standing {
            position: position(),
            buckets: vec![1, 2, 3],
        },
        Reconcile::Differing(vec![7, 9]),
        Reconcile::Repair {
            begin: SnapshotBegin::sign(agent(), position(), 1, digest, &key()),
            buckets: vec![7, 9],
            chunks: Vec::new(),
        },
        Reconcile::Declined,
    ];
    steps.map(Frame::Reconcile).to_vec()
}

fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    let (header, body) = bytes.split_first_chunk::<HEADER_BYTES>().unwrap();
    Frame::decode(FrameHeader::parse(*header)?, body)
}

const fn is_compressed(frame: &Frame) -> bool {
    matches!(frame, Frame::Batch(_) | Frame::SnapshotChunk(_))
}

#[test]
fn writes_the_bytes_that_were_released() {
    let mut text = String::new();
    for frame in samples() {
        let bytes = frame.encode(Codec::Bincode2).unwrap();
        // A compressed block may change with the library; its frames are only read back.
        let golden = if is_compressed(&frame) {
            String::from("compressed")
        } else {
            hex(&bytes)
        };
        writeln!(text, "{} 1 {golden}", frame.frame_type()).unwrap();
    }
    let released = include_str!("../../golden/frames.txt");
    assert!(
        text == released,
        "a released frame must never change: add a version instead\n{text}"
    );
}

#[test]
fn reads_the_bytes_that_were_released() {
    let released = include_str!("../../golden/compressed.txt");
    let mut read = 0;
    for (line, frame) in released
        .lines()
        .zip(samples().into_iter().filter(is_compressed))
    {
        let bytes = crate::hash::unhex(line).unwrap();
        match (decode(&bytes).unwrap(), frame) {
            (Frame::Batch(old), Frame::Batch(new)) => {
                assert_eq!(old.header, new.header);
                let verifying = key().verifying_key();
                let open = crate::envelope::open;
                assert_eq!(open(&old, &verifying), open(&new, &verifying));
            }
            (Frame::SnapshotChunk(old), Frame::SnapshotChunk(new)) => {
                assert_eq!(old.unpack().unwrap(), new.unpack().unwrap());
            }
            _ => panic!("the golden file is in another order"),
        }
        read += 1;
    }
    assert_eq!(read, 2);
}

#[test]
fn has_a_sample_of_every_type() {
    for frame_type in FrameType::ALL {
        assert!(
            samples()
                .iter()
                .any(|frame| frame.frame_type() == *frame_type),
            "{frame_type}"
        );
    }
}

#[test]
fn reads_back_every_frame() {
    for frame in samples() {
        let bytes = frame.encode(Codec::Bincode2).unwrap();
        assert_eq!(decode(&bytes), Ok(frame));
    }
}

#[test]
fn refuses_every_frame_that_is_cut_or_has_bytes_left_over() {
    for frame in samples() {
        let mut bytes = frame.encode(Codec::Bincode2).unwrap();
        bytes.push(0);
        assert_eq!(decode(&bytes), Err(FrameError::Length));
        bytes.truncate(bytes.len() - 2);
        assert_eq!(decode(&bytes), Err(FrameError::Length));
    }
}

#[test]
fn refuses_a_length_before_it_allocates() {
    let mut header = Frame::SnapshotEnd(SnapshotEnd { chunks: 1 })
        .encode(Codec::Bincode2)
        .unwrap()
        .first_chunk::<HEADER_BYTES>()
        .copied()
        .unwrap();
    header[..4].copy_from_slice(&(FRAME_BYTES_MAX + 1).to_be_bytes());
    assert_eq!(FrameHeader::parse(header), Err(FrameError::TooLarge));
}

#[test]
fn refuses_what_it_does_not_know() {
    let known = [0, 0, 0, 1, FrameType::Nack.code(), 1, 0, 1];
    assert!(FrameHeader::parse(known).is_ok());
    let refused = |index: usize, value: u8| {
        let mut header = known;
        header[index] = value;
        FrameHeader::parse(header)
    };
    assert_eq!(refused(4, 200), Err(FrameError::UnknownType));
    assert_eq!(refused(5, 2), Err(FrameError::UnknownVersion));
    assert_eq!(refused(6, 1), Err(FrameError::UnknownVersion));
    assert_eq!(refused(7, 9), Err(FrameError::UnknownCodec));
}

#[test]
fn accepts_commands_of_the_hub_for_this_agent_only() {
    let command = Command::sign(agent(), [4; 16], 3, &Order::Collect, &key()).unwrap();
    let hub = key().verifying_key();
    assert_eq!(command.open(agent(), &hub), Ok(Order::Collect));
    assert!(command.open(AgentId::from_bytes([2; 16]), &hub).is_err());
    let other = SigningKey::from_seed(&[8; 32]).unwrap().verifying_key();
    assert!(command.open(agent(), &other).is_err());
}
