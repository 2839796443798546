"""Environments made from a seed: skies and rooms."""

__all__ = ["indoor", "night", "overcast", "sky", "studio"]

import numpy as np
from numpy.typing import NDArray

from synth.environments.registry import ENVIRONMENTS
from synth.surfaces.noise import random_color, smooth_noise

Light = NDArray[np.float32]
HORIZON_SOFTNESS = 0.04


@ENVIRONMENTS.register("sky")
def sky(rng: np.random.Generator, height_px: int) -> Light:
    """Blue above, pale at the horizon, ground below, a soft sun, some clouds."""
    directions = _directions(height_px)
    up = directions[..., 2:]
    zenith = random_color(rng, hue=(0.55, 0.63), saturation=(0.3, 0.7), value=(0.4, 0.9)) ** 2
    horizon = random_color(rng, hue=(0.05, 0.16), saturation=(0.0, 0.35), value=(0.8, 1.0)) ** 2
    light = horizon + (zenith - horizon) * np.clip(up, 0, 1) ** rng.uniform(0.3, 0.7)
    clouds = np.clip(_clouds(rng, height_px) - rng.uniform(-0.2, 0.6), 0, 1)[..., None]
    light = light + clouds * rng.uniform(0.3, 1.5)
    lit = _with_ground(light, up, _ground(rng))
    sun = _unit(rng, (10, 80))
    disc = np.exp((directions @ sun - 1) / rng.uniform(0.002, 0.02))[..., None]
    glow = np.exp((directions @ sun - 1) / rng.uniform(0.05, 0.3))[..., None]
    warm = np.array([1.0, 0.92, 0.8])
    return np.asarray(lit + warm * (rng.uniform(5, 40) * disc + rng.uniform(0.3, 1.5) * glow), np.float32)


@ENVIRONMENTS.register("overcast")
def overcast(rng: np.random.Generator, height_px: int) -> Light:
    """An even grey sky, three times as bright above as at the horizon.

    Source: CIE standard overcast sky (Moon & Spencer 1942).
    """
    up = _directions(height_px)[..., 2:]
    tone = random_color(rng, hue=(0.55, 0.65), saturation=(0.0, 0.2), value=(0.9, 1.0))
    light = tone * (1 + 2 * np.clip(up, 0, 1)) / 3 * (1 + 0.2 * _clouds(rng, height_px)[..., None])
    return np.asarray(_with_ground(light, up, _ground(rng)), np.float32)


@ENVIRONMENTS.register("indoor")
def indoor(rng: np.random.Generator, height_px: int) -> Light:
    """A room: walls, ceiling and floor, with windows in the walls and lamps at the ceiling."""
    directions = _directions(height_px)
    light, where = _room(rng, directions)
    day = random_color(rng, hue=(0.55, 0.62), saturation=(0.0, 0.25), value=(0.95, 1.0))
    bulb = random_color(rng, hue=(0.07, 0.13), saturation=(0.05, 0.5), value=(0.95, 1.0))
    for _ in range(int(rng.integers(0, 4))):
        light = _paint(light, _wall_patch(rng, where), day * rng.uniform(4, 25))
    for _ in range(int(rng.integers(1, 5))):
        light = _paint(light, _ceiling_patch(rng, where), bulb * rng.uniform(5, 40))
    for _ in range(int(rng.integers(4, 14))):
        # Furniture, doors, pictures: what a shiny thing mirrors.
        light = _paint(light, _wall_patch(rng, where), random_color(rng, value=(0.05, 0.9)) ** 2)
    return np.asarray(light, np.float32)


@ENVIRONMENTS.register("studio")
def studio(rng: np.random.Generator, height_px: int) -> Light:
    """A few soft boxes in a room of one grey."""
    directions = _directions(height_px)
    light = rng.uniform(0.05, 0.6) * (0.8 + 0.2 * directions[..., 2:]) * np.ones(3)
    for _ in range(int(rng.integers(1, 5))):
        center = _unit(rng, (15, 90))
        sharpness = rng.uniform(8, 60)
        box = _box_around(directions, center, rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.4), sharpness)
        tone = random_color(rng, hue=(0.0, 1.0), saturation=(0.0, 0.12), value=(0.95, 1.0))
        light = light + box[..., None] * tone * rng.uniform(2, 15)
    return np.asarray(light, np.float32)


@ENVIRONMENTS.register("night")
def night(rng: np.random.Generator, height_px: int) -> Light:
    """Dark all around but for some small lamps of different colours."""
    directions = _directions(height_px)
    light = random_color(rng, saturation=(0.0, 0.5), value=(0.05, 0.2)) ** 2 + np.zeros_like(directions)
    for _ in range(int(rng.integers(2, 9))):
        spot = np.exp((directions @ _unit(rng, (5, 85)) - 1) / rng.uniform(0.0005, 0.008))[..., None]
        light = light + spot * random_color(rng, hue=(0.0, 0.2), saturation=(0.0, 0.6), value=(0.9, 1.0)) * 10
    return np.asarray(light, np.float32)


