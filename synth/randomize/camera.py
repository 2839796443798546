"""From where the scene is seen, so that an object has the wanted size in the picture."""

__all__ = ["Viewpoint"]

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import ConfigError
from synth.exif import read_focals
from synth.geometry import look_at
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import between, chance, check_ranges, check_shares, either, log_between, uniform
from synth.randomize.extent import placed_size_m, scene_size_m, spheres
from synth.scene import Camera, Placed

# Views from within so many degrees of straight down are overhead.
OVERHEAD_DEG = 10.0
# Of a quarter turn: the views that count as along a side.
SQUARED_PART = 0.2
# Of an axis, the sine of its angle to the plane above which its heading says little.
STEEP = 0.8
# How far the middle of a target at the edge lies beyond it, over its size.
BEYOND = (-0.35, 0.2)
# The view is not moved by more than so many halves of the picture's width to have it there.
FARTHEST = 4.0
# Nearer than this many radii, an object in front of the camera would fill the picture or be cut open by it.
CLEAR_RADII = 1.5


@RANDOMIZERS.register("camera")
@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Look at one of the targets from above the plane.

    Attributes:
        object_size: Longest extent of the target that is looked at, over the picture's shorter side; evenly by ratios,
            as often 0.1 to 0.2 as 0.2 to 0.4. Where `crowd` asks for less, the range ends there, and keeps its least.
        crowd: A group of targets may extend over at most this many times the picture's shorter side, so that a
            close view of one doesn't leave the others out.
        elevation_deg: Angle of the view above the plane; 90 looks straight down.
        overhead: Share of views from within 10 degrees of straight down, as scanners and careful people take them.
        squared: Share of views along one of the target's own sides, give or take 9 degrees, as people lay out and
            photograph what has sides.
        roll_deg: Turn about the line of sight.
        field_of_view_deg: Of the picture's width.
        from_photos: Folder of your photos: instead of that range, the focal lengths that their EXIF data tells, each as
            often as it was used. A relative path counts from the file that says it.
        photo_focals: Those focal lengths, over the shorter side of the picture. Filled in from `from_photos`.
        photos_skipped: How many of those photos don't tell theirs. Filled in from `from_photos`.
        center_jitter: Greatest shift of the principal point, as a part of the picture's width and height.
        off_center: How far from the picture's middle the target may be, as a part of its shorter side.
        at_edge: Share of views whose target lies across the picture's edge instead, partly out of it.
    """

    object_size: tuple[float, float] = (0.03, 0.6)
    crowd: float = 2.5
    elevation_deg: tuple[float, float] = (20.0, 90.0)
    overhead: float = 0.3
    squared: float = 0.25
    roll_deg: tuple[float, float] = (-10.0, 10.0)
    field_of_view_deg: tuple[float, float] = (25.0, 70.0)
    from_photos: str = ""
    photo_focals: tuple[float, ...] = ()
    photos_skipped: int = 0
    center_jitter: float = 0.02
    off_center: float = 0.35
    at_edge: float = 0.08

    def __post_init__(self) -> None:
        check_ranges(self, "object_size", above=0)
        check_ranges(self, "field_of_view_deg", least=1, most=150)
        check_ranges(self, "elevation_deg", least=1, most=90)
        check_ranges(self, "roll_deg")
        check_shares(self, "overhead", "squared", "at_edge")
        if any(not focal > 0 for focal in self.photo_focals):
            raise ConfigError(f"photo_focals: expected more than 0 each, got {list(self.photo_focals)}.")

    @staticmethod
    def resolve(table: dict[str, Any], beside: Path) -> dict[str, Any]:
        """The settings with what `from_photos` stands for, so that frames follow from the settings alone.

        Raises:
            ConfigError: the folder is missing, or its photos tell no focal length.
        """
        folder = table.get("from_photos")
        if not (folder and isinstance(folder, str)):
            return table
        found = read_focals(beside / folder)
        return table | {"photo_focals": found.focals, "photos_skipped": found.skipped}

    def wanted(self) -> dict[str, tuple[float, float]]:
        """What a data set's coverage should fill."""
        return {"view_elevation_deg": self.elevation_deg, "box_size": self.object_size}

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        width, height = draft.size_wh_px
        fov_deg = self._field_of_view_deg(rng.random(), draft.size_wh_px)
        focal_px = width / 2 / np.tan(np.radians(fov_deg) / 2)
        size_m, target_m, heading_deg = self._subject(draft, rng)
        size_share = log_between(draft.even("camera.size"), self._sizes(draft, size_m))
        # What the picture's shorter side measures at the target.
        frame_m = size_m / size_share
        distance_m = frame_m * focal_px / min(width, height)
        low, high = self.elevation_deg
        above = (max(low, high - OVERHEAD_DEG), high)
        elevation_deg = either(draft.even("camera.elevation"), self.overhead, above, self.elevation_deg)
        # From every side of the target, whichever way it lies.
        squared = chance(rng, self.squared)
        azimuth_deg = (heading_deg + 360 * _turn(draft.even("camera.azimuth"), squared=squared)) % 360 - 180
        roll_deg = uniform(rng, self.roll_deg)
        away, around = uniform(rng, (0, self.off_center)) * frame_m, uniform(rng, (0, 2 * np.pi))
        aside, direction = np.array([np.cos(around), np.sin(around), 0]), _direction(elevation_deg, azimuth_deg)
        beyond, at_edge = uniform(rng, BEYOND), draft.even("camera.edge") < self.at_edge
        if at_edge:
            axes = look_at(direction, np.zeros(3), np.radians(roll_deg))[:3, :2]
            half_m = np.array([width, height]) / min(width, height) * frame_m / 2
            away = _edge_m(half_m, aside @ axes, float(aside @ direction) / distance_m, beyond * size_m)
        target_m = target_m + away * aside
        eye_m = _step_back(draft, target_m, direction, distance_m)
        shift = rng.uniform(-self.center_jitter, self.center_jitter, 2)
        draft.camera = Camera(
            width_px=width,
            height_px=height,
            focal_px=float(focal_px),
            center_px=(float(width * (0.5 + shift[0])), float(height * (0.5 + shift[1]))),
            world_from_camera=look_at(eye_m, target_m, np.radians(roll_deg)),
        )
        draft.drawn["camera"] = {
            "field_of_view_deg": fov_deg,
            "object_size": size_share,
            "elevation_deg": elevation_deg,
            "azimuth_deg": azimuth_deg,
            "squared": squared,
            "roll_deg": roll_deg,
            "at_edge": at_edge,
            "distance_m": float(np.linalg.norm(eye_m - target_m)),
            "target_m": target_m.tolist(),
            "center_shift": shift.tolist(),
        }

    def _field_of_view_deg(self, part: float, size_wh_px: tuple[int, int]) -> float:
        if not self.photo_focals:
            return between(part, self.field_of_view_deg)
        focal_px = self.photo_focals[int(part * len(self.photo_focals))] * min(size_wh_px)
        return float(np.degrees(2 * np.arctan(size_wh_px[0] / 2 / focal_px)))

    def _subject(self, draft: SceneDraft, rng: np.random.Generator) -> tuple[float, NDArray[np.float64], float]:
        """Size, centre and heading of a target of the scene; in one without, of a target that might have been there."""
        targets = [i for i, placed in enumerate(draft.objects) if placed.category_id is not None]
        if not targets:
            return scene_size_m(draft, rng), np.zeros(3), 0.0
        i = targets[int(rng.integers(len(targets)))]
        placed = draft.objects[i]
        return placed_size_m(draft.meshes, placed), spheres(draft.meshes, draft.objects)[0][i], _heading_deg(placed)

    def _sizes(self, draft: SceneDraft, size_m: float) -> tuple[float, float]:
        """The range of `object_size` that leaves the crowd in the picture."""
        low, high = self.object_size
        centers, radii = spheres(draft.meshes, draft.objects)
        labelled = np.array([placed.category_id is not None for placed in draft.objects], bool)
        if labelled.sum() > 1:
            extent_m = float(np.max(np.ptp(centers[labelled], axis=0)) + 2 * radii[labelled].mean())
            high = min(high, max(low, self.crowd * size_m / extent_m))
        return low, high


