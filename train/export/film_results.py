"""What is in a film: a line of JSON for each frame, and the film again with everything drawn.

A line is {"frame": 12, "time_s": 0.4, "detections": [...]}, a detection as in COCO's results with its category's name.
"""

__all__ = ["write_film_results"]

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import orjson

from train.detections import Detections
from train.export.drawing import draw_detections
from train.export.film import FilmWriter, Frame, read_film
from train.export.finder import Finder
from train.measure.coco import coco_results

LONG_SIDE_PX = (2, 1600)


def write_film_results(
    film: Path, folder: Path, stem: str, finder: Finder, *, every: int, score_min: float
) -> Iterator[Detections]:
    """Go through a film; gives what was found frame by frame, when it is written.

    Args:
        folder: Takes `stem`.jsonl and `stem`.webm.
        every: Only each so many-th frame is looked at, and shown for as long.
    Raises:
        DatasetError: the film can't be read (on); what was found before is kept.
    """
    names = {category.id: category.name for category in finder.categories}
    with ExitStack() as stack:
        lines = stack.enter_context((folder / f"{stem}.jsonl").open("wb"))
        writer: FilmWriter | None = None
        for frame in read_film(film, every):
            if writer is None:
                writer = stack.enter_context(FilmWriter(folder / f"{stem}.webm", frame.rate / every))
            found = finder.detect(frame.rgb, score_min=score_min)
            lines.write(_line(frame, found, names))
            writer.add(draw_detections(frame.rgb, found, finder.categories, long_side_px=LONG_SIDE_PX))
            yield found


def _line(frame: Frame, found: Detections, names: Mapping[int, str]) -> bytes:
    detections = [{**result, "category": names[result["category_id"]]} for result in coco_results([found])]
    for one in detections:
        del one["image_id"]
    content = {"frame": frame.number, "time_s": round(frame.time_s, 4), "detections": detections}
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
