"""Sets of any size: many pictures and all that is labelled in them to a file, written and read as a stream."""
