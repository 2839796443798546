"""What torchvision's parts were given and what they gave, while they did their own work.

Nothing is computed a second time here, so whatever is told of a step is what happened in it.
"""

__all__ = ["Call", "recorded"]

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn
from torchvision.models.detection.faster_rcnn import FasterRCNN


@dataclass(frozen=True, slots=True)
class Call:
    """The last call of a part."""

    given: tuple[Any, ...]
    gave: Any


@contextmanager
def recorded(model: FasterRCNN) -> Iterator[dict[str, Call]]:
    """Within it, the last call of each part by its name; the model is as before afterwards."""
    rpn, heads = model.rpn, model.roi_heads
    modules = {
        "transform": model.transform,
        "anchors": rpn.anchor_generator,
        "rpn_head": rpn.head,
        "roi_pool": heads.box_roi_pool,
        "predictor": heads.box_predictor,
        "mask_predictor": heads.mask_predictor,
    }
    functions = {
        "anchors_sampled": (rpn, "fg_bg_sampler"),
        "top_n": (rpn, "_get_top_n_idx"),
        "nms": (rpn, "filter_proposals"),
        "rpn_loss": (rpn, "compute_loss"),
        "proposals_labelled": (heads, "assign_targets_to_proposals"),
        "rois": (heads, "select_training_samples"),
    }
    calls: dict[str, Call] = {}
    with ExitStack() as stack:
        for name, module in modules.items():
            if module is not None:
                hook = module.register_forward_hook(_noting(calls, name))
                stack.callback(hook.remove)
        for name, (owner, attribute) in functions.items():
            stack.enter_context(_listened_to(owner, attribute, calls, name))
        yield calls


def _noting(calls: dict[str, Call], name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
    def note(_: nn.Module, given: tuple[Any, ...], gave: Any) -> None:
        calls[name] = Call(given, gave)

    return note


@contextmanager
def _listened_to(owner: nn.Module, attribute: str, calls: dict[str, Call], name: str) -> Iterator[None]:
    own = vars(owner).get(attribute)  # the samplers are attributes of the object, the others methods of its class
    original = getattr(owner, attribute)

    def listening(*given: Any) -> Any:
        before = _copied(given)
        gave = original(*given)
        calls[name] = Call(before, _copied(gave))
        return gave

    setattr(owner, attribute, listening)
    try:
        yield
    finally:
        if own is None:
            delattr(owner, attribute)
        else:
            setattr(owner, attribute, own)


def _copied(value: Any) -> Any:
    """The same tensors in lists of their own, for torchvision puts others into its lists later."""
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    return value
