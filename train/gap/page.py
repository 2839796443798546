"""The gap's page: one HTML file without a script or a network, its pictures inside."""

__all__ = ["gap_html"]

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from PIL import Image, ImageDraw

from synth.dataset import Picture, read_rgb
from synth.report.page import page_environment
from train.gap.advice import toml_value
from train.gap.gap import WORST_PHOTOS, Gap
from train.gap.neighbours import Lookalikes, what_was_drawn
from train.gap.plots import plot_of
from train.report.strokes import Stroke, draw_box
from train.report.summary import between, shown_figure

WHOLE_PX, OBJECT_PX = 220, 120
# Of what lies around an object, over its size.
MARGIN = 0.25
MISSED = Stroke((255, 176, 0), dash=(4, 2.5))
ALIKE = Stroke((245, 246, 248))


@dataclass(frozen=True, slots=True)
class Tile:
    """A small picture with its words: what heads it, what is said below, and for those who can't see it."""

    image: Image.Image
    name: str
    words: str
    alt: str


@dataclass(frozen=True, slots=True)
class Row:
    """A photo, or an object in it, and beside it what is most alike."""

    photo: Tile
    neighbours: tuple[Tile, ...]


def gap_html(
    gap: Gap, *, title: str, context: Mapping[str, str], notes: Sequence[str] = (), report: str | None = None
) -> str:
    """The page.

    Args:
        context: How it was run.
        notes: What was skipped or ignored, a line each.
        report: Path from this page to the photos' own report.
    Raises:
        DatasetError: a picture can't be read any more.
    """
    environment = page_environment("train.gap", "train.report")
    environment.filters |= {
        "figure": shown_figure,
        "between": between,
        "jpeg_uri": _jpeg_uri,
        "toml": toml_value,
    }
    real, synthetic = gap.measured
    return environment.get_template("gap.html.j2").render(
        title=title,
        gap=gap,
        real=gap.reports[0],
        synthetic=gap.reports[1],
        plots=[(one, plot_of(one, real, synthetic)) for one in gap.comparisons],
        shares=_class_shares(gap),
        photos=[_row(gap, one, WHOLE_PX) for one in gap.worst_photos[:WORST_PHOTOS]],
        objects=[_row(gap, one, OBJECT_PX) for one in gap.missed_objects],
        context=context,
        notes=notes,
        report=report,
        made=datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
    )


def _class_shares(gap: Gap) -> list[tuple[str, float, float]]:
    """Of each category its share of the objects on both sides; -1 where a side has no object at all."""
    real, synthetic = (
        Counter(i.category_id for picture in side for i in picture.instances if not i.iscrowd)
        for side in (gap.photos.pictures, gap.frames.pictures)
    )

    def share(counts: Counter[int], category_id: int) -> float:
        return counts[category_id] / counts.total() if counts else -1.0

    return [(one.name, share(real, one.id), share(synthetic, one.id)) for one in gap.photos.categories]


def _row(gap: Gap, one: Lookalikes, side_px: int) -> Row:
    picture = gap.photos.pictures[one.photo]
    name = picture.path.name
    wrong = int(gap.outcomes[0].n_wrong[one.photo])
    words = f"{wrong} mistake{'' if wrong == 1 else 's'}" if one.instance is None else _missed_words(gap, one)
    photo = Tile(_shown(picture, one.instance, side_px, MISSED), name, words, f"{name}: {words}")
    tiles = []
    for neighbour in one.neighbours:
        frame = gap.frames.pictures[neighbour.frame]
        asset = gap.frames.assets[neighbour.frame][neighbour.instance] if neighbour.instance is not None else ""
        drawn = what_was_drawn(gap.frames.drawn[neighbour.frame], asset)
        alike = f"likeness {neighbour.likeness:.2f}"
        image = _shown(frame, neighbour.instance, side_px, ALIKE)
        tiles.append(Tile(image, f"{frame.path.name}, {alike}", drawn, f"Frame {frame.path.name}, {alike}"))
    return Row(photo, tuple(tiles))


def _missed_words(gap: Gap, one: Lookalikes) -> str:
    names = {category.id: category.name for category in gap.photos.categories}
    real, outcomes = gap.measured[0], gap.outcomes[0]
    (row,) = ((real.owner == one.photo) & (real.place == one.instance)).nonzero()[0].tolist()
    category = names[gap.photos.pictures[one.photo].instances[one.instance or 0].category_id]
    called = int(outcomes.called[row])
    return f"{category}, taken for {names[called]}" if called else f"{category}, not seen"


def _shown(picture: Picture, instance: int | None, side_px: int, stroke: Stroke) -> Image.Image:
    """The picture in small, or the part of it around an object, framed."""
    image = Image.fromarray(read_rgb(picture))
    if instance is None:
        image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        return image
    x1, y1, x2, y2 = picture.instances[instance].box_xyxy_px
    around = MARGIN * max(x2 - x1, y2 - y1) + 1
    left, top = max(0, round(x1 - around)), max(0, round(y1 - around))
    part = image.crop((left, top, min(image.width, round(x2 + around)), min(image.height, round(y2 + around))))
    scale = side_px / max(part.size)
    small = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))))
    box = ((x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale)
    draw_box(ImageDraw.Draw(small), box, stroke, 2)
    return small


def _jpeg_uri(image: Image.Image) -> Markup:
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=80)
    return Markup("data:image/jpeg;base64,") + base64.b64encode(memory.getvalue()).decode()
