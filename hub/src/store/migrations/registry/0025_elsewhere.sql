-- What an event says of another booking of its person: where that holds the person, and what the event says without it.
-- The event's leaf commits to it apart, under a salt of its own. By an order to expunge the other booking everything of
-- it goes, but for the commitment, and the event says what is its own.
CREATE TABLE event_elsewhere (
    position {int} PRIMARY KEY,
    record_id {int},
    facility_code TEXT,
    own_code {int},
    own_facility TEXT,
    own_details TEXT,
    salt {bytes},
    commitment {bytes} NOT NULL
) {strict};

CREATE INDEX event_elsewhere_record ON event_elsewhere (record_id);
