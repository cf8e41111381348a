-- A registrant may have several numbers and e-mail addresses: in which order they are tried.
ALTER TABLE contact ADD COLUMN place {int} NOT NULL DEFAULT 0;
-- At which contact point a message was that came back.
ALTER TABLE heard ADD COLUMN contact_id {bytes};
