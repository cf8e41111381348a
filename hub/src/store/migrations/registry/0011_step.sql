-- Every transaction that changed what is known of persons and records, in its order: with the batches of
-- the log the registry can be made anew from these, and compared with what it is.
CREATE TABLE intake_step (
    step {int} PRIMARY KEY,
    taken_at {int} NOT NULL,
    body {bytes} NOT NULL
) {strict};

-- The rows of full states and repairs as they were sent, which are in no batch.
CREATE TABLE intake_state (
    step {int} NOT NULL REFERENCES intake_step (step),
    part {int} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (step, part)
) {strict};

-- The key under which persons are numbered, and after which event the steps begin: 0 where nothing was
-- known before them.
CREATE TABLE intake_origin (
    origin TEXT PRIMARY KEY,
    person_key {bytes} NOT NULL,
    after_event {int} NOT NULL
) {strict};
