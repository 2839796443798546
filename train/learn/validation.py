"""How good a detector is on pictures that were held out, each process looking at its part of them."""

__all__ = ["Measured", "measure"]

from dataclasses import dataclass

from torch import nn

from synth.dataset import PictureSet
from train.learn.distributed import Ranks
from train.measure.metrics import coco_metrics
from train.predict import detect


@dataclass(frozen=True, slots=True)
class Measured:
    """COCO's AP; -1 where it isn't defined."""

    ap: float
    ap50: float
    ap75: float


UNKNOWN = Measured(-1.0, -1.0, -1.0)


def measure(model: nn.Module, held_out: PictureSet, ranks: Ranks) -> Measured:
    """In the first process; the others' say `UNKNOWN`."""
    # Parts of unequal length: a sampler that fills them up would count some pictures twice.
    own = detect(model, held_out.categories, held_out.pictures[ranks.rank :: ranks.n])
    found = [each for of_rank in ranks.gathered(own) for each in of_rank]
    if not ranks.is_first:
        return UNKNOWN
    report = coco_metrics(held_out, found)
    return Measured(report.ap, report.ap50, report.ap75)
