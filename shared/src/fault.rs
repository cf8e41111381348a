//! What kind of failure an error is: the one question that whoever catches it has to ask.

/// What is to be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Later may work: keep everything and try again.
    Retry,
    /// The sender must change something: say what, and take nothing.
    Reject,
    /// A mistake of ours, or damage: stop that work and tell a person.
    Broken,
}
