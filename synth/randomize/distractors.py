"""Things that are drawn, cast shadows and hide others, and have no label."""

__all__ = ["Distractors"]

from dataclasses import dataclass, replace

import numpy as np

from synth.catalog import Asset
from synth.props import FILLERS, VARIANTS, prop_asset, prop_id
from synth.randomize.coats import any_coat
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, choice, log_uniform
from synth.randomize.extent import asset_size_m, scene_size_m
from synth.randomize.pictures import pictures_in
from synth.randomize.resting import Spacing, occupied, set_down
from synth.surfaces import PICTURE_SUFFIXES


@RANDOMIZERS.register("distractors")
@dataclass(frozen=True, slots=True)
class Distractors:
    """Set things down among the targets: the catalogue's distractors, and props made by code in any material.

    Attributes:
        count: Least and greatest number in a scene.
        props: Share of those made by code; all of them, where the catalogue has no distractors.
        textured: Share of props with a texture; the others are of one colour.
        metal: Share of props of metal.
        photos: Folders of pictures that props may wear as a texture.
        prop_ratio: Size of props over that of the scene's targets.
        size_ratio: Size of the catalogue's distractors over that of the scene's targets.
        scale: How far a distractor may be scaled to reach such a size; those that can't are left out, unless none can.
        gap: Mean distance to the neighbour, as a part of the targets' size: a range that scenes draw from.
        touching: Share of those that touch their neighbour.
        overlapping: Share of those laid across a thin thing that lies flat.
    """

    count: tuple[int, int] = (0, 6)
    props: float = 0.5
    textured: float = 0.5
    metal: float = 0.12
    photos: tuple[str, ...] = ()
    prop_ratio: tuple[float, float] = (0.2, 2.0)
    size_ratio: tuple[float, float] = (0.3, 3.0)
    scale: tuple[float, float] = (0.5, 2.0)
    gap: tuple[float, float] = (0.1, 2.0)
    touching: float = 0.15
    overlapping: float = 0.2

    def __post_init__(self) -> None:
        check_ranges(self, "count", least=0)
        check_ranges(self, "prop_ratio", "size_ratio", "scale", "gap", above=0)
        check_shares(self, "props", "textured", "metal", "touching", "overlapping")
        # Here, so that a wrong folder is told before the first frame.
        self.files()

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        wanted = int(rng.integers(self.count[0], self.count[1] + 1))
        size_m = scene_size_m(draft, rng)
        spacing = Spacing(log_uniform(rng, self.gap) * size_m, self.touching, self.overlapping)
        layout, placed = occupied(draft), []
        for _ in range(wanted):
            is_prop = chance(rng, self.props) or not draft.catalog.distractors
            asset, scale = self._draw_prop(draft, size_m, rng) if is_prop else self._draw(draft, size_m, rng)
            record = set_down(draft, layout, asset, scale=scale, spacing=spacing, rng=rng)
            if record is not None:
                placed.append(record)
                if is_prop:
                    coat = any_coat(rng, textured=self.textured, metal=self.metal, photos=self.files())
                    draft.objects[-1] = replace(draft.objects[-1], finish=coat)
        draft.drawn["distractors"] = {"wanted": wanted, "gap_m": spacing.gap_m, "placed": placed}

    def files(self) -> tuple[str, ...]:
        """The pictures that props may wear: the data set keeps their hashes."""
        return tuple(path for folder in self.photos for path in pictures_in(folder, PICTURE_SUFFIXES))

    def _draw_prop(self, draft: SceneDraft, target_m: float, rng: np.random.Generator) -> tuple[Asset, float]:
        """A prop and its scale, its size by chance."""
        asset = prop_asset(prop_id(choice(rng, FILLERS), int(rng.integers(VARIANTS))))
        return asset, log_uniform(rng, self.prop_ratio) * target_m / asset_size_m(draft.meshes, asset.asset_id)

    def _draw(self, draft: SceneDraft, target_m: float, rng: np.random.Generator) -> tuple[Asset, float]:
        """A distractor and its scale: by its own size where that is comparable, else forced to it."""
        low, high = (ratio * target_m for ratio in self.size_ratio)
        among = [(a, asset_size_m(draft.meshes, a.asset_id)) for a in draft.catalog.distractors]
        fitting = [(a, own_m) for a, own_m in among if own_m * self.scale[1] >= low and own_m * self.scale[0] <= high]
        asset, own_m = choice(rng, fitting or among)
        if not fitting:
            return asset, log_uniform(rng, self.size_ratio) * target_m / own_m
        # About its own size, and from there no farther than the wanted sizes ask for.
        near = log_uniform(rng, (0.8 * asset.scale_jitter[0], 1.25 * asset.scale_jitter[1]))
        least, most = max(self.scale[0], low / own_m), min(self.scale[1], high / own_m)
        return asset, min(max(near, least), most)
