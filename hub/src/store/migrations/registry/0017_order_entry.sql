-- Which entries of the journal of orders, a file beside this database, it has carried out: what it lacks
-- after an older copy was put back is carried out anew.
CREATE TABLE order_entry (
    entry {bytes} PRIMARY KEY,
    order_id {int} NOT NULL,
    is_lift {int} NOT NULL
) {by_key};

CREATE INDEX order_entry_order ON order_entry (order_id);

-- What an order sealed, by keyed hashes of which records: one that arrives later is sealed as it does.
CREATE TABLE sealed_record (
    tombstone {bytes} NOT NULL,
    order_id {int} NOT NULL,
    agency_id TEXT NOT NULL,
    PRIMARY KEY (tombstone, order_id)
) {by_key};

CREATE INDEX sealed_agency ON sealed_record (agency_id);
