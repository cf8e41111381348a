-- When a task came to the level at which it stands, and when whoever is on duty was told last.
ALTER TABLE task ADD COLUMN came_at {int};

CREATE TABLE duty_call (
    level TEXT NOT NULL PRIMARY KEY,
    called_at {int} NOT NULL
) {strict};
