"""Instance masks as COCO's run lengths: of what is seen, in one pass over the id image, and of whole silhouettes."""

__all__ = ["amodal_masks", "encode_instances", "masks"]

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.annotate.observed import ANNOTATORS, Fields, Observed
from synth.dataset import Rle


@ANNOTATORS.register("masks")
def masks(observed: Observed) -> list[Fields]:
    """`segmentation` is compressed RLE of the visible mask; holes and several parts stay one mask."""
    wanted = [placed.instance_id for _, placed in observed.labelled]
    rles = encode_instances(observed.frame.instance, wanted)
    return [{"segmentation": rles[instance_id]} for instance_id in wanted]


@ANNOTATORS.register("amodal_masks")
def amodal_masks(observed: Observed) -> list[Fields]:
    """`segmentation_amodal` is compressed RLE of the pixels that it would have in the picture if nothing hid it."""
    alone = (observed.frame.amodal_mask(number).astype(np.uint16) for number, _ in observed.labelled)
    return [{"segmentation_amodal": encode_instances(mask, [1])[1]} for mask in alone]


def encode_instances(instance: NDArray[np.uint16], instance_ids: list[int]) -> dict[int, Rle]:
    """Compressed RLE of each instance.

    One pass finds every run of equal ids, so the cost hardly grows with the number of instances; `mask.encode` reads
    the whole picture once for each.

    Args:
        instance: (H, W) ids.
        instance_ids: Those to encode; one without a pixel gets an empty mask.
    """
    height, width = instance.shape
    flat = instance.ravel(order="F")  # COCO counts down the columns
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    ends = np.concatenate([starts[1:], [flat.size]])
    ids = flat[starts]
    return {
        instance_id: _compress(starts[ids == instance_id], ends[ids == instance_id], height, width)
        for instance_id in instance_ids
    }


def _compress(starts: NDArray[np.int64], ends: NDArray[np.int64], height: int, width: int) -> Rle:
    """RLE from the half-open intervals of ones, in order."""
    edges = np.empty(2 * len(starts) + 2, np.int64)
    edges[0], edges[1:-1:2], edges[2:-1:2], edges[-1] = 0, starts, ends, height * width
    # The counts begin with zeros and alternate; a last run of no length would be harmless, but no encoder writes it.
    counts = np.diff(edges)
    if counts[-1] == 0:
        counts = counts[:-1]
    compressed = coco_mask.frPyObjects({"counts": counts.tolist(), "size": [height, width]}, height, width)
    return Rle(size=[height, width], counts=compressed["counts"].decode("ascii"))
