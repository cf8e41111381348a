-- What callers of the toll-free number asked for within the last day, by keyed hashes of the numbers that they
-- showed or pressed: what bounds them.
CREATE TABLE line_use (
    what TEXT NOT NULL,
    whose {bytes} NOT NULL,
    used_at {int} NOT NULL
) {strict};

CREATE INDEX line_use_when ON line_use (what, used_at);
CREATE INDEX line_use_whose ON line_use (what, whose, used_at);

-- What was asked by telephone to stop, and goes on for a while in case somebody made her ask. An entry without bytes
-- is everything.
CREATE TABLE stopping (
    registrant_id {bytes} NOT NULL,
    subscription_id {bytes} NOT NULL,
    stops_at {int} NOT NULL,
    PRIMARY KEY (registrant_id, subscription_id)
) {strict};

CREATE INDEX stopping_at ON stopping (stops_at);
