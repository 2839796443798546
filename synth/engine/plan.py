"""What is to be made: settled before the first frame, kept beside the work, compared on resume."""

__all__ = ["Plan", "Shard", "differences", "make_plan", "versions", "workshop"]

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from getpass import getuser
from importlib import metadata
from pathlib import Path
from typing import Any

import synth
from synth.catalog import Catalog, load_catalog
from synth.config import RenderSettings, make_stack
from synth.errors import DatasetError, UsageError
from synth.formats.folder import is_url
from synth.formats.layout import COCO, Layout

SHARD_FRAMES = 64
# At its end a run waits for the worker that began the last shard, so small sets have small ones: one worker's eighth. A
# shard costs a folder and a file.
SHARDS_PER_WORKER = 8


@dataclass(frozen=True, slots=True)
class Shard:
    """The frames from `start` up to but not including `stop`."""

    number: int
    start: int
    stop: int

    @property
    def name(self) -> str:
        return f"{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A data set in the making; small and picklable, since every worker gets it.

    Attributes:
        out: The folder of this machine in which it is made.
        url: Where it goes from there, or nothing if it stays.
    """

    settings: RenderSettings
    assets: Path
    out: Path
    n_frames: int
    shard_frames: int
    layout: Layout = COCO
    url: str = ""

    @property
    def where(self) -> str:
        """Where the user finds it."""
        return self.url or str(self.out)

    def shared_among(self, workers: int) -> "Plan":
        """The same in shards that keep so many workers busy to the end; their size has no part in the bytes."""
        per_worker = -(-self.n_frames // (SHARDS_PER_WORKER * workers))
        return replace(self, shard_frames=min(SHARD_FRAMES, max(1, per_worker)))

    def shards(self) -> tuple[Shard, ...]:
        starts = range(0, self.n_frames, self.shard_frames)
        return tuple(Shard(k, start, min(start + self.shard_frames, self.n_frames)) for k, start in enumerate(starts))

    def catalog(self) -> Catalog:
        """The assets, restricted to the settings' categories."""
        catalog = load_catalog(self.assets)
        return catalog.only(self.settings.categories) if self.settings.categories else catalog

    def identity(self) -> dict[str, Any]:
        """All that the data set's bytes follow from; two plans with equal identities make the same data set."""
        return {
            "settings": self.settings.resolved(),
            "settings_sha256": self.settings.sha256(),
            "assets_sha256": self.catalog().hashes(),
            "pictures_sha256": self._picture_hashes(),
            "n_frames": self.n_frames,
            "format": self.layout.described(),
            "versions": versions(),
        }

    def wanted(self) -> dict[str, tuple[float, float]]:
        """The ranges that the frames should cover, by measure: `wanted()` of each randomizer that has one."""
        limit = self.settings.policy.min_visible_fraction.limit
        wanted: dict[str, tuple[float, float]] = {"visible_fraction": (limit, 1.0)}
        for part in make_stack(self.settings).values():
            wanted |= getattr(part, "wanted", dict)()
        return wanted

    def _picture_hashes(self) -> dict[str, str]:
        """sha256 of the user's pictures that randomizers draw from: `files()`, where one has any."""
        parts = make_stack(self.settings).values()
        paths = {path for part in parts for path in getattr(part, "files", tuple)()}
        return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in sorted(paths)}


def make_plan(
    settings: RenderSettings, assets: Path, out: Path | str, n_frames: int, workers: int, layout: Layout = COCO
) -> Plan:
    """A plan whose shards keep all workers busy.

    Args:
        out: A folder, or the URL of one, for which everything is made in a folder for temporary files.
    Raises:
        UsageError: a URL lacks one of its slashes, and would be taken for a folder of this machine.
    """
    if short := re.match(r"([a-z][a-z0-9+]+):/(?!/)", str(out)):
        # Of a file the slash that is there is its path's.
        rest = str(out)[short.end() - (short[1] == "file") :]
        raise UsageError(f"--out {out}: a URL has two slashes. Write {short[1]}://{rest}")
    url = str(out).rstrip("/") if is_url(out) else ""
    folder = workshop(url) if url else Path(out)
    return Plan(settings, assets, folder, n_frames, SHARD_FRAMES, layout, url).shared_among(workers)


def workshop(*what_for: str) -> Path:
    """A folder of this user on this machine, always the same for the same: what a kill leaves there is taken up.

    Raises:
        DatasetError: somebody else made it.
    """
    name = hashlib.sha256("\0".join(what_for).encode()).hexdigest()
    user = str(os.getuid()) if hasattr(os, "getuid") else getuser()
    own = Path(tempfile.gettempdir()) / f"synth-{user}"
    own.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and own.stat().st_uid != os.getuid():
        raise DatasetError(f"{own}: belongs to somebody else. Set TMPDIR to a folder of yours.")
    return own / name[:16]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of what differs between two plans' identities, settings by their own names."""
    settings_before, settings_now = before.get("settings", {}), now["settings"]
    keys = sorted({*settings_before, *settings_now})
    names = [f"{key} settings" for key in keys if settings_before.get(key) != settings_now.get(key)]
    return names + [
        name
        for key, name in (
            ("assets_sha256", "assets"),
            ("pictures_sha256", "pictures"),
            ("n_frames", "n"),
            ("format", "format"),
            ("versions", "versions"),
        )
        if before.get(key) != now[key]
    ]


def versions() -> dict[str, str]:
    """Of what has a part in the bytes."""
    names = ("numpy", "pillow", "scipy", "trimesh", "fast-simplification", "pyrender-maintained", "pycocotools")
    return {"synth": synth.__version__} | {name: metadata.version(name) for name in names}
