"""Amodal outlines: every object's whole shape, hidden or not, as a bit of its own in each pixel that it covers.

The geometry pass draws them on the way: a stencil bit is set wherever a fragment falls, whether or not it passes the
depth test. A stencil has eight bits, so they are taken out after every eight objects.
"""

__all__ = ["BITS", "Outlines"]

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from OpenGL import GL

from synth.rendering.buffers import Target

BITS = 32
STENCIL_BITS = 8


class Outlines:
    """The bits of one picture, 32 objects a layer.

    Attributes:
        bits: (K, H, W) uint32, as `Frame.amodal_bits`.
    """

    def __init__(self, n_objects: int, width_px: int, height_px: int) -> None:
        self.bits = np.zeros((-(-n_objects // BITS), height_px, width_px), np.uint32)

    @contextmanager
    def drawn_into(self, target: Target) -> Iterator[None]:
        """Within, what is drawn into the target after `begin(number)` sets that object's bit."""
        GL.glEnable(GL.GL_STENCIL_TEST)
        GL.glStencilFunc(GL.GL_ALWAYS, 0xFF, 0xFF)
        GL.glStencilOp(GL.GL_REPLACE, GL.GL_REPLACE, GL.GL_REPLACE)
        self._target, self._group = target, -1
        yield
        self._take_out()
        GL.glDisable(GL.GL_STENCIL_TEST)

    def begin(self, number: int) -> None:
        """What is drawn next is of that object; numbers ascend."""
        if number // STENCIL_BITS != self._group:
            self._take_out()
            self._group = number // STENCIL_BITS
            self._target.clear_stencil()
        GL.glStencilMask(1 << number % STENCIL_BITS)

    def _take_out(self) -> None:
        if self._group >= 0:
            layer, byte = divmod(self._group, BITS // STENCIL_BITS)
            drawn = self._target.read_stencil().astype(np.uint32)
            self.bits[layer] |= np.left_shift(drawn, STENCIL_BITS * byte, out=drawn)
        # Else the next clearing leaves the other bits.
        GL.glStencilMask(0xFF)
