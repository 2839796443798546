"""Half-precision arithmetic for the network, and fp32 for what comes out of it."""

__all__ = ["keep_boxes_exact", "mixed_precision"]

from typing import Any

import torch
from torch import Tensor, nn

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Where a Faster or Mask R-CNN of torchvision's kind ends being a network: from there on it is boxes, scores and losses.
ENDS = ("rpn.head", "roi_heads.box_predictor", "roi_heads.mask_predictor")


def mixed_precision(device: torch.device, precision: str) -> torch.autocast:
    """The context for a step's forward pass; with "fp32" it changes nothing."""
    return torch.autocast(device.type, DTYPES[precision], enabled=precision != "fp32")


def keep_boxes_exact(model: nn.Module) -> None:
    """Have a detector's losses, boxes and NMS computed in fp32 whatever its network runs in.

    Of bf16's eight bits, a score of 0.9 keeps two digits: NMS would choose by chance among equals, and a box of 300
    pixels would lie anywhere within two of them. Detectors of another build look after themselves.
    """
    modules = dict(model.named_modules())
    for name in ENDS:
        if name in modules:
            modules[name].register_forward_hook(lambda module, given, out: _in_fp32(out))


def _in_fp32(out: Any) -> Any:
    if isinstance(out, Tensor):
        return out.float()
    return type(out)(_in_fp32(part) for part in out)
