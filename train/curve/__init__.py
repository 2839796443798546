"""How good a detector gets with the number of real photos that it learns from."""
