"""Which pictures a scene shows: those of a folder, and how many frames share one.

To make or read a picture takes as long as a quarter of a frame. So a few frames near to each other share it, each with
another part, colour and scale of it, and the renderer still has it.
"""

__all__ = ["BLOCK", "pictures_in", "shared_rng"]

from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from synth.errors import ConfigError
from synth.randomize.draft import SceneDraft

# Frames that share pictures lie within so many, which one worker makes one after the other.
BLOCK = 64


def shared_rng(draft: SceneDraft, name: str, sharing: int) -> np.random.Generator:
    """A generator that `sharing` frames have in common, by chance some of the same block of 64.

    By chance, so that what is spread evenly over neighbouring frames isn't tied to one picture.
    """
    block, place = divmod(draft.index, BLOCK)
    key = [draft.seed, block, crc32(name.encode())]
    return np.random.default_rng([*key, int(_order(*key)[place]) // sharing])


@lru_cache(maxsize=8)
def _order(*key: int) -> NDArray[np.int64]:
    return np.random.default_rng(key).permutation(BLOCK)


@lru_cache(maxsize=64)
def pictures_in(folder: str, suffixes: frozenset[str]) -> tuple[str, ...]:
    """The pictures in a folder and below it, sorted; read once. Hidden files are none: some systems put a hidden twin
    of no picture beside each.

    Raises:
        ConfigError: there is no such folder, or no picture in it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of backgrounds. Name one that holds pictures.")
    pictures = (file for file in path.rglob("*") if file.suffix.lower() in suffixes and not file.name.startswith("."))
    found = tuple(sorted(str(file) for file in pictures if file.is_file()))
    if not found:
        raise ConfigError(
            f"{folder}: there are no pictures in it ({', '.join(sorted(suffixes))}). Name another folder."
        )
    return found
