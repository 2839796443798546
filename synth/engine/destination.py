"""Where a data set comes to lie. Everything is made in a folder of this machine; a URL gets what is whole in it.

A shard counts when its records are at the destination, which get there last.
"""

__all__ = ["RECORDS", "SET_ASIDE", "Destination", "LocalFolder", "destination_of", "shard_folder"]

import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from synth.engine.claim import LOCK, forget_replaced, set_aside
from synth.engine.plan import Plan, Shard
from synth.errors import DatasetError
from synth.write.atomic import SHARDS

RECORDS = "records.jsonl"
SET_ASIDE = "set_aside.json"


def shard_folder(plan: Plan, shard: Shard) -> Path:
    """Where a shard lies on this machine when it is whole."""
    return plan.out / SHARDS / shard.name


class Destination(Protocol):
    """What differs between a folder and a URL; names are files' paths in the data set."""

    def begin(self) -> None:
        """Bring to `plan.out` what says what was begun, or made, at the destination."""

    def names(self) -> list[str]:
        """Of what lies at the top of it, unless it is what a run leaves that ends before it begins."""

    def replacing(self) -> AbstractContextManager[None]:
        """Put an old data set out of the way of a new one, which is made meanwhile.

        Raises:
            DatasetError: what lies there is no data set of ours.
        """

    def keep(self, name: str) -> None:
        """A file in `plan.out` is whole."""

    def drop(self, name: str) -> None:
        """A file, if it is there, holds no more."""

    def done(self) -> set[str]:
        """Names of the shards that are whole."""

    def try_again(self) -> None:
        """Take shards for unfinished of which frames were left out: what they failed by may be over."""

    def take_in(self, shard: Shard, aside: Path) -> None:
        """A shard is whole in the folder `aside`, which is gone afterwards."""

    def gather(self) -> None:
        """Bring every shard's records to `plan.out`."""

    def bring(self, shard: Shard) -> None:
        """Bring a shard's pictures to its folder in `plan.out`, to be packed there."""

    def settle(self, frames: Iterable[tuple[Path, dict[str, Any]]]) -> None:
        """See that the frames' files are in their places; each frame with its shard's folder and its record."""

    def finish(self, *, for_good: bool) -> None:
        """The data set is whole; with `for_good` no `--resume` needs its shards any more."""

    def give_up(self) -> None:
        """Leave nothing of a data set of which nothing was made."""


def destination_of(plan: Plan) -> Destination:
    """The folder, or what is behind the URL.

    Raises:
        DatasetError: a package for the URL is missing.
    """
    if not plan.url:
        return LocalFolder(plan)
    from synth.engine.destination_url import RemoteFolder  # noqa: PLC0415 - fsspec's packages, for URLs alone

    return RemoteFolder(plan)


class LocalFolder(Destination):
    """A folder of this machine, or one that all machines of a cluster see: what is made in it is there."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._shards = plan.out / SHARDS

    def begin(self) -> None: ...

    def names(self) -> list[str]:
        if not self._plan.out.is_dir():
            return []
        left = self._shards / LOCK  # all that a run leaves which ends before it begins
        paths = sorted(self._plan.out.iterdir())
        return [path.name for path in paths if path != self._shards or any(inside != left for inside in path.iterdir())]

    @contextmanager
    def replacing(self) -> Iterator[None]:
        with set_aside(self._plan.out):
            yield

    def keep(self, name: str) -> None: ...

    def drop(self, name: str) -> None:
        (self._plan.out / name).unlink(missing_ok=True)

    def done(self) -> set[str]:
        return {path.parent.name for path in self._shards.glob(f"*/{RECORDS}") if not path.parent.suffix}

    def try_again(self) -> None:
        for path in self._shards.glob(f"*/{SET_ASIDE}"):
            if not path.parent.suffix:
                path.parent.rename(path.parent.with_name(f"{path.parent.name}.again.part"))

    def take_in(self, shard: Shard, aside: Path) -> None:
        done = shard_folder(self._plan, shard)
        try:
            aside.rename(done)
        except OSError:
            if not (done / RECORDS).is_file():
                raise
            # Such a worker was faster, and made the same bytes.
            shutil.rmtree(aside)

    def gather(self) -> None: ...

    def bring(self, shard: Shard) -> None: ...

    def settle(self, frames: Iterable[tuple[Path, dict[str, Any]]]) -> None:
        for folder, record in frames:
            for name in record["files"]:
                source, target = folder / name, self._plan.out / name
                if source.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    source.replace(target)
                elif not target.exists():
                    raise DatasetError(
                        f"{target}: is in no shard and not in its place. Make the data set anew with --overwrite."
                    )

    def finish(self, *, for_good: bool) -> None:
        if for_good:
            shutil.rmtree(self._shards, ignore_errors=True)
        # An earlier run that was to replace it, and was stopped, may have left the old one beside.
        forget_replaced(self._plan.out)

    def give_up(self) -> None:
        shutil.rmtree(self._plan.out, ignore_errors=True)
