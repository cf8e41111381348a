-- Sources that cannot be read, since when and why.
CREATE TABLE dark (
    feed TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
