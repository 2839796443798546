"""`synth preview`: a contact sheet of the first frames with their labels drawn, before hours of rendering."""

__all__ = ["contact_sheet", "preview"]

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from synth.engine.plan import Plan
from synth.engine.shards import FrameMaker
from synth.errors import DatasetError
from synth.report.draw import draw_labels

TILE_WIDTH_PX = 480


def preview(plan: Plan, path: Path, *, overwrite: bool, labels: bool = True) -> None:
    """Write a contact sheet of the plan's frames.

    Args:
        plan: What would be rendered; nothing is written to its folder.
        path: Of the sheet, .jpg or .png.
        overwrite: Replace a file that is there.
        labels: Draw the labels on the pictures.
    Raises:
        DatasetError: the file is there already, or its name ends in no picture's suffix.
    """
    if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
        raise DatasetError(f"{path}: a contact sheet is a picture; end its name in .jpg or .png.")
    if path.exists() and not overwrite:
        raise DatasetError(f"{path}: is there already. Replace it with --overwrite, or choose another --out.")
    with FrameMaker(plan) as maker:
        names = {category.id: category.name for category in plan.catalog().categories}
        samples = (maker.sample(index) for index in range(plan.n_frames))
        tiles = [draw_labels(s, names) if labels else Image.fromarray(s.rgb) for s in samples]
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(tiles, TILE_WIDTH_PX).save(path, quality=88)


def contact_sheet(tiles: Sequence[Image.Image], width_px: int) -> Image.Image:
    """Pictures of one shape, in rows of about as many as there are rows.

    Args:
        tiles: At least one.
        width_px: Of each on the sheet.
    """
    columns = math.ceil(math.sqrt(len(tiles)))
    height_px = round(width_px * tiles[0].height / tiles[0].width)
    sheet = Image.new("RGB", (columns * width_px, -(-len(tiles) // columns) * height_px), "white")
    for number, tile in enumerate(tiles):
        place = (number % columns * width_px, number // columns * height_px)
        sheet.paste(tile.resize((width_px, height_px), Image.Resampling.LANCZOS), place)
    return sheet
