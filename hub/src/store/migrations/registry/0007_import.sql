-- Files that staff, a prosecutor or a court gave to the hub itself. What each changed is in the log, in
-- the batches that its importer signed: from first_seq to last_seq of that chain.
CREATE TABLE import (
    import_id {int} PRIMARY KEY,
    agency_id TEXT NOT NULL REFERENCES agency (agency_id),
    kind TEXT NOT NULL,
    feed TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_hash {bytes} NOT NULL,
    listed {int} NOT NULL,
    added {int} NOT NULL,
    changed {int} NOT NULL,
    missing {int} NOT NULL,
    set_aside {int} NOT NULL,
    agent_id {bytes} NOT NULL,
    epoch {bytes} NOT NULL,
    first_seq {int} NOT NULL,
    last_seq {int} NOT NULL,
    received_at {int} NOT NULL,
    decision_id {int} NOT NULL,
    staff_name TEXT NOT NULL,
    undoes {int},
    undone_by {int}
) {strict};

CREATE INDEX import_feed ON import (agency_id, feed, import_id);
