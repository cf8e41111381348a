-- What a registrant follows besides a person: a court case, or a protective order that she asked for;
-- by a keyed hash of its number and court, and sealed in words.
CREATE TABLE follow (
    registrant_id {bytes} NOT NULL,
    kind TEXT NOT NULL,
    follow_link {bytes} NOT NULL,
    sealed_label {bytes} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (registrant_id, kind, follow_link)
) {by_key};

CREATE INDEX follow_link ON follow (follow_link);
