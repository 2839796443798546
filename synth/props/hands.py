"""Hands and the arms they hang on, palm down, fingers towards +x, the lowest fingertip on z = 0; in metres.

Two props of one number belong together: the `sleeve` is drawn around the forearm of the `hand`.
"""

__all__ = ["hand", "sleeve"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.props.blobs import blend
from synth.props.registry import PROPS, Solid
from synth.props.shapes import box_uvs, tube

Points = NDArray[np.float64]
Bone = tuple[Points, Points, float, float]

# From the wrist's middle: where index, middle, ring and little finger begin, and the lengths of their three bones.
KNUCKLES_M = np.array([[0.092, 0.03, 0.004], [0.096, 0.009, 0.007], [0.09, -0.012, 0.005], [0.08, -0.031, 0.0]])
FINGERS_M = np.array([[0.044, 0.026, 0.02], [0.049, 0.03, 0.021], [0.045, 0.028, 0.021], [0.035, 0.021, 0.019]])
ROOT_RADIUS_M, TIP_RADIUS_M = 0.0098, 0.0076
SKIN_SOFTNESS_M = 0.009
STEP_M = 0.005
ARM_M = 0.3
# How much of it is bare at most; the sleeve hides the rest, and the end.
BARE = 0.6


@dataclass(frozen=True, slots=True)
class _Gesture:
    """Bend of knuckles and of the joints after them, by finger, and how far the thumb stands off; radians."""

    knuckles: tuple[float, float, float, float]
    joints: tuple[float, float, float, float]
    spread: float
    thumb: float


GESTURES = (
    _Gesture((0.15, 0.1, 0.1, 0.15), (0.12, 0.12, 0.12, 0.15), 0.12, 0.6),  # laid flat
    _Gesture((0.25, 1.0, 1.1, 1.1), (0.15, 1.3, 1.4, 1.4), 0.03, 0.25),  # pointing
    _Gesture((0.7, 0.75, 1.1, 1.15), (0.5, 0.5, 1.2, 1.3), 0.02, 0.35),  # thumb and two fingers
    _Gesture((0.6, 0.6, 0.6, 0.65), (0.55, 0.5, 0.5, 0.55), 0.14, 0.55),  # grasping
)


@PROPS.register("hand")
def hand(rng: np.random.Generator) -> Solid:
    """A hand of a random gesture with its bare forearm."""
    bones = _skeleton(rng)
    points, triangles = blend(bones, SKIN_SOFTNESS_M, STEP_M)
    return Solid(points, triangles, box_uvs(points, triangles, 0.1), _blush(points, bones), crease_deg=180)


@PROPS.register("sleeve")
def sleeve(rng: np.random.Generator) -> Solid:
    """The sleeve of the hand with the same number, its cuff somewhere between wrist and elbow."""
    wrist, elbow, radius, wide = _skeleton(rng)[0]
    along = np.linspace(rng.uniform(0.3, 0.8), 1.0 / BARE, 9)
    path = wrist + along[:, None] * (elbow - wrist)
    folds = 1.25 + 0.05 * np.cos(np.arange(9) * 2.1)
    return tube(path, (radius + (wide - radius) * along) * folds, 20)


def _skeleton(rng: np.random.Generator) -> list[Bone]:
    """The bones, the forearm first; the lowest point of the skin at z = 0. A left hand as often as a right one."""
    # The sleeve's generator is another than the hand's, so neither may have a say in the pose: the number alone has.
    gesture = GESTURES[int(rng.integers(len(GESTURES)))]
    jitter = rng.normal(0, 0.08, (2, 4))
    pitch, lift = rng.uniform(0.0, 0.5), rng.uniform(0.15, 0.9)
    bones: list[Bone] = []
    for k in range(4):
        angle = gesture.spread * (1.2 - 0.8 * k) + 0.3 * float(jitter[0, k]) * gesture.spread
        bones += _finger(
            KNUCKLES_M[k], FINGERS_M[k], angle, gesture.knuckles[k] + float(jitter[0, k]), gesture.joints[k]
        )
        bones.append((np.zeros(3), KNUCKLES_M[k] * (0.95, 1, 1), 0.016, 0.0118))
    bones += _thumb(gesture.thumb + float(jitter[1, 0]))
    turned = [(_pitched(a, pitch), _pitched(b, pitch), r, s) for a, b, r, s in bones]
    elbow = BARE * ARM_M * np.array([-np.cos(lift), 0.0, np.sin(lift)])
    turned.insert(0, (np.array([-0.01, 0.0, 0.0]), elbow, 0.025, 0.034))
    lowest = min(min(a[2] - r, b[2] - s) for a, b, r, s in turned)
    mirror = np.array([1.0, -1.0 if rng.random() < 0.5 else 1.0, 1.0])
    up = np.array([0.0, 0.0, -lowest])
    return [(a * mirror + up, b * mirror + up, r, s) for a, b, r, s in turned]


def _finger(knuckle: Points, lengths: Points, aside: float, bend: float, joints: float) -> list[Bone]:
    place, pitch, bones = knuckle, bend, []
    radii = np.linspace(ROOT_RADIUS_M, TIP_RADIUS_M, 4)
    for k, length in enumerate(lengths):
        ahead = np.array([np.cos(pitch) * np.cos(aside), np.cos(pitch) * np.sin(aside), -np.sin(pitch)])
        bones.append((place, place + length * ahead, float(radii[k]), float(radii[k + 1])))
        place = place + length * ahead
        pitch += joints * (1.0 if k == 0 else 0.6)
    return bones


def _thumb(aside: float) -> list[Bone]:
    root = np.array([0.025, 0.022, -0.006])
    first = root + 0.042 * np.array([np.cos(aside + 0.25), np.sin(aside + 0.25), -0.25])
    second = first + 0.034 * np.array([np.cos(aside), np.sin(aside), -0.3])
    tip = second + 0.027 * np.array([np.cos(aside - 0.25), np.sin(aside - 0.25), -0.25])
    return [(root, first, 0.015, 0.012), (first, second, 0.0115, 0.0105), (second, tip, 0.0105, 0.0085)]


def _pitched(point: Points, angle: float) -> Points:
    """Turned about the wrist, fingers down."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([cos * point[0] + sin * point[2], point[1], -sin * point[0] + cos * point[2]])


def _blush(points: Points, bones: list[Bone]) -> Points:
    """(N, 3) linear colour: a little redder where a finger ends, as skin is."""
    tips = np.array([end for _, end, _, radius in bones if radius <= 0.0086])
    away_m = np.min(np.linalg.norm(points[:, None] - tips, axis=2), axis=1)
    red = np.exp(-((away_m / 0.015) ** 2))[:, None]
    return np.asarray(1 - red * np.array([0.0, 0.14, 0.12]), np.float64)
