-- A way to reach her that she turned off by a click in a message: it stays hers, and nothing is told there.
ALTER TABLE contact ADD COLUMN silenced_at {int};
