"""`photos.json` in a run: the photos it was shown, so that nobody measures it on them without knowing."""

__all__ = ["PHOTOS", "learned_photos", "note_photos", "photos_notes"]

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import orjson

from synth.dataset import Picture

PHOTOS = "photos.json"


def note_photos(run: Path, learned: Iterable[Picture], chosen_by: Iterable[Picture], start: Path | None) -> None:
    """Write it.

    Args:
        learned: Photos learned from; those of the run that was gone on from are added.
        chosen_by: Pictures validated on.
    """
    before = learned_photos(start) if start else frozenset()
    content = {
        "learned_from": sorted({str(picture.path.resolve()) for picture in learned} | set(map(str, before))),
        "validated_on": sorted(str(picture.path.resolve()) for picture in chosen_by),
    }
    (run / PHOTOS).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def learned_photos(run: Path) -> frozenset[Path]:
    """The photos that the weights of a run have seen; none where nothing is known."""
    return _listed(run, "learned_from")


def photos_notes(run: Path, measured: Collection[Picture]) -> list[str]:
    """What must be said of a measurement of the run on these pictures, a line each."""
    paths = {picture.path.resolve() for picture in measured}
    words = {
        "learned_from": "the run has learned from {n} of these {all} photos: the figures are too good",
        "validated_on": "{n} of these {all} photos chose the run's best checkpoint: the figures are a little too good",
    }
    counts = {key: len(_listed(run, key) & paths) for key in words}
    return [words[key].format(n=n, all=len(paths)) for key, n in counts.items() if n]


def _listed(run: Path, key: str) -> frozenset[Path]:
    try:
        content: Any = orjson.loads((run / PHOTOS).read_bytes())
        return frozenset(map(Path, content[key]))
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return frozenset()
