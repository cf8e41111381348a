-- What the jail has said about these days: an evacuation, or that its system is being worked on.
CREATE TABLE mode (
    feed TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    set_by TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER
) STRICT;

-- What the jail said itself when its booking system was down or slow, until that says the same, or a
-- person has taken it back.
CREATE TABLE emergency (
    kind INTEGER NOT NULL,
    number TEXT NOT NULL,
    word TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    -- The feed that lists the record, and what its row said then.
    feed TEXT NOT NULL,
    row_hash BLOB NOT NULL,
    -- How it ended, and when; both empty as long as it stands.
    outcome TEXT,
    ended_at INTEGER,
    PRIMARY KEY (kind, number)
) STRICT;

-- The made-up bookings that prove that the line works, one a facility.
CREATE TABLE canary (
    facility TEXT PRIMARY KEY,
    -- The seq and epoch of the delta that said it last, and when.
    epoch BLOB NOT NULL,
    seq INTEGER NOT NULL,
    is_booked INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    -- When the hub was first known to have it.
    seen_at INTEGER
) STRICT;
