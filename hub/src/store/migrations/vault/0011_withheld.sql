-- Events of which a court ordered that nobody is told, by keyed hashes: whoever had them in hand to plan
-- them when the order was carried out plans nothing.
CREATE TABLE withheld_event (
    event_link {bytes} PRIMARY KEY
) {by_key};
