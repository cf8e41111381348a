-- What records say of who their person is, each once for a person, and the hashes by which whoever may
-- be the same is found.
CREATE TABLE person_face (
    person_id {bytes} NOT NULL,
    face_hash {int} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (person_id, face_hash)
) {by_key};

CREATE TABLE person_key (
    key {int} NOT NULL,
    person_id {bytes} NOT NULL,
    PRIMARY KEY (key, person_id)
) {by_key};

-- How many persons have a word in a part of their name; the part `all` counts everybody.
CREATE TABLE name_count (
    part TEXT NOT NULL,
    word TEXT NOT NULL,
    persons {int} NOT NULL,
    PRIMARY KEY (part, word)
) {by_key};

-- Persons that were found to be another: by the hub, where the comparison was certain, or by somebody's
-- decision. What was moved is kept, so that it can be moved back.
CREATE TABLE person_merge (
    merge_id {int} PRIMARY KEY,
    person_id {bytes} NOT NULL,
    into_id {bytes} NOT NULL,
    why TEXT NOT NULL,
    merged_at {int} NOT NULL,
    decision_id {int},
    undone_at {int},
    undone_by {int}
) {strict};

CREATE UNIQUE INDEX person_merge_active ON person_merge (person_id) WHERE undone_at IS NULL;
CREATE INDEX person_merge_into ON person_merge (into_id);

CREATE TABLE person_merge_record (
    merge_id {int} NOT NULL REFERENCES person_merge (merge_id),
    record_id {int} NOT NULL,
    PRIMARY KEY (merge_id, record_id)
) {by_key};

CREATE TABLE person_merge_identifier (
    merge_id {int} NOT NULL REFERENCES person_merge (merge_id),
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (merge_id, kind, scope, value)
) {by_key};

-- Pairs of which somebody decided that they are two people; the hub never joins them. The lesser
-- identifier stands first.
CREATE TABLE person_apart (
    one_id {bytes} NOT NULL,
    other_id {bytes} NOT NULL,
    decision_id {int} NOT NULL,
    decided_at {int} NOT NULL,
    PRIMARY KEY (one_id, other_id)
) {by_key};

CREATE INDEX person_apart_other ON person_apart (other_id);
