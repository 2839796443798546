"""Plain solids, about 1 across, standing on z = 0: what tables, floors and toy boxes are full of."""

__all__ = ["FILLERS"]

import numpy as np
from numpy.typing import NDArray

from synth.props.registry import PROPS, Solid
from synth.props.shapes import loft, rounded_rectangle, tube

# What may stand among the targets; the other kinds of props are occluders, which are placed in their own way.
FILLERS = (
    "ball",
    "bar",
    "block",
    "can",
    "card",
    "coil",
    "cone",
    "dish",
    "letter",
    "pebble",
    "prism",
    "ring",
    "slab",
    "star",
    "turned",
    "wedge",
)


@PROPS.register("block")
def block(rng: np.random.Generator) -> Solid:
    """A box with more or less rounded edges, from cube to brick."""
    depth, height = rng.uniform(0.4, 1.0, 2)
    return _bevelled(rounded_rectangle(1.0, depth, rng.uniform(0.02, 0.2) * depth), height, rng.uniform(0.01, 0.1))


@PROPS.register("slab")
def slab(rng: np.random.Generator) -> Solid:
    """A book, a phone, a case."""
    height = rng.uniform(0.03, 0.2)
    return _bevelled(rounded_rectangle(1.0, rng.uniform(0.4, 0.9), rng.uniform(0.0, 0.1)), height, 0.2 * height)


@PROPS.register("card")
def card(rng: np.random.Generator) -> Solid:
    """A card, an envelope, a leaflet: what shows one more flat rectangle."""
    corner = rng.uniform(0.03, 0.08) if rng.random() < 0.5 else 0.0
    outline = rounded_rectangle(1.0, rng.uniform(0.45, 0.85), corner)
    height = rng.uniform(0.003, 0.012)
    return loft(outline, [(1.0, 0.0), (1.0, height)])


@PROPS.register("bar")
def bar(rng: np.random.Generator) -> Solid:
    """A rod with round ends, lying along x."""
    radius = rng.uniform(0.04, 0.14)
    angle = np.linspace(0, np.pi / 2, 5)
    ends = radius * (1 - np.sin(angle[::-1]))
    reach = np.concatenate([ends, 1 - ends[::-1]])
    radii = radius * np.maximum(np.cos(angle[::-1]), 0.05)
    path = np.column_stack([reach, np.zeros(len(reach)), np.zeros(len(reach))])
    return tube(path, np.concatenate([radii, radii[::-1]]), int(rng.choice([6, 8, 24])))


