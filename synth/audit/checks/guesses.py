"""What no single label shows and many together do: each is a guess, told with what speaks for it."""

__all__: list[str] = []

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from synth.audit.audited import Audited
from synth.audit.borders import TURNS, border_contrast
from synth.audit.checks.registry import check
from synth.audit.records import Problem

FEWEST_BOXES = 5
# Of true x, y, w, h a tenth outside is careless work; read the other way, four in ten would end before they begin.
XYWH_OUTSIDE, XYXY_INSIDE = 0.1, 0.95
# The first is enough for most, and done in seconds; more are looked at where it isn't.
PICTURES_LOOKED_AT = (100, 400)
FEWEST_PICTURES = 6
# In standard errors. A right set is at -5 and below with twenty pictures, so that chance never gets here.
SURE = 4.0
SHARE = 0.6


@check("xyxy", "error", "boxes that are corners, not sizes (a guess)", "Write x, y, w, h: w = x2 - x1.")
def corners(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        seen = [
            (*label.box_xywh_px, *audited.sizes_wh_px[label.picture_id])
            for label in audited.data.labels
            if label.box_xywh_px is not None and label.picture_id in audited.sizes_wh_px
        ]
        if len(seen) < FEWEST_BOXES:
            continue
        x, y, w, h, width_px, height_px = np.array(seen, np.float64).T
        outside = float(((x + w > width_px + 1) | (y + h > height_px + 1)).mean())
        inside = float(((w > x) & (h > y) & (w <= width_px + 1) & (h <= height_px + 1)).mean())
        if outside >= XYWH_OUTSIDE and inside >= XYXY_INSIDE:
            seen_as = f"{outside:.0%} of {len(seen)} leave their picture, read as corners {inside:.0%} fit"
            yield audited.problem("annotations", f"as x, y, w, h {seen_as}")


@check("normalised", "error", "boxes in shares of the picture (a guess)", "Multiply by its size.")
def shares(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        boxes = [label.box_xywh_px for label in audited.data.labels if label.box_xywh_px is not None]
        if len(boxes) >= FEWEST_BOXES and np.abs(boxes).max() <= 1:
            yield audited.problem("annotations", f"all {len(boxes)} boxes lie between 0 and 1")


@check("flipped", "error", "labels flipped against their pictures (a guess)", "Flip them back, both or none.")
def flipped(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for most in PICTURES_LOOKED_AT:
            contrasts = np.array(list(border_contrast(audited, most))).reshape(-1, 1 + len(TURNS))
            if len(contrasts) < FEWEST_PICTURES:
                break
            verdict = _judged(contrasts)
            if verdict is not None:
                yield from (audited.problem("annotations", words) for words in verdict)
                break


def _judged(contrasts: NDArray[np.float64]) -> list[str] | None:
    """What is wrong, if anything; None where so many pictures don't decide.

    Args:
        contrasts: (N, 4) at the labels' borders, as they are and turned.
    """
    gains = np.log(contrasts[:, 1:] / contrasts[:, :1])
    best = int(np.argmax(gains.mean(axis=0)))
    gain = gains[:, best]
    sureness = gain.mean() / max(float(gain.std(ddof=1)), 1e-6) * np.sqrt(len(gain))
    share = float((gain > 0).mean())
    if sureness > SURE and share >= SHARE:
        stronger = (
            f"{np.exp(gain.mean()) - 1:.0%} stronger edges of the picture, in {share:.0%} of {len(gain)} pictures"
        )
        return [f"{list(TURNS)[best]}, labels lie on {stronger}"]
    return [] if sureness < -SURE else None
