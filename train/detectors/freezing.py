"""Which parts of a body learn, and batch norms that never do."""

__all__ = ["freeze_batch_norms", "learn_last_stages"]

from collections.abc import Sequence

from torch import nn
from torchvision.ops import FrozenBatchNorm2d


def learn_last_stages(body: nn.Module, stage_starts: Sequence[str], count: int) -> None:
    """Let the last `count` stages of a body learn and freeze those before; all of them where it has fewer.

    Args:
        stage_starts: The names of the children that a stage begins with, in order; others belong to the stage before.
    """
    learning = False
    first = stage_starts[max(0, len(stage_starts) - count)] if count else None
    for name, child in body.named_children():
        learning = learning or name == first
        child.requires_grad_(learning)


def freeze_batch_norms(module: nn.Module) -> None:
    """A few pictures a batch can't keep statistics; the ones that the weights came with stay."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps)
            frozen.load_state_dict(child.state_dict())
            setattr(module, name, frozen)
        else:
            freeze_batch_norms(child)