def _directions(height_px: int) -> NDArray[np.float64]:
    """(H, 2H, 3) unit vectors of the pixels' centres."""
    polar = np.pi * (np.arange(height_px) + 0.5) / height_px
    azimuth = 2 * np.pi * ((np.arange(2 * height_px) + 0.5) / (2 * height_px) - 0.5)
    sin = np.sin(polar)[:, None]
    up = np.broadcast_to(np.cos(polar)[:, None], (height_px, 2 * height_px))
    return np.stack([sin * np.cos(azimuth), sin * np.sin(azimuth), up], axis=-1)


def _unit(rng: np.random.Generator, elevation_deg: tuple[float, float]) -> NDArray[np.float64]:
    elevation, azimuth = np.radians(rng.uniform(*elevation_deg)), rng.uniform(-np.pi, np.pi)
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def _clouds(rng: np.random.Generator, height_px: int) -> NDArray[np.float64]:
    """(H, 2H), about -1 to 1, drawn out along the horizon."""
    square = smooth_noise(rng, 2 * height_px, (8, 16)) + 0.5 * smooth_noise(rng, 2 * height_px, (16, 32))
    return np.asarray(square[::2], np.float64)


def _ground(rng: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(random_color(rng, hue=(0.05, 0.3), saturation=(0.0, 0.5), value=(0.2, 0.7)) ** 2)


def _with_ground(light: NDArray[np.float64], up: NDArray[np.float64], ground: NDArray[np.float32]) -> Light:
    below = np.clip(0.5 - up / HORIZON_SOFTNESS, 0, 1)
    return np.asarray(light * (1 - below) + ground * below, np.float32)


def _room(rng: np.random.Generator, directions: NDArray[np.float64]) -> tuple[Light, NDArray[np.float64]]:
    """A box-shaped room of plain surfaces, and (H, W, 3) where on it each direction ends, 1 at its faces."""
    half = np.array([rng.uniform(1.5, 4), rng.uniform(1.5, 4), 1.2])
    scaled = directions / half
    where = scaled / np.max(np.abs(scaled), axis=-1, keepdims=True)
    wall = random_color(rng, hue=(0.05, 0.6), saturation=(0.0, 0.3), value=(0.5, 0.95)) ** 2
    ceiling = random_color(rng, hue=(0.08, 0.15), saturation=(0.0, 0.1), value=(0.75, 1.0)) ** 2
    light = wall * (0.7 + 0.3 * where[..., 2:])
    light = np.where(where[..., 2:] > 0.999, ceiling, light)
    return np.where(where[..., 2:] < -0.999, _ground(rng), light), where


def _wall_patch(rng: np.random.Generator, where: NDArray[np.float64]) -> NDArray[np.bool_]:
    axis, side = int(rng.integers(2)), rng.choice([-1.0, 1.0])
    along, up = where[..., 1 - axis], where[..., 2]
    a, b = rng.uniform(-0.8, 0.8), rng.uniform(-0.5, 0.5)
    wide, high = rng.uniform(0.08, 0.4), rng.uniform(0.1, 0.4)
    on_wall = where[..., axis] * side > 0.999
    return np.asarray(on_wall & (np.abs(along - a) < wide) & (np.abs(up - b) < high))


def _ceiling_patch(rng: np.random.Generator, where: NDArray[np.float64]) -> NDArray[np.bool_]:
    (x, y), (wide, long) = rng.uniform(-0.7, 0.7, 2), rng.uniform(0.05, 0.35, 2)
    return np.asarray((where[..., 2] > 0.999) & (np.abs(where[..., 0] - x) < wide) & (np.abs(where[..., 1] - y) < long))


def _paint(light: Light, mask: NDArray[np.bool_], color: NDArray[np.float32]) -> Light:
    return np.where(mask[..., None], color, light).astype(np.float32)


def _box_around(
    directions: NDArray[np.float64], center: NDArray[np.float64], half_u: float, half_v: float, sharpness: float
) -> NDArray[np.float64]:
    """(H, W) from 0 to 1: a rectangle with soft edges that faces the origin."""
    right = np.cross(center, [0.0, 0.3, 1.0])
    right /= np.linalg.norm(right)
    ahead = np.maximum(directions @ center, 1e-3)
    u, v = directions @ right / ahead, directions @ np.cross(right, center) / ahead
    inside = np.minimum(half_u - np.abs(u), half_v - np.abs(v))
    in_front = directions @ center > 1e-2
    return np.asarray(in_front / (1 + np.exp(np.clip(-inside * sharpness, -50, 50))))
