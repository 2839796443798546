"""Things dropped onto each other, as physics has them settle; needs the extra `physics`."""

__all__ = ["heap"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, random_rotation, scaled, translation
from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Body, Piece
from synth.randomize.layout import Footprint
from synth.randomize.poses import center_of_mass
from synth.randomize.resting import Site

# Radius of the cup, over the root of how much all of them would cover: the smaller, the higher the heap.
CUP = 0.35


@ARRANGEMENTS.register("heap")
def heap(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """All that may come to lie any way, in one heap; what must stay upright or show its face can't be dropped."""
    # Here, for it imports what an extra brings.
    from synth.randomize.settle import settle  # noqa: PLC0415

    meshes = site.draft.meshes
    # A sheet without any thickness has no mass to fall by.
    suits = [
        piece.asset.pose in {"rest", "any"} and center_of_mass(meshes[piece.asset.asset_id])[1] > 0 for piece in pieces
    ]
    dropped = [piece for piece, suited in zip(pieces, suits, strict=True) if suited]
    if len(dropped) < 2:
        return pieces
    shapes = [meshes[piece.asset.asset_id] for piece in dropped]
    scales = [piece.scale for piece in dropped]
    bounds_m = [shape.bounds_m * scale for shape, scale in zip(shapes, scales, strict=True)]
    across_m = [float(np.linalg.norm(high - low)) for low, high in bounds_m]
    cup_m = max(0.51 * max(across_m), CUP * float(np.linalg.norm(across_m)))
    starts = _starts(bounds_m, cup_m, site.rng)
    for piece, shape, pose in zip(dropped, shapes, settle(shapes, scales, starts, cup_m), strict=True):
        footprint = Footprint.of(apply(scaled(pose, piece.scale), shape.hull_m))
        site.add(Body(piece, shape, pose, 0.0, pose, footprint))
    return [piece for piece, suited in zip(pieces, suits, strict=True) if not suited]


def _starts(bounds_m: Sequence[NDArray[np.float64]], cup_m: float, rng: np.random.Generator) -> list[Matrix]:
    """Turned any way, in a cup, each as low above the plane and the others' bounding spheres as it can be."""
    starts: list[Matrix] = []
    centers, radii = np.empty((0, 3)), np.empty(0)
    for bounds in bounds_m:
        radius = float(np.linalg.norm(bounds[1] - bounds[0])) / 2
        around, out = rng.uniform(0, 2 * np.pi), (cup_m - radius) * np.sqrt(rng.random())
        place = out * np.array([np.cos(around), np.sin(around)])
        aside = np.linalg.norm(centers[:, :2] - place, axis=1)
        over = centers[:, 2] + np.sqrt(np.maximum((radii + radius) ** 2 - aside**2, 0))
        center = np.array([*place, max(radius, float(np.max(over, where=aside < radii + radius, initial=0.0)))])
        turned = random_rotation(rng)
        starts.append(translation(center - apply(turned, bounds.mean(axis=0)[None])[0]) @ turned)
        centers, radii = np.vstack([centers, center]), np.append(radii, radius)
    return starts
