"""Frozen batch norms taken into the convolutions before them: the same network in half to four fifths of the time."""

__all__ = ["fold_frozen_norms"]

from itertools import pairwise

from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d


def fold_frozen_norms(model: nn.Module) -> None:
    """Have each convolution scale its own weights by the frozen norm behind it, not its output.

    There are far fewer weights than outputs. Both modules keep their tensors under their names, so weights of
    torchvision's and of other runs fit as before, and a convolution that learns has the same gradients. In half
    precision the norm's fp32 no longer makes fp32 of everything that comes after.

    CPU time of the body's forward pass: MobileNetV3, four pictures of 320 x 416, 124 ms for 232; ResNet-50, one such
    picture, 281 for 347.
    """
    for parent in model.modules():
        for convolution, norm in pairwise(list(parent.children())):
            if type(convolution) is nn.Conv2d and type(norm) is FrozenBatchNorm2d and convolution.bias is None:
                # These subclasses add nothing to what is kept.
                convolution.__class__, norm.__class__ = _WithNorm, _InConvolution
                # In a tuple, or the norm would be a part of two modules and be saved twice.
                object.__setattr__(convolution, "norm", (norm,))


class _WithNorm(nn.Conv2d):
    norm: tuple[FrozenBatchNorm2d]

    def forward(self, x: Tensor) -> Tensor:
        (norm,) = self.norm
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        shift = norm.bias - norm.running_mean * scale
        y: Tensor = self._conv_forward(x, self.weight * scale[:, None, None, None], shift)
        return y


class _InConvolution(FrozenBatchNorm2d):  # type: ignore[misc]  # torchvision has no types
    def forward(self, x: Tensor) -> Tensor:
        return x
