"""What the pixels of pictures and masks say, looked at once; from here on only a few hundred bytes of each are kept."""

__all__ = ["Look", "MaskLook", "look_at_mask", "look_at_picture", "open_picture", "pixels_of"]

import base64
import codecs
import hashlib
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import ExifTags, Image
from pycocotools import mask as coco_mask

from synth import untrusted
from synth.audit.records import ListedPicture
from synth.errors import DatasetError
from synth.unreadable import UNREADABLE, why_unreadable

THUMB_PX = 16
# A JPEG is decoded at down to an eighth of its size: every bit is read, so that a cut-off file shows, in a fifth of the
# time.
DRAFT_PX = 4 * THUMB_PX
MOST_PIXELS = 200_000_000
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture's file is.

    Attributes:
        fault: "missing", or why it can't be read; then nothing else is known.
        stored_wh_px: As the file has it, before its EXIF orientation is applied.
        orientation: EXIF's; 1 is upright.
        digest: Of the file's bytes.
        dhash: 14 bytes; whether each pixel of a small grey copy is brighter than the one to its left, and than the one
            above.
        thumb: (16, 16) grey.
    """

    fault: str | None = None
    stored_wh_px: tuple[int, int] = (0, 0)
    orientation: int = 1
    digest: bytes = b""
    dhash: bytes = b""
    thumb: NDArray[np.uint8] | None = None

    @property
    def upright_wh_px(self) -> tuple[int, int]:
        width_px, height_px = self.stored_wh_px
        return (height_px, width_px) if self.orientation in {5, 6, 7, 8} else (width_px, height_px)


@dataclass(frozen=True, slots=True)
class MaskLook:
    """What a mask is.

    Attributes:
        fault: Why it is none; then nothing else is known.
        box_xyxy_px: Tight; for polygons around their points, for run lengths around the pixels.
        area_px: Pixels.
        outline_px: Length of the polygons' outline, by half of which ways to count pixels differ; 0 for run lengths.
        as_coco_writes: Whether encoding the mask again gives the same run lengths: none is of no pixels.
    """

    fault: str | None = None
    box_xyxy_px: Box = (0, 0, 0, 0)
    area_px: float = 0.0
    outline_px: float = 0.0
    as_coco_writes: bool = True


def look_at_picture(picture: ListedPicture) -> Look:
    """Read the whole file, for many show only at the end that they were cut off."""
    if picture.path is None:
        return Look(fault="its name leads out of the data set")
    try:
        content = _bytes_of(picture)
        with untrusted.open_picture(io.BytesIO(content)) as image:
            size, orientation = image.size, _orientation(image)
            if math.prod(size) > MOST_PIXELS:
                return Look(fault=f"{size[0]} x {size[1]} pixels are no picture's")
            image.draft("L", (DRAFT_PX, DRAFT_PX))
            grey = np.asarray(image.convert("L").resize((THUMB_PX, THUMB_PX), Image.Resampling.BOX))
    except FileNotFoundError:
        return Look(fault="missing")
    except (*UNREADABLE, DatasetError) as error:
        return Look(fault=f"can't be read ({why_unreadable(error)})")
    digest = hashlib.blake2b(content, digest_size=16).digest()
    return Look(None, size, orientation, digest, _dhash(grey), grey)


def open_picture(picture: ListedPicture) -> Image.Image:
    """The picture as the file has it; one of `UNREADABLE` may pass."""
    return untrusted.open_picture(io.BytesIO(_bytes_of(picture)))


def look_at_mask(segmentation: Any, size_wh_px: tuple[int, int]) -> MaskLook:
    """Decode a segmentation as COCO's own tools do.

    Args:
        segmentation: Polygons or run lengths, as written.
        size_wh_px: Of the picture.
    """
    if not (min(size_wh_px) > 0 and math.prod(size_wh_px) <= MOST_PIXELS):
        return MaskLook(fault=f"can't be decoded, for {_by(size_wh_px)} pixels are no picture's")
    try:
        return _polygons(segmentation, size_wh_px) if isinstance(segmentation, list) else _rle(segmentation, size_wh_px)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, MemoryError) as error:
        return MaskLook(fault=f"can't be decoded ({type(error).__name__}: {' '.join(str(error).split())[:80]})")


def pixels_of(segmentation: Any, size_wh_px: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) of a segmentation in which nothing is wrong."""
    width_px, height_px = size_wh_px
    if isinstance(segmentation, list):
        encoded = coco_mask.merge(coco_mask.frPyObjects(segmentation, height_px, width_px))
    else:
        encoded = _compressed(segmentation)
    return np.asarray(coco_mask.decode(encoded), dtype=bool)


