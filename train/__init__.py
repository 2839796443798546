"""Faster R-CNN on a data set of synth, and the measurement of it on real photos."""

import sys

# torchvision imports triton wherever it is installed, and triton's LLVM crashes the process if Mesa's LLVM, which a
# software OpenGL brings, is there before it. Nothing here compiles with triton, so after rendering it is kept out.
if "synth.render.gl" in sys.modules:
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
