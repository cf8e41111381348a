-- A registrant may be reached in several ways. An e-mail address has one registration; a telephone or
-- a postal address may be that of many: a shelter's, a family's, the substitute address of 99-47-1.
DROP INDEX contact_verified;
CREATE UNIQUE INDEX contact_verified ON contact (channel, blind_index)
    WHERE verified_at IS NOT NULL AND channel = 'email';