@PROPS.register("ball")
def ball(rng: np.random.Generator) -> Solid:
    """A ball or an egg."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 13)
    stretch = rng.uniform(1.0, 1.5) if rng.random() < 0.5 else 1.0
    radius = 0.5 * np.cos(angle) * (1 + rng.uniform(0, 0.2) * np.sin(angle))
    radius[[0, -1]] = 0
    return loft(_circle(24), np.column_stack([radius, stretch * (0.5 + 0.5 * np.sin(angle))]))


@PROPS.register("can")
def can(rng: np.random.Generator) -> Solid:
    """A can, a lid, a roll."""
    return _bevelled(_circle(36) * 0.5, rng.uniform(0.15, 1.4), rng.uniform(0.01, 0.08))


@PROPS.register("cone")
def cone(rng: np.random.Generator) -> Solid:
    """A cone, a bucket, a lampshade, a pyramid."""
    outline = _circle(36) if rng.random() < 0.7 else _circle(int(rng.integers(3, 7)))
    top, height = max(0.0, rng.uniform(-0.3, 0.45)), rng.uniform(0.5, 1.2)
    return loft(0.5 * outline, [(1.0, 0.0), (top, height)])


@PROPS.register("prism")
def prism(rng: np.random.Generator) -> Solid:
    """Three to eight sides."""
    outline = _circle(int(rng.integers(3, 9))) * 0.5
    return _bevelled(outline, rng.uniform(0.1, 1.2), rng.uniform(0.005, 0.04))


@PROPS.register("wedge")
def wedge(rng: np.random.Generator) -> Solid:
    """A ramp, a slice: a prism that lies on its side."""
    outline = np.array([[-0.5, -0.2], [0.5, -0.2], [rng.uniform(-0.5, 0.3), rng.uniform(0.1, 0.5)]])
    return _bevelled(outline - outline.mean(axis=0), rng.uniform(0.2, 0.8), 0.02)


@PROPS.register("star")
def star(rng: np.random.Generator) -> Solid:
    """A star, a gear, a flower, a biscuit: a wavy outline drawn out."""
    n, depth = int(rng.integers(4, 14)), rng.uniform(0.08, 0.4)
    angle = np.linspace(0, 2 * np.pi, 16 * n, endpoint=False)
    sharp = rng.uniform(0.5, 4.0)
    wave = np.tanh(sharp * np.cos(n * angle)) / np.tanh(sharp)
    radius = 0.5 * (1 - depth / 2 + depth / 2 * wave)
    return _bevelled(radius[:, None] * _unit(angle), rng.uniform(0.06, 0.4), 0.015)


@PROPS.register("turned")
def turned(rng: np.random.Generator) -> Solid:
    """A bottle, a knob, a chess piece: a smooth profile, turned."""
    height, n = rng.uniform(0.8, 2.0), int(rng.integers(4, 7))
    knots = rng.uniform(0.12, 0.5, n)
    at = np.linspace(0, 1, 24)
    radius = np.interp(at, np.linspace(0, 1, n), knots)
    smooth = np.convolve(np.pad(radius, 2, mode="edge"), [0.1, 0.2, 0.4, 0.2, 0.1], mode="valid")
    return loft(_circle(32), np.column_stack([smooth, at * height]), crease_deg=50)


@PROPS.register("dish")
def dish(rng: np.random.Generator) -> Solid:
    """A bowl, a cup, a plate, an ashtray: a profile that comes down again inside."""
    height, foot, wall = rng.uniform(0.08, 0.9), rng.uniform(0.25, 0.45), rng.uniform(0.02, 0.05)
    at = np.linspace(0, 1, 10)
    outside = foot + (0.5 - foot) * at ** rng.uniform(0.3, 1.5)
    rim = np.column_stack([outside, at * height])
    inside = np.column_stack([outside[::-1] - wall, wall + (1 - at) * (height - wall)])
    inside[0, 1] = height
    return loft(_circle(40), np.vstack([rim, inside]), crease_deg=40)


@PROPS.register("ring")
def ring(rng: np.random.Generator) -> Solid:
    """A torus, thin as a rubber band or thick as a bagel, round or oval."""
    thick, oval = rng.uniform(0.02, 0.16), rng.uniform(0.5, 1.0)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    reach = 0.5 - thick
    path = np.column_stack([reach * np.cos(angle), oval * reach * np.sin(angle), np.zeros(48)])
    return tube(path, thick, 14, closed=True)


@PROPS.register("coil")
def coil(rng: np.random.Generator) -> Solid:
    """A spring, or a wire wound up."""
    turns, radius, wire = rng.uniform(3, 7), rng.uniform(0.1, 0.3), rng.uniform(0.015, 0.04)
    angle = np.linspace(0, 2 * np.pi * turns, int(18 * turns))
    along = angle / angle[-1]
    return tube(np.column_stack([along, radius * np.cos(angle), radius * np.sin(angle)]), wire, 8)


def _circle(n: int) -> NDArray[np.float64]:
    return _unit(np.arange(n) * 2 * np.pi / n)


def _unit(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _bevelled(outline: NDArray[np.float64], height: float, bevel: float) -> Solid:
    """An outline drawn out, its upper and lower edges cut."""
    bevel = min(bevel, 0.4 * height)
    inner = 1 - bevel / float(np.linalg.norm(outline, axis=1).mean())
    return loft(outline, [(inner, 0.0), (1.0, bevel), (1.0, height - bevel), (inner, height)])
