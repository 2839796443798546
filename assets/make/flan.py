"""The blank of a coin: the outline it was cut or cast to, and the disc of vertices that is stretched over it."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["RINGS", "Outline", "disc_grid", "random_outline", "round_outline"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RINGS = 24  # of vertices between a face's middle and its edge; the last has 8 * RINGS


@dataclass(frozen=True)
class Outline:
    """Radius over the nominal one, as a function of the angle.

    amplitudes, phases (W,): of waves that go 2, 3, ... times around; splits (S, 3): angle, depth, width of each crack
    that striking opened; shears (C, 2): angle and distance from the middle of each straight cut.
    """

    amplitudes: Floats
    phases: Floats
    splits: Floats
    shears: Floats
    widest: float

    def __call__(self, angle_rad: Floats) -> Floats:
        waves = np.arange(2, 2 + len(self.amplitudes))
        reach: Floats = 1 + (self.amplitudes * np.cos(waves * angle_rad[..., None] + self.phases)).sum(axis=-1)
        for middle, depth, width in self.splits:
            reach -= depth * np.exp(-((_turn(angle_rad - middle) / width) ** 2))
        for middle, distance in self.shears:
            facing = np.cos(angle_rad - middle)
            reach = np.where(facing > 0.5, np.minimum(reach, distance / np.maximum(facing, 0.5)), reach)
        return np.clip(reach, 0.7, self.widest)


def round_outline() -> Outline:
    """As a machine cuts it."""
    return Outline(np.zeros(0), np.zeros(0), np.zeros((0, 3)), np.zeros((0, 2)), 1.0)


def random_outline(irregular: float, splits: int, widest: float, rng: np.random.Generator) -> Outline:
    """As a hammer leaves it: `irregular` 0 is round, 1 is lumpy and may be sheared off at a side."""
    waves = np.arange(2, 10)
    amplitudes = irregular * rng.normal(0, 0.032, len(waves)) / (waves - 1) ** 0.8
    cracks = rng.uniform((-np.pi, 0.04, 0.04), (np.pi, 0.13, 0.10), (splits, 3))
    cuts = rng.uniform((-np.pi, 0.90), (np.pi, 0.96), (int(rng.random() < 0.6 * irregular), 2))
    return Outline(amplitudes, rng.uniform(-np.pi, np.pi, len(waves)), cracks, cuts, widest)


@cache
def disc_grid() -> tuple[Floats, Ints, Ints]:
    """The unit disc: points (N, 2), triangles facing up, and the rim's indices, counter-clockwise.

    The square rings of a grid become round ones, so that cells are about the same size everywhere.
    Source: Shirley & Chiu, "A low distortion map between disk and square", 1997.
    """
    side = np.arange(-RINGS, RINGS + 1)
    i, j = np.meshgrid(side, side)  # i to the right, j up
    ring = np.maximum(np.abs(i), np.abs(j))
    beside = np.abs(i) >= np.abs(j)
    part = np.pi / 4 / np.maximum(ring, 1)
    angle = np.where(beside, part * j * np.sign(i), np.pi / 2 - part * i * np.sign(j))
    angle = np.where(np.where(beside, i, j) < 0, angle + np.pi, angle)
    points = np.stack([ring * np.cos(angle), ring * np.sin(angle)], axis=-1).reshape(-1, 2) / RINGS
    rim = np.flatnonzero(ring.ravel() == RINGS)
    return points, _cells(i, j), rim[np.argsort(np.arctan2(points[rim, 1], points[rim, 0]))]


def _cells(i: Ints, j: Ints) -> Ints:
    """Two triangles for each cell, cut along the diagonal that points to the middle: cut across, the cells in the
    square's corners would lose one triangle to the disc's edge."""
    index = np.arange(i.size).reshape(i.shape)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    outwards = (i * j)[:-1, :-1] + (i * j)[1:, 1:] >= (i * j)[:-1, 1:] + (i * j)[1:, :-1]
    along = outwards.ravel()[:, None]
    first = np.where(along, np.stack([a, b, c], axis=1), np.stack([a, b, d], axis=1))
    second = np.where(along, np.stack([a, c, d], axis=1), np.stack([b, c, d], axis=1))
    return np.concatenate([first, second])


def _turn(angle_rad: Floats) -> Floats:
    """The same angle in [-pi, pi)."""
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi
