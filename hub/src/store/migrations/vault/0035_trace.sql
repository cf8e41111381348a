-- Which records a person was known by about whom somebody asked, each by a keyed hash: a registry that was put
-- back from a backup numbers whoever became known since anew, and by these each is found again.
CREATE TABLE person_trace (
    person_link {bytes} NOT NULL,
    record_link {bytes} NOT NULL,
    PRIMARY KEY (person_link, record_link)
) {by_key};

-- The same as it stood when a registry was put back, until each record has come again.
CREATE TABLE lost_trace (
    record_link {bytes} NOT NULL,
    person_link {bytes} NOT NULL,
    PRIMARY KEY (record_link, person_link)
) {by_key};

CREATE INDEX lost_trace_person ON lost_trace (person_link);

-- About whom somebody asked and whom the registry does not know, since when.
CREATE TABLE lost_person (
    person_link {bytes} PRIMARY KEY,
    lost_at {int} NOT NULL
) {by_key};
