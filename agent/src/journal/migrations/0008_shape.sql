-- What the exports of a feed look like: their columns in any order, the kinds of values in those that are
-- taken, and how many records they said what of. Once as it was accepted last, and once as it waits for a
-- person.
CREATE TABLE shape (
    feed TEXT NOT NULL,
    is_accepted INTEGER NOT NULL,
    -- Of the columns.
    hash BLOB NOT NULL,
    shape TEXT NOT NULL,
    PRIMARY KEY (feed, is_accepted)
) STRICT;
