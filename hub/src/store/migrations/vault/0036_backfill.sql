-- What was added later to a vault that an older program had filled, by kind of work, and when that was whole.
CREATE TABLE backfill (
    work TEXT PRIMARY KEY,
    done_at {int} NOT NULL
) {strict};
