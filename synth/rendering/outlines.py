"""Amodal outlines: every object's whole shape, hidden or not, as a bit of its own in each pixel that it covers.

The geometry pass sets the bits, of every fragment that it makes.
"""

__all__ = ["BITS", "Outlines"]

import numpy as np
from numpy.typing import NDArray

from synth.rendering.buffers import BitLayers

BITS = 32


class Outlines:
    """The bits of one picture, 32 objects a layer."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._layers = BitLayers(width_px, height_px, 1)

    def clear(self, n_objects: int) -> None:
        """No bits, in as many layers as the objects need."""
        n_layers = max(-(-n_objects // BITS), 1)
        if n_layers > self._layers.n_layers:
            width_px, height_px = self._layers.width_px, self._layers.height_px
            self._layers.delete()
            self._layers = BitLayers(width_px, height_px, n_layers)
        for layer in range(n_layers):
            self._layers.clear(layer)

    def bind(self, unit: int) -> None:
        """For shaders to write."""
        self._layers.bind_for_writing(unit)

    def read(self, n_objects: int) -> NDArray[np.uint32]:
        """(K, H, W) bits as `Frame.amodal_bits`."""
        bits = np.empty((-(-n_objects // BITS), self._layers.height_px, self._layers.width_px), np.uint32)
        for layer, plane in enumerate(bits):
            self._layers.read_into(layer, plane)
        return bits
