"""The camera: from points in space to places in the picture, through its lens."""

__all__ = ["Camera"]

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.distortion import NO_DISTORTION, Coefficients, distort, reach, undistort
from synth.geometry import Matrix, apply, check_rigid, inverse


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera with square pixels: a pinhole, and what its lens makes of that.

    Attributes:
        focal_px: Focal length in pixels.
        center_px: Principal point (x, y); pixel (0, 0) covers [0, 1) x [0, 1).
        world_from_camera: (4, 4) rigid, OpenCV axes.
        distortion: Of the lens, OpenCV's (k1, k2, p1, p2).
    """

    width_px: int
    height_px: int
    focal_px: float
    center_px: tuple[float, float]
    world_from_camera: Matrix
    distortion: Coefficients = NO_DISTORTION

    def __post_init__(self) -> None:
        if self.width_px < 1 or self.height_px < 1:
            raise ValueError(f"expected a picture of at least 1 x 1, got {self.width_px} x {self.height_px}")
        if not self.focal_px > 0:
            raise ValueError(f"focal_px: expected more than 0, got {self.focal_px}")
        check_rigid("world_from_camera", self.world_from_camera)
        if not np.all(np.isfinite(self.distortion)):
            raise ValueError(f"distortion: expected finite numbers, got {self.distortion}")
        # Refuses a lens that folds the picture, so that whoever draws can rely on it.
        _ = self._reach

    @property
    def camera_from_world(self) -> Matrix:
        return inverse(self.world_from_camera)

    @property
    def is_pinhole(self) -> bool:
        return not any(self.distortion)

    def project(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project world points into the picture.

        Args:
            points_m: (N, 3) world positions, metres.
        Returns:
            (N, 2) pixels, x right, y down; NaN for a point that is not in front of the camera.
        Raises:
            ValueError: `points_m` is not (N, 3).
        Source: Hartley & Zisserman, 2nd ed., eq. 6.2.
        """
        if points_m.ndim != 2 or points_m.shape[1] != 3:
            raise ValueError(f"points_m: expected (N, 3), got {points_m.shape}")
        local = apply(self.camera_from_world, points_m)
        return self.project_ahead(np.where(local[:, 2:] > 1e-9, local, np.nan))

    def project_ahead(self, local_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) pixels of (N, 3) points in the camera's axes, all of them before the camera; NaN for NaN."""
        if self.is_pinhole:
            return np.asarray(self.focal_px * local_m[:, :2] / local_m[:, 2:] + np.asarray(self.center_px), np.float64)
        return self.through_lens(self.focal_px * local_m[:, :2] / local_m[:, 2:] + np.asarray(self.center_px))

    def through_lens(self, places_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) pixels where the lens shows what a pinhole would show at (N, 2) others."""
        if self.is_pinhole:
            return places_px
        center = np.asarray(self.center_px)
        seen = distort((places_px - center) / self.focal_px, self.distortion, self._reach)
        return np.asarray(self.focal_px * seen + center, np.float64)

    def before_lens(self, places_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) pixels where a pinhole would show what the lens shows at (N, 2) others."""
        if self.is_pinhole:
            return places_px
        center = np.asarray(self.center_px)
        seen = undistort((places_px - center) / self.focal_px, self.distortion, self._reach)
        return np.asarray(self.focal_px * seen + center, np.float64)

    @property
    def _reach(self) -> float:
        if self.is_pinhole:
            return np.inf
        x, y = self.center_px
        farthest_px = math.hypot(max(abs(x), abs(self.width_px - x)), max(abs(y), abs(self.height_px - y)))
        return reach(self.distortion, farthest_px / self.focal_px)
