-- News that so many asked for that they are planned slice by slice: a fact each, sealed under a key of its
-- own that goes with the row, and up to which registrant it is planned.
CREATE TABLE unplanned (
    event_link {bytes} NOT NULL,
    cause TEXT NOT NULL,
    person_link {bytes} NOT NULL,
    rank {int} NOT NULL,
    position {int} NOT NULL,
    wrapped_key {bytes} NOT NULL,
    sealed_fact {bytes} NOT NULL,
    planned_to {bytes} NOT NULL,
    PRIMARY KEY (event_link, cause, person_link)
) {strict};

CREATE INDEX unplanned_next ON unplanned (rank, position);
CREATE INDEX unplanned_person ON unplanned (person_link);
