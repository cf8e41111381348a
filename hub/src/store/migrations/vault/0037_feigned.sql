-- What somebody had her stop by the PIN for when somebody makes her enter one: that page goes on to show it, and says
-- that it ends; nothing of it ends.
ALTER TABLE session ADD COLUMN is_seen {int} NOT NULL DEFAULT 0;

CREATE TABLE feigned (
    token_hash {bytes} NOT NULL,
    entry {bytes} NOT NULL,
    ends_at {int} NOT NULL,
    PRIMARY KEY (token_hash, entry)
) {strict};
