-- What a restored vault must not forget: who asked to be forgotten since its backup was made, and when
-- a backup was put back, so that whoever may hear something twice is told so.

-- Registrants that are gone, by pseudonym; nothing else of them is kept.
CREATE TABLE forgotten (
    registrant_id {bytes} PRIMARY KEY,
    forgotten_at {int} NOT NULL
) {by_key};

-- Backups that were put back.
CREATE TABLE restoration (
    restored_at {int} PRIMARY KEY,
    -- When the backup was made: what was told after it is not known here.
    made_at {int} NOT NULL
) {by_key};
