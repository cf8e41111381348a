-- What is left of what a court ordered to be expunged so that the registry can be made anew without it, all under
-- the key of orders: what the digests of lists need of deltas and rows that are gone, and what became of everybody
-- else.
ALTER TABLE batch_log ADD COLUMN sealed_shadows {bytes};
ALTER TABLE intake_state ADD COLUMN sealed_shadows {bytes};

-- By the step of each expunction; its records came with the step `since` at the earliest, 0 where that is not known.
CREATE TABLE intake_expunged (
    step {int} PRIMARY KEY REFERENCES intake_step (step),
    since {int} NOT NULL,
    sealed_left {bytes} NOT NULL
) {strict};
