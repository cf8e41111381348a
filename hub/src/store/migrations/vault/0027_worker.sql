-- Which worker holds a notice: one that starts anew knows what its former life held.
ALTER TABLE notice ADD COLUMN claimed_by {bytes};
