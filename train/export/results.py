"""A folder of predictions: `detections.json` for programs, `overlays/` for eyes, `videos/` for films.

`detections.json` is a COCO data set with a score at each annotation: images without detections are in it too, and
where only results are asked for, its `annotations` are those.
"""

__all__ = ["ResultsFolder", "check_results_free", "coco_predictions", "own_stem"]

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.dataset import Category, Picture
from synth.errors import DatasetError
from train.detections import Detections
from train.export.drawing import draw_detections
from train.measure.coco import coco_results
from train.own_folder import first_foreign

DETECTIONS = "detections.json"
MADE_BY = "synth predict"
# A folder that holds anything else is never deleted.
OWN_FILES = (DETECTIONS, "overlays", "overlays/*.jpg", "videos", "videos/*.jsonl", "videos/*.webm")


def check_results_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written.

    Raises:
        DatasetError: it is there and not to be replaced, or it isn't a folder of predictions.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not _is_ours(out):
        raise DatasetError(f"{out}: is there, and holds no predictions, so it is left alone. Choose another --out.")
    if not overwrite:
        raise DatasetError(f"{out}: holds predictions already. Replace them with --overwrite, or choose another --out.")
    if foreign := first_foreign(out, OWN_FILES):
        raise DatasetError(f"{out}: holds {foreign} beside predictions. Move it away, or choose another --out.")


@dataclass(frozen=True, slots=True)
class ResultsFolder:
    """Takes one photo after the other; `close` writes what belongs to all of them."""

    folder: Path
    categories: Sequence[Category]
    names: dict[int, str] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    detections: list[Detections] = field(default_factory=list)

    def add(self, name: str, picture: Picture, rgb: NDArray[np.uint8], detections: Detections) -> None:
        """Draw one photo.

        Args:
            name: What `detections.json` calls it.
        """
        overlays = self.folder / "overlays"
        overlays.mkdir(exist_ok=True)
        image = draw_detections(rgb, detections, self.categories)
        image.save(overlays / f"{own_stem(picture.image_id, picture.path)}.jpg", quality=85)
        self.names[picture.image_id] = name
        self.pictures.append(picture)
        self.detections.append(detections)

    def close(self) -> None:
        """Write `detections.json`, which also marks the folder as ours."""
        content = coco_predictions(self.pictures, self.names, self.detections, self.categories)
        (self.folder / DETECTIONS).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def coco_predictions(
    pictures: Sequence[Picture], names: dict[int, str], detections: Sequence[Detections], categories: Sequence[Category]
) -> dict[str, Any]:
    """Predictions as a COCO data set, a `score` at each annotation."""
    annotations = []
    for number, result in enumerate(coco_results(detections), start=1):
        rle = result.get("segmentation")
        area = float(coco_mask.area(rle)) if rle else result["bbox"][2] * result["bbox"][3]
        annotations.append({"id": number, **result, "area": area, "iscrowd": 0})
    return {
        "info": {"description": MADE_BY},
        "images": [
            {"id": p.image_id, "file_name": names[p.image_id], "width": p.width_px, "height": p.height_px}
            for p in pictures
        ],
        "categories": [{"id": category.id, "name": category.name} for category in categories],
        "annotations": annotations,
    }


def own_stem(number: int, path: Path) -> str:
    """A file's name that is safe in any file system; the number keeps those of one name from two folders apart."""
    return f"{number:04d}_{re.sub(r'[^A-Za-z0-9._-]+', '_', path.stem)[:80]}"


def _is_ours(out: Path) -> bool:
    try:
        content: Any = orjson.loads((out / DETECTIONS).read_bytes())
        return bool(content["info"]["description"] == MADE_BY)
    except (OSError, orjson.JSONDecodeError, TypeError, KeyError):
        return False
