-- What stops is everything, a person, or a case or order: of which the entry's bytes are.
ALTER TABLE stopping ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';

UPDATE stopping SET kind = 'everything' WHERE length(subscription_id) = 0;
