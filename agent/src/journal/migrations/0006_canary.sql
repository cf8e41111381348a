-- The daily test of the line: since when it is done, and how far the last one has come. At most one row;
-- none where it is switched off.
CREATE TABLE canary (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    armed_at INTEGER NOT NULL,
    number TEXT,
    booked_at INTEGER,
    released_at INTEGER
) STRICT;
