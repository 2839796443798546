"""Hex nuts, bolts and washers, with threads that are really cut."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import circle, lathe, loft, polygon_ring, raised, stacked
from assets.make.skin import Skin, blended, pixel_grid, plain, wrapped

__all__ = ["RECIPES", "Thread", "bolt", "hex_nut", "washer"]

Floats = NDArray[np.float64]

SEGMENTS = 36
CHAMFER_STEPS = 3
SAMPLES_PER_PITCH = 4
HEX_HEAD, SOCKET_HEAD = 0.64, 1.0  # heights in diameters


@dataclass(frozen=True)
class Thread:
    """A metric thread: its widest diameter and its pitch, in metres."""

    diameter_m: float
    pitch_m: float


def hex_nut(thread: Thread, across_flats_m: float, height_m: float, finish: str, rng: np.random.Generator) -> Model:
    """Chamfered on both sides, its axis along z, resting on z = 0."""
    sunk, bore = 0.55 * thread.pitch_m, 1.05 * thread.diameter_m / 2
    mouth = circle(SEGMENTS) * (bore + 0.12 * thread.pitch_m)
    inside = _threaded(bore, thread.pitch_m, height_m - sunk, sunk)
    outside = _chamfered_hexagon(across_flats_m, 0.0, height_m)
    rings = np.concatenate([outside, raised(mouth, height_m)[None], inside, mouth[None]])
    return Model([loft(rings, "metal", closed=True)], {"metal": _metal(finish, rng)}, crease_deg=32)


def bolt(thread: Thread, length_m: float, head: str, finish: str, rng: np.random.Generator) -> Model:
    """Tip at z = 0, head above `length_m`; `head` is "hex" or "socket"."""
    diameter, pitch, ring = thread.diameter_m, thread.pitch_m, circle(SEGMENTS)
    cut = min(length_m - 0.4 * diameter, 2.6 * diameter)
    tip = stacked([(ring * 0, 0.0), (ring * (diameter / 2 - 0.7 * pitch), 0.0)])
    shank = stacked([(ring * diameter / 2, cut + 0.3 * pitch), (ring * diameter / 2, length_m)])
    top = _hex_head(diameter, length_m) if head == "hex" else _socket_head(diameter, length_m)
    rings = np.concatenate([tip, _threaded(diameter / 2, pitch, 0.6 * pitch, cut), shank, top])
    return Model([loft(rings, "metal")], {"metal": _metal(finish, rng)}, crease_deg=32)


def washer(inner_m: float, outer_m: float, height_m: float, finish: str, rng: np.random.Generator) -> Model:
    """A flat ring with broken edges, its middle at the origin."""
    half, edge = height_m / 2, 0.12 * height_m
    profile = [
        (outer_m / 2 - edge, -half), (outer_m / 2, edge - half), (outer_m / 2, half - edge), (outer_m / 2 - edge, half),
        (inner_m / 2 + edge, half), (inner_m / 2, half - edge), (inner_m / 2, edge - half), (inner_m / 2 + edge, -half),
    ]  # fmt: skip
    return Model([lathe(profile, "metal", 64, closed=True)], {"metal": _metal(finish, rng)}, crease_deg=30)


def _metal(finish: str, rng: np.random.Generator) -> Skin:
    """zinc, black (oxide), brass or rust: the last is zinc where the rust hasn't got to."""
    seed, size_px = int(rng.integers(2**31)), (128, 128)
    plates = {
        "zinc": plain((0.70, 0.71, 0.72), seed=seed, roughness=0.38, metallic=0.75, mottle=0.14, size_px=size_px),
        "black": plain((0.13, 0.13, 0.14), seed=seed, roughness=0.45, metallic=0.4, mottle=0.2, size_px=size_px),
        "brass": plain((0.78, 0.62, 0.30), seed=seed, roughness=0.32, metallic=0.8, mottle=0.12, size_px=size_px),
    }
    if finish != "rust":
        return plates[finish]
    rust = plain((0.42, 0.21, 0.10), seed=seed + 1, roughness=0.9, mottle=0.45, grain=(14, 14), size_px=size_px)
    cloud = fbm(wrapped(*pixel_grid(*size_px), (12.0, 5.0)), seed + 2)
    return blended(plates["zinc"], rust, smoothstep(-0.35, 0.15, cloud))


