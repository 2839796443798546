"""Pictures that are there twice, in one set or in two of them."""

__all__: list[str] = []

from collections.abc import Iterator, Sequence

import numpy as np

from synth.audit.alike import Seen, alike_pairs
from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.records import Problem


@check("duplicate", "warning", "one picture in two files", "Remove one: it counts twice.")
def duplicates(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for a, b in alike_pairs(_seen([audited])):
            if a.look.digest == b.look.digest:
                yield audited.problem(b.name, f"is the same file as {a.name}")


@check("near-duplicate", "warning", "two pictures that are nearly the same", "Keep one, or keep both in one split.")
def near_duplicates(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for a, b in alike_pairs(_seen([audited])):
            if a.look.digest != b.look.digest:
                yield audited.problem(b.name, f"looks like {a.name}")


@check("leak", "error", "a picture that is in two splits", "Keep it in one: what was learned by heart is no result.")
def leaks(sets: Sequence[Audited]) -> Iterator[Problem]:
    for a, b in alike_pairs(_seen(sets)) if len(sets) > 1 else ():
        if a.data != b.data:
            how = "is" if a.look.digest == b.look.digest else "looks like"
            yield Problem(b.data, b.name, f"{how} {a.name} of {a.data}")


def _seen(sets: Sequence[Audited]) -> Iterator[Seen]:
    for audited in sets:
        boxes, files = _boxes(audited), set()
        for picture, look in audited.pictures():
            # What is listed twice is another check's matter.
            if look.fault is None and picture.path not in files:
                files.add(picture.path)
                here = np.array(boxes.get(picture.picture_id, ()), np.float64).reshape(-1, 4)
                yield Seen(audited.data.name, picture.name, look, here)


def _boxes(audited: Audited) -> dict[int, list[tuple[float, ...]]]:
    """By picture, x1 y1 x2 y2 in shares of it."""
    boxes: dict[int, list[tuple[float, ...]]] = {}
    for label in audited.data.labels:
        size = audited.sizes_wh_px.get(label.picture_id)
        if label.box_xywh_px is not None and size is not None and min(size) > 0:
            x, y, w, h = label.box_xywh_px
            box = (x / size[0], y / size[1], (x + w) / size[0], (y + h) / size[1])
            boxes.setdefault(label.picture_id, []).append(box)
    return boxes
