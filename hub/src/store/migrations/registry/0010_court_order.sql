-- What courts ordered to be sealed, by whose decision that was done, and whose order lifted it.
CREATE TABLE court_order (
    order_id {int} PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    court TEXT NOT NULL,
    decision_id {int} NOT NULL,
    ordered_at {int} NOT NULL,
    records {int} NOT NULL,
    done_at {int},
    lifted_at {int},
    lifted_by {int}
) {strict};

CREATE UNIQUE INDEX court_order_decision ON court_order (decision_id);

CREATE TABLE court_order_record (
    order_id {int} NOT NULL REFERENCES court_order (order_id),
    record_id {int} NOT NULL,
    PRIMARY KEY (order_id, record_id)
) {by_key};
