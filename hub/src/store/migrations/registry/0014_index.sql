-- What would be looked for through a whole table otherwise: the more is known, the longer each joining
-- of two persons would take.
CREATE INDEX name_word_person ON name_word (person_id);
CREATE INDEX person_doubt_person ON person_doubt (person_id);
CREATE INDEX person_doubt_other ON person_doubt (other_id);
CREATE INDEX person_merge_person ON person_merge (person_id);
CREATE INDEX instruction_event ON instruction (event_position);
