"""YOLO as Ultralytics and others have it: a .txt a picture with a line an object, in parts of the picture's size.

`yolo` holds boxes, `yolo-segment` one outline an object. A picture whose .txt is empty or missing shows nothing.
"""

__all__ = []

from functools import partial
from pathlib import Path

from synth.convert.formats import FORMATS, Format
from synth.convert.losses import Carries
from synth.convert.yolo_layouts import first_line
from synth.convert.yolo_reader import BOX_NUMBERS, read_yolo
from synth.convert.yolo_writer import write_yolo


def _is_here(source: Path, *, segment: bool) -> bool:
    # Both are read alike, line by line; the first object says what to call it, and without one it may be called either.
    first = first_line(source)
    return first is not None and (not first or (len(first.split()) > BOX_NUMBERS) == segment)


def _register(name: str, title: str, carries: Carries, *, segment: bool) -> None:
    is_here, write = partial(_is_here, segment=segment), partial(write_yolo, segment=segment)
    FORMATS.register(name)(Format(title, carries, is_here, read_yolo, write))


_register("yolo", "YOLO detect", Carries("no", own_boxes=True, splits=True), segment=False)
_register("yolo-segment", "YOLO segment", Carries("outlines", drawn=True, splits=True), segment=True)
