"""What this machine can do, and the line that mends what it can't."""