def _bytes_of(picture: ListedPicture) -> bytes:
    if picture.path is None:
        raise FileNotFoundError
    content = picture.path.read_bytes() if picture.content is None else picture.content()
    if picture.embedded:
        return base64.b64decode(orjson.loads(content.removeprefix(codecs.BOM_UTF8))["imageData"])
    return content


def _orientation(image: Image.Image) -> int:
    # Where the header has no EXIF, `getexif` would decode a whole PNG.
    told = image.getexif().get(ExifTags.Base.Orientation, 1) if "exif" in image.info else 1
    return told if isinstance(told, int) and 1 <= told <= 8 else 1


def _dhash(grey: NDArray[np.uint8]) -> bytes:
    """Of means over 2 x 2 of the (16, 16) copy: 8 x 7 comparisons across and down, 14 bytes."""
    coarse = grey.astype(np.float32).reshape(8, 2, 8, 2).mean(axis=(1, 3))
    bits = np.concatenate([(coarse[:, 1:] > coarse[:, :-1]).ravel(), (coarse[1:] > coarse[:-1]).ravel()])
    return np.packbits(bits).tobytes()


def _polygons(polygons: list[Any], size_wh_px: tuple[int, int]) -> MaskLook:
    for polygon in polygons:
        if not isinstance(polygon, list):
            return MaskLook(fault="polygons are lists of x, y, x, y, ...")
        if len(polygon) % 2 or len(polygon) < 6:
            return MaskLook(fault=f"a polygon has {len(polygon)} numbers; three points are six")
    corners = [np.array(polygon, np.float64).reshape(-1, 2) for polygon in polygons]
    points = np.concatenate(corners)
    if not np.isfinite(points).all() or np.abs(points).max() > 1e7:
        return MaskLook(fault="a polygon's points are no pixels of any picture")
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    area_px = float(pixels_of(polygons, size_wh_px).sum())
    if not area_px:
        return MaskLook(fault="no pixel of the picture is inside its polygons")
    outline_px = sum(float(np.hypot(*(xy - np.roll(xy, 1, axis=0)).T).sum()) for xy in corners)
    return MaskLook(None, (x1, y1, x2, y2), area_px, outline_px)


def _rle(rle: dict[str, Any], size_wh_px: tuple[int, int]) -> MaskLook:
    height_px, width_px = (int(side) for side in rle["size"])
    if (width_px, height_px) != size_wh_px:
        return MaskLook(fault=f"its run lengths are of {width_px} x {height_px}, the picture of {_by(size_wh_px)}")
    runs = [int(run) for run in rle["counts"]] if isinstance(rle["counts"], list) else _runs(rle["counts"])
    # pycocotools believes them, and would write beyond the picture's memory.
    if min(runs, default=0) < 0 or sum(runs) != height_px * width_px:
        return MaskLook(fault=f"its run lengths add up to {sum(runs)}, not to {height_px * width_px}")
    if not (area_px := sum(runs[1::2])):
        return MaskLook(fault="its mask is empty")
    x, y, w, h = coco_mask.toBbox(_compressed(rle)).tolist()
    return MaskLook(None, (x, y, x + w, y + h), float(area_px), 0.0, as_coco_writes=0 not in runs[1:])


def _compressed(rle: dict[str, Any]) -> dict[str, Any]:
    if isinstance(rle["counts"], list):
        return dict(coco_mask.frPyObjects(rle, *rle["size"]))
    return {"size": rle["size"], "counts": rle["counts"]}


def _runs(text: str | bytes) -> list[int]:
    """Compressed run lengths: five bits a character, from the fourth number on as differences to the last but one.

    Source: rleFrString of the COCO API, which trusts what it is given.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text.encode("ascii") if isinstance(text, str) else text:
        bits = character - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("no run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            value -= (1 << shift) if bits & 0x10 else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("the run lengths are cut off")
    return runs


def _by(size_wh_px: tuple[int, int]) -> str:
    return f"{size_wh_px[0]} x {size_wh_px[1]}"
