"""The learning rate as a function of the iteration alone, so that a resumed run needs no memory of it."""

__all__ = ["learning_rate_factor"]

import math


def learning_rate_factor(step: int, iterations: int, warmup_iterations: float) -> float:
    """What the base rate is multiplied by: up in a line, then down along half a cosine.

    Args:
        step: The iteration, from 0; the first already learns, the last still does.
        iterations: Length of the run.
        warmup_iterations: Until the full rate, at most a tenth of the run; part of one counts, for it is pictures that
            the warmup is measured in.
    """
    warmup = min(warmup_iterations, iterations / 10)
    if step + 1 <= warmup:
        return (step + 1) / (warmup + 1)
    return 0.5 * (1 + math.cos(math.pi * max(0.0, step - warmup) / (iterations - warmup)))
