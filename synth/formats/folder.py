"""A data set's folder, on this machine or behind a URL: parts of its files as bytes."""

__all__ = ["Folder", "is_url"]

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from synth.dataset import read_manifest
from synth.errors import DatasetError


def is_url(where: str | Path) -> bool:
    """Whether that is `s3://bucket/set` and the like."""
    return "://" in str(where)


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a data set lies.

    Attributes:
        where: A path, or a URL that fsspec knows.
    """

    where: str | Path

    @property
    def name(self) -> str:
        return PurePosixPath(str(self.where)).name if is_url(self.where) else Path(self.where).resolve().name

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What reading raises that isn't our own fault; behind a URL each package has errors of its own."""
        return (Exception,) if is_url(self.where) else (OSError, ValueError)

    def manifest(self) -> dict[str, Any]:
        """`manifest.json`.

        Raises:
            DatasetError: there is none, or it isn't JSON.
        """
        if not is_url(self.where):
            return read_manifest(Path(self.where))
        try:
            manifest = orjson.loads(self.read("manifest.json"))
        except orjson.JSONDecodeError as error:
            raise DatasetError(f"{self.where}/manifest.json: not valid JSON ({error}). Make the set again.") from None
        if not isinstance(manifest, dict):
            raise DatasetError(f"{self.where}/manifest.json: expected a JSON object, found {type(manifest).__name__}.")
        return manifest

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """A file's bytes from `start` to `stop`, exclusive; fewer where it ends before.

        Raises:
            DatasetError: it can't be read, or its name leads out of the folder.
        """
        with self._told(name):
            if is_url(self.where):
                files, path = _opened(f"{self.where}/{name}")
                content: bytes = files.cat_file(path, start=start, end=stop)
                return content
            with (Path(self.where) / name).open("rb") as file:
                file.seek(start)
                return file.read(-1 if stop is None else stop - start)

    def open(self, name: str) -> IO[bytes]:
        """A file to read from; raises as `read`."""
        with self._told(name):
            if is_url(self.where):
                files, path = _opened(f"{self.where}/{name}")
                file: IO[bytes] = files.open(path, "rb")
                return file
            return (Path(self.where) / name).open("rb")

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """What goes wrong with a file, in a line."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise DatasetError(f"{self.where}: names {name!r}, which lies outside the data set.")
        try:
            yield
        except FileNotFoundError:
            raise DatasetError(f"{self.where}/{name}: there is no such file.") from None
        except self.faults as error:
            # fsspec says which package a protocol needs.
            raise DatasetError(f"{self.where}/{name}: can't be read ({' '.join(str(error).split())}).") from None


def _opened(url: str) -> tuple[Any, str]:
    import fsspec.core  # noqa: PLC0415 - comes with PyTorch, and is needed for URLs alone

    files, path = fsspec.core.url_to_fs(url)
    return files, str(path)
