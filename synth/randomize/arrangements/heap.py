"""Things dropped onto each other, as physics has them settle; needs the extra `physics`."""

__all__ = ["heap"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, random_rotation, scaled, translation
from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Body, Piece
from synth.randomize.layout import Footprint
from synth.randomize.resting import Site
from synth.randomize.settle import settle


@ARRANGEMENTS.register("heap")
def heap(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """All that may come to lie any way, in one heap; what must stay upright or show its face can't be dropped."""
    dropped = [piece for piece in pieces if piece.asset.pose in {"rest", "any"}]
    if len(dropped) < 2:
        return pieces
    shapes = [site.draft.meshes[piece.asset.asset_id] for piece in dropped]
    scales = [piece.scale for piece in dropped]
    starts = _starts([shape.bounds_m * scale for shape, scale in zip(shapes, scales, strict=True)], site.rng)
    for piece, shape, pose in zip(dropped, shapes, settle(shapes, scales, starts), strict=True):
        footprint = Footprint.of(apply(scaled(pose, piece.scale), shape.hull_m))
        site.add(Body(piece, shape, pose, 0.0, pose, footprint))
    return [piece for piece in pieces if piece not in dropped]


def _starts(bounds_m: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> list[Matrix]:
    """Turned any way, above each other in layers about as wide as they are high together, none meeting another."""
    cell_m = max(float(np.linalg.norm(high - low)) for low, high in bounds_m)
    wide = max(1, round((len(bounds_m) / 2) ** (1 / 3)))
    starts: list[Matrix] = []
    for number, bounds in enumerate(bounds_m):
        layer, place = divmod(number, wide * wide)
        if place == 0:
            # Each layer is shifted, so that no towers fall straight down.
            shift = rng.uniform(-0.3, 0.3, 2)
        turned = random_rotation(rng)
        center_m = cell_m * np.array([*(np.divmod(place, wide) + shift), layer + 0.55])
        starts.append(translation(center_m - apply(turned, bounds.mean(axis=0)[None])[0]) @ turned)
    return starts
