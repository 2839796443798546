"""Make one shard. It is written aside and renamed when whole, so a kill costs at most the shards not yet done."""

__all__ = ["FrameMaker", "is_done", "make_shard"]

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from synth.annotate.sample import Sample, annotate, image_id
from synth.config import make_stack
from synth.engine.plan import Plan, Shard
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.render.interface import SceneRenderer
from synth.render.renderer import Renderer
from synth.scene import Scene
from synth.write.pictures import picture_paths, write_pictures

RECORDS = "records.jsonl"
SHARDS = "shards"


class FrameMaker:
    """Everything a process needs to make any frame of a plan; opened once, for the meshes stay on the GPU.

    Args:
        plan: What to make.
        renderer: Instead of OpenGL's, in tests.
    """

    def __init__(self, plan: Plan, renderer: SceneRenderer | None = None) -> None:
        self.plan = plan
        self._meshes = MeshStore(plan.catalog())
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


def shard_folder(plan: Plan, shard: Shard) -> Path:
    return plan.out / SHARDS / shard.name


def is_done(plan: Plan, shard: Shard) -> bool:
    """Whether the shard was made whole: its folder has its name only then."""
    return (shard_folder(plan, shard) / RECORDS).is_file()


def make_shard(maker: FrameMaker, shard: Shard, on_frame: Callable[[int], None] = lambda index: None) -> None:
    """Make the frames of a shard.

    Args:
        maker: Makes them.
        shard: Which.
        on_frame: Called with the index of each frame done.
    """
    plan = maker.plan
    done = shard_folder(plan, shard)
    # With the process in its name: a worker whose parent was killed may write on for a moment.
    aside = done.with_name(f"{done.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with (aside / RECORDS).open("wb") as records:
        for index in range(shard.start, shard.stop):
            sample = maker.sample(index)
            write_pictures(aside, sample, plan.settings.images, jpeg_quality=plan.settings.jpeg_quality)
            records.write(orjson.dumps(frame_record(sample, plan.settings.images), option=_OPTIONS))
            on_frame(index)
    if is_done(plan, shard):
        # Such a worker was faster, and made the same bytes.
        shutil.rmtree(aside)
    else:
        aside.rename(done)


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY


def frame_record(sample: Sample, images: Sequence[str]) -> dict[str, Any]:
    """One line of a shard's records: what the merge needs of a frame."""
    paths = picture_paths(sample.index, images)
    height, width = sample.instance.shape
    camera = sample.camera
    return {
        "files": list(paths.values()),
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
