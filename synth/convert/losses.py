"""What a format can hold, and what of a set is therefore lost: each loss is a line, none is silent."""

__all__ = ["EVERYTHING", "Carries", "label_maps", "losses", "other_fields"]

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from synth.convert.neutral import LabelledSet, Thing, seen_box

# For `fields`: whatever there is.
EVERYTHING: Final = frozenset({"*"})
NOTHING: Final[frozenset[str]] = frozenset()
NEAR_PX: Final = 1e-3
# A picture's field in sets of ours: files of the source's, which hold its masks once more.
LABEL_MAPS: Final = "labels"


@dataclass(frozen=True, slots=True)
class Carries:
    """What a format holds; docs/convert.md has the same as a table, and a test compares.

    Attributes:
        masks: "exact", to the pixel; "outlines", as polygons; "flat", where no two cover a pixel; or "no".
        bare_boxes: Objects that have a box and no mask.
        drawn: Outlines as a person drew them, point by point; elsewhere their pixels are kept.
        own_boxes: Boxes other than their mask's.
        crowds: COCO's `iscrowd`; objects that have it are left out elsewhere.
        splits: Whether they have a place; elsewhere each is a data set of its own, in a folder of its name.
        names: The pictures' names.
        image_ids, thing_ids, category_ids: Elsewhere they are counted from 1, in the same order.
        fields, shot_fields, category_fields: What is said of objects, pictures and categories beyond that.
        label_maps: Kinds of a picture's label images: `depth` and so on.
    """

    masks: Literal["exact", "outlines", "flat", "no"]
    drawn: bool = False
    bare_boxes: bool = True
    own_boxes: bool = False
    crowds: bool = False
    splits: bool = False
    names: bool = True
    image_ids: bool = False
    thing_ids: bool = False
    category_ids: bool = False
    fields: frozenset[str] = NOTHING
    shot_fields: frozenset[str] = NOTHING
    category_fields: frozenset[str] = NOTHING
    label_maps: frozenset[str] = NOTHING


def label_maps(more: Mapping[str, Any]) -> Mapping[str, Any]:
    """A picture's label images by kind, of what its format says beyond COCO; elsewhere `labels` may mean anything."""
    value = more.get(LABEL_MAPS)
    return value if isinstance(value, Mapping) else {}


def other_fields(more: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a picture, but for its label images."""
    return {key: value for key, value in more.items() if key != LABEL_MAPS or not isinstance(value, Mapping)}


def losses(labelled: LabelledSet, carries: Carries) -> list[str]:
    """What of a set gets lost, by what the format says; the writer adds what shows only in writing."""
    things = labelled.things
    kept = [thing for thing in things if carries.crowds or not thing.instance.iscrowd]
    masked = [thing for thing in kept if thing.instance.rle is not None]
    bare = [thing for thing in kept if thing.instance.rle is None]
    lines = []
    if n := len(things) - len(kept):
        lines.append(f"{_objects(n)} to be ignored (iscrowd) left out")
    if carries.masks == "no":
        lines += _line(len(masked), "masks of {} left out")
    else:
        lines += _line(0 if carries.own_boxes else sum(map(_has_own_box, masked)), "boxes of {} become their masks'")
        traced = sum(not thing.outlines for thing in masked) if carries.masks == "outlines" else 0
        lines += _line(traced, "masks of {} become outlines, which keep an IoU of 0.98 or more")
        lines += _line(0 if carries.drawn else sum(bool(t.outlines) for t in masked), "outlines of {} become pixels")
    if carries.bare_boxes:
        lines += _line(sum(map(_has_own_area, bare)), "areas of {} without a mask become their boxes'")
    else:
        lines += _line(len(bare), "{} without a mask left out")
    lines += _ids(labelled, carries)
    maps = [label_maps(shot.more).keys() - carries.label_maps for shot in labelled.shots]
    if n := sum(map(bool, maps)):
        lines.append(f"label maps ({', '.join(sorted(set().union(*maps)))}) of {_counted(n, 'picture')} left out")
    lines += _fields("object", Counter(name for thing in kept for name in _names(thing)), carries.fields)
    of_pictures = Counter(name for shot in labelled.shots for name in other_fields(shot.more))
    lines += _fields("picture", of_pictures, carries.shot_fields)
    of_categories = Counter(name for more in labelled.category_more.values() for name in more)
    return lines + _fields("category", of_categories, carries.category_fields)


def _ids(labelled: LabelledSet, carries: Carries) -> list[str]:
    """Categories' ids get a line of their own: what refers to them must change with them."""
    before = [category.id for category in labelled.categories]
    after = list(range(1, len(before) + 1))
    lines = []
    if not carries.category_ids and before != after:
        lines.append(f"category ids {', '.join(map(str, before))} become {', '.join(map(str, after))}")
    if not carries.names:
        lines.append("names of pictures left out: they become numbers")
    counted = [what for what, kept in (("images", carries.image_ids), ("objects", carries.thing_ids)) if not kept]
    return [*lines, f"ids of {' and '.join(counted)} left out"] if counted else lines


def _fields(of: str, counts: Counter[str], carried: frozenset[str]) -> list[str]:
    lost = {} if carried == EVERYTHING else {name: n for name, n in counts.items() if name not in carried}
    if not lost:
        return []
    return [
        f"fields of {_counted(n, of)} left out: {', '.join(sorted(name for name in lost if lost[name] == n))}"
        for n in sorted(set(lost.values()), reverse=True)
    ]


def _names(thing: Thing) -> Iterable[str]:
    return [*thing.more, *(["visible_fraction"] if thing.instance.visible_fraction is not None else [])]


def _has_own_box(thing: Thing) -> bool:
    instance = thing.instance
    if instance.rle is None:
        return False
    return any(
        abs(one - other) > NEAR_PX for one, other in zip(instance.box_xyxy_px, seen_box(instance.rle), strict=True)
    )


def _has_own_area(thing: Thing) -> bool:
    x1, y1, x2, y2 = thing.instance.box_xyxy_px
    return abs(thing.instance.area_px - (x2 - x1) * (y2 - y1)) > NEAR_PX


def _line(n: int, words: str) -> list[str]:
    return [words.format(_objects(n))] if n else []


def _objects(n: int) -> str:
    return _counted(n, "object")


def _counted(n: int, what: str) -> str:
    return f"{n} {what if n == 1 else what.removesuffix('y') + 'ies' if what.endswith('y') else what + 's'}"
