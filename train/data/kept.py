"""Pictures that were read once and fit into memory: a large photo takes 40 ms to decode however small it is wanted."""

__all__ = ["Kept"]

from collections.abc import Callable, Hashable
from threading import Lock

from train.data.labelled import Labelled


class Kept:
    """What was made for a key stays until the limit is reached, and from then on too.

    Nothing ever makes room: passes go through all pictures, so the one that was used longest ago is the one that comes
    next, and what fits stays useful. What is kept is what would be made again, so it has no part in a picture's bytes.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._free_bytes = limit_bytes
        self._kept: dict[Hashable, Labelled] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Labelled]) -> Labelled:
        """The one of that key; whoever gets it must not write to it."""
        if (found := self._kept.get(key)) is not None:
            return found
        made = make()
        with self._lock:
            # Another thread may have made the same.
            if key not in self._kept and made.n_bytes <= self._free_bytes:
                self._kept[key] = made
                self._free_bytes -= made.n_bytes
        return made
