-- Which entries of the hub's journal of courts' orders were carried out in this vault.
CREATE TABLE order_entry (
    entry {bytes} PRIMARY KEY
) {by_key};
