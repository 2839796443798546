"""Make one shard. It is written aside and renamed when whole; a kill costs the frame that was being made."""

__all__ = ["FrameMaker", "frame_record", "made_frames", "make_shard", "open_maker", "recalled_folder"]

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import orjson

from synth.annotate.sample import Sample, annotate, image_id
from synth.config import make_stack
from synth.engine.destination import RECORDS, SET_ASIDE, destination_of, shard_folder
from synth.engine.plan import Plan, Shard
from synth.engine.unfinished import take_up
from synth.meshes import MeshStore, Shape, read_shapes
from synth.randomize.stack import randomize
from synth.recall import keep_in
from synth.rendering.interface import SceneRenderer
from synth.rendering.renderer import Renderer
from synth.scene import Scene
from synth.write.atomic import SHARDS, write_json
from synth.write.pictures import picture_paths, write_pictures

# Of all meshes, for workers: the parent reads them anyway.
SHAPES = "shapes.npz"
# What workers make that takes a while, for one another and for those that come after a kill.
RECALLED = "recalled"


class FrameMaker:
    """Everything a process needs to make any frame of a plan; opened once, for the meshes stay on the GPU.

    Args:
        plan: What to make.
        renderer: Instead of OpenGL's, in tests.
        shapes: Of meshes, by asset id, where they are known already.
    """

    def __init__(
        self, plan: Plan, renderer: SceneRenderer | None = None, shapes: Mapping[str, Shape] = MappingProxyType({})
    ) -> None:
        self.plan = plan
        self._meshes = MeshStore(plan.catalog(), shapes)
        self._stack = make_stack(plan.settings)
        self._renderer = renderer or Renderer(self._meshes, plan.settings.size)

    @property
    def renderer_description(self) -> str:
        return self._renderer.description

    def scene(self, index: int, elsewhere: Mapping[str, int] | None = None) -> Scene:
        """The scene of a frame; `elsewhere` as `randomize` has it."""
        settings = self.plan.settings
        return randomize(
            self._stack,
            self._meshes,
            size_wh_px=settings.size,
            seed=settings.seed,
            index=index,
            elsewhere=elsewhere,
        )

    def sample(self, index: int, elsewhere: Mapping[str, int] | None = None) -> Sample:
        """The same, rendered and labelled."""
        scene = self.scene(index, elsewhere)
        settings = self.plan.settings
        frame = self._renderer.render(scene, normals="normals" in settings.images)
        return annotate(frame, scene, self._meshes, settings.policy, settings.labels)

    def __enter__(self) -> Self:
        self._renderer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.__exit__(kind, error, trace)


def recalled_folder(plan: Plan) -> Path | None:
    """Where a run's processes share what takes a while; it goes with the shards.

    None for a set behind a URL: what is made of it on this machine stays, and a run of other code would find it.
    """
    return None if plan.url else plan.out / SHARDS / RECALLED


def open_maker(plan: Plan) -> FrameMaker:
    """The maker of a process that makes nothing else, and shares with the run's others what takes a while."""
    keep_in(recalled_folder(plan))
    return FrameMaker(plan, shapes=read_shapes(plan.out / SHARDS / SHAPES))


def make_shard(
    maker: FrameMaker,
    shard: Shard,
    set_aside: Mapping[int, str] = MappingProxyType({}),
    *,
    on_frame: Callable[[int], None] = lambda index: None,
) -> None:
    """Make the frames of a shard.

    Args:
        maker: Makes them.
        shard: Which.
        set_aside: Frames to leave out, each with the reason.
        on_frame: Called with the index of each frame done.
    """
    for index in made_frames(maker, shard, set_aside):
        on_frame(index)


def made_frames(maker: FrameMaker, shard: Shard, set_aside: Mapping[int, str]) -> Iterator[int]:
    """The same, giving the index of each frame when it is made; the shard is whole at the end of it."""
    plan = maker.plan
    done = shard_folder(plan, shard)
    # Processes of two machines may have one number.
    aside = done.with_name(f"{done.name}.{platform.node()}-{os.getpid()}.part")
    kept = take_up(done, aside, RECORDS)
    # Those of an earlier run, which left out others or none.
    (aside / SET_ASIDE).unlink(missing_ok=True)
    with (aside / RECORDS).open("wb") as records:
        for index in range(shard.start, shard.stop):
            if index not in set_aside:
                records.write(kept.get(image_id(index)) or _make_frame(maker, index, aside))
                # A kill must not cost frames whose files are written. Not unbuffered instead: such a file takes as
                # much of a line as there is room for on the disk, and says nothing.
                records.flush()
                yield index
    if set_aside:
        write_json(aside / SET_ASIDE, [{"frame": index, "error": set_aside[index]} for index in sorted(set_aside)])
    if not (aside / RECORDS).is_file():
        # A node that was taken for dead writes on for a while.
        raise RuntimeError(f"{aside}: another process has taken it over")
    destination_of(plan).take_in(shard, aside)


def _make_frame(maker: FrameMaker, index: int, folder: Path) -> bytes:
    """Write a frame's pictures, then give its record: where there is one, its files are whole."""
    settings = maker.plan.settings
    sample = maker.sample(index)
    hashes = write_pictures(folder, sample, settings.images, jpeg_quality=settings.jpeg_quality)
    return orjson.dumps(frame_record(sample, settings.images, hashes), option=_OPTIONS)


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY


def frame_record(sample: Sample, images: Sequence[str], hashes: Mapping[str, str]) -> dict[str, Any]:
    """One line of a shard's records: what the merge needs of a frame, with the sha256 of each file by its path."""
    paths = picture_paths(sample.index, images)
    height, width = sample.instance.shape
    camera = sample.camera
    return {
        "files": dict(hashes),
        "image": {
            "id": image_id(sample.index),
            "file_name": paths["image"],
            "width": width,
            "height": height,
            "labels": {name: paths[name] for name in images},
            "camera": {
                "focal_px": camera.focal_px,
                "center_px": list(camera.center_px),
                "distortion": list(camera.distortion),
                "world_from_camera": camera.world_from_camera.tolist(),
            },
            "drawn": sample.drawn,
        },
        "annotations": sample.annotations,
        "removed": dict(sample.removed),
        "measures": sample.measures,
    }
