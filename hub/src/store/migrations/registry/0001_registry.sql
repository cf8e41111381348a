-- What the public may know, and the evidence of what agents sent. Nothing here tells who registered.

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next {int} NOT NULL
) {strict};

-- The agencies that send, and the facilities that they may speak for.
CREATE TABLE agency (
    agency_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    county TEXT,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE facility (
    facility_code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    county TEXT NOT NULL,
    city TEXT,
    phone TEXT,
    agency_id TEXT REFERENCES agency (agency_id),
    verified {int} NOT NULL
) {strict};

CREATE TABLE enrolment_token (
    token_hash {bytes} PRIMARY KEY,
    agency_id TEXT NOT NULL REFERENCES agency (agency_id),
    facilities TEXT NOT NULL,
    issued_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    used_at {int},
    agent_id {bytes}
) {strict};

CREATE TABLE agent (
    agent_id {bytes} PRIMARY KEY,
    agency_id TEXT NOT NULL REFERENCES agency (agency_id),
    facilities TEXT NOT NULL,
    batch_key {bytes} NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    certificate_ends {int} NOT NULL,
    build TEXT NOT NULL,
    enrolled_at {int} NOT NULL,
    heard_at {int},
    spool_deltas {int} NOT NULL
) {strict};

CREATE INDEX agent_agency ON agent (agency_id);

-- How each agent's feeds stood at its last heartbeat.
CREATE TABLE feed (
    agent_id {bytes} NOT NULL REFERENCES agent (agent_id),
    feed TEXT NOT NULL,
    facility_code TEXT NOT NULL,
    as_of {int},
    source_changed_at {int},
    listed {int} NOT NULL,
    held TEXT,
    heard_at {int} NOT NULL,
    PRIMARY KEY (agent_id, feed)
) {strict};

-- Up to where each agent's deltas are durable, and the digest of what it lists.
CREATE TABLE agent_position (
    agent_id {bytes} PRIMARY KEY REFERENCES agent (agent_id),
    epoch {bytes} NOT NULL,
    seq {int} NOT NULL,
    head {bytes} NOT NULL,
    received_at {int} NOT NULL,
    digest {bytes} NOT NULL
) {strict};

-- Every batch as it was signed.
CREATE TABLE batch_log (
    agent_id {bytes} NOT NULL,
    epoch {bytes} NOT NULL,
    first_seq {int} NOT NULL,
    last_seq {int} NOT NULL,
    head {bytes} NOT NULL,
    received_at {int} NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (agent_id, epoch, first_seq)
) {strict};

-- What each agent's feeds list: the mirror of its shadow.
CREATE TABLE listing (
    agent_id {bytes} NOT NULL,
    feed TEXT NOT NULL,
    kind {int} NOT NULL,
    number TEXT NOT NULL,
    row_hash {bytes} NOT NULL,
    record_id {int} NOT NULL,
    is_roster {int} NOT NULL,
    state {int} NOT NULL,
    reason {int} NOT NULL,
    filled {int} NOT NULL,
    PRIMARY KEY (agent_id, feed, kind, number)
) {by_key};

-- What agents could not see, and when.
CREATE TABLE observation_gap (
    agent_id {bytes} NOT NULL,
    epoch {bytes} NOT NULL,
    seq {int} NOT NULL,
    feed TEXT NOT NULL,
    gap_from {int} NOT NULL,
    gap_to {int} NOT NULL,
    reason {int} NOT NULL,
    PRIMARY KEY (agent_id, epoch, seq)
) {strict};

-- Each record as it stands; its history is record_version.
CREATE TABLE record (
    record_id {int} PRIMARY KEY,
    agency_id TEXT NOT NULL,
    kind {int} NOT NULL,
    number TEXT NOT NULL,
    person_id {bytes} NOT NULL,
    version {int} NOT NULL,
    sealed_by TEXT NOT NULL,
    status_feed TEXT NOT NULL,
    status_evidence {int} NOT NULL,
    listings {int} NOT NULL
) {strict};

CREATE UNIQUE INDEX record_key ON record (agency_id, kind, number);
CREATE INDEX record_person ON record (person_id);

-- Every state of every record, never changed: a correction is a new row that names the old.
CREATE TABLE record_version (
    record_id {int} NOT NULL,
    version {int} NOT NULL,
    body TEXT NOT NULL,
    state {int} NOT NULL,
    observed_at {int} NOT NULL,
    received_at {int} NOT NULL,
    agent_id {bytes} NOT NULL,
    epoch {bytes} NOT NULL,
    seq {int} NOT NULL,
    origin {int} NOT NULL,
    corrects {int},
    PRIMARY KEY (record_id, version)
) {strict};

CREATE TABLE person (
    person_id {bytes} PRIMARY KEY,
    created_at {int} NOT NULL
) {strict};

-- What an agency or the state calls a person; a scope is the agency, or empty for the state.
CREATE TABLE person_identifier (
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    value TEXT NOT NULL,
    person_id {bytes} NOT NULL,
    PRIMARY KEY (kind, scope, value)
) {by_key};

CREATE INDEX person_identifier_person ON person_identifier (person_id);

-- A record whose numbers name two persons: somebody has to look, and nobody is told by it before.
CREATE TABLE person_doubt (
    person_id {bytes} NOT NULL,
    other_id {bytes} NOT NULL,
    record_id {int} NOT NULL,
    noticed_at {int} NOT NULL,
    PRIMARY KEY (record_id, person_id, other_id)
) {strict};

-- The words of names, folded, for look-up by any part in any order.
CREATE TABLE name_word (
    word TEXT NOT NULL,
    person_id {bytes} NOT NULL,
    PRIMARY KEY (word, person_id)
) {by_key};

-- What happened, in the order in which it became known; the vault reads on from its watermark.
CREATE TABLE event (
    position {int} PRIMARY KEY,
    event_id {bytes} NOT NULL,
    code {int} NOT NULL,
    person_id {bytes} NOT NULL,
    record_id {int} NOT NULL,
    version {int} NOT NULL,
    facility_code TEXT NOT NULL,
    origin {int} NOT NULL,
    effective_at {int},
    entered_at {int},
    observed_at {int} NOT NULL,
    received_at {int} NOT NULL,
    corrects {int},
    details TEXT NOT NULL
) {strict};

CREATE UNIQUE INDEX event_id ON event (event_id);
CREATE INDEX event_record ON event (record_id, position);
