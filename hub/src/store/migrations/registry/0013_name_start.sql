-- Finds the words of names by their first two letters, as they are spelled on the keys of a telephone.
CREATE INDEX name_word_start ON name_word (substr(word, 1, 2));
