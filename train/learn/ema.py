"""A running mean of the weights: what the last steps have in common, without their noise."""

__all__ = ["RunningMean"]

import copy

import torch
from torch import Tensor, nn

# With n steps behind it, the mean leaves (1 + n) / (10 + n) of itself at most: else it would hold on to the weights
# that training began with.
WARMUP = 10


class RunningMean:
    """A second model whose weights follow the first's.

    A step's share in it halves after ln 2 / (1 - decay) further steps: 69 for 0.99, 693 for 0.999.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model).requires_grad_(False)
        # What is frozen is the same in both, and needs no mean.
        pairs = zip(self.model.parameters(), model.parameters(), strict=True)
        learning = [(mine, theirs) for mine, theirs in pairs if theirs.requires_grad]
        self._mine: list[Tensor] = [mine for mine, _ in learning]
        self._theirs: list[Tensor] = [theirs.detach() for _, theirs in learning]
        self._buffers = list(zip(self.model.buffers(), model.buffers(), strict=True))

    @torch.no_grad()
    def follow(self, steps_done: int) -> None:
        """Take in the weights as they are after so many steps."""
        decay = min(self.decay, (1 + steps_done) / (WARMUP + steps_done))
        torch._foreach_lerp_(self._mine, self._theirs, 1 - decay)
        for mine, theirs in self._buffers:
            mine.copy_(theirs)
