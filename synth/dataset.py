"""What lies on the disk: the one door between making data (`synth`) and learning from it (`train`).

In: a folder that `synth render` wrote. Out: a `PictureSet`. LabelMe folders come out as the same type
(`synth.labelme`), so that training and evaluation need not know where a picture came from. Neither GL nor torch is
imported here.
"""

__all__ = [
    "Category",
    "Instance",
    "Picture",
    "PictureSet",
    "Rle",
    "category_of",
    "instance_of",
    "picture_of",
    "read_coco",
    "read_manifest",
    "read_rgb",
]

import base64
import codecs
import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from synth.broken_json import why_no_json
from synth.errors import DatasetError
from synth.printable import has_control
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import is_inside, open_picture, read_bounded

# Of annotations.json: millions of frames. Larger sets have formats of many files.
MOST_BYTES = 4 << 30
# A mask is as large as its picture says that it is.
MOST_SIDE_PX = 1 << 16
LYING = (5, 6, 7, 8)  # EXIF orientations that swap width and height


class Rle(TypedDict):
    """COCO's compressed run lengths: `size` is (height, width), `counts` text, columns first."""

    size: list[int]
    counts: str


@dataclass(frozen=True, slots=True)
class Category:
    """A class of objects; `id` is at least 1, since 0 is the background."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """One labelled object in one picture.

    `box_xyxy_px` spans pixel edges, so a one-pixel object at (0, 0) has the box (0, 0, 1, 1). `area_px` counts mask
    pixels where there is a mask, else the box. `visible_fraction` is None where nobody knows it (photos).
    """

    category_id: int
    box_xyxy_px: tuple[float, float, float, float]
    area_px: float
    rle: Rle | None = None
    iscrowd: bool = False
    visible_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and its labels.

    Attributes:
        embedded: `path` is a LabelMe JSON with the picture inside it.
        content: Gives the picture's file where it isn't one of its own but part of another; `path` is for messages.
    """

    image_id: int
    path: Path
    width_px: int
    height_px: int
    instances: tuple[Instance, ...]
    embedded: bool = False
    content: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures with labels of one list of categories. A picture without instances is a true negative."""

    name: str
    categories: tuple[Category, ...]
    pictures: tuple[Picture, ...]


def read_rgb(picture: Picture, step_px: int = 1) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) sRGB, upright: its EXIF orientation is applied.

    Args:
        step_px: 1, 2, 4 or 8: one pixel for so many in both directions, those at the far edges for fewer. JPEGs are
            decoded at that size, which takes a third of the time.
    Raises:
        DatasetError: it is missing, cut off, not a picture, or not of the size its labels were made for.
    """
    try:
        source: io.BytesIO | Path = picture.path
        if picture.content is not None:
            source = io.BytesIO(picture.content())
        elif picture.embedded:
            json_bytes = picture.path.read_bytes().removeprefix(codecs.BOM_UTF8)
            source = io.BytesIO(base64.b64decode(orjson.loads(json_bytes)["imageData"]))
        with open_picture(source) as image:
            width_px, height_px = image.size
            if image.getexif().get(ExifTags.Base.Orientation) in LYING:
                width_px, height_px = height_px, width_px
            rgb = np.asarray(_upright(image, step_px))
    except FileNotFoundError:
        raise DatasetError(f"{picture.path}: the picture is missing, though the data set lists it.") from None
    except UNREADABLE as error:
        raise DatasetError(
            f"{picture.path}: can't be read as a picture ({why_unreadable(error)}). Replace the file."
        ) from None
    if (width_px, height_px) != (picture.width_px, picture.height_px):
        raise DatasetError(
            f"{picture.path}: the picture is {width_px} x {height_px}, its labels are made for "
            f"{picture.width_px} x {picture.height_px}. Was it replaced or rotated? Label it again."
        )
    return rgb


def read_manifest(folder: Path) -> dict[str, Any]:
    """`manifest.json` of a complete data set.

    Raises:
        DatasetError: there is no folder, or no manifest: the data set isn't complete.
    """
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such data set. Make one with: synth render --out {folder}")
    if not path.is_file():
        raise DatasetError(
            f"{folder}: no manifest.json, so this data set isn't complete. "
            f"Finish it with: synth render --resume --out {folder}"
        )
    manifest = _read_json(path)
    if not isinstance(manifest, dict):
        raise DatasetError(f"{path}: expected a JSON object, found {type(manifest).__name__}.")
    return manifest


