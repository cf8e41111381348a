//! The sound of a call: agreed by SDP, sent and heard as RTP every 20 ms, protected where the other
//! end can do that. It knows nothing of SIP, and of a call only where its sound goes.

pub mod digit;
pub mod jitter;
pub mod latch;
pub mod machine;
pub mod packet;
pub mod port;
pub mod protection;
pub mod sdp;
pub mod session;
pub mod tones;
