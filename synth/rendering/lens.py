"""What a lens does to a frame: it is drawn as a pinhole sees it, on a larger canvas, and then resampled.

In: the pinhole's arrays. Out: the picture's. Ids, depth, normals and outlines of a pixel come from one and the same
pixel of the canvas, so whatever holds for them there (no visible pixel outside of its own outline) holds here, too.
"""

__all__ = ["Lens"]

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.scene import Camera

if TYPE_CHECKING:
    from synth.rendering.passes import Drawn

T = TypeVar("T", bound=np.generic)
Places = NDArray[np.float64]
# The canvas reaches beyond the picture by a power of two of these parts of its size, so that there are few sizes.
MARGIN_PARTS = 32
# The lens is solved at so many places across and down, and interpolated by cubics: exact to a hundredth of a pixel.
NODES = 25
# So many rows are blended at a time: what lies in the processor's cache takes half the time.
STRIP_PX = 32


class Lens:
    """Between a distorted camera's picture and a pinhole's canvas; the pixels of both lie on one grid."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._margin_px = _margin_px(camera)
        across, down = self._margin_px
        self.canvas = replace(
            camera,
            width_px=camera.width_px + 2 * across,
            height_px=camera.height_px + 2 * down,
            center_px=(camera.center_px[0] + across, camera.center_px[1] + down),
            distortion=(0.0, 0.0, 0.0, 0.0),
        )

    def resampled(self, drawn: "Drawn") -> "Drawn":
        """What the passes drew on the canvas, as the picture has it."""
        bits = self._nearest(drawn.bits)
        return replace(
            drawn,
            light=self._blended(drawn.light),
            instance=self._nearest(drawn.instance),
            depth_m=self._nearest(drawn.depth_m),
            bits=bits,
            full_px=self._full_px(drawn.bits, bits, drawn.full_px),
            normals=None if drawn.normals is None else _channels_last(self._nearest(_channels_first(drawn.normals))),
        )

    def _nearest(self, drawn: NDArray[T]) -> NDArray[T]:
        """(..., H, W) of (..., H', W') on the canvas: what is in that pixel of it in which each pixel's centre lies."""
        *planes, height, width = drawn.shape
        # No -1 for the two together: a scene without objects has no plane of amodal bits, and nothing has any shape.
        return np.take(drawn.reshape(*planes, height * width), self._nearest_places, axis=-1)

    def _blended(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, C) of (H', W', C) light on the canvas, bilinearly."""
        out = np.empty((light.shape[2], self._camera.height_px, self._camera.width_px), np.float32)
        planes = [np.ravel(light[..., channel]) for channel in range(light.shape[2])]
        for start in range(0, self._camera.height_px, STRIP_PX):
            rows = slice(start, start + STRIP_PX)
            first, across, down = self._corners(rows)
            below = first + self.canvas.width_px
            for plane, blended in zip(planes, out[:, rows], strict=True):
                upper, lower = _between(plane, first, across), _between(plane, below, across)
                lower -= upper
                lower *= down
                np.add(upper, lower, out=blended)
        return _channels_last(out)

    def _full_px(
        self, drawn_bits: NDArray[np.uint32], bits: NDArray[np.uint32], drawn_px: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """(N,) pixels of each whole object: those in the picture, and the pinhole's beyond what the picture shows.

        Args:
            drawn_bits: (K, H', W') outlines on the canvas, as `Frame.amodal_bits`.
            bits: (K, H, W) outlines in the picture.
            drawn_px: (N,) pixels of each object as a pinhole has it, on the canvas and around it.
        """
        shown = self._shown
        hidden_px = drawn_px.copy()
        for plane in range(len(bits)):
            of_canvas, of_picture = drawn_bits[plane][shown], bits[plane]
            of_canvas, of_picture = of_canvas[of_canvas != 0], of_picture[of_picture != 0]
            for number in range(32 * plane, min(32 * plane + 32, len(drawn_px))):
                bit = np.uint32(1 << number % 32)
                hidden_px[number] += np.count_nonzero(of_picture & bit) - np.count_nonzero(of_canvas & bit)
        return hidden_px

    @cached_property
    def _sources(self) -> NDArray[np.float32]:
        """(2, H, W) x and y on the canvas that the picture's pixel centres are seen through."""
        width, height = self._camera.width_px, self._camera.height_px
        moved = _grid(width, height, self._camera.before_lens)
        return moved + np.array(self._margin_px, np.float32)[:, None, None]

    @cached_property
    def _nearest_places(self) -> NDArray[np.intp]:
        """(H, W) numbers of the canvas's pixels."""
        width, height = self.canvas.width_px, self.canvas.height_px
        x, y = self._sources
        column, row = np.clip(x.astype(np.intp), 0, width - 1), np.clip(y.astype(np.intp), 0, height - 1)
        return np.asarray(row * width + column)

    def _corners(self, rows: slice) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """Of some rows' pixels: the upper left one of the four around, and the parts of the way to right and below."""
        width, height = self.canvas.width_px, self.canvas.height_px
        x, y = self._sources[:, rows] - np.float32(0.5)
        column, row = np.clip(np.floor(x), 0, width - 2), np.clip(np.floor(y), 0, height - 2)
        first = row.astype(np.intp) * width + column.astype(np.intp)
        return first, np.clip(x - column, 0, 1), np.clip(y - row, 0, 1)

    @property
    def _shown(self) -> NDArray[np.bool_]:
        """(H', W') which of the canvas's pixel centres the lens puts into the picture."""
        corner = np.array(self._margin_px)
        x, y = _grid(
            self.canvas.width_px,
            self.canvas.height_px,
            lambda places_px: self._camera.through_lens(places_px - corner),
        )
        inside = (x >= 0) & (x < self._camera.width_px) & (y >= 0) & (y < self._camera.height_px)
        return np.asarray(inside, np.bool_)


