"""How much of each object is seen: pixels, fractions, truncation, fragments."""

__all__ = ["visibility"]

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.annotate.observed import ANNOTATORS, Fields, Observed

EIGHT_NEIGHBOURS = np.ones((3, 3), np.bool_)


@ANNOTATORS.register("visibility")
def visibility(observed: Observed) -> list[Fields]:
    """`visible_fraction = in_frame_fraction * unoccluded_fraction` holds for every object; 0 / 0 counts as 0."""
    return [
        _fields(
            observed.visible_mask(placed.instance_id),
            in_frame_px=int(np.count_nonzero(observed.frame.amodal_mask(number))),
            full_px=int(observed.frame.full_px[number]),
        )
        for number, placed in observed.labelled
    ]


def _fields(visible: NDArray[np.bool_], in_frame_px: int, full_px: int) -> Fields:
    visible_px = int(np.count_nonzero(visible))
    return {
        "area": visible_px,
        "visible_px": visible_px,
        "in_frame_px": in_frame_px,
        "full_px": full_px,
        "visible_fraction": visible_px / full_px if full_px else 0.0,
        "in_frame_fraction": in_frame_px / full_px if full_px else 0.0,
        "unoccluded_fraction": visible_px / in_frame_px if in_frame_px else 0.0,
        "truncated": in_frame_px < full_px,
        "fragments": int(scipy.ndimage.label(visible, EIGHT_NEIGHBOURS)[1]) if visible_px else 0,
    }
