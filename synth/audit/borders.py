"""How well the borders of labels lie on edges of the picture, as they are and turned: what tells a flipped set."""

__all__ = ["TURNS", "border_contrast"]

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from synth.audit.audited import Audited
from synth.audit.looking import MaskLook, open_picture, pixels_of
from synth.audit.records import Label, ListedPicture
from synth.unreadable import UNREADABLE

Turn = Callable[[NDArray[np.bool_]], NDArray[np.bool_]]
TURNS: dict[str, Turn] = {
    "flipped left to right": np.fliplr,
    "flipped upside down": np.flipud,
    "turned by 180 degrees": lambda border: np.rot90(border, 2),
}
# Larger ones are made smaller: what counts is that a border lies on an edge, not how sharp it is.
SIDE_PX = 480


def border_contrast(audited: Audited, most: int) -> Iterator[tuple[float, ...]]:
    """For pictures with labels, spread evenly over the set: the mean contrast at the labels' borders.

    Yields:
        (as they are, and by each of `TURNS`), grey levels a pixel, above 0.
    """
    labels: dict[int, list[tuple[Label, MaskLook | None]]] = {}
    for label, mask in audited.labels():
        if not label.iscrowd:
            labels.setdefault(label.picture_id, []).append((label, mask))
    pictures = [p for p in audited.data.pictures if p.picture_id in labels and p.picture_id in audited.sizes_wh_px]
    for index in sorted(set(np.linspace(0, len(pictures) - 1, min(most, len(pictures))).astype(int).tolist())):
        picture = pictures[index]
        size_wh_px = audited.sizes_wh_px[picture.picture_id]
        edges = _edges(picture, size_wh_px)
        if edges is None:
            continue
        border = _border(labels[picture.picture_id], size_wh_px, edges.shape)
        if border.any():
            yield tuple(float(edges[b].mean()) + 1e-3 for b in (border, *(turn(border) for turn in TURNS.values())))


def _edges(picture: ListedPicture, size_wh_px: tuple[int, int]) -> NDArray[np.float32] | None:
    """(H, W) contrast of the upright picture, at most `SIDE_PX` wide or high; None where it doesn't fit its labels."""
    try:
        with open_picture(picture) as image:
            image.draft("L", (SIDE_PX, SIDE_PX))
            # Its size as the file has it has changed by now, its shape hasn't.
            upright = ImageOps.exif_transpose(image).convert("L")
    except UNREADABLE:
        return None
    if abs(upright.width * size_wh_px[1] / (upright.height * size_wh_px[0]) - 1) > 0.02:
        return None
    upright.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    rows, columns = np.gradient(np.asarray(upright, np.float32))
    contrast: NDArray[np.float32] = np.hypot(rows, columns)
    return contrast


def _border(
    labels: list[tuple[Label, MaskLook | None]], size_wh_px: tuple[int, int], shape_hw: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Where labels begin and end, (H, W), without the picture's own border."""
    border = np.zeros(shape_hw, np.bool_)
    for label, mask in labels:
        if mask is not None and mask.fault is None:
            border |= _rim(_shrunk(pixels_of(label.segmentation, size_wh_px), shape_hw))
        elif mask is None and label.box_xywh_px is not None:
            border |= _rim(_box(label.box_xywh_px, size_wh_px, shape_hw))
    border[[0, -1]] = border[:, [0, -1]] = False
    return border


def _shrunk(mask: NDArray[np.bool_], shape_hw: tuple[int, ...]) -> NDArray[np.bool_]:
    rows = np.arange(shape_hw[0]) * mask.shape[0] // shape_hw[0]
    columns = np.arange(shape_hw[1]) * mask.shape[1] // shape_hw[1]
    shrunk: NDArray[np.bool_] = mask[rows][:, columns]
    return shrunk


def _box(
    box: tuple[float, float, float, float], size_wh_px: tuple[int, int], shape_hw: tuple[int, ...]
) -> NDArray[np.bool_]:
    filled = np.zeros(shape_hw, np.bool_)
    x, y, w, h = box
    left, right = (np.clip([x, x + w], 0, size_wh_px[0]) * shape_hw[1] / size_wh_px[0]).round().astype(int)
    top, bottom = (np.clip([y, y + h], 0, size_wh_px[1]) * shape_hw[0] / size_wh_px[1]).round().astype(int)
    filled[top:bottom, left:right] = True
    return filled


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels on either side of a change."""
    rim = np.zeros_like(mask)
    across, down = mask[:, 1:] != mask[:, :-1], mask[1:] != mask[:-1]
    rim[:, 1:] |= across
    rim[:, :-1] |= across
    rim[1:] |= down
    rim[:-1] |= down
    return rim
