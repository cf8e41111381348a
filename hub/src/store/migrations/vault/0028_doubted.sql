-- When whoever took a call at a number of hers said that it is the wrong one, and nobody has answered for it since.
ALTER TABLE contact ADD COLUMN doubted_at {int};
