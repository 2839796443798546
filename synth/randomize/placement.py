"""Which targets are in the scene, and where they rest."""

__all__ = ["Placement"]

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from synth.catalog import Asset, PoseRule
from synth.errors import ConfigError
from synth.randomize.arrangements import ARRANGEMENTS, check_arrangements
from synth.randomize.arrangements.scatter import scatter
from synth.randomize.bodies import Piece
from synth.randomize.company import company
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import between, check_ranges, check_shares, choice, log_between, uniform
from synth.randomize.extent import asset_size_m
from synth.randomize.layout import Layout, Spacing
from synth.randomize.resting import Site


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
        covering: How far such a one covers what is below: 0 is by the edge alone, 1 right on its middle.
        pose: How all targets lie, in place of what the catalogue says: rest | upright | face_up | any.
        arrangements: Weights by which scenes draw how their targets lie to each other: scatter, row, grid, stack, fan
            (flat things that lie `face_up`), air (hanging, with no plane), heap (settled by physics, which needs
            the extra `physics`). What doesn't suit the one that is drawn is scattered; those not named are not drawn.
    """

    count: tuple[int, int] = (1, 20)
    negatives: float = 0.1
    one_category: float = 0.3
    size_ratio: float = 4.0
    gap: tuple[float, float] = (0.1, 4.0)
    touching: tuple[float, float] = (0.0, 0.3)
    overlapping: tuple[float, float] = (0.0, 0.5)
    covering: tuple[float, float] = (0.05, 0.85)
    pose: PoseRule | None = None
    arrangements: Mapping[str, float] = field(
        default_factory=lambda: {
            "scatter": 0.67,
            "row": 0.07,
            "grid": 0.05,
            "stack": 0.07,
            "fan": 0.1,
            "air": 0.04,
            "heap": 0.0,
        }
    )

    def __post_init__(self) -> None:
        check_ranges(self, "count", least=1)
        check_ranges(self, "gap", above=0)
        check_ranges(self, "touching", "overlapping", "covering", least=0, most=1)
        check_shares(self, "negatives", "one_category")
        check_arrangements(self.arrangements)
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
            covering=self.covering,
        )
        site = Site(draft, Layout(), spacing, rng)
        pieces = [self._piece(choice(rng, choice(rng, groups)), rng) for _ in range(wanted)]
        arrangement = self._arrangement(draft.even("placement.arrangement"))
        left = ARRANGEMENTS[arrangement](site, pieces)
        arranged = len(site.records)
        scatter(site, left)
        draft.drawn["placement"] = {
            "negative": False,
            "wanted": wanted,
            "gap_m": spacing.gap_m,
            "touch_share": spacing.touch_share,
            "overlap_share": spacing.overlap_share,
            # Where nothing suited the one that was drawn, all is scattered.
            "arrangement": arrangement if arranged else "scatter",
            "arranged": arranged,
            "placed": site.records,
        }

    def _piece(self, asset: Asset, rng: np.random.Generator) -> Piece:
        return Piece(replace(asset, pose=self.pose or asset.pose), uniform(rng, asset.scale_jitter))

    def _arrangement(self, part: float) -> str:
        """The name that lies that part of the way along all weights."""
        names = sorted(self.arrangements)
        ends = np.cumsum([self.arrangements[name] for name in names])
        return names[int(np.searchsorted(ends, part * ends[-1], side="right"))]
