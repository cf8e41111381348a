-- The post brought a letter back from this address: nothing is written there before she gives it anew.
ALTER TABLE contact ADD COLUMN returned_at {int};

-- Letters among all notices: what staff lists is never looked for through those of other channels.
CREATE INDEX notice_letter ON notice (planned_at DESC, notice_id) WHERE channel = 'letter';
