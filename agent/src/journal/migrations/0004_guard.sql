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

-- How many explicit ends of custody a person let pass, beside those that were believed at once.
ALTER TABLE ended ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
