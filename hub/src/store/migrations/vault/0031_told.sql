-- Who is told of a person is read from any registrant on, in their order.
CREATE INDEX subscription_told ON subscription (person_link, registrant_id);
DROP INDEX subscription_link;
