"""Masks: run lengths and polygons that can't be what they say."""

__all__: list[str] = []

from collections.abc import Iterator, Sequence

from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.records import Problem


@check("mask", "error", "a mask that can't be decoded or is empty", "Export the masks again.")
def undecodable(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label, mask in audited.labels():
            if mask is not None and mask.fault is not None:
                yield audited.problem(label, mask.fault)


@check(
    "rle", "warning", "run lengths that COCO's tools write otherwise", "Decode and encode them with pycocotools once."
)
def round_trip(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for label, mask in audited.labels():
            if mask is not None and mask.fault is None and not mask.as_coco_writes:
                yield audited.problem(label, "encoded again, its mask has other run lengths")
