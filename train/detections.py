"""What a detector says about one picture: the value that prediction makes, and metrics, pictures and reports read."""

__all__ = ["Detections", "nothing_found"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture, Rle


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The detections in one picture, best score first.

    Attributes:
        image_id: The picture's id in its `PictureSet`.
        boxes_xyxy_px: (N, 4) float32, pixels of the original picture.
        scores: (N,) float32 in [0, 1], not increasing.
        category_ids: (N,) int64, ids of the `PictureSet`'s (or the run's) categories.
        masks: N run-length encoded masks, or None for a detector of boxes.
    """

    image_id: int
    boxes_xyxy_px: NDArray[np.float32]
    scores: NDArray[np.float32]
    category_ids: NDArray[np.int64]
    masks: tuple[Rle, ...] | None = None

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.boxes_xyxy_px.shape != (n, 4):
            raise ValueError(f"boxes_xyxy_px: expected ({n}, 4) for {n} scores, got {self.boxes_xyxy_px.shape}")
        if self.category_ids.shape != (n,):
            raise ValueError(f"category_ids: expected ({n},), got {self.category_ids.shape}")
        if self.masks is not None and len(self.masks) != n:
            raise ValueError(f"masks: expected {n}, got {len(self.masks)}")
        if n and not np.all(np.diff(self.scores) <= 0):
            raise ValueError("scores: expected the best first, got them unsorted")

    def __len__(self) -> int:
        return len(self.scores)


def nothing_found(picture: Picture) -> Detections:
    """What a detector says that finds nothing."""
    return Detections(picture.image_id, np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
