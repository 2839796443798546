"""A picture's labels as a LabelMe file: what `synth.labelme.reader` reads, the other way around."""

__all__ = ["labelme_json"]

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
from pycocotools import mask as coco_mask

from synth.dataset import Instance, Picture
from synth.labelme.contours import polygons_around
from synth.labelme.outline import Outline

# Of LabelMe's file format; LabelMe 5 warns of files of another major version, later ones take any.
VERSION: Final = "5.5.0"
# Enough for what a person drew, and none of the noise of adding a width to an edge.
DIGITS: Final = 6


def labelme_json(
    picture: Picture,
    image_path: str,
    names: Mapping[int, str],
    said: Sequence[Mapping[str, Any]] = (),
    outlines: Sequence[Sequence[Outline]] = (),
) -> bytes:
    """One LabelMe file.

    An instance with a mask becomes polygons, of one group where there are several; another one a rectangle. What the
    policy ignored (`iscrowd`) is written like the rest: LabelMe has no word for it.

    Args:
        picture: Sizes and labels are those of the upright picture; that is what LabelMe shows.
        image_path: Where the picture is, from the file's own folder.
        names: Of the categories, by id.
        said: Each instance's `description`, which LabelMe shows beside the label, and `flags`, where there are any.
        outlines: Each instance's, as they were drawn, (N, 2) x, y; where there are none they are traced from its mask.
    """
    shapes: list[dict[str, Any]] = []
    for number, instance in enumerate(picture.instances):
        own = outlines[number] if outlines else ()
        drawn = [("polygon", outline.tolist()) for outline in own] or _drawn(instance)
        for kind, points in drawn:
            shapes.append(
                {
                    "label": names[instance.category_id],
                    "points": points,
                    "group_id": number + 1 if len(drawn) > 1 else None,
                    "description": "",
                    "shape_type": kind,
                    "flags": {},
                    **(said[number] if said else {}),
                }
            )
    content: dict[str, Any] = {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": image_path,
        "imageData": None,
        "imageHeight": picture.height_px,
        "imageWidth": picture.width_px,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _drawn(instance: Instance) -> list[tuple[str, list[list[float]]]]:
    """Shape types and points; an empty mask has nothing to draw, so its box is drawn."""
    outlines = [] if instance.rle is None else polygons_around(coco_mask.decode(instance.rle).astype(np.bool_))
    if outlines:
        return [("polygon", outline.tolist()) for outline in outlines]
    x1, y1, x2, y2 = (round(edge, DIGITS) for edge in instance.box_xyxy_px)
    return [("rectangle", [[x1, y1], [x2, y2]])]
