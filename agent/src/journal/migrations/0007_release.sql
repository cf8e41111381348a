-- How many of the custodies that ended were releases, and how many of them came with their time, with those
-- that a person let pass.
ALTER TABLE ended ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ended ADD COLUMN dated INTEGER NOT NULL DEFAULT 0;
