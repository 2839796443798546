"""A data set's folder, on this machine or behind a URL: its files, and parts of them as bytes."""

__all__ = ["Folder", "is_url"]

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from synth.dataset import read_manifest
from synth.errors import DatasetError, MissingFileError


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

    def __post_init__(self) -> None:
        if is_url(self.where):
            # To a store `set//manifest.json` is another file.
            object.__setattr__(self, "where", str(self.where).rstrip("/"))

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
            DatasetError: there is none (behind a URL a `MissingFileError`), or it isn't JSON.
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
            MissingFileError: it isn't there.
            DatasetError: it can't be read, or its name leads out of the folder.
        """
        with self._told(name):
            if is_url(self.where):
                files, path = self._behind_url(name)
                content: bytes = files.cat_file(path, start=start, end=stop)
                return content
            with self._opened(name) as file:
                file.seek(start)
                return file.read(-1 if stop is None else stop - start)

    def open(self, name: str) -> IO[bytes]:
        """A file to read from; raises as `read`."""
        with self._told(name):
            return self._opened(name)

    def sha256(self, name: str) -> str:
        """Of a file's bytes, in hexadecimal; raises as `read`."""
        with self._told(name), self._opened(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # fsspec's files too

    def ending(self, name: str, n_bytes: int) -> bytes:
        """A file's last bytes, fewer where it has fewer; raises as `read`."""
        with self._told(name), self._opened(name) as file:
            file.seek(max(0, file.seek(0, 2) - n_bytes))
            return file.read()

    def names(self) -> list[str]:
        """Every file in it and in its folders; raises as `read`."""
        with self._told(""):
            if is_url(self.where):
                files, root = self._behind_url("")
                names = (str(path).removeprefix(root).strip("/") for path in files.find(root))
                # A store may have an object for the folder itself.
                return sorted(name for name in names if name)
            here = Path(self.where)
            return [path.relative_to(here).as_posix() for path in sorted(here.rglob("*")) if path.is_file()]

    def _opened(self, name: str) -> IO[bytes]:
        if is_url(self.where):
            files, at = self._behind_url(name)
            file: IO[bytes] = files.open(at, "rb")
            return file
        path = Path(self.where) / name
        if path.exists() and not path.is_file():
            # A pipe would be waited for, a device read for ever.
            raise OSError("not a file")
        return path.open("rb")

    def _behind_url(self, name: str) -> tuple[Any, str]:
        import fsspec.core  # noqa: PLC0415 - comes with PyTorch, and is needed for URLs alone

        files, path = fsspec.core.url_to_fs(f"{self.where}/{name}" if name else str(self.where))
        return files, str(path)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """What goes wrong with a file, in a line."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise DatasetError(f"{self.where}: names {name!r}, which lies outside the data set.")
        try:
            yield
        except FileNotFoundError:
            raise MissingFileError(f"{self.where}/{name}: there is no such file.") from None
        except self.faults as error:
            # fsspec says which package a protocol needs.
            raise DatasetError(f"{self.where}/{name}: can't be read ({' '.join(str(error).split())}).") from None
