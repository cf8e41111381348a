-- Whom a registrant meant is in doubt since two people were parted: what is told of that person waits,
-- sealed under her key, until somebody has asked her.
CREATE TABLE parted_doubt (
    subject TEXT PRIMARY KEY,
    registrant_id {bytes} NOT NULL,
    person_link {bytes} NOT NULL
) {by_key};

CREATE INDEX parted_doubt_person ON parted_doubt (person_link);

CREATE TABLE held_fact (
    registrant_id {bytes} NOT NULL,
    event_link {bytes} NOT NULL,
    cause TEXT NOT NULL,
    person_link {bytes} NOT NULL,
    sealed_fact {bytes} NOT NULL,
    PRIMARY KEY (registrant_id, event_link, cause)
) {strict};

CREATE INDEX held_fact_event ON held_fact (event_link);
