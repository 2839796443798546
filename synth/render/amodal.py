"""The amodal pass: every object's whole outline, hidden or not, for all objects at once.

Without a depth test, each object ORs its own bit into the pixels that it covers, 32 objects a round. What reaches
beyond the picture is counted in the neighbouring pictures of the same pixel grid.
"""

__all__ = ["AmodalPass", "outside_tiles"]

from itertools import product

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.render.buffers import Target
from synth.render.models import BASE_COLOR_UNIT, Models, object_uniforms
from synth.render.program import Program, compile_program
from synth.render.views import camera_clip
from synth.scene import Camera, Scene

BITS = 32
# An object that passes close by the camera covers any number of pictures; its count ends this far out on each side.
FARTHEST_TILE = 4


class AmodalPass:
    """Draws outlines as bits."""

    def __init__(self, models: Models, width_px: int, height_px: int) -> None:
        self._models = models
        self._target = Target(width_px, height_px, (GL.GL_R32UI,))
        self._programs: dict[tuple[str, ...], Program] = {}

    def draw(
        self, scene: Scene, hulls_m: list[NDArray[np.float64]], near_m: float, far_m: float
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Outlines in the picture, and pixel counts in and around it.

        Returns:
            (K, H, W) bits as `Frame.amodal_bits`, and (N,) pixels of each whole object.
        """
        n = len(scene.objects)
        full_px = np.zeros(n, np.int64)
        clip = camera_clip(scene.camera, near_m, far_m)
        planes = []
        for start in range(0, n, BITS):
            numbers = range(start, min(start + BITS, n))
            planes.append(self._draw_bits(scene, clip, frozenset(numbers)))
            full_px[numbers] += _count_bits(planes[-1], len(numbers))
        by_tile: dict[tuple[int, int], list[int]] = {}
        for number, hull_m in enumerate(hulls_m):
            for tile in outside_tiles(scene.camera, hull_m):
                by_tile.setdefault(tile, []).append(number)
        for tile, numbers_there in by_tile.items():
            tile_clip = camera_clip(scene.camera, near_m, far_m, tile)
            for start in range(0, n, BITS):
                chosen = frozenset(number for number in numbers_there if start <= number < start + BITS)
                if chosen:
                    counts = _count_bits(self._draw_bits(scene, tile_clip, chosen), min(BITS, n - start))
                    full_px[start : start + BITS] += counts
        shape = (0, self._target.height_px, self._target.width_px)
        return np.stack(planes) if planes else np.zeros(shape, np.uint32), full_px

    def _draw_bits(self, scene: Scene, clip_from_world: Matrix, numbers: frozenset[int]) -> NDArray[np.uint32]:
        self._target.bind()
        self._target.clear()
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
        return np.asarray(self._target.read(0), np.uint32)

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("position.vert", "amodal.frag", common=True, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            self._programs[defines] = program
        return self._programs[defines]


def outside_tiles(camera: Camera, hull_m: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Which neighbours of the picture an object reaches into, in whole pictures right and down.

    Args:
        camera: The camera.
        hull_m: (K, 3) world points of the object's hull.
    """
    points_px = camera.project(hull_m)
    size = np.array([camera.width_px, camera.height_px])
    if np.any(np.isnan(points_px)):
        low, high = np.full(2, -FARTHEST_TILE), np.full(2, FARTHEST_TILE)
    else:
        low, high = (np.floor(edge / size).astype(int) for edge in (points_px.min(axis=0), points_px.max(axis=0)))
        low, high = np.maximum(low, -FARTHEST_TILE), np.minimum(high, FARTHEST_TILE)
    tiles = product(range(int(low[0]), int(high[0]) + 1), range(int(low[1]), int(high[1]) + 1))
    return [tile for tile in tiles if tile != (0, 0)]


def _count_bits(bits: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    """(n,) how many pixels have each of the lowest n bits set."""
    covered = bits[bits != 0]
    return np.array([np.count_nonzero(covered & np.uint32(1 << bit)) for bit in range(n)], np.int64)
