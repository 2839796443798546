"""What comes between the camera and the targets: hands, cables, papers. They have no label and hide what has."""

__all__ = ["Occluders"]

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.errors import ConfigError, did_you_mean
from synth.geometry import apply, scaled
from synth.randomize.coats import cloth_coat, paper_coat, plain_coat, skin_tone
from synth.randomize.covering import Ground, Samples, hidden_share, samples
from synth.randomize.covers import COVERS, Aim, Cover
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import between, check_ranges, check_shares, choice, log_uniform, uniform
from synth.randomize.extent import hull_m, placed_size_m, scene_size_m, view_width_m
from synth.randomize.pictures import pictures_in
from synth.randomize.view import in_frame, view_center_m
from synth.scene import Camera, Finish, Placed
from synth.surfaces import PICTURE_SUFFIXES

TRIES = 10
# Of a target's surface points, one in so many tells how much of it is hidden.
AIM_STEP = 8
# As near to the wanted share as this, no better place is looked for.
NEAR_ENOUGH = 0.08
# A target of which more is hidden is lost as a label, which nobody wants who doesn't ask for it.
LEAVES_SOME = 0.9
# Of the way from the camera to the target, what must be free: what comes nearer fills the frame.
CLEAR = 0.35
# A lens, drawn later, may show as much more of what lies beyond the frame, in parts of its size.
LENS_MARGIN = 0.06


@RANDOMIZERS.register("occluders")
@dataclass(frozen=True, slots=True)
class Occluders:
    """Lay hands, cables and papers over targets or beside them.

    A hand reaches in from outside the frame and rests on what is below it; a cable lies on the plane, over what is
    thin, or stands in an arch over a target; a paper lies flat, or leans on what it lies on.

    Attributes:
        share: Share of scenes with any.
        count: Least and greatest number in such a scene.
        kinds: Which: hand, cable, paper.
        covered: How much of a target each shall hide; as near as ten tries come to it, and over 0.9 only if asked for.
        paper_size: A paper's length over the targets' size.
        photos: Folders of pictures that papers may show.
    """

    share: float = 0.2
    count: tuple[int, int] = (1, 2)
    kinds: tuple[str, ...] = ("hand", "cable", "paper")
    covered: tuple[float, float] = (0.0, 0.7)
    paper_size: tuple[float, float] = (0.8, 4.0)
    photos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_shares(self, "share")
        check_ranges(self, "count", least=1)
        check_ranges(self, "covered", least=0, most=1)
        check_ranges(self, "paper_size", above=0)
        for kind in self.kinds:
            if kind not in COVERS:
                raise ConfigError(f'kinds: there is no occluder "{kind}".{did_you_mean(kind, COVERS)}')
        # Here, so that a wrong folder is told before the first frame.
        self.files()

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        drawn: list[dict[str, Any]] = []
        # One number for both, so that the scenes that have any are evenly hidden, too.
        part = draft.even("occluders.covered")
        if part < self.share and self.kinds and not draft.in_space:
            n = int(rng.integers(self.count[0], self.count[1] + 1))
            wanted = [between(part / self.share, self.covered), *(uniform(rng, self.covered) for _ in range(n - 1))]
            drawn += [self._add(draft, hidden, rng) for hidden in wanted]
        draft.drawn["occluders"] = drawn

    def files(self) -> tuple[str, ...]:
        """The pictures that papers may show: the data set keeps their hashes."""
        return tuple(path for folder in self.photos for path in pictures_in(folder, PICTURE_SUFFIXES))

    def _add(self, draft: SceneDraft, wanted: float, rng: np.random.Generator) -> dict[str, Any]:
        """One more, at the best of some places; of another kind, where there is none for the first."""
        if draft.camera is None:
            return {"placed": []}
        aim = _aim(draft, draft.camera, self.paper_size, rng)
        for kind in (self.kinds[k] for k in rng.permutation(len(self.kinds))):
            best = _best(draft, draft.camera, aim, kind, wanted, max(LEAVES_SOME, self.covered[1]), rng)
            if best is not None:
                cover, hidden = best
                placed = self._place(draft, cover, rng)
                return {"kind": kind, "target": aim.instance_id, "wanted": wanted, "hidden": hidden, "placed": placed}
        return {"target": aim.instance_id, "wanted": wanted, "placed": []}

    def _place(self, draft: SceneDraft, cover: Cover, rng: np.random.Generator) -> list[dict[str, Any]]:
        records = []
        for asset_id in cover.asset_ids:
            coat, motion = self._coat(asset_id, rng), cover.world_from_object
            placed = Placed(draft.next_instance_id(), asset_id, None, motion, cover.scale, coat)
            draft.objects.append(placed)
            records.append({"instance_id": placed.instance_id, "asset": asset_id, "scale": cover.scale})
        return records

    def _coat(self, asset_id: str, rng: np.random.Generator) -> Finish:
        match asset_id.split(":")[1]:
            case "hand":
                return skin_tone(rng)
            case "sleeve":
                return cloth_coat(rng)
            case "sheet":
                return paper_coat(rng, self.files())
        return plain_coat(rng)