def _chamfered_hexagon(across_flats_m: float, low_m: float, high_m: float) -> Floats:
    """Rings of a hexagon whose corners a cone has turned off at both ends: it leaves the arcs that nuts have."""
    reach = np.linalg.norm(polygon_ring(6, across_flats_m, SEGMENTS), axis=1)
    start = 0.96 * across_flats_m / 2
    deep = (reach.max() - start) * np.tan(np.radians(30))
    shares = np.linspace(0, 1, CHAMFER_STEPS + 1)
    rings = [circle(SEGMENTS) * np.minimum(reach, start + s * (reach.max() - start))[:, None] for s in shares]
    up = [(ring, low_m + share * deep) for ring, share in zip(rings, shares, strict=True)]
    down = [(ring, high_m - share * deep) for ring, share in zip(rings, shares, strict=True)]
    return stacked([*up, *reversed(down)])


def _threaded(radius_m: float, pitch_m: float, from_m: float, to_m: float) -> Floats:
    """Rings from one height to another (down, if that is lower), cut by a V-shaped right-hand helix."""
    depth = 0.54 * pitch_m
    count = int(np.ceil(abs(to_m - from_m) / pitch_m * SAMPLES_PER_PITCH)) + 1
    z = np.linspace(from_m, to_m, count)[:, None]
    turn = np.arange(SEGMENTS)[None, :] / SEGMENTS
    wave = np.abs(2 * ((z / pitch_m - turn) % 1) - 1)
    rings = circle(SEGMENTS)[None] * (radius_m - depth * wave)[..., None]
    rings[..., 2] = z
    return rings


def _hex_head(diameter_m: float, base_m: float) -> Floats:
    top = base_m + HEX_HEAD * diameter_m
    end = raised(circle(SEGMENTS) * 0, top)
    return np.concatenate([_chamfered_hexagon(1.7 * diameter_m, base_m, top), end[None]])


def _socket_head(diameter_m: float, base_m: float) -> Floats:
    """A cylinder with a hexagonal hole for the key."""
    ring, key = circle(SEGMENTS), polygon_ring(6, 0.8 * diameter_m, SEGMENTS)
    top, radius, edge = base_m + SOCKET_HEAD * diameter_m, 0.75 * diameter_m, 0.06 * diameter_m
    outside = [(ring * (radius - edge), base_m), (ring * radius, base_m + edge), (ring * radius, top - edge)]
    mouth = [(ring * (radius - edge), top), (key * 1.05, top), (key, top - edge)]
    hole = [(key, top - 0.5 * diameter_m), (key * 0, top - 0.6 * diameter_m)]
    return stacked([*outside, *mouth, *hole])


def _ends(thread: Thread, length_m: float, head: str) -> dict[str, tuple[float, float, float]]:
    """The middles of a bolt's ends; of a socket head that of the mouth, not of the hole's floor."""
    height_m = (HEX_HEAD if head == "hex" else SOCKET_HEAD) * thread.diameter_m
    return {"head": (0.0, 0.0, length_m + height_m), "tip": (0.0, 0.0, 0.0)}


M8, M10, M12 = Thread(0.008, 0.00125), Thread(0.010, 0.0015), Thread(0.012, 0.00175)

RECIPES = [
    Recipe(name, category, "assets/make/fasteners.py", build, "rest", (0.6, 1.4), keypoints_m)
    for category, name, build, keypoints_m in (
        ("hex_nut", "hex-nut-zinc", partial(hex_nut, M10, 0.017, 0.0084, "zinc"), {}),
        ("hex_nut", "hex-nut-brass", partial(hex_nut, M8, 0.013, 0.0065, "brass"), {}),
        ("hex_nut", "hex-nut-black", partial(hex_nut, M12, 0.019, 0.0108, "black"), {}),
        ("hex_nut", "hex-nut-rusty", partial(hex_nut, M10, 0.017, 0.0080, "rust"), {}),
        ("bolt", "bolt-hex-zinc", partial(bolt, M10, 0.040, "hex", "zinc"), _ends(M10, 0.040, "hex")),
        ("bolt", "bolt-hex-rusty", partial(bolt, M12, 0.032, "hex", "rust"), _ends(M12, 0.032, "hex")),
        ("bolt", "bolt-socket-black", partial(bolt, M8, 0.030, "socket", "black"), _ends(M8, 0.030, "socket")),
        ("washer", "washer-zinc", partial(washer, 0.0105, 0.020, 0.002, "zinc"), {}),
        ("washer", "washer-wide-rusty", partial(washer, 0.0085, 0.028, 0.0018, "rust"), {}),
        ("washer", "washer-brass", partial(washer, 0.0084, 0.016, 0.0016, "brass"), {}),
    )
]
