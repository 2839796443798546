"""The files of a data set against the hashes that were kept when it was made.

In: a folder that `synth render` finished. Out: a `Finding` for each file that isn't as it was.
"""

__all__ = ["Audit", "Finding", "audit_files"]

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from synth.dataset import read_manifest
from synth.errors import DatasetError
from synth.write.atomic import HASHES, sha256_of

# What a whole file ends with; PNG's last chunk, JPEG's end of image, the end of our JSON.
ENDINGS = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9", ".json": b"}\n"}
HASH_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is gone, ends too early, holds something else, or that nobody listed."""

    file: str
    kind: Literal["missing", "cut off", "altered", "unlisted"]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what was found.

    Attributes:
        n_files: How many files should be there.
        findings: What isn't as it should be; an unlisted file alone makes nothing wrong.
        set_aside: Numbers of the frames that were left out when the data set was made.
    """

    n_files: int
    findings: tuple[Finding, ...]
    set_aside: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        return all(finding.kind == "unlisted" for finding in self.findings)


def audit_files(folder: Path, on_file: Callable[[], None] = lambda: None) -> Audit:
    """Look at every file of a data set.

    Args:
        folder: Of the data set.
        on_file: Called after each file.
    Raises:
        DatasetError: it isn't a finished data set, or it was made by a version that kept no hashes.
    """
    manifest = read_manifest(folder)
    sums, expected = folder / HASHES, manifest.get("sha256")
    if expected is None:
        raise DatasetError(f"{folder}: was made by a version that kept no hashes, so nothing can be compared.")
    if not sums.is_file():
        raise DatasetError(f"{sums}: is missing, so nothing can be compared. Make the data set anew with --overwrite.")
    if sha256_of(sums) != expected:
        raise DatasetError(f"{sums}: was altered, so nothing can be compared. Make the data set anew with --overwrite.")
    listed = dict(_lines(sums))
    findings = []
    for name, digest in listed.items():
        if kind := _what_is_wrong(folder / name, digest):
            findings.append(Finding(name, kind))
        on_file()
    known = {*listed, HASHES, "manifest.json"}
    findings += [Finding(name, "unlisted") for name in _files(folder) if name not in known]
    set_aside = tuple(int(entry["frame"]) for entry in manifest.get("set_aside", ()))
    return Audit(len(listed), tuple(findings), set_aside)


def _lines(sums: Path) -> Iterator[tuple[str, str]]:
    """(path, hash); the list is as it was written, for its own hash has been compared."""
    with sums.open(encoding="utf-8") as lines:
        for line in lines:
            name = line[HASH_LENGTH + 2 :].rstrip("\n")
            # Whoever can alter the list can alter the manifest too, and is not to make us read elsewhere.
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise DatasetError(f"{sums}: names {name}, which lies outside the data set.")
            yield name, line[:HASH_LENGTH]


def _what_is_wrong(path: Path, digest: str) -> Literal["missing", "cut off", "altered"] | None:
    if not path.is_file():
        return "missing"
    if sha256_of(path) == digest:
        return None
    ending = ENDINGS.get(path.suffix, b"")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(ending)))
        return "altered" if file.read() == ending else "cut off"


def _files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
