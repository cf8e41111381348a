-- Agents of which two programs seem to run with one identity: how often a start of the program that
-- had been taken over came back, and when that was more often than an accident would be.
CREATE TABLE agent_clone (
    agent_id {bytes} PRIMARY KEY REFERENCES agent (agent_id),
    returns {int} NOT NULL,
    returned_at {int} NOT NULL,
    alarm_at {int}
) {strict};
