-- Offices that the law has told before a release (Miss. Code 47-5-177), by county and municipality: '' for
-- an office of the whole county. Added and removed by signed decisions, never changed.
CREATE TABLE recipient (
    recipient_id {int} PRIMARY KEY,
    office TEXT NOT NULL,
    county TEXT NOT NULL,
    municipality TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    added_at {int} NOT NULL,
    decision_id {int} NOT NULL,
    removed_at {int},
    removed_by {int}
) {strict};

CREATE UNIQUE INDEX recipient_active ON recipient (office, county, municipality)
    WHERE removed_at IS NULL;

-- Where somebody was convicted, as a person said: no record that an agency sends has it.
CREATE TABLE conviction (
    person_id {bytes} NOT NULL,
    county TEXT NOT NULL,
    municipality TEXT NOT NULL,
    decided_at {int} NOT NULL,
    decision_id {int} NOT NULL,
    PRIMARY KEY (person_id, county, municipality)
) {strict};

-- What an office is told of an event, each once. Nothing here is of a registrant.
CREATE TABLE agency_notice (
    notice_id {bytes} PRIMARY KEY,
    kind TEXT NOT NULL,
    event_position {int} NOT NULL,
    record_id {int} NOT NULL,
    recipient_id {int} NOT NULL,
    channel TEXT NOT NULL,
    due_at {int} NOT NULL,
    planned_at {int} NOT NULL,
    state TEXT NOT NULL,
    attempts {int} NOT NULL,
    claim {int} NOT NULL,
    next_at {int},
    outcome TEXT,
    told_at {int},
    confirmed_at {int},
    confirmed_by TEXT
) {strict};

CREATE UNIQUE INDEX agency_notice_once ON agency_notice (kind, event_position, recipient_id);
CREATE INDEX agency_notice_next ON agency_notice (next_at);
CREATE INDEX agency_notice_event ON agency_notice (event_position);
CREATE INDEX agency_notice_record ON agency_notice (record_id);

-- Every try to tell an office, with what the mail server answered.
CREATE TABLE agency_attempt (
    notice_id {bytes} NOT NULL,
    attempt {int} NOT NULL,
    attempted_at {int} NOT NULL,
    finished_at {int},
    outcome TEXT,
    answer TEXT,
    PRIMARY KEY (notice_id, attempt)
) {strict};
