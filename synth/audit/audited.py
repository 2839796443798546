"""A data set with what its pictures and masks turn out to be; they are opened when the first check asks for them."""

__all__ = ["Audited"]

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from synth.audit.files import KeptFiles, audit_files
from synth.audit.looking import Look, MaskLook, look_at_mask, look_at_picture
from synth.audit.records import DataSet, Label, ListedPicture, Problem
from synth.errors import DatasetError
from synth.formats.folder import Folder, is_url
from synth.write.atomic import HASHES

T = TypeVar("T")
# So many pictures wait for a thread at a time.
AT_ONCE = 1024


class Audited:
    """What a check is given of each data set."""

    def __init__(self, data: DataSet, on_look: Callable[[], None] = lambda: None) -> None:
        """Nothing is opened yet.

        Args:
            data: As its files say it.
            on_look: Called after each picture and each label that was looked at.
        """
        self.data = data
        self._on_look = on_look

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """One for each of the pictures, in their order."""
        # Pillow decodes without Python's lock.
        pictures, looks = self.data.pictures, list[Look]()
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            for start in range(0, len(pictures), AT_ONCE):
                looks += self._counted(threads.map(look_at_picture, pictures[start : start + AT_ONCE]))
        return tuple(looks)

    @cached_property
    def masks(self) -> tuple[MaskLook | None, ...]:
        """One for each of the labels, in their order; None where there is no mask or its picture's size isn't known."""
        return tuple(self._counted(self._mask(label) for label in self.data.labels))

    @cached_property
    def sizes_wh_px(self) -> dict[int, tuple[int, int]]:
        """By picture id: as the labels say it, else as the file is; without those that can't be."""
        sizes = {picture.picture_id: picture.size_wh_px for picture in self.data.pictures}
        if None in sizes.values():
            for picture, look in zip(self.data.pictures, self.looks, strict=True):
                if picture.size_wh_px is None and look.fault is None:
                    sizes[picture.picture_id] = look.upright_wh_px
        return {key: size for key, size in sizes.items() if size is not None and min(size) > 0}

    @cached_property
    def kept(self) -> KeptFiles | DatasetError | None:
        """The files against the hashes that `synth render` kept, or why they can't be compared; None without any."""
        where = self.data.path
        if not is_url(where) and not Path(where).is_dir():
            where = Path(where).parent
        try:
            return audit_files(where) if _has_hashes(where) else None
        except DatasetError as error:
            return error

    def pictures(self) -> Iterator[tuple[ListedPicture, Look]]:
        """Pictures with what their files are."""
        return zip(self.data.pictures, self.looks, strict=True)

    def labels(self) -> Iterator[tuple[Label, MaskLook | None]]:
        """Labels with what their masks are."""
        return zip(self.data.labels, self.masks, strict=True)

    def problem(self, where: str | Label, seen: str) -> Problem:
        """A problem of this data set."""
        return Problem(self.data.name, where.name if isinstance(where, Label) else where, seen)

    def _mask(self, label: Label) -> MaskLook | None:
        size = self.sizes_wh_px.get(label.picture_id)
        return None if label.segmentation is None or size is None else look_at_mask(label.segmentation, size)

    def _counted(self, looks: Iterable[T]) -> Iterator[T]:
        for look in looks:
            self._on_look()
            yield look


def _has_hashes(where: str | Path) -> bool:
    """Whether there are any, or should be: a manifest that promises them."""
    if not is_url(where) and (Path(where) / HASHES).is_file():
        return True
    try:
        return "sha256" in Folder(where).manifest()
    except DatasetError:
        if is_url(where):
            # It was there when the set was read.
            raise
        return False
