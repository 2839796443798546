"""A data set behind a URL (`s3://bucket/set`): what is whole on this machine is sent, pictures at once to their places.

Beside them lie, until the end, `shards/000000.records.jsonl` and its like, which make a shard count. Whatever an object
store gets is there whole or not at all; elsewhere marks are sent under another name and renamed.
"""

__all__ = ["RemoteFolder"]

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from synth.engine.claim import PLAN, check_names, claimed, read_kept
from synth.engine.destination import RECORDS, SET_ASIDE, Destination, shard_folder
from synth.engine.plan import Plan, Shard
from synth.errors import DatasetError
from synth.extras import install_line
from synth.formats.writing import is_shard
from synth.write.atomic import SHARDS

# What says what was begun, or made.
MARKS = ("manifest.json", f"{SHARDS}/{PLAN}", f"{SHARDS}/renderer.json")


class NotSentError(Exception):
    """Another try may succeed, so it isn't the user's fault yet."""


class RemoteFolder(Destination):
    """What fsspec reaches.

    Raises:
        DatasetError: a package is missing, or the URL is none.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        with self._told(DatasetError):
            import fsspec.core  # noqa: PLC0415 - an extra's
            from fsspec.asyn import AsyncFileSystem  # noqa: PLC0415

            self._files, root = fsspec.core.url_to_fs(plan.url)
        self._root = str(root).rstrip("/")
        # The asynchronous ones are those of object stores, which have neither folders nor half a file.
        self._is_store = isinstance(self._files, AsyncFileSystem)

    def begin(self) -> None:
        out = self._plan.out
        with self._told(DatasetError):
            marks = {name: content for name in MARKS if (content := self._read(name)) is not None}
        kept = out / SHARDS / PLAN
        if not (kept.is_file() and kept.read_bytes() == marks.get(f"{SHARDS}/{PLAN}")):
            # Frames that were left here are of something else.
            self._clear_here()
        for name in MARKS:
            (out / name).unlink(missing_ok=True)
        for name, content in marks.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)

    def names(self) -> list[str]:
        return [name for name in self._listed("") if name != SHARDS or self._listed(SHARDS)]

    @contextmanager
    def replacing(self) -> Iterator[None]:
        names, marks = self.names(), [path for name in MARKS[:2] if (path := self._plan.out / name).is_file()]
        if names and not marks:
            raise DatasetError(f"{self._plan.url}: is not a data set of synth, so it is left alone. Choose another.")
        if names:
            read_kept(marks[0])
            check_names(self._plan.url, names)
            with self._told(DatasetError):
                # First, for without it there is no data set.
                self._remove("manifest.json")
                for name in names:  # not the whole at once: it may be a bucket, and that is to stay
                    if self._files.exists(self._at(name)):
                        self._files.rm(self._at(name), recursive=True)
        self._clear_here()
        yield

    def keep(self, name: str) -> None:
        with self._told(DatasetError):
            self._send_mark(self._plan.out / name, name)
        if is_shard(name):
            # It has its hash already, and a disk for temporary files is small.
            (self._plan.out / name).unlink()

    def drop(self, name: str) -> None:
        (self._plan.out / name).unlink(missing_ok=True)
        with self._told(DatasetError):
            self._remove(name)

    def done(self) -> set[str]:
        return {name.partition(".")[0] for name in self._listed(SHARDS) if name.endswith(f".{RECORDS}")}

    def try_again(self) -> None:
        for name in self._listed(SHARDS):
            if name.endswith(f".{SET_ASIDE}"):
                with self._told(DatasetError):
                    self._remove(f"{SHARDS}/{name.removesuffix(SET_ASIDE)}{RECORDS}")
                    self._remove(f"{SHARDS}/{name}")

    def take_in(self, shard: Shard, aside: Path) -> None:
        with self._told(NotSentError):
            names = [
                name for line in (aside / RECORDS).read_bytes().splitlines() for name in orjson.loads(line)["files"]
            ]
            within = f"{SHARDS}/{shard.name}/" if self._plan.layout.holds_pictures else ""
            self._send([aside / name for name in names], [within + name for name in names])
            if (aside / SET_ASIDE).is_file():
                self._send_mark(aside / SET_ASIDE, f"{SHARDS}/{shard.name}.{SET_ASIDE}")
            self._send_mark(aside / RECORDS, f"{SHARDS}/{shard.name}.{RECORDS}")
        shutil.rmtree(aside)

    def gather(self) -> None:
        names = [name for name in self._listed(SHARDS) if name.endswith((f".{RECORDS}", f".{SET_ASIDE}"))]
        here = [self._plan.out / SHARDS / name.replace(".", "/", 1) for name in names]
        self._fetch([f"{SHARDS}/{name}" for name in names], here)

    def bring(self, shard: Shard) -> None:
        folder = shard_folder(self._plan, shard)
        lines = (folder / RECORDS).read_bytes().splitlines()
        names = [name for line in lines for name in orjson.loads(line)["files"]]
        if self._plan.layout.holds_pictures:
            self._fetch([f"{SHARDS}/{shard.name}/{name}" for name in names], [folder / name for name in names])

    def settle(self, frames: Iterable[tuple[Path, dict[str, Any]]]) -> None: ...

    def finish(self, *, for_good: bool) -> None:
        if for_good and self._listed(SHARDS):
            with self._told(DatasetError):
                self._files.rm(self._at(SHARDS), recursive=True)
        shutil.rmtree(self._plan.out, ignore_errors=True)

    def give_up(self) -> None:
        with suppress(DatasetError), self._told(DatasetError):
            for name in MARKS:
                self._remove(name)
        shutil.rmtree(self._plan.out, ignore_errors=True)

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _read(self, name: str) -> bytes | None:
        try:
            content: bytes = self._files.cat_file(self._at(name))
        except FileNotFoundError:
            return None
        return content

    def _listed(self, folder: str) -> list[str]:
        with self._told(DatasetError):
            # What other machines wrote is not in a listing of before.
            self._files.invalidate_cache()
            try:
                paths = self._files.ls(self._at(folder), detail=False)
            except FileNotFoundError:
                return []
        # A store lists the folder itself where somebody has made an object for it.
        at = self._at(folder)
        return sorted(
            str(path).rstrip("/").rpartition("/")[2] for path in paths if str(path).strip("/") != at.strip("/")
        )

    def _send(self, sources: list[Path], names: list[str]) -> None:
        targets = [self._at(name) for name in names]
        if not self._is_store:
            for folder in {target.rpartition("/")[0] for target in targets}:
                self._files.makedirs(folder, exist_ok=True)
        if targets:
            self._files.put([str(source) for source in sources], targets)

    def _send_mark(self, source: Path, name: str) -> None:
        if self._is_store:
            self._send([source], [name])
        else:
            self._send([source], [f"{name}.part"])
            self._files.mv(self._at(f"{name}.part"), self._at(name))

    def _fetch(self, names: list[str], targets: list[Path]) -> None:
        for folder in {target.parent for target in targets}:
            folder.mkdir(parents=True, exist_ok=True)
        if names:
            with self._told(DatasetError):
                self._files.get([self._at(name) for name in names], [str(target) for target in targets])

    def _remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm_file(self._at(name))

    def _clear_here(self) -> None:
        """Empty the folder for temporary files, unless another run is at the same."""
        if self._plan.out.exists():
            with claimed(self._plan.out):
                shutil.rmtree(self._plan.out)

    @contextmanager
    def _told(self, kind: type[Exception]) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            raise DatasetError(f"{self._plan.url}: {error}. For s3:// it is: {install_line('s3')}") from None
        except DatasetError:
            raise
        except Exception as error:
            # Each package that fsspec speaks through has errors of its own.
            raise kind(
                f"{self._plan.url}: can't be reached, read or written ({type(error).__name__}: {error}). "
                "What is done is kept: go on with --resume."
            ) from error
