"""Whose folder is it: made here and by nobody else, one process at a time, and nothing lost before there is better."""

__all__ = ["PLAN", "check_own", "claimed", "read_kept", "refuse_foreign", "set_aside"]

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from synth.errors import DatasetError
from synth.formats.writing import is_shard
from synth.write.atomic import HASHES, SHARDS
from synth.write.pictures import IMAGES, picture_paths

PLAN = "plan.json"
LOCK = "lock"
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
    known = {path.partition("/")[0] for path in picture_paths(0, tuple(IMAGES)).values()}
    known |= {SHARDS, HASHES, "annotations.json", "panoptic.json", "manifest.json"}
    names = {path.name: path.name.removesuffix(".part") for path in out.iterdir()}
    foreign = sorted(name for name, whole in names.items() if whole not in known and not is_shard(whole))
    if foreign:
        raise DatasetError(f"{out / foreign[0]}: is no part of a data set, so {out} is left alone. Move it elsewhere.")


def refuse_foreign(out: Path) -> None:
    """See that a folder in which nothing was begun is free.

    Raises:
        DatasetError: something lies in it.
    """
    if not out.is_dir() or (out / SHARDS / PLAN).is_file():
        return
    left = out / SHARDS / LOCK  # all that a run leaves which ends before it begins
    foreign = sorted(p.name for p in out.iterdir() if p.name != SHARDS or any(q != left for q in p.iterdir()))
    if foreign:
        raise DatasetError(
            f"{out}: the folder holds something else than a data set ({foreign[0]}). Choose another with --out."
        )


@contextmanager
def set_aside(out: Path) -> Iterator[None]:
    """Move an old data set out of the way, and delete it when the new one is whole.

    If the new one can't be made and nothing of it is worth keeping, the old one comes back. After a kill it lies beside
    as `NAME.replaced` until a later run is through.
    """
    old = out.with_name(f"{out.name}.replaced")
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