def read_coco(folder: Path) -> PictureSet:
    """A data set of `synth render`: `annotations.json` and the pictures it names.

    Raises:
        DatasetError: the folder isn't a complete data set, or its JSON is broken; the message names the record.
    """
    read_manifest(folder)
    path = folder / "annotations.json"
    if not path.is_file():
        raise DatasetError(f"{folder}: annotations.json is missing. Render the data set again with --overwrite.")
    coco = _read_json(path)
    try:
        categories = tuple(category_of(c) for c in coco["categories"])
        instances: dict[int, list[Instance]] = {int(image["id"]): [] for image in coco["images"]}
        for annotation in coco["annotations"]:
            instances[int(annotation["image_id"])].append(instance_of(annotation))
        pictures = tuple(
            picture_of(image, instances[int(image["id"])], _listed(folder, image["file_name"]))
            for image in coco["images"]
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DatasetError(f"{path}: not COCO instances as expected ({type(error).__name__}: {error}).") from None
    return PictureSet(folder.name, categories, pictures)


def category_of(record: Mapping[str, Any]) -> Category:
    """COCO's category; raises as `picture_of`."""
    name = record["name"]
    if not isinstance(name, str) or has_control(name):
        raise ValueError("the name of a category is no text, or holds control characters")
    return Category(int(record["id"]), name)


def picture_of(
    image: Mapping[str, Any], instances: Iterable[Instance], path: Path, content: Callable[[], bytes] | None = None
) -> Picture:
    """COCO's image with its labels.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: it isn't one, or a mask is not of its size.
    """
    instances = tuple(instances)
    width_px, height_px = int(image["width"]), int(image["height"])
    if not (0 < width_px <= MOST_SIDE_PX and 0 < height_px <= MOST_SIDE_PX):
        raise ValueError(f"image {image['id']!r} is {width_px} x {height_px}")
    # What decodes masks takes their word for how large they are.
    if any(one.rle is not None and one.rle["size"] != [height_px, width_px] for one in instances):
        raise ValueError(f"a mask in image {image['id']!r} isn't as large as it, {width_px} x {height_px}")
    return Picture(int(image["id"]), path, width_px, height_px, instances, content=content)


def instance_of(annotation: Mapping[str, Any]) -> Instance:
    """COCO's annotation; raises as `picture_of`."""
    x, y, w, h = (float(value) for value in annotation["bbox"])
    if not all(map(math.isfinite, (x, y, w, h, float(annotation["area"])))):
        raise ValueError(f"the box {[x, y, w, h]} or its area is not finite")
    segmentation = annotation.get("segmentation")
    # pycocotools shows old memory as the mask of no runs.
    if isinstance(segmentation, dict) and not (isinstance(segmentation["counts"], str) and segmentation["counts"]):
        raise TypeError("a mask's counts are no text, or empty")
    return Instance(
        category_id=int(annotation["category_id"]),
        box_xyxy_px=(x, y, x + w, y + h),
        area_px=float(annotation["area"]),
        rle=Rle(size=segmentation["size"], counts=segmentation["counts"]) if isinstance(segmentation, dict) else None,
        iscrowd=bool(annotation.get("iscrowd", 0)),
        visible_fraction=annotation.get("visible_fraction"),
    )


def _upright(image: Image.Image, step_px: int) -> Image.Image:
    width_px = image.width
    if step_px > 1:
        image.draft("RGB", (image.width // step_px, image.height // step_px))
    left = step_px // round(width_px / image.width)
    # In place, and converted only if need be: each copy of the largest photos is half a gigabyte.
    ImageOps.exif_transpose(image, in_place=True)
    image = image if image.mode == "RGB" else image.convert("RGB")
    return image.reduce(left) if left > 1 else image


def _listed(folder: Path, file_name: str) -> Path:
    """Where a listed picture is: in the data set's folder, whatever the list or a link says."""
    if not is_inside(path := folder / file_name, folder):
        raise ValueError(f"{file_name[:200]!r} lies outside the folder")
    return path


def _read_json(path: Path) -> Any:
    content = read_bounded(path, MOST_BYTES)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise DatasetError(f"{path}: {why_no_json(content, error)}") from None
