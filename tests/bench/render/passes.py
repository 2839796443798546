"""Where our renderer's time goes: by pass with the GPU's queue emptied after each, and how much of it is Python's."""

__all__ = ["passes"]

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from contest import SIZE_WH_PX
from contestant_synth import Synth
from processes import ended, timed
from props import open_meshes
from scenes import make_scenes
from stages import Clock

from synth.rendering import renderer as renderer_module
from synth.scene import Scene

SAMPLES_PER_S = 200
LOOP = "draw_again_and_again"


def passes(say: Callable[[str], None], folder: Path, *, n_frames: int) -> None:
    """Measure both on the contest's scenes."""
    parts = ended(_by_pass, folder, n_frames)
    by_pass = ", ".join(f"{name} {ms:.1f}" for name, ms in parts.items())
    say(f"CPU ms of the contest's scenes by pass, glFinish after each: {by_pass}")
    sampler = shutil.which("py-spy", path=Path(sys.executable).parent)
    if sampler is None:
        say("Python's share: not measured, for py-spy is not installed")
        return
    try:
        counts = [_samples(sampler, folder, n_frames, *options) for options in ([], ["--gil"])]
    except subprocess.CalledProcessError as error:
        say(f"Python's share: not measured, for py-spy may not look into a process here ({error.stderr.strip()})")
        return
    say(
        f"Python's own share of a frame with all labels: at most {counts[1] / counts[0] * 100:.0f} % (goal 20): "
        f"py-spy finds its lock held in {counts[1]} samples beside {counts[0]}; GL, NumPy and Pillow let go of it"
    )


def _by_pass(folder: Path, n_frames: int) -> dict[str, float]:
    ours = Synth(folder, SIZE_WH_PX)
    scenes = make_scenes(folder, open_meshes(folder), n_frames)
    ours.draw(scenes[0])
    from OpenGL.GL import glFinish  # only now is the platform chosen

    clock = Clock()

    def finished(function: Callable) -> Callable:
        def finish(*args: object, **kwargs: object) -> object:
            result = function(*args, **kwargs)
            glFinish()
            return result

        return finish

    # Known only here, for it imports OpenGL.
    from synth.rendering import passes as passes_module

    # Every part of the renderer that draws or reads, whatever the passes are called.
    for name, part in vars(ours.renderer._passes).items():
        for verb in ("draw", "read", "count"):
            if type(part).__module__.startswith("synth.rendering") and hasattr(part, verb):
                setattr(part, verb, clock.around(f"{name.strip('_')}.{verb}", finished(getattr(part, verb))))
    renderer_module.expose = clock.around("sensor", renderer_module.expose)
    passes_module.smooth_edges = clock.around("antialias", passes_module.smooth_edges)
    whole = timed(lambda: [ours.draw(scene) for scene in scenes], n_frames)
    parts = {name: s / n_frames * 1e3 for name, s in clock.cpu_s.items()}
    return parts | {"annotate and the rest": whole.cpu_s * 1e3 - sum(parts.values())}


def _samples(sampler: str, folder: Path, n_frames: int, *options: str) -> int:
    """How many samples py-spy takes within the loop; with `--gil`, only while Python's own lock is held."""
    with tempfile.TemporaryDirectory() as name:
        stacks = Path(name) / "stacks.txt"
        record = [sampler, "record", "--format", "raw", "--output", stacks, "--rate", str(SAMPLES_PER_S), *options]
        script = [sys.executable, __file__, folder, str(n_frames)]
        subprocess.run([*map(str, record), "--", *map(str, script)], check=True, capture_output=True, text=True)
        lines = stacks.read_text().splitlines()
    return sum(int(line.rpartition(" ")[2]) for line in lines if LOOP in line)


def draw_again_and_again(ours: Synth, scenes: tuple[Scene, ...], n_frames: int) -> None:
    for k in range(n_frames):
        ours.draw(scenes[k % len(scenes)])


def _profiled(folder: Path, n_frames: int) -> None:
    """What runs under py-spy."""
    ours, scenes = Synth(folder, SIZE_WH_PX), make_scenes(folder, open_meshes(folder), 8)
    ours.draw(scenes[0])
    draw_again_and_again(ours, scenes, n_frames)


if __name__ == "__main__":
    _profiled(Path(sys.argv[1]), int(sys.argv[2]))
