"""Which pictures a scene shows: those of a folder, and how many frames share one.

To make or read a picture takes as long as a quarter of a frame. So a few frames near to each other share it, each with
another part, colour and scale of it, and the renderer still has it.
"""

__all__ = ["pictures_in", "shared_rng"]

from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from synth.errors import ConfigError
from synth.randomize.draft import SceneDraft
from synth.untrusted import is_inside

# So many pictures of a kind are in use at a time, as many as the renderer keeps: texture_cache.KEPT.
AT_A_TIME = 8


def shared_rng(draft: SceneDraft, name: str, sharing: int) -> np.random.Generator:
    """A generator that so many frames have in common: in each block of frames there are eight, dealt out by chance.

    By chance, so that what is spread evenly over neighbouring frames isn't tied to one picture.
    """
    block, place = divmod(draft.index, AT_A_TIME * sharing)
    key = (draft.seed, block, crc32(name.encode()))
    return np.random.default_rng([*key, int(_order(key, sharing)[place]) // sharing])


@lru_cache(maxsize=8)
def _order(key: tuple[int, ...], sharing: int) -> NDArray[np.int64]:
    return np.random.default_rng(key).permutation(AT_A_TIME * sharing)


@lru_cache(maxsize=64)
def pictures_in(folder: str, suffixes: frozenset[str]) -> tuple[str, ...]:
    """The pictures in a folder and below it, sorted; read once. Hidden files are none: some systems put a hidden twin
    of no picture beside each. Links that leave the folder are passed over.

    Raises:
        ConfigError: there is no such folder, or no picture in it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of backgrounds. Name one that holds pictures.")
    pictures = (file for file in path.rglob("*") if file.suffix.lower() in suffixes and not file.name.startswith("."))
    found = tuple(sorted(str(file) for file in pictures if file.is_file() and is_inside(file, path)))
    if not found:
        raise ConfigError(
            f"{folder}: there are no pictures in it ({', '.join(sorted(suffixes))}). Name another folder."
        )
    return found
