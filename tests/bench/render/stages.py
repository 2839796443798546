"""One process through the default scene: where a frame's time goes, and whether memory grows."""

__all__ = ["stages"]

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from processes import ended

from synth.annotate.sample import annotate
from synth.config import RenderSettings, make_stack
from synth.engine.memory import give_back_freed, resident_mb
from synth.engine.plan import make_plan
from synth.engine.shards import frame_record
from synth.engine.worker import GIVE_BACK_EVERY
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.recall import keep_in
from synth.rendering import renderer as renderer_module
from synth.rendering.renderer import Renderer
from synth.shipped import shipped_assets
from synth.write.pictures import write_pictures

WARM_FRAMES = 20


class Clock:
    """CPU seconds by the stage's name."""

    def __init__(self) -> None:
        self.cpu_s: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started_s = time.process_time()
        yield
        self.cpu_s[name] += time.process_time() - started_s

    def around(self, name: str, function: Callable) -> Callable:
        def timed(*args: object, **kwargs: object) -> object:
            with self.stage(name):
                return function(*args, **kwargs)

        return timed


def stages(say: Callable[[str], None], *, n_frames: int, memory_at: tuple[int, int]) -> None:
    """Make frames and measure.

    Args:
        say: Takes the lines of the report.
        n_frames: How many.
        memory_at: After which two frames the memory is compared.
    """
    with tempfile.TemporaryDirectory() as name:
        ended(_look_through, Path(name))
        cpu_s, memory_mb = ended(_measure, Path(name), n_frames, memory_at)
    cpu_s["render"] -= cpu_s["sensor"]
    counted, total_s = n_frames - WARM_FRAMES, sum(cpu_s.values())
    parts = ", ".join(f"{name} {s / counted * 1e3:.1f}" for name, s in cpu_s.items())
    say(f"CPU ms by stage, {counted} frames of the default scene: {parts}; together {total_s / counted * 1e3:.1f}")
    sensor_ms, chance = cpu_s["sensor"] / counted * 1e3, (cpu_s["randomize"] + cpu_s["sensor"]) / total_s
    say(
        f"all that is drawn by chance and the sensor: {chance:.0%} of a frame (goal 25 %); the sensor alone "
        f"{sensor_ms:.1f} ms (goal 15), on average over what the settings draw of it"
    )
    first, last = memory_mb
    say(
        f"memory of the process: {first:.0f} MB after frame {memory_at[0]}, {last:.0f} MB after frame {memory_at[1]}: "
        f"{(last / first - 1) * 100:+.1f} % (goals: under 600 MB, at most +2 %)"
    )


def _look_through(folder: Path) -> None:
    """Keep what is made of the meshes, as a run's own process does for its workers."""
    keep_in(folder / "recalled")
    meshes = MeshStore(make_plan(RenderSettings(), shipped_assets(), folder, 1, 1).catalog())
    for asset in meshes.catalog.assets:
        meshes.load(asset.asset_id)


def _measure(folder: Path, n_frames: int, memory_at: tuple[int, int]) -> tuple[dict[str, float], list[float]]:
    clock, memory_mb = Clock(), []
    renderer_module.expose = clock.around("sensor", renderer_module.expose)
    keep_in(folder / "recalled")
    plan = make_plan(RenderSettings(), shipped_assets(), folder, n_frames, 1)
    settings, meshes = plan.settings, MeshStore(plan.catalog())
    stack, renderer = make_stack(settings), Renderer(meshes, settings.size)
    for index in range(n_frames):
        if index == WARM_FRAMES:
            clock.cpu_s.clear()
        with clock.stage("randomize"):
            scene = randomize(stack, meshes, size_wh_px=settings.size, seed=settings.seed, index=index)
        with clock.stage("render"):
            frame = renderer.render(scene)
        with clock.stage("annotate"):
            sample = annotate(frame, scene, meshes, settings.policy, settings.labels)
        with clock.stage("encode and write"):
            hashes = write_pictures(folder, sample, settings.images, jpeg_quality=settings.jpeg_quality)
            orjson.dumps(frame_record(sample, settings.images, hashes), option=orjson.OPT_SERIALIZE_NUMPY)
        if index % GIVE_BACK_EVERY == GIVE_BACK_EVERY - 1:
            give_back_freed()  # as a worker does
        if index + 1 in memory_at:
            memory_mb.append(resident_mb())
    return dict(clock.cpu_s), memory_mb
