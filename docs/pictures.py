"""Draw docs/labels.jpg: one frame, and what is known of it. Run: python docs/pictures.py"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from synth.annotate.sample import Sample
from synth.config import load_settings
from synth.engine.plan import make_plan
from synth.engine.shards import FrameMaker
from synth.report.preview import contact_sheet
from synth.shipped import shipped_assets
from synth.write.pictures import IMAGES

FRAME = 2
SETTINGS = {
    "size": (480, 360),
    "seed": 11,
    "categories": ("die", "padlock", "traffic_cone", "bolt"),
    "images": ("instance", "class", "panoptic", "depth", "normals"),
    "placement.count": (5, 6),
    "placement.pose": "rest",
    "placement.negatives": 0.0,
    "placement.overlapping": (0.9, 1.0),
    "placement.covering": (0.3, 0.5),
    "placement.arrangements": {"scatter": 1.0},
    "camera.object_size": (0.3, 0.4),
    "camera.at_edge": 0.0,
    "occluders.share": 0.0,
    "background.free_space": 0.0,
    "lens.defocused": 0.0,
}
# Corner number 4 a + 2 b + c; an edge joins two that differ in one of the three.
EDGES = [(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]


def main() -> None:
    plan = make_plan(load_settings(None, SETTINGS), shipped_assets(), Path("unused"), FRAME + 1, 1)
    with FrameMaker(plan) as maker:
        sample = maker.sample(FRAME)
    tiles = {
        "picture": Image.fromarray(sample.rgb),
        "bbox: what is visible": _boxes(sample, "bbox"),
        "bbox_amodal: as if nothing hid it": _boxes(sample, "bbox_amodal"),
        "segmentation, instance ids": Image.fromarray(_coloured(sample.instance)),
        "class ids": Image.fromarray(_coloured(sample.classes)),
        "visible_fraction": _fractions(sample),
        "bbox_3d, pose": _boxes_3d(sample),
        "depth: near is bright": Image.fromarray(_depth(sample.depth_m)),
        "normals, camera axes": Image.fromarray(np.asarray(IMAGES["normals"](sample), np.uint8)),
    }
    sheet = contact_sheet([_titled(title, tile) for title, tile in tiles.items()], 400)
    sheet.save(Path(__file__).with_name("labels.jpg"), quality=80, optimize=True)


def _titled(title: str, tile: Image.Image) -> Image.Image:
    font = ImageFont.load_default(size=20)
    whole = Image.new("RGB", (tile.width, tile.height + 30), "white")
    whole.paste(tile, (0, 30))
    ImageDraw.Draw(whole).text((4, 2), title, "black", font)
    return whole


def _colour(number: int) -> tuple[int, int, int]:
    turned = np.array([0.0, 1 / 3, 2 / 3]) + 0.61803398875 * number
    red, green, blue = (int(v) for v in 135 + 120 * np.cos(2 * np.pi * turned))
    return red, green, blue


def _coloured(ids: NDArray[np.generic]) -> NDArray[np.uint8]:
    palette = np.array([(0, 0, 0), *(_colour(number) for number in range(1, int(ids.max()) + 1))], np.uint8)
    return palette[ids]


def _boxes(sample: Sample, field: str) -> Image.Image:
    image = Image.fromarray(sample.rgb)
    for each in sample.annotations:
        x, y, width, height = each[field]
        box = (x - 0.5, y - 0.5, x + width + 0.5, y + height + 0.5)
        ImageDraw.Draw(image).rectangle(box, outline=_colour(each["instance_id"]), width=2)
    return image


def _fractions(sample: Sample) -> Image.Image:
    image = _boxes(sample, "bbox")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=18)
    for each in sample.annotations:
        x, y, *_ = each["bbox"]
        draw.text((x + 3, y + 1), f"{each['visible_fraction']:.2f}", "white", font, stroke_width=2, stroke_fill="black")
    return image


def _boxes_3d(sample: Sample) -> Image.Image:
    image = Image.fromarray(sample.rgb)
    draw = ImageDraw.Draw(image)
    for each in sample.annotations:
        corners = each["bbox_3d"]["corners_px"]
        for ends in EDGES:
            if all(corners[end] is not None for end in ends):
                draw.line([tuple(corners[end]) for end in ends], _colour(each["instance_id"]), 2)
    return image


def _depth(depth_m: NDArray[np.float32]) -> NDArray[np.uint8]:
    near, far = np.percentile(depth_m[depth_m > 0], (1, 99))
    shade = np.clip((far - depth_m) / (far - near), 0, 1)
    return np.where(depth_m > 0, 40 + 215 * shade, 0).astype(np.uint8)[..., None].repeat(3, axis=2)


if __name__ == "__main__":
    main()
