"""The pictures' files: there, whole, of the size that the labels are made for, and all of them listed."""

__all__: list[str] = []

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.files import KeptFiles
from synth.audit.records import Problem
from synth.errors import DatasetError
from synth.formats.folder import is_url
from synth.photos import PHOTO_SUFFIXES
from synth.write.atomic import HASHES

# Its label images lie beside the pictures.
LABELS_ARE_PICTURES = "Unity SOLO"


@check("missing", "error", "a picture that is listed and not there", "Put it back, or remove it from the list.")
def missing(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for picture, look in audited.pictures():
            if picture.path is None:
                yield audited.problem(picture.name, "leads out of the data set, and isn't opened")
            elif look.fault == "missing":
                yield audited.problem(picture.name, f"isn't in {audited.data.root}")


@check("unreadable", "error", "a picture that is cut off or none", "Copy it again, or remove it with its labels.")
def unreadable(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for picture, look in audited.pictures():
            if picture.path is not None and look.fault not in {None, "missing"}:
                yield audited.problem(picture.name, str(look.fault))


@check("size", "error", "a picture of another size than its labels say", "Put back the picture that was labelled.")
def sizes(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for picture, look in audited.pictures():
            told = picture.size_wh_px
            if look.fault is not None or told is None or told == look.upright_wh_px:
                continue
            is_, was = (f"{size[0]} x {size[1]}" for size in (look.upright_wh_px, told))
            why = "; was it labelled without its EXIF orientation?" if told == look.stored_wh_px else ""
            yield audited.problem(picture.name, f"is {is_} upright, its labels are made for {was}{why}")


@check("exif", "warning", "a picture that is turned by its EXIF data", "Turn the pixels: many tools don't.")
def turned(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for picture, look in audited.pictures():
            if look.orientation != 1:
                yield audited.problem(picture.name, f"has the EXIF orientation {look.orientation}")


@check("listed-twice", "error", "a picture that is listed twice", "Give all its labels to one entry.")
def listed_twice(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        counts = Counter(picture.path for picture in audited.data.pictures if picture.path is not None)
        for picture in audited.data.pictures:
            if picture.path is not None and (n := counts.pop(picture.path, 0)) > 1:
                yield audited.problem(picture.name, f"is listed {n} times")


@check("orphan", "warning", "a picture that no label file lists", "Label it, or list it as one with nothing on it.")
def orphans(sets: Sequence[Audited]) -> Iterator[Problem]:
    # Splits may share a folder.
    listed = {p.path.resolve() for audited in sets for p in audited.data.pictures if p.path is not None}
    told: set[Path] = set()
    for audited in sets:
        # What nobody listed behind a URL is told by the list of all files' hashes.
        if audited.data.kind == LABELS_ARE_PICTURES or is_url(audited.data.root):
            continue
        root = Path(audited.data.root).resolve()
        folders = {p.path.resolve().parent for p in audited.data.pictures if p.path is not None} - told
        told |= folders
        for path in sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir()):
            # A LabelMe file may hold the picture that lies beside it.
            if _is_picture(path) and not {path, path.with_suffix(".json")} & listed:
                name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
                yield audited.problem(name, "isn't listed")


@check("hash", "error", "a file that isn't as it was made", "Copy it again, or render the data set anew.")
def hashes(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        if isinstance(audited.kept, DatasetError):
            yield audited.problem(HASHES, str(audited.kept))
        elif audited.kept is not None:
            for finding in audited.kept.findings:
                if finding.kind != "unlisted":
                    yield audited.problem(finding.file, f"is {finding.kind}")


@check("unlisted", "warning", "a file that the data set was made without", "Keep it elsewhere.")
def unlisted(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for finding in audited.kept.findings if isinstance(audited.kept, KeptFiles) else ():
            if finding.kind == "unlisted":
                yield audited.problem(finding.file, "isn't among those that were made")


@check("left-out", "warning", "a frame that couldn't be rendered", "Try it again: synth render --resume.")
def left_out(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for frame in audited.kept.set_aside if isinstance(audited.kept, KeptFiles) else ():
            yield audited.problem("manifest.json", f"frame {frame} was left out")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES and path.name[0] != "."
