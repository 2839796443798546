"""A renderer without OpenGL, for tests: every object is its convex hull in one flat colour.

In: a `Scene`. Out: a `Frame` with true outlines, ids and amodal counts of convex bodies, through the camera's lens.
Light, materials, background and sensor have no part in it, and of two objects the one whose centre is nearer hides the
other.
"""

__all__ = ["FakeRenderer"]

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.rendering.interface import SceneRenderer
from synth.scene import Camera, Frame, Placed, Scene

# An object near the camera may be any size on the canvas; it ends this many pictures out, as the real renderer's does.
FARTHEST_PICTURE = 4
BACKGROUND_SRGB = 128


class FakeRenderer(SceneRenderer):
    """Draws convex hulls with numpy; a pixel is covered if its centre is inside the outline."""

    def __init__(self, meshes: MeshStore, size_wh_px: tuple[int, int]) -> None:
        self._meshes = meshes
        self._size_wh_px = size_wh_px

    @property
    def description(self) -> str:
        return "fake, convex outlines without OpenGL"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def render(self, scene: Scene, *, normals: bool = False) -> Frame:
        """Draw a scene; an object that reaches behind the camera is left out. Everything faces the camera."""
        width, height = self._size_wh_px
        n = len(scene.objects)
        rgb = np.full((height, width, 3), BACKGROUND_SRGB, np.uint8)
        depth_m = np.zeros((height, width), np.float32)
        instance = np.zeros((height, width), np.uint16)
        amodal_bits = np.zeros((-(-n // 32), height, width), np.uint32)
        silhouettes = [
            _silhouette(self._camera_points_m(placed, scene.camera), scene.camera) for placed in scene.objects
        ]
        # Painter's order: the farthest first, the nearer ones over it.
        for number in sorted(range(n), key=lambda number: -silhouettes[number].depth_m):
            silhouette = silhouettes[number]
            placed = scene.objects[number]
            rgb[silhouette.in_frame] = _color(placed.instance_id)
            depth_m[silhouette.in_frame] = silhouette.depth_m
            instance[silhouette.in_frame] = placed.instance_id
            amodal_bits[number // 32][silhouette.in_frame] |= np.uint32(1 << (number % 32))
        full_px = np.array([silhouette.full_px for silhouette in silhouettes], np.int64)
        towards = np.array([0, 0, -1], np.float32)
        facing = np.where(instance[..., None] > 0, towards, np.float32(0)) if normals else None
        return Frame(rgb, depth_m, instance, amodal_bits, full_px, facing)

    def _camera_points_m(self, placed: Placed, camera: Camera) -> NDArray[np.float64]:
        """(K, 3) the object's hull in camera coordinates."""
        camera_from_mesh = camera.camera_from_world @ scaled(placed.world_from_object, placed.scale)
        return apply(camera_from_mesh, self._meshes[placed.asset_id].hull_m)


@dataclass(frozen=True, slots=True, eq=False)
class _Silhouette:
    """The pixels of one object in the frame, (H, W), how many it has on the whole canvas, and how far it is."""

    in_frame: NDArray[np.bool_]
    full_px: int
    depth_m: float


def _silhouette(points_m: NDArray[np.float64], camera: Camera) -> _Silhouette:
    size = np.array([camera.width_px, camera.height_px])
    in_frame = np.zeros((camera.height_px, camera.width_px), np.bool_)
    depth_m = float(points_m[:, 2].mean())
    if points_m[:, 2].min() <= 0:
        return _Silhouette(in_frame, 0, depth_m)
    points_px = camera.focal_px * points_m[:, :2] / points_m[:, 2:] + np.asarray(camera.center_px)
    # The window on the canvas, whose origin is the picture's: columns and rows from low up to high.
    low = np.maximum(np.floor(points_px.min(axis=0)), -FARTHEST_PICTURE * size).astype(int)
    high = np.minimum(np.ceil(points_px.max(axis=0)), (FARTHEST_PICTURE + 1) * size).astype(int)
    window = _centers_px(low, np.maximum(high, low))
    covered = _inside(points_px, window)
    if camera.is_pinhole:
        first, last = np.clip(low, 0, size), np.clip(high, 0, size)
        part = covered[first[1] - low[1] : last[1] - low[1], first[0] - low[0] : last[0] - low[0]]
        in_frame[first[1] : last[1], first[0] : last[0]] = part
        return _Silhouette(in_frame, int(np.count_nonzero(covered)), depth_m)
    picture = _centers_px(np.zeros(2, int), size)
    in_frame = _inside(points_px, camera.before_lens(picture.reshape(-1, 2)).reshape(picture.shape))
    shown = camera.through_lens(window.reshape(-1, 2)).reshape(window.shape)
    outside = np.any((shown < 0) | (shown >= size), axis=-1)
    return _Silhouette(in_frame, int(np.count_nonzero(in_frame) + np.count_nonzero(covered & outside)), depth_m)


def _centers_px(low: NDArray[np.int_], high: NDArray[np.int_]) -> NDArray[np.float64]:
    """(h, w, 2) the pixel centres of the window from `low` to `high`."""
    x, y = (np.arange(start, stop) + 0.5 for start, stop in zip(low, high, strict=True))
    return np.stack(np.meshgrid(x, y), axis=-1)


def _inside(points_px: NDArray[np.float64], places_px: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(h, w) which of (h, w, 2) places lie inside the points' convex outline."""
    covered = np.ones(places_px.shape[:2], np.bool_)
    try:
        sides = scipy.spatial.ConvexHull(points_px).equations
    except scipy.spatial.QhullError:
        # Seen edge-on it has no area.
        return np.zeros_like(covered)
    for a, b, c in sides:
        covered &= a * places_px[..., 0] + b * places_px[..., 1] + c <= 0
    return covered


def _color(instance_id: int) -> tuple[int, int, int]:
    """Flat sRGB, another for each of the first few hundred ids, and never the background's."""
    return 40 + instance_id * 67 % 200, 40 + instance_id * 131 % 200, 255
