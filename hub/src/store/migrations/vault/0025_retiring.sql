-- A contact that was taken away or replaced is told for some days more, in case it was not she who did it.
ALTER TABLE contact ADD COLUMN retires_at {int};

CREATE INDEX contact_retires ON contact (retires_at);
