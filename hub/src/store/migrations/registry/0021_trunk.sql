-- Whether the trunks that want to be told where the hub is know it: until when, and which was the last refusal.
CREATE TABLE trunk (
    name TEXT NOT NULL PRIMARY KEY,
    registered_until {int},
    refused_at {int},
    refused_status {int}
) {strict};
