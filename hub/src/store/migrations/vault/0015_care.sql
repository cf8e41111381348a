-- How to reach a registrant without harm, and the hash of her PIN, each sealed under her own key.
ALTER TABLE registrant ADD COLUMN sealed_care {bytes};
ALTER TABLE registrant ADD COLUMN sealed_pin {bytes};

-- Tries of a PIN within the last day: by whom a call is bounded, and each registration.
CREATE TABLE pin_try (
    registrant_id {bytes} NOT NULL,
    tried_at {int} NOT NULL,
    notice_id {bytes} NOT NULL,
    claim {int} NOT NULL,
    is_right {int} NOT NULL
) {strict};

CREATE INDEX pin_try_registrant ON pin_try (registrant_id, tried_at);
