-- An append-only log as a Merkle tree (RFC 6962). Registry and vault have one each, and neither names
-- the other's.

-- What was logged, in its order. The salt opens what a leaf commits to, and goes with an expunction.
CREATE TABLE evidence_leaf (
    leaf_index {int} PRIMARY KEY,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    salt {bytes}
) {strict};

CREATE UNIQUE INDEX evidence_leaf_subject ON evidence_leaf (subject);

-- The hashes of whole subtrees above the leaves, so that a proof looks up a few and not all.
CREATE TABLE evidence_node (
    level {int} NOT NULL,
    node_index {int} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (level, node_index)
) {by_key};

-- How many leaves there are, and the largest whole subtrees. One row, which serialises whoever appends.
CREATE TABLE evidence_head (
    log TEXT PRIMARY KEY,
    size {int} NOT NULL,
    frontier {bytes} NOT NULL
) {strict};

-- What was signed.
CREATE TABLE evidence_checkpoint (
    size {int} PRIMARY KEY,
    signed_at {int} NOT NULL,
    note TEXT NOT NULL
) {strict};
