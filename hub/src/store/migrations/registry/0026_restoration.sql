-- Backups of the registry that were put back: what offices were told since is not known here, and what they are told
-- again says that they may have it.
CREATE TABLE restoration (
    restored_at {int} PRIMARY KEY,
    -- When the backup was made.
    made_at {int} NOT NULL
) {by_key};
