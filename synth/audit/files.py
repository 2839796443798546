"""The files of a data set against the hashes that were kept when it was made.

In: a folder that `synth render` finished. Out: a `Finding` for each file that isn't as it was.
"""

__all__ = ["Finding", "KeptFiles", "audit_files"]

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from synth.dataset import read_manifest
from synth.errors import DatasetError
from synth.write.atomic import HASHES, SHARDS, sha256_of

# What a whole file ends with; PNG's last chunk, JPEG's end of image, the end of our JSON, of a tar, of Parquet.
ENDINGS = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9", ".json": b"}\n", ".tar": bytes(1024), ".parquet": b"PAR1"}
LINE = re.compile(rb"[0-9a-f]{64}  [^\n\0]+\n")
HASH_LENGTH = 64

Kind = Literal["missing", "cut off", "altered", "unreadable", "unlisted"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is gone, ends too early, holds something else, can't be read, or that nobody listed."""

    file: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class KeptFiles:
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


def audit_files(folder: Path, on_file: Callable[[], None] = lambda: None) -> KeptFiles:
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
    # What lies in the shards is there for `synth render --resume`, after frames were left out.
    own = f"{SHARDS}/"
    findings += [Finding(name, "unlisted") for name in _files(folder) if name not in known and not name.startswith(own)]
    try:
        set_aside = tuple(int(entry["frame"]) for entry in manifest.get("set_aside", ()))
    except (KeyError, TypeError, ValueError):
        raise DatasetError(f"{folder / 'manifest.json'}: was altered: set_aside is no list of frames.") from None
    return KeptFiles(len(listed), tuple(findings), set_aside)


def _lines(sums: Path) -> Iterator[tuple[str, str]]:
    """(path, hash); the list is as it was written, for its own hash has been compared."""
    with sums.open("rb") as lines:
        for line in lines:
            if not LINE.fullmatch(line):
                raise DatasetError(f"{sums}: has a line that is no hash and a name, {line[:100]!r}.")
            name = os.fsdecode(line[HASH_LENGTH + 2 : -1])
            # Whoever can alter the list can alter the manifest too, and is not to make us read elsewhere.
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise DatasetError(f"{sums}: names {name}, which lies outside the data set.")
            yield name, line[:HASH_LENGTH].decode()


def _what_is_wrong(path: Path, digest: str) -> Kind | None:
    try:
        if not path.is_file():
            return "missing"
        if sha256_of(path) == digest:
            return None
        ending = ENDINGS.get(path.suffix, b"")
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - len(ending)))
            return "altered" if file.read() == ending else "cut off"
    except OSError:
        # A disk that fails gives up some files and not others, and that is to be known of each.
        return "unreadable"


def _files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
