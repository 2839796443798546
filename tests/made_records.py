"""Pictures with labels as formats write them: noise that no two pictures share, and boxes that are known."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from synth.formats.layout import Record

CATEGORIES = [{"id": 3, "name": "coin"}, {"id": 8, "name": "die"}]


def made_record(index: int, *, n_labels: int = 1, maps: Sequence[str] = ("instance",), size: int = 8) -> Record:
    """Picture `index`, of `size` pixels each way, with labels that are columns of one pixel: coins and dice in turn."""
    pixels = np.random.default_rng(index).integers(0, 256, (size, size, 3), dtype=np.uint8)
    instance = np.zeros((size, size), np.uint16)
    annotations = []
    for k in range(1, n_labels + 1):
        instance[:, k] = k
        rle = coco_mask.encode(np.asfortranarray((instance == k).astype(np.uint8)))
        annotations.append(
            {
                "id": (index + 1) * 100 + k,
                "image_id": index + 1,
                "category_id": CATEGORIES[k % 2]["id"],
                "bbox": [float(k), 0.0, 1.0, float(size)],
                "area": size,
                "iscrowd": 0,
                "segmentation": {"size": [size, size], "counts": rle["counts"].decode()},
                "visible_fraction": 0.5,
                "pose": {"quaternion_wxyz": [1.0, 0.0, 0.0, 0.0]},
            }
        )
    image = {
        "id": index + 1,
        "file_name": f"images/{index:06d}.jpg",
        "width": size,
        "height": size,
        "labels": {name: f"masks/{name}/{index:06d}.png" for name in maps},
    }
    pngs = {name: encoded(Image.fromarray(instance), "PNG") for name in maps}
    return Record(f"{index:06d}", image, annotations, encoded(Image.fromarray(pixels), "JPEG"), pngs)


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()
