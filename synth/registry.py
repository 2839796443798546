"""Names for the parts a user may choose or add: randomizers, annotators, writers, detectors."""

__all__ = ["Registry"]

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from synth.errors import ConfigError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """A dictionary that is filled by a decorator and answers a wrong name with the nearest right one."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: enter what it stands on under `name`.

        Raises:
            ConfigError: the name is taken by something else.
        """

        def enter(entry: T) -> T:
            known = self._entries.get(name)
            # A module that is imported twice (a plugin reloaded in a notebook) enters the same thing again.
            if known is not None and getattr(known, "__qualname__", known) != getattr(entry, "__qualname__", entry):
                raise ConfigError(f'There is a {self.kind} called "{name}" already. Give yours another name.')
            self._entries[name] = entry
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise ConfigError(f'There is no {self.kind} called "{name}".{did_you_mean(name, self._entries)}') from None

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)
