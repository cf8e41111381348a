-- What would be looked for through a whole table otherwise: the more are registered, the longer each
-- beginning of a registration, each daily test and each notice by hand would take.
CREATE INDEX registrant_state ON registrant (state, created_at);
CREATE INDEX verification_registrant ON verification (registrant_id);
CREATE INDEX verification_end ON verification (expires_at);
CREATE INDEX session_registrant ON session (registrant_id);
CREATE INDEX session_end ON session (expires_at);
CREATE INDEX vault_task_subject ON vault_task (kind, subject);
CREATE INDEX notice_planned ON notice (planned_at DESC, notice_id);
