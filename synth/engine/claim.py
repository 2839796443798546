"""Whose folder is it: made here and by nobody else, one process at a time, and nothing lost before there is better."""

__all__ = ["LOCK", "PLAN", "check_names", "check_own", "claimed", "forget_replaced", "read_kept", "set_aside"]

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from synth.errors import DatasetError
from synth.formats.writing import is_shard
from synth.write.atomic import HASHES, SHARDS
from synth.write.pictures import IMAGES, picture_paths

PLAN = "plan.json"
LOCK = "lock"
REPLACED = ".replaced"
# What only this program writes into a manifest or a plan.
MARKS = frozenset({"settings_sha256", "assets_sha256", "n_frames"})


def read_kept(path: Path) -> dict[str, Any]:
    """A manifest or a plan that was written here.

    Raises:
        DatasetError: it was cut off, altered, or is of something else.
    """
    try:
        kept = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        kept = None
    if not isinstance(kept, dict) or not kept.keys() >= MARKS or not isinstance(kept.get("settings"), dict):
        raise DatasetError(f"{path}: was cut off, altered, or is of something else. Choose another folder with --out.")
    return kept


def check_own(out: Path) -> None:
    """See that a folder is a data set of ours, whole or begun, with nothing else in it.

    Raises:
        DatasetError: it isn't; the message names what is in the way.
    """
    marks = [path for path in (out / "manifest.json", out / SHARDS / PLAN) if path.is_file()]
    if not marks:
        raise DatasetError(f"{out}: is not a data set of synth, so it is left alone. Choose another with --out.")
    read_kept(marks[0])
    check_names(str(out), (path.name for path in out.iterdir()))


def check_names(where: str, names: Iterable[str]) -> None:
    """See that what lies at the top of a data set of ours is ours.

    Raises:
        DatasetError: something isn't; the message names it.
    """
    known = {path.partition("/")[0] for path in picture_paths(0, tuple(IMAGES)).values()}
    known |= {SHARDS, HASHES, "annotations.json", "panoptic.json", "manifest.json"}
    wholes = {name: name.removesuffix(".part") for name in names}
    foreign = sorted(name for name, whole in wholes.items() if whole not in known and not is_shard(whole))
    if foreign:
        raise DatasetError(
            f"{where}/{foreign[0]}: is no part of a data set, so {where} is left alone. Move it elsewhere."
        )


def forget_replaced(out: Path) -> None:
    """Delete what `set_aside` moved out of the way, where its run was stopped and a later one is through."""
    old = out.with_name(f"{out.name}{REPLACED}")
    if old.is_dir():
        # A folder of the user's may have that name.
        with suppress(DatasetError):
            check_own(old)
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def set_aside(out: Path) -> Iterator[None]:
    """Move an old data set out of the way, and delete it when the new one is whole.

    If the new one can't be made and nothing of it is worth keeping, the old one comes back. After a kill it lies beside
    as `NAME.replaced` until a later run is through.
    """
    old = out.with_name(f"{out.name}{REPLACED}")
    if out.is_symlink() or out.resolve() == Path.cwd():
        raise DatasetError(f"{out}: is a link or the folder you are in, and can't be replaced. Choose another --out.")
    if old.exists():
        check_own(old)  # it will be deleted
    if out.is_dir() and any(out.iterdir()):
        check_own(out)
        if (out / SHARDS / LOCK).is_file():
            # Whoever writes there would write on into the new one, for it has the same name.
            with claimed(out):
                pass
        if old.exists():
            # An earlier run that was to replace it was killed: what it left is worth less than what it set aside.
            shutil.rmtree(out)
        else:
            out.rename(old)
    try:
        yield
    except BaseException:
        if old.exists() and not any((out / SHARDS).glob("*/records.jsonl")):
            shutil.rmtree(out, ignore_errors=True)
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold the folder for this process; a kill lets go of it.

    Raises:
        DatasetError: another process holds it.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where two runs at once into one folder are not noticed
    except ImportError:
        yield
        return
    (out / SHARDS).mkdir(parents=True, exist_ok=True)
    handle = os.open(out / SHARDS / LOCK, os.O_CREAT | os.O_RDWR)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DatasetError(f"{out}: another synth render is writing there. Wait for it, or choose --out.") from None
        yield
    finally:
        os.close(handle)
