-- Each agency's daily test of the line, on its way to the line at which it must come out: no registrant
-- has anything to do with it.
CREATE TABLE canary (
    notice_id {bytes} PRIMARY KEY,
    agent_id {bytes} NOT NULL,
    made_at {int} NOT NULL,
    planned_at {int} NOT NULL,
    told_at {int}
) {strict};

CREATE INDEX canary_agent ON canary (agent_id, told_at);
