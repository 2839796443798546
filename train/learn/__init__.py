"""From batches to a run on disk: the loop, its schedule, its log."""
