"""One machine: a process per core, each with its own OpenGL context."""

__all__ = ["render_dataset"]

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass, replace
from multiprocessing.queues import SimpleQueue
from typing import Any

from synth.config import make_stack
from synth.engine.claim import PLAN, claimed, read_kept, refuse_foreign, set_aside
from synth.engine.merge import merge_shards
from synth.engine.plan import Plan, Shard
from synth.engine.shards import SHARDS, FrameMaker, is_done, make_shard
from synth.errors import DatasetError, RenderError, SynthError
from synth.meshes import MeshStore
from synth.render.gl import choose_platform
from synth.write.atomic import write_json

Decimations = dict[str, tuple[int, int]]
OnFrames = Callable[[int], None]


def render_dataset(
    plan: Plan, *, workers: int, resume: bool = False, overwrite: bool = False, on_frames: OnFrames = lambda n: None
) -> dict[str, Any]:
    """Make the plan's data set; returns its manifest.

    Args:
        plan: What to make.
        workers: Processes.
        resume: Go on with a data set that was begun; a finished one is left as it is.
        overwrite: Replace a data set that is there; it is set aside until the new one is whole.
        on_frames: Called with how many frames were finished since the last call.
    Raises:
        DatasetError: something is in the way, or what was begun isn't what is asked for now.
        RenderError: there is no OpenGL, or a worker died.
    """
    # Checked before anything is touched: a broken mesh, or no OpenGL, must not cost a data set that is there.
    choose_platform()
    identity = plan.identity()
    decimations = _check_files(plan)
    if plan.out.exists() and not plan.out.is_dir():
        raise DatasetError(f"{plan.out}: is a file, and the data set needs a folder. Choose another with --out.")
    with set_aside(plan.out) if overwrite else nullcontext():
        finished = _finished_before(plan, identity, resume=resume)
        if finished is not None:
            on_frames(plan.n_frames)
            return finished
        refuse_foreign(plan.out)
        new = not plan.out.exists()
        with claimed(plan.out):
            try:
                return _render(_begun(plan, identity, resume=resume), workers, on_frames, decimations)
            except SynthError:
                # Nothing was made yet: leave no folder that would be in the way of the next try.
                if new and not any((plan.out / SHARDS).glob("*/records.jsonl")):
                    shutil.rmtree(plan.out, ignore_errors=True)
                raise


def _render(plan: Plan, workers: int, on_frames: OnFrames, decimations: Decimations) -> dict[str, Any]:
    missing = [shard for shard in plan.shards() if not is_done(plan, shard)]
    on_frames(plan.n_frames - sum(shard.stop - shard.start for shard in missing))
    # llvmpipe's own threads would fight with the other workers for the cores: a process per core is faster.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    described = _make_here(plan, missing, on_frames) if workers == 1 else _make(plan, missing, workers, on_frames)
    return merge_shards(plan, described or _described_before(plan), decimations)


def _finished_before(plan: Plan, identity: dict[str, Any], *, resume: bool) -> dict[str, Any] | None:
    """The manifest of the same data set, finished before; None if there is something to do."""
    path = plan.out / "manifest.json"
    if not path.is_file():
        return None
    before = read_kept(path)
    if not resume:
        raise DatasetError(
            f"{plan.out}: a data set is there already. Go on with --resume, or replace it with --overwrite."
        )
    _refuse_differences(plan, before, identity)
    shutil.rmtree(plan.out / SHARDS, ignore_errors=True)
    return before


def _begun(plan: Plan, identity: dict[str, Any], *, resume: bool) -> Plan:
    """Begin, or pick up what was begun; returns the plan with the shards that the folder has."""
    path = plan.out / SHARDS / PLAN
    if path.is_file():
        if not resume:
            raise DatasetError(
                f"{plan.out}: a data set was begun. Go on with --resume, or replace it with --overwrite."
            )
        before = read_kept(path)
        _refuse_differences(plan, before, identity)
        # Shards of another size can't be mixed with those that are done.
        return replace(plan, shard_frames=before["shard_frames"])
    write_json(path, identity | {"shard_frames": plan.shard_frames})
    return plan


def _refuse_differences(plan: Plan, before: dict[str, Any], identity: dict[str, Any]) -> None:
    if differing := _differences(before, identity):
        raise DatasetError(
            f"{plan.out}: was made with other {', '.join(differing)}. Make it anew with --overwrite, or choose --out."
        )


def _check_files(plan: Plan) -> Decimations:
    """Read every mesh and picture once: a broken one is told before the first frame and not after an hour.

    Returns which meshes are over their budget of triangles, and what is left of them.
    """
    meshes = MeshStore(plan.catalog())
    for asset in meshes.catalog.assets:
        meshes[asset.asset_id]
    for part in make_stack(plan.settings).values():
        if check := getattr(part, "check_files", None):
            check()
    return meshes.decimations


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Names of what differs, settings by their own names."""
    settings_before, settings_now = before.get("settings", {}), now["settings"]
    keys = sorted({*settings_before, *settings_now})
    names = [f"{key} settings" for key in keys if settings_before.get(key) != settings_now.get(key)]
    return names + [
        name
        for key, name in (
            ("assets_sha256", "assets"),
            ("pictures_sha256", "pictures"),
            ("n_frames", "n"),
            ("versions", "versions"),
        )
        if before.get(key) != now[key]
    ]


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
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _workers.append(_Worker(plan, frames_done))


def _work(shard: Shard) -> str:
    return _workers[0].work(shard)


def _end_with_parent() -> None:
    """A parent that is killed can't stop its workers, and they must not write into a folder that another takes up."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
