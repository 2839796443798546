"""A data set as one HTML page to look through: every picture with its labels, and what they are like in all."""
