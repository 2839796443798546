"""Who does the work: shards of frames, made apart and merged into one data set."""
