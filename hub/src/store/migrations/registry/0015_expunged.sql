-- What a court ordered to be expunged: nothing of it is kept but a keyed hash of which record it was, so
-- that it does not come back when its agency sends it again. The key is in a file.
CREATE TABLE order_key (
    name TEXT PRIMARY KEY,
    check_value {bytes} NOT NULL
) {strict};

CREATE TABLE expunged_record (
    tombstone {bytes} PRIMARY KEY,
    agency_id TEXT NOT NULL,
    order_id {int} NOT NULL
) {by_key};

CREATE INDEX expunged_agency ON expunged_record (agency_id);

-- What agents still list of it: the two hashes that the digest of their list needs, under that key.
CREATE TABLE expunged_listing (
    agent_id {bytes} NOT NULL,
    feed TEXT NOT NULL,
    tombstone {bytes} NOT NULL,
    sealed_entry {bytes} NOT NULL,
    PRIMARY KEY (agent_id, feed, tombstone)
) {by_key};

-- By which order the words of a decision were destroyed: who decided, and when, stays.
ALTER TABLE decision ADD COLUMN expunged_by {int};