def _turn(part: float, *, squared: bool) -> float:
    """Of a whole turn, an even part; or, where the view is squared, a part near to one of the four quarters."""
    quarters = 4 * part
    nearest = round(quarters)
    return (nearest + SQUARED_PART * (quarters - nearest)) / 4 if squared else part


def _heading_deg(placed: Placed) -> float:
    """Where its own x axis points about the vertical, or where that one stands steeply, its y axis."""
    rotation = placed.world_from_object[:3, :3]
    axis = rotation[:, 0] if abs(rotation[2, 0]) < STEEP else rotation[:, 1]
    return float(np.degrees(np.arctan2(axis[1], axis[0])))


def _edge_m(half_m: NDArray[np.float64], seen: NDArray[np.float64], toward: float, beyond_m: float) -> float:
    """How far the view must be moved for what was in the picture's middle to come to its edge.

    Args:
        half_m: (2,) half the picture's width and height, at the target.
        seen: (2,) how the motion by 1 m is seen: to the right, and down.
        toward: By which part of the distance it brings the camera nearer to what lies there; the target gets farther.
        beyond_m: How far beyond the edge.
    """
    # Both sides are seen smaller the farther the target gets: |seen| away = half (1 + toward away) + beyond.
    needed = np.abs(seen) - half_m * toward
    # Straight away from a low camera it would never get there.
    needed = np.where(needed > 1 / FARTHEST, needed, 1 / FARTHEST)
    return float(np.min((half_m + beyond_m) / needed))


def _direction(elevation_deg: float, azimuth_deg: float) -> NDArray[np.float64]:
    """(3,) unit vector from the target to the camera."""
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def _step_back(
    draft: SceneDraft, target_m: NDArray[np.float64], direction: NDArray[np.float64], distance_m: float
) -> NDArray[np.float64]:
    """(3,) the camera's place in that direction, as far away as is wanted or as the objects need."""
    centers, radii = spheres(draft.meshes, draft.objects)
    while True:
        eye_m = target_m + direction * distance_m
        if np.all(np.linalg.norm(centers - eye_m, axis=1) >= CLEAR_RADII * radii):
            return np.asarray(eye_m, np.float64)
        distance_m *= 1.1
