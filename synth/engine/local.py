"""One machine: a process per core, each with its own OpenGL context."""

__all__ = ["render_dataset"]

import multiprocessing
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import orjson

from synth.engine.merge import merge_shards
from synth.engine.plan import Plan, Shard
from synth.engine.shards import SHARDS, FrameMaker, is_done, make_shard
from synth.errors import DatasetError, RenderError
from synth.meshes import MeshStore
from synth.render.gl import choose_platform
from synth.write.atomic import write_json

PLAN = "plan.json"
OnFrames = Callable[[int], None]


def render_dataset(
    plan: Plan, *, workers: int, resume: bool = False, overwrite: bool = False, on_frames: OnFrames = lambda n: None
) -> dict[str, Any]:
    """Make the plan's data set; returns its manifest.

    Args:
        plan: What to make.
        workers: Processes.
        resume: Go on with a data set that was begun; a finished one is left as it is.
        overwrite: Delete a data set that is there.
        on_frames: Called with how many frames were finished since the last call.
    Raises:
        DatasetError: something is in the way, or what was begun isn't what is asked for now.
        RenderError: there is no OpenGL, or a worker died.
    """
    # Checked before anything is touched: a broken mesh, or no OpenGL, must not cost a data set that is there.
    choose_platform()
    identity = plan.identity()
    _check_meshes(plan)
    finished = _prepare(plan, identity, resume=resume, overwrite=overwrite)
    if finished is not None:
        on_frames(plan.n_frames)
        return finished
    # Shards of another size can't be mixed with those that are done, so a resumed plan keeps its own.
    plan = replace(plan, shard_frames=_read_before(plan.out / SHARDS / PLAN)["shard_frames"])
    missing = [shard for shard in plan.shards() if not is_done(plan, shard)]
    on_frames(plan.n_frames - sum(shard.stop - shard.start for shard in missing))
    # llvmpipe's own threads would fight with the other workers for the cores: a process per core is faster.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    described = _make_here(plan, missing, on_frames) if workers == 1 else _make(plan, missing, workers, on_frames)
    return merge_shards(plan, described or _described_before(plan))


def _prepare(plan: Plan, identity: dict[str, Any], *, resume: bool, overwrite: bool) -> dict[str, Any] | None:
    """Make room, or pick up; returns the manifest of a data set that is finished already."""
    out, begun = plan.out, plan.out / SHARDS / PLAN
    manifest = out / "manifest.json"
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out}: is a file, and the data set needs a folder. Choose another with --out.")
    if overwrite and out.exists():
        _delete(out)
    if out.is_dir() and any(out.iterdir()):
        kept = manifest if manifest.is_file() else begun
        if not kept.is_file():
            raise DatasetError(f"{out}: the folder holds something else than a data set. Choose another with --out.")
        if not resume:
            state = "is there already" if kept == manifest else "was begun"
            raise DatasetError(f"{out}: a data set {state}. Go on with --resume, or replace it with --overwrite.")
        before = _read_before(kept)
        if differing := _differences(before, identity):
            raise DatasetError(
                f"{out}: was made with other {', '.join(differing)}. Make it anew with --overwrite, or choose --out."
            )
        if kept == manifest:
            shutil.rmtree(out / SHARDS, ignore_errors=True)
            return before
    begun.parent.mkdir(parents=True, exist_ok=True)
    if not begun.is_file():
        write_json(begun, identity | {"shard_frames": plan.shard_frames})
    return None


def _read_before(path: Path) -> dict[str, Any]:
    try:
        before = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        before = None
    if not isinstance(before, dict):
        raise DatasetError(f"{path}: was cut off or altered. Make the data set anew with --overwrite.")
    return before


def _check_meshes(plan: Plan) -> None:
    """Read every mesh once, so that a broken one is told before the first frame and not after an hour."""
    meshes = MeshStore(plan.catalog())
    for asset in meshes.catalog.assets:
        meshes[asset.asset_id]


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Names of what differs, settings by their own names."""
    settings_before, settings_now = before.get("settings", {}), now["settings"]
    keys = sorted({*settings_before, *settings_now})
    names = [f"{key} settings" for key in keys if settings_before.get(key) != settings_now.get(key)]
    return names + [
        name
        for key, name in (("assets_sha256", "assets"), ("n_frames", "n"), ("versions", "versions"))
        if before.get(key) != now[key]
    ]


def _delete(out: Path) -> None:
    """Delete a data set, and never anything else."""
    if not out.is_dir() or (any(out.iterdir()) and not ((out / "manifest.json").is_file() or (out / SHARDS).is_dir())):
        raise DatasetError(f"{out}: is not a data set of synth, so --overwrite won't delete it. Choose another --out.")
    shutil.rmtree(out)


def _described_before(plan: Plan) -> str:
    """The renderer of a run in which every shard was done before."""
    with FrameMaker(plan) as maker:
        return maker.renderer_description


def _make_here(plan: Plan, shards: list[Shard], on_frames: OnFrames) -> str:
    if not shards:
        return ""
    with FrameMaker(plan) as maker:
        for shard in shards:
            make_shard(maker, shard, on_frame=lambda index: on_frames(1))
        return maker.renderer_description


def _make(plan: Plan, shards: list[Shard], workers: int, on_frames: OnFrames) -> str:
    # Spawned, never forked: GL contexts and their threads don't survive a fork.
    context = multiprocessing.get_context("spawn")
    frames_done = context.SimpleQueue()
    executor = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(plan, frames_done))
    described = ""
    try:
        waiting = {executor.submit(_work, shard) for shard in shards}
        while waiting:
            done, waiting = wait_for(waiting, timeout=0.2, return_when="FIRST_COMPLETED")
            for future in done:
                described = future.result()
            on_frames(_drain(frames_done))
    except BrokenProcessPool:
        raise RenderError(
            f"A worker process died (out of memory, or a crash in the OpenGL driver). What is done is kept: "
            f"go on with --resume, perhaps with fewer --workers. ({plan.out})"
        ) from None
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return described


def _drain(queue: "SimpleQueue[int]") -> int:
    n = 0
    while not queue.empty():
        n += queue.get()
    return n


@dataclass(slots=True)
class _Worker:
    """What a worker process keeps between shards."""

    plan: Plan
    frames_done: "SimpleQueue[int]"
    maker: FrameMaker | None = None

    def work(self, shard: Shard) -> str:
        # The renderer opens with the first shard and not in the pool's initializer, which swallows errors.
        if self.maker is None:
            self.maker = FrameMaker(self.plan)
        make_shard(self.maker, shard, on_frame=lambda index: self.frames_done.put(1))
        return self.maker.renderer_description


_workers: list[_Worker] = []


def _start_worker(plan: Plan, frames_done: "SimpleQueue[int]") -> None:
    _workers.append(_Worker(plan, frames_done))


def _work(shard: Shard) -> str:
    return _workers[0].work(shard)
