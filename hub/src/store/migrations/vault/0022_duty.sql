-- When a task came to the level at which it stands.
ALTER TABLE vault_task ADD COLUMN came_at {int};
