"""The files of a data set against the hashes that were kept when it was made.

In: a folder that `synth render` finished, or the URL of one. Out: a `Finding` for each file that isn't as it was.
"""

__all__ = ["Finding", "KeptFiles", "audit_files"]

import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from synth.errors import DatasetError, MissingFileError
from synth.formats.folder import Folder, is_url
from synth.write.atomic import HASHES, SHARDS

# What a whole file ends with; PNG's last chunk, JPEG's end of image, the end of our JSON, of a tar, of Parquet.
ENDINGS = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9", ".json": b"}\n", ".tar": bytes(1024), ".parquet": b"PAR1"}
LINE = re.compile(rb"[0-9a-f]{64}  [^\n\0]+\n")
HASH_LENGTH = 64
# A store answers each after a while, and many at once; so many files wait for a thread.
REQUESTS, AT_ONCE = 16, 1024

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


def audit_files(where: str | Path, on_file: Callable[[], None] = lambda: None) -> KeptFiles:
    """Look at every file of a data set.

    Args:
        where: The data set's folder, or its URL.
        on_file: Called after each file.
    Raises:
        DatasetError: it isn't a finished data set, or it was made by a version that kept no hashes.
    """
    folder = Folder(where)
    manifest = folder.manifest()
    expected = manifest.get("sha256")
    if expected is None:
        raise DatasetError(f"{where}: was made by a version that kept no hashes, so nothing can be compared.")
    try:
        is_as_made = folder.sha256(HASHES) == expected
    except MissingFileError:
        raise DatasetError(
            f"{where}/{HASHES}: is missing, so nothing can be compared. Make the data set anew with --overwrite."
        ) from None
    if not is_as_made:
        raise DatasetError(
            f"{where}/{HASHES}: was altered, so nothing can be compared. Make the data set anew with --overwrite."
        )
    listed = dict(_lines(folder))
    findings = []
    for name, kind in zip(listed, _looked_at(folder, listed), strict=True):
        if kind:
            findings.append(Finding(name, kind))
        on_file()
    known = {*listed, HASHES, "manifest.json"}
    # What lies in the shards is there for `synth render --resume`, after frames were left out.
    own = f"{SHARDS}/"
    findings += [Finding(name, "unlisted") for name in folder.names() if name not in known and not name.startswith(own)]
    try:
        set_aside = tuple(int(entry["frame"]) for entry in manifest.get("set_aside", ()))
    except (KeyError, TypeError, ValueError):
        raise DatasetError(f"{where}/manifest.json: was altered: set_aside is no list of frames.") from None
    return KeptFiles(len(listed), tuple(findings), set_aside)


def _lines(folder: Folder) -> Iterator[tuple[str, str]]:
    """(path, hash); the list is as it was written, for its own hash has been compared."""
    sums = f"{folder.where}/{HASHES}"
    with folder.open(HASHES) as lines:
        for line in lines:
            if not LINE.fullmatch(line):
                raise DatasetError(f"{sums}: has a line that is no hash and a name, {line[:100]!r}.")
            name = os.fsdecode(line[HASH_LENGTH + 2 : -1])
            # Whoever can alter the list can alter the manifest too, and is not to make us read elsewhere.
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise DatasetError(f"{sums}: names {name}, which lies outside the data set.")
            yield name, line[:HASH_LENGTH].decode()


def _looked_at(folder: Folder, listed: Mapping[str, str]) -> Iterator[Kind | None]:
    """What is wrong with each file, in their order."""
    if not is_url(folder.where):
        yield from (_what_is_wrong(folder, name, digest) for name, digest in listed.items())
        return
    left = iter(listed.items())
    with ThreadPoolExecutor(REQUESTS) as threads:
        while some := list(islice(left, AT_ONCE)):
            yield from threads.map(lambda each: _what_is_wrong(folder, *each), some)


def _what_is_wrong(folder: Folder, name: str, digest: str) -> Kind | None:
    try:
        if folder.sha256(name) == digest:
            return None
        ending = ENDINGS.get(PurePosixPath(name).suffix, b"")
        return "altered" if folder.ending(name, len(ending)) == ending else "cut off"
    except MissingFileError:
        return "missing"
    except DatasetError:
        # A disk that fails gives up some files and not others, and that is to be known of each.
        return "unreadable"
