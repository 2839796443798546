"""Every picture opened once: its overlay written, its mistakes cut out, and how its objects look written down."""

__all__ = ["FEW_PICTURES", "Drawn", "GalleryPicture", "Track", "draw_pictures"]

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from synth.dataset import Category, Picture, read_rgb
from train.measure.looks import Look, look_of
from train.report.contact_sheet import contact_sheet
from train.report.exhibits import Chosen, Exhibit, draw_exhibit
from train.report.overlay import PictureResult, draw_overlay

# So few are shown large, in the page itself.
FEW_PICTURES = 3
# So many pictures are on the sheet and, small, in the page; a page of hundreds would not open on a phone.
N_IN_GALLERY = 60
THUMBNAIL_PX = 440

Track = Callable[[Sequence[PictureResult]], Iterable[PictureResult]]


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture of the gallery: `overlay` is the large one's path from the page, `shown` goes into the page."""

    result: PictureResult
    overlay: str
    shown: Image.Image | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the page shows: pictures in the order given, mistakes the worst first, and each instance's look."""

    gallery: tuple[GalleryPicture, ...]
    exhibits: tuple[Exhibit, ...]
    looks: Mapping[int, Sequence[Look]]


def draw_pictures(
    folder: Path,
    results: Sequence[PictureResult],
    categories: Sequence[Category],
    chosen: Mapping[int, Sequence[Chosen]],
    track: Track,
) -> Drawn:
    """Write `overlays/`, `mistakes/` and the contact sheet into a folder.

    Args:
        results: In the order of the gallery.
        chosen: The mistakes to be cut out, by image id.
        track: Wraps the results while they are drawn, for a progress bar.
    Raises:
        DatasetError: a photo can't be read.
    """
    names = {category.id: category.name for category in categories}
    for part in ("overlays", "mistakes"):
        (folder / part).mkdir()
    gallery: list[GalleryPicture] = []
    exhibits: list[Exhibit] = []
    looks: dict[int, list[Look]] = {}
    tiles: list[tuple[Image.Image, PictureResult]] = []
    for result in track(results):
        picture = result.picture
        rgb = read_rgb(picture)
        looks[picture.image_id] = [look_of(rgb, instance.box_xyxy_px) for instance in picture.instances]
        name = f"overlays/{_file_stem(picture)}.jpg"
        overlay = draw_overlay(result, categories, rgb=rgb)
        overlay.save(folder / name, quality=85)
        exhibits += [draw_exhibit(one, rgb, names, name) for one in chosen.get(picture.image_id, ())]
        small = None
        if len(results) <= FEW_PICTURES:
            small = overlay
        elif len(tiles) < N_IN_GALLERY:
            size_px = (THUMBNAIL_PX, THUMBNAIL_PX)
            small = draw_overlay(result, categories, rgb=rgb, long_side_px=size_px, with_words=False)
        if small is not None:
            tiles.append((small, result))
        gallery.append(GalleryPicture(result, name, small))
    contact_sheet(tiles).save(folder / "contact_sheet.jpg", quality=85)
    exhibits.sort(key=lambda one: one.chosen.rank)
    for one in exhibits:
        kind, rank, picture = one.chosen.mistake.kind, one.chosen.rank, one.chosen.picture
        one.image.save(folder / f"mistakes/{kind.name}_{rank + 1:02d}_{_file_stem(picture)}.jpg", quality=85)
    return Drawn(tuple(gallery), tuple(exhibits), looks)


def _file_stem(picture: Picture) -> str:
    """A name that is safe in any file system and URL; the id keeps photos of one name from two folders apart."""
    return f"{picture.image_id:04d}_{re.sub(r'[^A-Za-z0-9._-]+', '_', picture.path.stem)[:80]}"
