"""What a catalogue holds, and what is wrong with it, before a data set is made of it."""
