-- Who may decide. A member of staff is a key: whoever is removed decides nothing more, and what was
-- decided before still verifies.
CREATE TABLE staff (
    public_key {bytes} PRIMARY KEY,
    staff_name TEXT NOT NULL,
    role TEXT NOT NULL,
    added_at {int} NOT NULL,
    added_by TEXT NOT NULL,
    removed_at {int},
    removed_by TEXT
) {strict};

CREATE UNIQUE INDEX staff_active ON staff (staff_name) WHERE removed_at IS NULL;

-- Every choice of a named person, as it was signed.
CREATE TABLE decision (
    decision_id {int} PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    choice TEXT NOT NULL,
    note TEXT NOT NULL,
    staff_name TEXT NOT NULL,
    decided_at {int} NOT NULL,
    public_key {bytes} NOT NULL,
    signature {bytes} NOT NULL
) {strict};

CREATE UNIQUE INDEX decision_signature ON decision (signature);
CREATE INDEX decision_subject ON decision (subject, decision_id);

-- What waits for a person. Nothing here tells who registered: such tasks are in the vault.
CREATE TABLE task (
    task_id {int} PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    facility_code TEXT,
    person_id {bytes},
    other_id {bytes},
    record_id {int},
    event_position {int},
    urgency {int} NOT NULL,
    note TEXT NOT NULL,
    opened_at {int} NOT NULL,
    due_at {int},
    level TEXT NOT NULL,
    escalates_at {int},
    claimed_by TEXT,
    claimed_at {int},
    state TEXT NOT NULL,
    outcome TEXT,
    ended_at {int},
    decision_id {int}
) {strict};

-- One open task of a kind and subject.
CREATE UNIQUE INDEX task_open ON task (kind, subject) WHERE state = 'open';
CREATE INDEX task_state ON task (state, escalates_at);
CREATE INDEX task_subject ON task (kind, subject);
CREATE INDEX task_record ON task (record_id);

-- What a person decided about an event: to tell it after all, or to correct it to whoever was told.
-- Kept until it is planned, so that a hub that was down does it when it is back, and once.
CREATE TABLE instruction (
    kind TEXT NOT NULL,
    event_position {int} NOT NULL,
    decision_id {int} NOT NULL,
    decided_at {int} NOT NULL,
    planned_at {int},
    PRIMARY KEY (kind, event_position)
) {strict};

CREATE INDEX instruction_waiting ON instruction (planned_at, decided_at);

-- Tables of rules that were adopted since the program was built: each counts for the events after the
-- position at which it was adopted, so that no event is ever decided by two.
CREATE TABLE rules (
    name TEXT NOT NULL,
    number {int} NOT NULL,
    body TEXT NOT NULL,
    changes TEXT NOT NULL,
    reason TEXT NOT NULL,
    adopted_at {int} NOT NULL,
    after_position {int} NOT NULL,
    decision_id {int} NOT NULL,
    PRIMARY KEY (name, number)
) {strict};
