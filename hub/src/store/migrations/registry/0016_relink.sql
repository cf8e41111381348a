-- What a decision joined and took back is found by it, however many joinings there are.
CREATE INDEX person_merge_decision ON person_merge (decision_id);
CREATE INDEX person_merge_undone_by ON person_merge (undone_by);
