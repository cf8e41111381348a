-- Of each day also how many came, how many were listed when it began, over how many days it was seen, and
-- how many of those who left a person let pass. Of earlier days nobody knows: 0 listed says so.
ALTER TABLE loss ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loss ADD COLUMN admitted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loss ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE loss ADD COLUMN span INTEGER NOT NULL DEFAULT 1;
