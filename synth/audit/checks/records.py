"""The lists themselves: what can't be read, ids, and what refers to what."""

__all__: list[str] = []

from collections import Counter
from collections.abc import Iterator, Sequence

from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.records import Problem


@check("record", "error", "what can't be read as a label or a list of them", "Export the data set again.")
def unread(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        yield from audited.data.problems


@check("id", "error", "an id that two records have", "Number them anew: readers keep the last one of them, or both.")
def ids(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        data = audited.data
        lists = {
            "categories": Counter(category_id for category_id, _ in data.categories),
            "images": Counter(picture.picture_id for picture in data.pictures),
            "annotations": Counter(label.label_id for label in data.labels if label.label_id is not None),
        }
        for where, counts in lists.items():
            for told, n in counts.items():
                if n > 1:
                    yield audited.problem(where, f"id {told} is there {n} times")
        if without := sum(label.label_id is None for label in data.labels):
            yield audited.problem("annotations", f"{without} have no id; pycocotools needs it")


@check("reference", "error", "a label of no picture or no category", "Remove it, or list the other.")
def references(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        known = {category_id for category_id, _ in audited.data.categories}
        pictures = {picture.picture_id for picture in audited.data.pictures}
        for label in audited.data.labels:
            if label.picture_id not in pictures:
                yield audited.problem(label, f"image_id {label.picture_id} is no image's")
            if label.category_id is not None and label.category_id not in known:
                yield audited.problem(label, f"category_id {label.category_id} is no category's")


@check("labelled-twice", "warning", "the same thing labelled twice", "Remove one: the other is a miss in every metric.")
def labelled_twice(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        seen: dict[object, str] = {}
        for label in audited.data.labels:
            if label.box_xywh_px is None:
                continue
            key = (label.picture_id, label.category_id, tuple(round(value) for value in label.box_xywh_px))
            if key in seen:
                yield audited.problem(label, f"has box and category of {seen[key]}")
            seen.setdefault(key, label.name)
