-- Everything that one agent knows, and everything that it has still to send.
CREATE TABLE position (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    agent BLOB NOT NULL,
    epoch BLOB NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    acked INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT;

-- What each feed listed last, as the hub knows it or is about to.
CREATE TABLE shadow (
    feed TEXT NOT NULL,
    kind INTEGER NOT NULL,
    number TEXT NOT NULL,
    hash BLOB NOT NULL,
    standing INTEGER NOT NULL,
    coverage INTEGER NOT NULL,
    evidence INTEGER NOT NULL,
    row BLOB NOT NULL,
    PRIMARY KEY (feed, kind, number)
) STRICT, WITHOUT ROWID;

-- Signed batches, exactly as they are sent.
CREATE TABLE batch (
    epoch BLOB NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    sealed_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (epoch, first_seq)
) STRICT;

-- The hub's receipts: the sheriff's proof under section 2.
CREATE TABLE receipt (
    epoch BLOB NOT NULL,
    seq INTEGER NOT NULL,
    receipt BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT;

-- How each feed stands.
CREATE TABLE feed (
    feed TEXT PRIMARY KEY,
    began_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    captured_at INTEGER,
    changed_at INTEGER,
    exported_at INTEGER,
    listed INTEGER NOT NULL,
    refusal TEXT,
    set_aside TEXT,
    last_content BLOB,
    is_level INTEGER NOT NULL
) STRICT;

-- Exports that were taken, so that an old one is known when it comes again.
CREATE TABLE export (
    feed TEXT NOT NULL,
    content BLOB NOT NULL,
    name TEXT NOT NULL,
    exported_at INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (feed, content)
) STRICT;

-- Transactions that were told, so that a cumulative file tells each once. Those without a time name
-- their record, of which only what the last export said of it is kept.
CREATE TABLE told (
    feed TEXT NOT NULL,
    hash BLOB NOT NULL,
    record BLOB,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (feed, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX told_of_record ON told (feed, record) WHERE record IS NOT NULL;

-- How many left a roster on each day of the agency's calendar.
CREATE TABLE loss (
    feed TEXT NOT NULL,
    day INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    PRIMARY KEY (feed, day)
) STRICT;

-- How many custodies ended by explicit word in each window, and how many such words were held.
CREATE TABLE ended (
    feed TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (feed, started_at)
) STRICT;

-- Changes that wait for a person.
CREATE TABLE hold (
    feed TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    -- The export that was doubted as a whole, if one was.
    content BLOB,
    name TEXT,
    exported_at INTEGER
) STRICT;

CREATE TABLE held (
    feed TEXT NOT NULL,
    place INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    number TEXT NOT NULL,
    class TEXT NOT NULL,
    standing INTEGER NOT NULL,
    delta BLOB NOT NULL,
    PRIMARY KEY (feed, place)
) STRICT;

-- What persons have decided about held changes.
CREATE TABLE decision (
    feed TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    action TEXT NOT NULL,
    changes INTEGER NOT NULL
) STRICT;
