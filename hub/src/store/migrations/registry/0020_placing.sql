-- What was decided in a step beyond what was signed, in parts: whom each record is about, and which numbers were
-- given. Steps of an older program have none.
CREATE TABLE intake_placing (
    step {int} NOT NULL REFERENCES intake_step (step),
    part {int} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (step, part)
) {strict};