def _margin_px(camera: Camera) -> tuple[int, int]:
    """How far the canvas reaches beyond the picture, left and right, and above and below."""
    width, height = camera.width_px, camera.height_px
    part = np.linspace(0, 1, 33)
    x, y = np.concatenate([part, part, 0 * part, 0 * part + 1]), np.concatenate([0 * part, 0 * part + 1, part, part])
    seen = camera.before_lens(np.column_stack([x * width, y * height]))
    beyond = np.maximum(-seen.min(axis=0), seen.max(axis=0) - (width, height))
    # A pixel more, for blending with the neighbours.
    parts = float(np.max((beyond + 1) / (width, height))) * MARGIN_PARTS
    if beyond.max() <= 0:
        return 0, 0
    steps = 2 ** int(np.ceil(np.log2(max(parts, 1))))
    return -(-steps * width // MARGIN_PARTS), -(-steps * height // MARGIN_PARTS)


def _grid(width_px: int, height_px: int, moved: Callable[[Places], Places]) -> NDArray[np.float32]:
    """(2, H, W) where a smooth function takes the pixel centres, found at some and interpolated for the others."""
    x, y = (nodes.ravel() for nodes in np.meshgrid(*(np.linspace(0.5, n - 0.5, NODES) for n in (width_px, height_px))))
    # The shift, for it is small and so keeps its digits in 32 bits.
    shift = (moved(np.column_stack([x, y])) - np.column_stack([x, y])).T.reshape(2, NODES, NODES)
    coarse, out = shift.astype(np.float32), np.empty((2, height_px, width_px), np.float32)
    first_columns, column_weights = _cubics(width_px)
    first_rows, row_weights = _cubics(height_px)
    for k in range(2):
        wide = sum(np.take(coarse[k], first_columns + i, axis=1) * weight for i, weight in enumerate(column_weights))
        np.multiply(np.take(wide, first_rows, axis=0), row_weights[0][:, None], out=out[k])
        for i in range(1, 4):
            part = np.take(wide, first_rows + i, axis=0)
            part *= row_weights[i][:, None]
            out[k] += part
    out[0] += np.arange(width_px, dtype=np.float32) + np.float32(0.5)
    out[1] += (np.arange(height_px, dtype=np.float32) + np.float32(0.5))[:, None]
    return out


@lru_cache(maxsize=16)
def _cubics(n: int) -> tuple[NDArray[np.intp], tuple[NDArray[np.float32], ...]]:
    """For each of n pixels, the first of the four nodes around it, and the nodes' weights in their cubic."""
    place = np.arange(n) / max(n - 1, 1) * (NODES - 1)
    # At the border there are no four around it, and the first or the last four serve.
    first = np.clip(np.floor(place).astype(np.intp) - 1, 0, NODES - 4)
    part = place - first - 1
    weights = (
        -part * (part - 1) * (part - 2) / 6,
        (part + 1) * (part - 1) * (part - 2) / 2,
        -(part + 1) * part * (part - 2) / 2,
        (part + 1) * part * (part - 1) / 6,
    )
    return first, tuple(weight.astype(np.float32) for weight in weights)


def _between(flat: NDArray[np.float32], first: NDArray[np.intp], part: NDArray[np.float32]) -> NDArray[np.float32]:
    """From each pixel to the next one on its right, by parts of the way."""
    left = np.take(flat, first)
    right = np.take(flat, first + 1)
    right -= left
    right *= part
    left += right
    return left


def _channels_first(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.moveaxis(pixels, -1, 0)


def _channels_last(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.moveaxis(planes, 0, -1)
