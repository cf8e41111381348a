-- Bookings that a court ordered to be told to nobody, by keyed hashes: what is told of another booking says nothing of
-- them.
CREATE TABLE withheld_booking (
    booking_link {bytes} PRIMARY KEY
) {strict};

-- Which notices say by which other booking where somebody is, so that it can be destroyed in them.
CREATE TABLE notice_booking (
    booking_link {bytes} NOT NULL,
    notice_id {bytes} NOT NULL,
    PRIMARY KEY (booking_link, notice_id)
) {by_key};
