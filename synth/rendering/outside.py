"""The outside pass: how many pixels each whole object has.

In the picture its outline's bits are counted. What reaches beyond is drawn without a depth test, each object ORing its
bit, 32 objects a round, and counted in the neighbouring pictures of the same pixel grid.
"""

__all__ = ["OutsidePass", "outside_windows"]

from itertools import product

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.rendering.buffers import Target
from synth.rendering.canvas import Canvas
from synth.rendering.models import BASE_COLOR_UNIT, Models, object_uniforms
from synth.rendering.outlines import BITS
from synth.rendering.program import Program, compile_program
from synth.rendering.views import camera_clip
from synth.scene import Camera, Scene

# (x, y, width, height) in pixels of a target.
Window = tuple[int, int, int, int]
Corners = list[NDArray[np.float64]]
# An object that passes close by the camera covers any number of pictures; its count ends this far out on each side.
FARTHEST_TILE = 4


class OutsidePass:
    """Counts each object's pixels in and around the picture."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._programs: dict[tuple[str, ...], Program] = {}

    def count(
        self, scene: Scene, canvas: Canvas, bits: NDArray[np.uint32], corners_m: Corners, near_m: float
    ) -> NDArray[np.int64]:
        """(N,) pixels of each whole object: of its bits in the picture, and of what is drawn outside."""
        n = len(scene.objects)
        groups = [frozenset(range(start, min(start + BITS, n))) for start in range(0, n, BITS)]
        full_px = np.zeros(n, np.int64)
        for group, plane in zip(groups, bits, strict=True):
            _add_counts(full_px, plane, group)
        for tile, windows in _by_tile(scene.camera, corners_m).items():
            tile_clip = camera_clip(scene.camera, near_m, tile)
            for group in groups:
                if reaching := group & windows.keys():
                    window = _around([windows[number] for number in reaching])
                    drawn = self._draw_bits(scene, canvas.outside, tile_clip, reaching, window)
                    _add_counts(full_px, drawn, reaching)
        return full_px

    def _draw_bits(
        self, scene: Scene, target: Target, clip_from_world: Matrix, numbers: frozenset[int], window: Window
    ) -> NDArray[np.uint32]:
        """(h, w) bits of the numbered objects in a window of the target."""
        target.bind()
        GL.glEnable(GL.GL_SCISSOR_TEST)
        GL.glScissor(*window)
        target.clear()
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glEnable(GL.GL_COLOR_LOGIC_OP)
        GL.glLogicOp(GL.GL_OR)
        for number, placed, drawable in self._models.of(scene.objects):
            if number not in numbers:
                continue
            program = self._program(drawable.mask_defines)
            program.use()
            if drawable.mask_defines:
                drawable.bind_textures()
            program.set_vectors("u_object", object_uniforms(placed, drawable.material, clip_from_world, number))
            drawable.draw()
        GL.glDisable(GL.GL_COLOR_LOGIC_OP)
        GL.glDisable(GL.GL_SCISSOR_TEST)
        return np.asarray(target.read(0, window), np.uint32)

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("position.vert", "outside.frag", common=True, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            self._programs[defines] = program
        return self._programs[defines]


def outside_windows(camera: Camera, points_m: NDArray[np.float64]) -> dict[tuple[int, int], Window]:
    """Where an object reaches outside the picture.

    Args:
        camera: The camera.
        points_m: (K, 3) world points whose convex hull holds the object.
    Returns:
        For each neighbour, counted in whole pictures right and down, the part of it that the object may cover.
    """
    points_px = camera.project(points_m)
    if np.all(np.isnan(points_px)):
        return {}
    size = np.array([camera.width_px, camera.height_px])
    farthest = FARTHEST_TILE * size
    if np.any(np.isnan(points_px)):
        low, high = -farthest, farthest + size
    else:
        low, high = np.floor(points_px.min(axis=0)).astype(int), np.ceil(points_px.max(axis=0)).astype(int)
        low, high = np.maximum(low, -farthest), np.minimum(high, farthest + size)
    first, last = low // size, (high - 1) // size
    windows: dict[tuple[int, int], Window] = {}
    for tile in product(range(int(first[0]), int(last[0]) + 1), range(int(first[1]), int(last[1]) + 1)):
        if tile != (0, 0):
            corner = np.maximum(low - size * tile, 0)
            extent = np.minimum(high - size * tile, size) - corner
            windows[tile] = (int(corner[0]), int(corner[1]), int(extent[0]), int(extent[1]))
    return windows


def _by_tile(camera: Camera, corners_m: list[NDArray[np.float64]]) -> dict[tuple[int, int], dict[int, Window]]:
    by_tile: dict[tuple[int, int], dict[int, Window]] = {}
    for number, box in enumerate(corners_m):
        for tile, window in outside_windows(camera, box).items():
            by_tile.setdefault(tile, {})[number] = window
    return by_tile


def _around(windows: list[Window]) -> Window:
    x, y = min(window[0] for window in windows), min(window[1] for window in windows)
    right, bottom = max(window[0] + window[2] for window in windows), max(window[1] + window[3] for window in windows)
    return x, y, right - x, bottom - y


def _add_counts(counts: NDArray[np.int64], bits: NDArray[np.uint32], numbers: frozenset[int]) -> None:
    """Add to each number's count the pixels that have its bit."""
    covered = bits[bits != 0]
    for number in numbers:
        counts[number] += np.count_nonzero(covered & np.uint32(1 << number % BITS))
