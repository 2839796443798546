"""`synth preview`: the first frames with their labels drawn on a sheet, and what each randomizer changes, before hours
of rendering.
"""

__all__ = ["contact_sheet", "preview"]

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console

from synth.engine.plan import Plan
from synth.engine.progress import Advance, frames_bar
from synth.engine.shards import FrameMaker
from synth.errors import DatasetError
from synth.report.draw import draw_labels

TILE_WIDTH_PX = 480
VARIED_WIDTH_PX = 320
GAP_PX = 4


def preview(
    plan: Plan,
    path: Path,
    *,
    overwrite: bool,
    labels: bool = True,
    vary: bool = False,
    console: Console | None = None,
) -> list[Path]:
    """Write a contact sheet of the plan's frames; returns what was written.

    Args:
        plan: What would be rendered; nothing is written to its folder.
        path: Of the sheet, .jpg or .png.
        overwrite: Replace files that are there.
        labels: Draw the labels on the pictures.
        vary: Also write a sheet for each randomizer, into a folder of the sheet's name without its suffix. All its
            scenes are one frame, in which that randomizer alone draws as in as many others.
    Raises:
        DatasetError: a file is there already, or the sheet's name ends in no picture's suffix.
    """
    if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
        raise DatasetError(f"{path}: a contact sheet is a picture; end its name in .jpg or .png.")
    names = plan.settings.randomizers if vary else ()
    sheets = {name: path.with_suffix("") / f"{name}.png" for name in names}
    for there in (path, *sheets.values()):
        if there.exists() and not overwrite:
            raise DatasetError(f"{there}: is there already. Replace it with --overwrite, or choose another --out.")
    n = plan.n_frames * (1 + len(sheets))
    with FrameMaker(plan) as maker, frames_bar(console or Console(), n) as on_frames:
        _write(path, list(_first(maker, labels, on_frames)), TILE_WIDTH_PX)
        for name, sheet in sheets.items():
            _write(sheet, list(_varied(maker, name, on_frames)), VARIED_WIDTH_PX)
    return [path, *sheets.values()]


def contact_sheet(tiles: Sequence[Image.Image], width_px: int) -> Image.Image:
    """Pictures of one shape, in rows of about as many as there are rows, with a gap between them.

    Args:
        tiles: At least one.
        width_px: Of each on the sheet.
    """
    columns = math.ceil(math.sqrt(len(tiles)))
    height_px = round(width_px * tiles[0].height / tiles[0].width)
    rows = -(-len(tiles) // columns)
    step_x, step_y = width_px + GAP_PX, height_px + GAP_PX
    sheet = Image.new("RGB", (columns * step_x - GAP_PX, rows * step_y - GAP_PX), "white")
    for number, tile in enumerate(tiles):
        place = (number % columns * step_x, number // columns * step_y)
        sheet.paste(tile.resize((width_px, height_px), Image.Resampling.LANCZOS), place)
    return sheet


def _first(maker: FrameMaker, labels: bool, on_frames: Advance) -> Iterator[Image.Image]:
    names = {category.id: category.name for category in maker.plan.catalog().categories}
    for index in range(maker.plan.n_frames):
        sample = maker.sample(index)
        if labels:
            yield draw_labels(sample.rgb, sample.instance, sample.annotations, names)
        else:
            yield Image.fromarray(sample.rgb)
        on_frames(1)


def _varied(maker: FrameMaker, name: str, on_frames: Advance) -> Iterator[Image.Image]:
    held = _held(maker)
    for index in range(maker.plan.n_frames):
        yield Image.fromarray(maker.sample(held, {name: index}).rgb)
        on_frames(1)


def _held(maker: FrameMaker) -> int:
    """The first frame with something to look at: frame 0, unless no target is in it."""
    frames = range(maker.plan.n_frames)
    return next((i for i in frames if any(o.category_id is not None for o in maker.scene(i).objects)), 0)


def _write(path: Path, tiles: Sequence[Image.Image], width_px: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(tiles, width_px).save(path, quality=88)