def _aim(draft: SceneDraft, camera: Camera, paper_size: tuple[float, float], rng: np.random.Generator) -> Aim:
    """A target in the picture; where there is none, a place on the plane that is."""
    targets = [placed for placed in draft.objects if placed.category_id is not None]
    middles_m = np.array([placed.world_from_object[:3, 3] for placed in targets]).reshape(-1, 3)
    seen, ratio = np.flatnonzero(in_frame(camera, middles_m)), log_uniform(rng, paper_size)
    if not len(seen):
        place_m = view_center_m(draft) + rng.uniform(-0.25, 0.25, 2) * view_width_m(draft)
        size_m = scene_size_m(draft, rng)
        return Aim(place_m, 0.0, size_m, ratio * size_m, np.append(place_m, 0.0)[None])
    target = targets[choice(rng, seen.tolist())]
    hull, size_m = hull_m(draft.meshes, target), placed_size_m(draft.meshes, target)
    motion = scaled(target.world_from_object, target.scale)
    points_m = apply(motion, draft.meshes[target.asset_id].surface_m[::AIM_STEP])
    middle_m, top_m = (hull.min(axis=0) + hull.max(axis=0)) / 2, float(hull[:, 2].max())
    return Aim(middle_m[:2], top_m, size_m, ratio * size_m, points_m, target.instance_id)


def _best(
    draft: SceneDraft, camera: Camera, aim: Aim, kind: str, wanted: float, most: float, rng: np.random.Generator
) -> tuple[Cover, float] | None:
    """Of some places that hide at most `most` of the aim, the one that hides about the wanted share, or the nearest to
    it; and how much is hidden there."""
    best: tuple[Cover, float] | None = None
    ground = Ground(draft)
    for _ in range(TRIES):
        cover = COVERS[kind](draft.meshes, ground, aim, rng)
        if cover is None:
            continue
        points = _points(draft, cover)
        if not _fits(camera, cover, points, aim):
            continue
        hidden = hidden_share(camera, aim.points_m, points)
        if hidden <= most and (best is None or abs(hidden - wanted) < abs(best[1] - wanted)):
            best = cover, hidden
        if best and abs(best[1] - wanted) < NEAR_ENOUGH:
            break
    return best


def _points(draft: SceneDraft, cover: Cover) -> Samples:
    """Of all that a cover is made of."""
    parts = [samples(draft.meshes, name).moved(cover.world_from_object, cover.scale) for name in cover.asset_ids]
    return Samples(np.concatenate([p.points_m for p in parts]), np.concatenate([p.spacing_m for p in parts]))


def _fits(camera: Camera, cover: Cover, points: Samples, aim: Aim) -> bool:
    """Whether it lies before the camera, not too near, and is seen nowhere to be cut off."""
    depth_m = apply(camera.camera_from_world, points.points_m)[:, 2]
    aim_depth_m = float(apply(camera.camera_from_world, np.append(aim.place_m, 0.0)[None])[0, 2])
    return bool(depth_m.min() > CLEAR * aim_depth_m) and not np.any(in_frame(camera, cover.roots_m, LENS_MARGIN))
