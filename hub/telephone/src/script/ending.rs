//! How a call ended, in words that the notification engine decides by.

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// What came of it.
    pub outcome: Outcome,
    /// Whether an operator was asked for.
    pub operator: Operator,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The right PIN was entered and the fact said to its end.
    Confirmed,
    /// Somebody took the call, and it was not confirmed.
    NotConfirmed,
    /// A machine took it, or nobody pressed or said anything.
    Machine(Voicemail),
    /// The PIN was entered by which she says that somebody makes her enter it: nothing was told.
    Duress,
    /// What was offered was said to somebody who pressed a key for it.
    Said,
    /// Whoever took the call said that it is the wrong number, or asked never to be called again.
    NeverCall,
    /// The caller was served.
    Served,
    /// Nobody took the call.
    NotAnswered(NotAnswered),
}

/// Whether a machine was left a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voicemail {
    /// The message that she agreed to.
    Left,
    /// None, by her choice.
    NotLeft,
}

/// Whether an operator was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operator {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// They talked.
    Talked,
    /// No operator took the call, or the caller gave up before: a person has to call back.
    Missed,
}

/// Why nobody took a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnswered {
    /// It is in use.
    Busy,
    /// It rang, or is switched off.
    NoAnswer,
    /// Whoever it rang at refused it.
    Declined,
    /// There is no such number.
    NoSuchNumber,
    /// The line failed. That says nothing of her, and uses up none of her tries.
    Line,
}

/// Why a line is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// The other side hung up.
    HungUp,
    /// Nobody took the call.
    NotAnswered(NotAnswered),
    /// The line broke during the call.
    Broke,
}

impl NotAnswered {
    /// Returns what the final answer to an INVITE means (RFC 3261, 21): what a telephone or its network
    /// says of the number is about her; whatever else is our line's.
    #[must_use]
    pub const fn of_sip(status: u16) -> Self {
        match status {
            486 | 600 => Self::Busy,
            408 | 480 | 487 => Self::NoAnswer,
            603 | 607 | 608 => Self::Declined,
            404 | 410 | 484 | 604 => Self::NoSuchNumber,
            _ => Self::Line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NotAnswered;

    #[test]
    fn tells_what_is_about_her_from_what_is_about_the_line() {
        let read = [486, 480, 603, 404, 503, 401, 488, 500].map(NotAnswered::of_sip);
        let expected = [
            NotAnswered::Busy,
            NotAnswered::NoAnswer,
            NotAnswered::Declined,
            NotAnswered::NoSuchNumber,
            NotAnswered::Line,
            NotAnswered::Line,
            NotAnswered::Line,
            NotAnswered::Line,
        ];
        assert_eq!(read, expected);
    }
}
