-- Tables of rules that somebody proposed, to be replayed and looked at before they count.
CREATE TABLE rules_proposal (
    name TEXT NOT NULL,
    number {int} NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_at {int} NOT NULL,
    decision_id {int} NOT NULL,
    PRIMARY KEY (name, number)
) {strict};
