-- What calls that came in cost in each day (2026-11-29) and month (2026-11), in millionths of a dollar: beside what
-- telling costs, since nobody who calls is turned away for it.
CREATE TABLE incoming_spend (
    period TEXT PRIMARY KEY,
    amount {int} NOT NULL,
    calls {int} NOT NULL,
    minutes {int} NOT NULL
) {strict};
