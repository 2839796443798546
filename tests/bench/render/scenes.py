"""The bench's scenes: things resting side by side on the ground, one sun with a shadow, three lamps."""

__all__ = ["make_scenes"]

from pathlib import Path

import numpy as np
from props import GROUND_REPEAT_M, asset_id

from synth.geometry import Matrix, apply, look_at, random_rotation, rotation_between, translation
from synth.meshes import MeshStore
from synth.scene import Background, Camera, Light, Placed, Scene, Surface, Texture

SPACING_M = 0.13
FOCAL_SHARE = 0.95  # of the picture's width


def make_scenes(
    folder: Path, meshes: MeshStore, n_scenes: int, *, n_objects: int = 8, size_wh_px: tuple[int, int] = (640, 480)
) -> tuple[Scene, ...]:
    """Scenes that differ in poses, camera and lights. The camera stands off so far that all objects are in view.

    Args:
        folder: Where `write_props` wrote.
        meshes: The meshes in it.
    """
    return tuple(_scene(index, folder, meshes, n_objects, size_wh_px) for index in range(n_scenes))


def _scene(index: int, folder: Path, meshes: MeshStore, n_objects: int, size_wh_px: tuple[int, int]) -> Scene:
    rng = np.random.default_rng([9, index])
    side = int(np.ceil(np.sqrt(n_objects)))
    objects = tuple(_placed(number, side, rng, meshes) for number in range(n_objects))
    background = Background(
        environment=Texture("file", str(folder / "sky.png")),
        surface=Surface(Texture("file", str(folder / "ground.png")), repeat_m=GROUND_REPEAT_M),
        environment_gain=0.6,
    )
    return Scene(index, 0, _camera(side * SPACING_M, rng, size_wh_px), objects, _lights(rng), background)


def _placed(number: int, side: int, rng: np.random.Generator, meshes: MeshStore) -> Placed:
    turned = random_rotation(rng)
    lowest_m = apply(turned, meshes[asset_id(number)].hull_m)[:, 2].min()
    row, column = divmod(number, side)
    x, y = (np.array([column, row]) - (side - 1) / 2) * SPACING_M
    return Placed(number + 1, asset_id(number), 1, translation([x, y, -lowest_m]) @ turned)


def _camera(extent_m: float, rng: np.random.Generator, size_wh_px: tuple[int, int]) -> Camera:
    width, height = size_wh_px
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(42, 65))
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    eye_m = direction * (1.3 * extent_m + 0.1)
    return Camera(width, height, FOCAL_SHARE * width, (width / 2, height / 2), look_at(eye_m, [0, 0, 0.02]))


def _lights(rng: np.random.Generator) -> tuple[Light, ...]:
    sun = Light("directional", _shining([*rng.uniform(-0.6, 0.6, 2), -1.0]), (1.0, 0.97, 0.9), 2.5, casts_shadow=True)
    places_m = [[*rng.uniform(-0.6, 0.6, 2), rng.uniform(0.5, 0.8)] for _ in range(3)]
    return (sun, *(Light("point", translation(place_m), (1.0, 0.9, 0.8), 0.15) for place_m in places_m))


def _shining(direction: list[float]) -> Matrix:
    return rotation_between([0, 0, 1], direction)
