"""What a Ray task runs on its node: a shard, made from what the node has or is sent, each frame told as it is made."""

__all__ = ["ASSETS", "PICTURES", "Begun", "Job", "frames_of_shard", "plan_on_this_node"]

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.engine.plan import Plan, Shard, differences, workshop
from synth.engine.shards import FrameMaker, made_frames, open_maker
from synth.engine.worker import FrameMade, Message, Opened, ShardMade, failed
from synth.errors import RenderError, SynthError
from synth.write.atomic import sha256_of


@dataclass(frozen=True, slots=True)
class Begun:
    """A process has taken the task up."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run share.

    Attributes:
        plan: Its paths are absolute, as they are on the machine that asks.
        identity: Of the plan.
        folder: In which that machine's relative paths begin.
        modules: Where it looks for modules.
        files: By the place in a node's own folder, a file's sha256 and a reference to its content; empty where all
            nodes are the machine that asks.
    """

    plan: Plan
    identity: Mapping[str, Any]
    folder: Path
    modules: tuple[str, ...]
    files: Mapping[str, tuple[str, Any]]


# In a node's own folder: relative paths of pictures begin in the second.
ASSETS, PICTURES = "assets", "pictures"

# A process serves one run, and keeps its OpenGL open from task to task.
_opened: list[FrameMaker] = []


def frames_of_shard(job: Job, shard: Shard, set_aside: Mapping[int, str]) -> Iterator[Begun | Message]:
    """Make a shard.

    Args:
        set_aside: Frames to leave out, each with the reason.
    """
    yield Begun()
    try:
        if not _opened:
            _opened.append(_open(job))
        (maker,) = _opened
        yield Opened(maker.renderer_description)
        for index in made_frames(maker, shard, set_aside):
            yield FrameMade(index)
        yield ShardMade(0.0)
    except Exception as error:
        _opened.clear()
        yield failed(error)


def plan_on_this_node(job: Job) -> Plan:
    """The plan with this node's paths; the working directory becomes that in which relative paths of pictures begin."""
    plan = job.plan
    if plan.url:
        # All that another run left here of the same: the same bytes, and of nothing else.
        plan = replace(plan, out=workshop(plan.url, str(plan.shard_frames), job.identity["settings_sha256"], _key(job)))
    if all((job.folder / name).is_file() for name in job.identity["pictures_sha256"]) and plan.assets.is_dir():
        os.chdir(job.folder)
        return plan
    folder = workshop("files", _key(job))
    _unpack(job.files, folder)
    os.chdir(folder / PICTURES)
    return replace(plan, assets=folder / ASSETS)


def _open(job: Job) -> FrameMaker:
    # llvmpipe's own threads would fight with the other workers for the cores.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    sys.path += [place for place in job.modules if place not in sys.path]
    plan = plan_on_this_node(job)
    try:
        if differing := differences(job.identity, plan.identity()):
            raise RenderError(
                f"has other {', '.join(differing)}, so its frames would not be the same. "
                "Give all nodes the same versions and files."
            )
        return open_maker(plan)
    except SynthError as error:
        raise RenderError(f"The node {platform.node()}: {error}") from None


def _unpack(files: Mapping[str, tuple[str, Any]], folder: Path) -> None:
    """Once a node; of several processes at the same, the last one's copy stays, which is equal."""
    import ray  # noqa: PLC0415 - an extra's

    for name in (ASSETS, PICTURES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, (digest, reference) in files.items():
        path = folder / name
        if not (path.is_file() and sha256_of(path) == digest):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Not beside it: what a kill leaves among a mesh's files would count as one of its textures.
            aside = folder / f"{os.getpid()}.part"
            aside.write_bytes(ray.get(reference))
            aside.replace(path)


def _key(job: Job) -> str:
    names = {**job.identity["assets_sha256"], **job.identity["pictures_sha256"]}
    return hashlib.sha256(repr((sorted(names.items()), job.identity["versions"])).encode()).hexdigest()
