-- Calls that were begun, by keyed hashes of the numbers: how often one was called lately, and how many calls begin.
CREATE TABLE called (
    notice_id {bytes} NOT NULL,
    number {int} NOT NULL,
    whose {bytes} NOT NULL,
    called_at {int} NOT NULL,
    PRIMARY KEY (notice_id, number)
) {strict};

CREATE INDEX called_when ON called (called_at);
CREATE INDEX called_whose ON called (whose, called_at);

-- What was spent in each day (2026-11-29) and month (2026-11) by each way, in millionths of a dollar.
CREATE TABLE spend (
    period TEXT NOT NULL,
    channel TEXT NOT NULL,
    amount {int} NOT NULL,
    tries {int} NOT NULL,
    PRIMARY KEY (period, channel)
) {strict};

-- What a person allowed besides the budget of a day or month.
CREATE TABLE budget_raise (
    period TEXT PRIMARY KEY,
    amount {int} NOT NULL,
    raised_at {int} NOT NULL
) {strict};

-- What is set aside for a try while it is made, and what it cost then.
ALTER TABLE attempt ADD COLUMN cost {int};

-- Why a notice waits although it was due.
ALTER TABLE notice ADD COLUMN waits TEXT;
CREATE INDEX notice_waits ON notice (waits) WHERE waits IS NOT NULL;
