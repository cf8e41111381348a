-- What a notice tells was taken back: it is not tried again, and what was under way is its last try.
ALTER TABLE notice ADD COLUMN recalled_at {int};
-- In which order notices are told: an escape before a correction, and that before everything else. What
-- waited before was ordered by its urgency.
ALTER TABLE notice ADD COLUMN rank {int} NOT NULL DEFAULT 3;
