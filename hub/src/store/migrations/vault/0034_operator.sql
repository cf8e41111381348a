-- What is counted beside what telling costs: calls that came in, and calls to operators, in each day (2026-11-29) and
-- month (2026-11), in millionths of a dollar.
CREATE TABLE call_spend (
    kind TEXT NOT NULL,
    period TEXT NOT NULL,
    amount {int} NOT NULL,
    calls {int} NOT NULL,
    minutes {int} NOT NULL,
    PRIMARY KEY (kind, period)
) {strict};

INSERT INTO call_spend (kind, period, amount, calls, minutes)
SELECT 'incoming', period, amount, calls, minutes FROM incoming_spend;

DROP TABLE incoming_spend;
