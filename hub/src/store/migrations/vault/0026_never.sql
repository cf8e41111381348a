-- Telephones whose owners, who are told nothing there, asked for no more calls: by keyed hashes of the numbers.
CREATE TABLE never_called (
    whose {bytes} PRIMARY KEY NOT NULL,
    asked_at {int} NOT NULL
) {strict};
