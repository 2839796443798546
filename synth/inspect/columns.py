"""What the page's script reads: labels as columns of numbers, for a list of records takes thrice the space."""

__all__ = ["MASK_SIDE_PX", "columns"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from synth.dataset import Picture, Rle
from synth.errors import DatasetError
from synth.inspect.labelled import LabelledSet, ShownLabel
from synth.inspect.thumbnails import Thumbnail
from synth.printable import printable

# Masks of larger pictures are made small: outlines of twelve megapixels would outweigh their thumbnails.
MASK_SIDE_PX = 800

Value = Callable[[ShownLabel], Any]


def columns(shown: LabelledSet, small: Sequence[Thumbnail]) -> dict[str, Any]:
    """JSON values.

    Args:
        small: Of each picture.
    Raises:
        DatasetError: a mask can't be decoded.
    Returns:
        `kinds`, and of `images` and `labels` a list for each field; `images.end` is the number of the label after a
        picture's last one. A field that no label has is absent; `null` is one that this label hasn't.
    """
    labels = [label for one in shown.pictures for label in one.labels]
    assets = sorted({label.asset for label in labels if label.asset is not None})
    asset_number = {asset: number for number, asset in enumerate(assets)}
    sides = [_mask_size(one.picture) for one in shown.pictures]
    fields: dict[str, Value] = {
        "kind": lambda label: label.kind,
        "box": lambda label: _rounded(label.box_xywh_px),
        "area": lambda label: round(label.area_px),
        "crowd": lambda label: int(label.iscrowd) or None,
        "amodal": lambda label: None if label.amodal_xywh_px is None else _rounded(label.amodal_xywh_px),
        "corners": _corners,
        "keypoints": lambda label: None if label.keypoints is None else _rounded(label.keypoints),
        "visible": lambda label: _short(label.visible_fraction),
        "inFrame": lambda label: _short(label.in_frame_fraction),
        "truncated": lambda label: None if label.truncated is None else int(label.truncated),
        "view": lambda label: None if label.view_deg is None else [round(angle) for angle in label.view_deg],
        "asset": lambda label: None if label.asset is None else asset_number[label.asset],
    }
    told = {name: [value(label) for label in labels] for name, value in fields.items()}
    told["mask"] = [
        _mask(label.rle, one.picture, size)
        for one, size in zip(shown.pictures, sides, strict=True)
        for label in one.labels
    ]
    return {
        "kinds": [{"name": k.name, "keypoints": k.keypoints, "bones": k.bones} for k in shown.kinds],
        "assets": assets,
        "images": {
            "name": [printable(one.name) for one in shown.pictures],
            "width": [one.picture.width_px for one in shown.pictures],
            "height": [one.picture.height_px for one in shown.pictures],
            "maskWidth": [width for width, _ in sides],
            "maskHeight": [height for _, height in sides],
            "end": np.cumsum([len(one.labels) for one in shown.pictures]).tolist(),
            "brightness": [round(one.brightness, 1) for one in small],
            "rgb": [one.mean_rgb for one in small],
            "fault": [printable(one.fault) for one in small],
        },
        "labels": {name: values for name, values in told.items() if any(value is not None for value in values)},
    }


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value) if value == round(value) else round(value, 1) for value in values]


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _corners(label: ShownLabel) -> list[int] | None:
    """x and y of the eight in a row; null where one is behind the camera."""
    if label.corners_px is None:
        return None
    return [None if one is None else round(one[axis]) for one in label.corners_px for axis in (0, 1)]  # type: ignore[misc]


def _mask_size(picture: Picture) -> tuple[int, int]:
    longest = max(picture.width_px, picture.height_px, MASK_SIDE_PX)
    return tuple(max(1, round(side * MASK_SIDE_PX / longest)) for side in (picture.width_px, picture.height_px))  # type: ignore[return-value]


def _mask(rle: Rle | None, picture: Picture, size_wh_px: tuple[int, int]) -> str | None:
    """The counts of the mask in that size, each pixel that in whose middle it lies."""
    width_px, height_px = size_wh_px
    if rle is None or (picture.width_px, picture.height_px) == size_wh_px:
        return None if rle is None else rle["counts"]
    rows, columns = (
        ((np.arange(n) + 0.5) * full / n).astype(np.int64)
        for n, full in ((height_px, picture.height_px), (width_px, picture.width_px))
    )
    try:
        decoded = coco_mask.decode({"size": rle["size"], "counts": rle["counts"].encode()})
    except ValueError as error:
        raise DatasetError(f"{picture.path}: a mask in it can't be decoded ({error}). See synth audit.") from None
    encoded = coco_mask.encode(np.asfortranarray(decoded[np.ix_(rows, columns)]))
    return str(encoded["counts"].decode("ascii"))
