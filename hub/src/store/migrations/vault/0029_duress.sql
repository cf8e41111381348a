-- The hash of the PIN for when somebody makes her enter one, and the sessions that began with it.
ALTER TABLE registrant ADD COLUMN sealed_duress_pin {bytes};
ALTER TABLE session ADD COLUMN is_duress {int} NOT NULL DEFAULT 0;
