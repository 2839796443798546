"""The user's faults, drawn as one tree.

Everything below `SynthError` is printed as one line and ends the command with `exit_code`; anything else is our own
fault and stays a traceback.
"""

__all__ = [
    "DISK_FULL",
    "AssetError",
    "CheckpointError",
    "ConfigError",
    "DatasetError",
    "LabelMeError",
    "MissingFileError",
    "PartlyDoneError",
    "RenderError",
    "StoppedError",
    "SynthError",
    "TrainingError",
    "UsageError",
    "did_you_mean",
]

import errno
from collections.abc import Iterable
from difflib import get_close_matches

from synth.printable import printable

# What a system says of a disk, or of a user's share of it, that has no room left.
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class SynthError(Exception):
    """Something the user can mend: the message says what is wrong, where, what was seen, and what to do."""

    exit_code = 1

    def __str__(self) -> str:
        # Names and values of files that others made are in it, and a terminal obeys what it is shown.
        return printable(" ".join(super().__str__().split()))


class UsageError(SynthError):
    """The command line itself is wrong (`--n 0`)."""

    exit_code = 2


class ConfigError(SynthError):
    """`render.toml`, or a value in it."""


class AssetError(SynthError):
    """A mesh, a texture or `assets.toml`."""


class RenderError(SynthError):
    """There is no OpenGL to render with, or a scene that can't be rendered."""


class DatasetError(SynthError):
    """A data set on disk that is missing, incomplete, altered, or in the way."""


class MissingFileError(DatasetError, FileNotFoundError):
    """A file of a data set that isn't there, on this machine or behind a URL."""


class LabelMeError(SynthError):
    """A LabelMe file or folder."""


class TrainingError(SynthError):
    """Training can't start or can't go on."""


class CheckpointError(SynthError):
    """A run or a checkpoint that is missing or doesn't fit."""


class StoppedError(SynthError):
    """The user pressed Ctrl-C."""

    exit_code = 130


class PartlyDoneError(SynthError):
    """The work went on to its end, but some frames had to be set aside; the message names them."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown name: ` Did you mean "x"?`, or what there is."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" There is: {', '.join(names)}." if names else ""
