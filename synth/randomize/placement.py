"""Which targets are in the scene, and where they rest."""

__all__ = ["Placement"]

from dataclasses import dataclass, replace

import numpy as np

from synth.catalog import PoseRule
from synth.errors import ConfigError
from synth.randomize.company import company
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import between, check_ranges, check_shares, choice, log_between, uniform
from synth.randomize.extent import asset_size_m
from synth.randomize.layout import Layout
from synth.randomize.resting import Spacing, set_down


@RANDOMIZERS.register("placement")
@dataclass(frozen=True, slots=True)
class Placement:
    """Set targets down on the plane z = 0, each as its asset's `pose` allows, near to each other and free of collision.

    Attributes:
        count: Least and greatest number of targets in a scene; small numbers are more frequent.
        negatives: Share of scenes without any target.
        one_category: Share of scenes whose targets are all of one category.
        size_ratio: Targets of one scene differ in size by at most this factor; a coin is not beside a car.
        gap: Mean distance between neighbours, as a part of their size: a range that scenes draw from.
        touching: Share of neighbours that touch, a range that scenes draw from.
        overlapping: Share of things laid across others where those are thin and lie flat; as above.
        pose: How all targets lie, in place of what the catalogue says: rest | upright | face_up | any.
    """

    count: tuple[int, int] = (1, 20)
    negatives: float = 0.05
    one_category: float = 0.3
    size_ratio: float = 4.0
    gap: tuple[float, float] = (0.05, 1.5)
    touching: tuple[float, float] = (0.0, 0.4)
    overlapping: tuple[float, float] = (0.0, 0.5)
    pose: PoseRule | None = None

    def __post_init__(self) -> None:
        check_ranges(self, "count", least=1)
        check_ranges(self, "gap", above=0)
        check_ranges(self, "touching", "overlapping", least=0, most=1)
        check_shares(self, "negatives", "one_category")
        if not self.size_ratio >= 1:
            raise ConfigError(f"size_ratio: expected at least 1, got {self.size_ratio:g}.")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        if draft.even("placement.negative") < self.negatives:
            draft.drawn["placement"] = {"negative": True, "wanted": 0, "placed": []}
            return
        low, high = self.count
        wanted = int(log_between(draft.even("placement.count"), (low, high + 1)))
        groups = company(draft, size_ratio=self.size_ratio, one_category=self.one_category, rng=rng)
        size_m = float(np.median([asset_size_m(draft.meshes, a.asset_id) for group in groups for a in group]))
        spacing = Spacing(
            gap_m=log_between(draft.even("placement.gap"), self.gap) * size_m,
            touch_share=uniform(rng, self.touching),
            overlap_share=between(draft.even("placement.overlap"), self.overlapping),
        )
        layout, placed = Layout(), []
        for _ in range(wanted):
            asset = choice(rng, choice(rng, groups))
            asset = replace(asset, pose=self.pose or asset.pose)
            record = set_down(draft, layout, asset, scale=uniform(rng, asset.scale_jitter), spacing=spacing, rng=rng)
            if record is not None:
                placed.append(record)
        draft.drawn["placement"] = {
            "negative": False,
            "wanted": wanted,
            "gap_m": spacing.gap_m,
            "touch_share": spacing.touch_share,
            "overlap_share": spacing.overlap_share,
            "placed": placed,
        }
