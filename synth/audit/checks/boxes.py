"""Boxes: against their masks, the pictures, and what makes training stop."""

__all__: list[str] = []

from collections.abc import Iterator, Sequence

from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.looking import MaskLook
from synth.audit.records import Label, Problem

# People draw to half a pixel, and some tools count the last pixel's far edge, others its index.
OVER_EDGE_PX = 1.0
# Run lengths are whole pixels. Polygons lie between them, and tools round their boxes.
RLE_PX, POLYGON_PX = 0.5, 1.5
AREA_PX = 0.5


@check("box-empty", "error", "a box without a width or a height", "Remove it: torchvision stops at the first such box.")
def empty(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label in audited.data.labels:
            if label.box_xywh_px is not None and not min(label.box_xywh_px[2:]) > 0:
                yield audited.problem(label, f"its box is {_told(label.box_xywh_px)}")


@check("box-outside", "error", "a box of which the picture shows nothing", "Remove it, or find out what moved it.")
def outside(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label in audited.data.labels:
            size = audited.sizes_wh_px.get(label.picture_id)
            if label.box_xywh_px is None or size is None:
                continue
            x, y, w, h = label.box_xywh_px
            width_px, height_px = size
            if x >= width_px or y >= height_px or x + w <= 0 or y + h <= 0:
                yield audited.problem(label, f"its box is {_told((x, y, w, h))} of {width_px} x {height_px}")


@check("over-edge", "warning", "a box or an outline that leaves its picture", "Cut it to the picture: few tools do.")
def over_edge(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label, mask in audited.labels():
            size = audited.sizes_wh_px.get(label.picture_id)
            if label.box_xywh_px is None or size is None:
                continue
            x, y, w, h = label.box_xywh_px
            over = {"box": _over((x, y, x + w, y + h), size)}
            if mask is not None and mask.fault is None:
                over["outline"] = _over(mask.box_xyxy_px, size)
            of = max(over, key=lambda name: over[name])
            if over[of] > OVER_EDGE_PX:
                yield audited.problem(label, f"its {of} is {over[of]:.4g} px outside of {size[0]} x {size[1]}")


@check("box-mask", "error", "a box that isn't around its mask", "Make boxes from the masks: w = right - left + 1.")
def against_mask(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label, mask in audited.labels():
            size = audited.sizes_wh_px.get(label.picture_id)
            if mask is None or mask.fault is not None or label.box_xywh_px is None or size is None:
                continue
            x, y, w, h = label.box_xywh_px
            drawn, around = _cut((x, y, x + w, y + h), size), _cut(mask.box_xyxy_px, size)
            most = max(abs(a - b) for a, b in zip(drawn, around, strict=True))
            if most > (POLYGON_PX if mask.outline_px else RLE_PX):
                mx, my, right, bottom = mask.box_xyxy_px
                tight = _told((mx, my, right - mx, bottom - my))
                yield audited.problem(label, f"its box is {_told(label.box_xywh_px)}, its mask's {tight}")


@check("area", "error", "an area that isn't its mask's pixels", "Count the mask's pixels; COCO's sizes are by them.")
def area(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label, mask in audited.labels():
            if label.area_px is None:
                if audited.data.kind == "COCO":
                    yield audited.problem(label, "it has no area")
            elif mask is None or mask.fault is not None:
                if not label.area_px > 0:
                    yield audited.problem(label, f"its area is {label.area_px:g}")
            elif abs(label.area_px - mask.area_px) > AREA_PX + mask.outline_px / 2:
                yield audited.problem(label, _area_told(label, mask))


def _over(box: Sequence[float], size_wh_px: tuple[int, int]) -> float:
    return max(-box[0], -box[1], box[2] - size_wh_px[0], box[3] - size_wh_px[1])


def _cut(box: Sequence[float], size_wh_px: tuple[int, int]) -> list[float]:
    """To the picture: some tools cut boxes, some outlines, and both describe the same thing."""
    return [min(max(value, 0), size_wh_px[axis % 2]) for axis, value in enumerate(box)]


def _area_told(label: Label, mask: MaskLook) -> str:
    told = f"its area is {label.area_px:g}, its mask has {mask.area_px:g} pixels"
    w, h = (label.box_xywh_px or (0, 0, 0, 0))[2:]
    return told + ("; it is the box's w * h" if label.area_px == w * h else "")


def _told(box: Sequence[float]) -> str:
    return f"[{', '.join(f'{value:.6g}' for value in box)}]"
