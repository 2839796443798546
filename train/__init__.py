"""Faster R-CNN on a data set of synth, and the measurement of it on real photos.

import train
train.fit("data/synth", out="runs/synth")
train.evaluate("photos/", run="runs/synth")
"""

__all__ = ["evaluate", "fit"]

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.api import evaluate, fit

# Unless told so before its first product of matrices, MKL may sum in another order from run to run where it has more
# than one thread, and a resumed run would not equal an undisturbed one.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")

# torchvision imports triton wherever it is installed, and triton's LLVM crashes the process if Mesa's LLVM, which a
# software OpenGL brings, is there before it. Nothing here compiles with triton, so after rendering it is kept out.
if "synth.rendering.gl" in sys.modules:
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from train import api  # noqa: PLC0415

    return getattr(api, name)
