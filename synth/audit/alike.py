"""Which of many pictures look the same: small fingerprints first, then small grey copies and the labels, to be sure.

Fingerprint: the difference hash (dHash) of N. Krawetz, across and down: 112 bits. It is the same for a picture that was
scaled, brightened or compressed again, and differs for one that was cropped, turned or mirrored.
"""

__all__ = ["Seen", "alike_pairs"]

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from synth.audit.looking import Look

# Two fingerprints that differ in no more bits than there are bands agree in at least one of these, byte for byte.
BANDS = 7
BITS_APART = BANDS - 1
# Grey levels of 255, after brightness and contrast are made alike. Compression moves the small copy by about one.
LEVELS_APART = 4.0
# Anywhere; where less is apart, it is a copy, whatever is labelled.
COPY_LEVELS = 10.0
# A camera that stands still takes like pictures of different things; a burst shows the same in the same places.
SAME_PLACE_IOU = 0.25
# Of a picture with less in it, the fingerprint is noise.
FLAT = 6.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a data set, what it turned out to be, and (N, 4) x1 y1 x2 y2 of its labels, in shares of it."""

    data: str
    name: str
    look: Look
    boxes: NDArray[np.float64]


def alike_pairs(pictures: Iterable[Seen]) -> Iterator[tuple[Seen, Seen]]:
    """Each picture that looks like an earlier one, with the first such; the same bytes come before a likeness.

    Of pictures that are nearly plain only those with the same bytes are alike.
    """
    by_digest: dict[bytes, list[Seen]] = {}
    by_band: dict[tuple[int, bytes], list[int]] = {}
    kept: list[Seen] = []
    hashes: list[NDArray[np.uint8]] = []
    for picture in pictures:
        same = by_digest.setdefault(picture.look.digest, [])
        yield from ((first, picture) for first in same[:1])
        same.append(picture)
        if len(same) > 1 or _is_flat(picture.look):
            continue
        bits = np.frombuffer(picture.look.dhash, np.uint8)
        bands = [(number, band.tobytes()) for number, band in enumerate(np.array_split(bits, BANDS))]
        near = sorted({index for band in bands for index in by_band.get(band, ())})
        if near:
            apart = np.unpackbits(np.array([hashes[index] for index in near]) ^ bits, axis=1).sum(axis=1)
            close = (kept[index] for index, n in zip(near, apart, strict=True) if n <= BITS_APART)
            yield from ((first, picture) for first in islice((seen for seen in close if _alike(seen, picture)), 1))
        for band in bands:
            by_band.setdefault(band, []).append(len(kept))
        kept.append(picture)
        hashes.append(bits)


def _is_flat(look: Look) -> bool:
    return look.thumb is None or float(look.thumb.std()) < FLAT


def _alike(a: Seen, b: Seen) -> bool:
    if a.look.thumb is None or b.look.thumb is None:
        return False
    first, second = (thumb.astype(np.float32) - thumb.mean() for thumb in (a.look.thumb, b.look.thumb))
    apart = np.abs(first - second * (float(first.std()) / float(second.std())))
    if float(apart.mean()) > LEVELS_APART:
        return False
    return float(apart.max()) <= COPY_LEVELS or _same_places(a.boxes, b.boxes)


def _same_places(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    if len(a) != len(b):
        return False
    corner, far = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(far - corner, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    same = shared > SAME_PLACE_IOU * (areas[0][:, None] + areas[1][None] - shared)
    return bool(same.any(axis=0).all() and same.any(axis=1).all())
