-- How often a notice was really tried: what did not leave the hub is a row, and uses up no try.
ALTER TABLE notice ADD COLUMN tries {int} NOT NULL DEFAULT 0;
UPDATE notice SET tries = attempts;

-- In which order what waits in one channel is claimed.
CREATE INDEX notice_turn ON notice (channel, rank, due_at, notice_id)
    WHERE state IN ('planned', 'trying');

-- What was heard of a notice after a try: a letter was printed, mailed, returned, a mail bounced.
CREATE TABLE heard (
    notice_id {bytes} NOT NULL REFERENCES notice (notice_id),
    number {int} NOT NULL,
    heard_at {int} NOT NULL,
    outcome TEXT NOT NULL,
    sealed_answer {bytes},
    PRIMARY KEY (notice_id, number)
) {strict};
