-- What waits for a person and concerns a registrant: by pseudonym, its note under her own key.
CREATE TABLE vault_task (
    task_id {int} PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    registrant_id {bytes} NOT NULL,
    urgency {int} NOT NULL,
    sealed_note {bytes} NOT NULL,
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

CREATE UNIQUE INDEX vault_task_open ON vault_task (kind, subject) WHERE state = 'open';
CREATE INDEX vault_task_state ON vault_task (state, escalates_at);
CREATE INDEX vault_task_registrant ON vault_task (registrant_id);

-- Which notices tell of one event, by a keyed hash of it: how a correction finds who was told.
CREATE TABLE notice_event (
    event_link {bytes} NOT NULL,
    notice_id {bytes} NOT NULL,
    PRIMARY KEY (event_link, notice_id)
) {by_key};
