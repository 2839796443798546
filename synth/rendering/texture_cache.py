"""Backgrounds on the GPU: the last few are kept, for a user's photos come again, and memory must not grow."""

__all__ = ["TextureCache"]

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from synth.scene import Texture

KEPT = 8  # pictures large enough to fill a frame


class Deletable(Protocol):
    def delete(self) -> None: ...


T = TypeVar("T", bound=Deletable)


class TextureCache(Generic[T]):
    """`make`s what a texture's name stands for when first asked for, and deletes the longest unused beyond `kept`."""

    def __init__(self, make: Callable[[Texture], T], kept: int = KEPT) -> None:
        self._make, self._most = make, kept
        self._kept: OrderedDict[Texture, T] = OrderedDict()

    def __getitem__(self, texture: Texture) -> T:
        if texture not in self._kept:
            self._kept[texture] = self._make(texture)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)[1].delete()
        self._kept.move_to_end(texture)
        return self._kept[texture]
