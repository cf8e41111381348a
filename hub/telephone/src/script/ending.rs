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

/// What the final answers to an INVITE say of whoever was called (RFC 3261, 21; RFC 8197, RFC 8688): what a telephone or
/// its network says of the number. Whatever else is answered is our line's: the account, what we offer, our own number
/// that is not shown (433), a timer (422), a lack of lines.
///
/// Nobody is called elsewhere because an answer says so (3xx): what it names is a number that she has not proved.
const OF_HER: [(u16, NotAnswered); 17] = [
    // She has several numbers, or has gone elsewhere for now, or is reached otherwise: later she may be there.
    (300, NotAnswered::NoAnswer),
    (302, NotAnswered::NoAnswer),
    (380, NotAnswered::NoAnswer),
    // She has another number.
    (301, NotAnswered::NoSuchNumber),
    (404, NotAnswered::NoSuchNumber),
    (410, NotAnswered::NoSuchNumber),
    // Too short, or more than one: there is no such number.
    (484, NotAnswered::NoSuchNumber),
    (485, NotAnswered::NoSuchNumber),
    (604, NotAnswered::NoSuchNumber),
    (408, NotAnswered::NoAnswer),
    (480, NotAnswered::NoAnswer),
    (487, NotAnswered::NoAnswer),
    (486, NotAnswered::Busy),
    (600, NotAnswered::Busy),
    (603, NotAnswered::Declined),
    (607, NotAnswered::Declined),
    (608, NotAnswered::Declined),
];

impl NotAnswered {
    /// Returns what the final answer to an INVITE means.
    #[must_use]
    pub fn of_sip(status: u16) -> Self {
        let found = OF_HER.iter().find(|(answer, _)| *answer == status);
        found.map_or(Self::Line, |(_, why)| *why)
    }
}

#[cfg(test)]
mod tests {
    use super::NotAnswered;

    /// Every final answer that is registered with IANA and is no success, by what it is about.
    #[test]
    fn tells_what_is_about_her_from_what_is_about_the_line() {
        let expected: [(NotAnswered, &[u16]); 5] = [
            (NotAnswered::Busy, &[486, 600]),
            (NotAnswered::NoAnswer, &[300, 302, 380, 408, 480, 487]),
            (NotAnswered::Declined, &[603, 607, 608]),
            (NotAnswered::NoSuchNumber, &[301, 404, 410, 484, 485, 604]),
            (
                NotAnswered::Line,
                &[
                    305, 400, 401, 402, 403, 405, 406, 407, 412, 413, 414, 415, 416, 417, 420, 421,
                    422, 423, 424, 425, 428, 429, 430, 433, 436, 437, 438, 439, 440, 469, 470, 481,
                    482, 483, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 555, 580,
                    606,
                ],
            ),
        ];
        let mut answers = 0;
        for (why, statuses) in expected {
            for status in statuses {
                assert_eq!(NotAnswered::of_sip(*status), why, "{status}");
                answers += 1;
            }
        }
        assert_eq!(answers, 66, "each once");
        assert_eq!(super::OF_HER.len(), 17);
    }
}
