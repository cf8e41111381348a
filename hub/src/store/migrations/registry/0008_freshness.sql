-- How fresh what is known of each facility is, since when, and whether those who asked for somebody there
-- have been told that there is no word from it: the event that told them.
CREATE TABLE facility_freshness (
    facility_code TEXT PRIMARY KEY,
    grade TEXT NOT NULL,
    why TEXT NOT NULL,
    since {int} NOT NULL,
    as_of {int},
    confirmed_at {int} NOT NULL,
    counted_from {int} NOT NULL,
    looked_at {int} NOT NULL,
    listening_since {int} NOT NULL,
    silent_since {int},
    blocked_since {int},
    wholly_blocked_since {int},
    well_since {int},
    told_position {int}
) {strict};

-- The longest pause between two confirmations that ended on each day: the facility's own cadence.
CREATE TABLE facility_rhythm (
    facility_code TEXT NOT NULL,
    day {int} NOT NULL,
    longest_us {int} NOT NULL,
    PRIMARY KEY (facility_code, day)
) {by_key};

-- Every change of a grade, never changed.
CREATE TABLE freshness_change (
    facility_code TEXT NOT NULL,
    changed_at {int} NOT NULL,
    grade TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (facility_code, changed_at)
) {by_key};
