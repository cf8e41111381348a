-- At which contact point a try was made: the next one may be at another.
ALTER TABLE attempt ADD COLUMN contact_id {bytes};
