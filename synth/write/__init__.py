"""From samples to files: what lies on the disk, and in what order, so that a kill never leaves half of it for whole."""
