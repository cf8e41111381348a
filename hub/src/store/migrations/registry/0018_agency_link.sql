-- By which links in e-mails an office says that it has a notice; of each only the hash is known here.
CREATE TABLE agency_link (
    token_hash {bytes} PRIMARY KEY,
    notice_id {bytes} NOT NULL,
    made_at {int} NOT NULL
) {strict};

CREATE INDEX agency_link_notice ON agency_link (notice_id);
