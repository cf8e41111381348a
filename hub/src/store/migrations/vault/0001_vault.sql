-- Who registered, how to reach her, what she was told and when. Contacts, names and links are sealed
-- under her own key, or are keyed hashes: without the keys this file says how many and when, no more.

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next {int} NOT NULL
) {strict};

CREATE TABLE registrant (
    registrant_id {bytes} PRIMARY KEY,
    wrapped_key {bytes} NOT NULL,
    state TEXT NOT NULL,
    created_at {int} NOT NULL,
    sealed_choices {bytes} NOT NULL
) {strict};

CREATE TABLE contact (
    contact_id {bytes} PRIMARY KEY,
    registrant_id {bytes} NOT NULL REFERENCES registrant (registrant_id),
    channel TEXT NOT NULL,
    blind_index {bytes} NOT NULL,
    sealed_address {bytes} NOT NULL,
    verified_at {int}
) {strict};

-- One verified registration an address: a second one for the same address joins the first.
CREATE UNIQUE INDEX contact_verified ON contact (channel, blind_index) WHERE verified_at IS NOT NULL;
CREATE INDEX contact_index ON contact (channel, blind_index);
CREATE INDEX contact_registrant ON contact (registrant_id);

CREATE TABLE subscription (
    subscription_id {bytes} PRIMARY KEY,
    registrant_id {bytes} NOT NULL REFERENCES registrant (registrant_id),
    person_link {bytes} NOT NULL,
    sealed_label {bytes} NOT NULL,
    created_at {int} NOT NULL
) {strict};

CREATE INDEX subscription_link ON subscription (person_link);
CREATE UNIQUE INDEX subscription_once ON subscription (registrant_id, person_link);

-- A code that was sent and has to come back. Where none was sent there is no hash, and nothing that
-- anybody types is right.
CREATE TABLE verification (
    token_hash {bytes} PRIMARY KEY,
    purpose TEXT NOT NULL,
    registrant_id {bytes},
    blind_index {bytes} NOT NULL,
    code_hash {bytes},
    sealed_request {bytes} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    tries {int} NOT NULL,
    used_at {int}
) {strict};

CREATE INDEX verification_contact ON verification (blind_index, created_at);

CREATE TABLE session (
    token_hash {bytes} PRIMARY KEY,
    registrant_id {bytes} NOT NULL,
    expires_at {int} NOT NULL
) {strict};

-- What is to be told; the identifier is derived from event, rule, registrant and channel, so that no
-- retry can plan it twice.
CREATE TABLE notice (
    notice_id {bytes} PRIMARY KEY,
    registrant_id {bytes} NOT NULL,
    channel TEXT NOT NULL,
    urgency {int} NOT NULL,
    sealed_fact {bytes} NOT NULL,
    state TEXT NOT NULL,
    planned_at {int} NOT NULL,
    due_at {int} NOT NULL,
    attempts {int} NOT NULL,
    claimed_until {int} NOT NULL,
    claim {int} NOT NULL,
    outcome TEXT
) {strict};

CREATE INDEX notice_due ON notice (state, due_at);
CREATE INDEX notice_registrant ON notice (registrant_id);

-- A try is a row before it is made.
CREATE TABLE attempt (
    notice_id {bytes} NOT NULL REFERENCES notice (notice_id),
    number {int} NOT NULL,
    attempted_at {int} NOT NULL,
    finished_at {int},
    outcome TEXT,
    sealed_answer {bytes},
    PRIMARY KEY (notice_id, number)
) {strict};

CREATE TABLE watermark (
    name TEXT PRIMARY KEY,
    position {int} NOT NULL
) {strict};

-- By what the vault knows its keys: with others it refuses to open.
CREATE TABLE vault_key (
    name TEXT PRIMARY KEY,
    check_value {bytes} NOT NULL
) {strict};
