-- Deadlines that an event started. Nothing here tells who registered: whether a victim was told in
-- time is in the vault.
CREATE TABLE clock (
    clock TEXT NOT NULL,
    event_position {int} NOT NULL,
    event_id {bytes} NOT NULL,
    code {int} NOT NULL,
    record_id {int} NOT NULL,
    person_id {bytes} NOT NULL,
    facility_code TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at {int} NOT NULL,
    opens_at {int},
    warns_at {int} NOT NULL,
    due_at {int} NOT NULL,
    state TEXT NOT NULL,
    step TEXT NOT NULL,
    look_at {int},
    ended_at {int},
    PRIMARY KEY (clock, event_position)
) {strict};

CREATE INDEX clock_look ON clock (look_at);
CREATE INDEX clock_record ON clock (record_id, state);
CREATE INDEX clock_due ON clock (state, due_at);

-- Up to which event each reader of the log within the registry has come.
CREATE TABLE progress (
    name TEXT PRIMARY KEY,
    position {int} NOT NULL
) {strict};

CREATE INDEX task_event ON task (event_position);
