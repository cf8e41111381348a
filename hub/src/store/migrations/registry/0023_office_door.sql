-- By which links an office enters those whom the law has told without a request (Miss. Code 99-43-35(d)): of
-- each only the hash is known here, and nothing of whom was entered. Given out by signed decisions.
CREATE TABLE office_door (
    token_hash {bytes} PRIMARY KEY,
    recipient_id {int} NOT NULL,
    made_at {int} NOT NULL,
    decision_id {int} NOT NULL,
    ended_at {int}
) {strict};

CREATE INDEX office_door_recipient ON office_door (recipient_id);
