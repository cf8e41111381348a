-- The hub's last greeting: when it came, and how far its clock was ahead of this machine's.
CREATE TABLE contact (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    greeted_at INTEGER NOT NULL,
    ahead_us INTEGER NOT NULL
) STRICT;
