"""One trial: render, train, measure, by the commands that a user would type. What is whole is not made again."""

__all__ = ["Figures", "Trial"]

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from subjects import PARTS, Settings, Subject

from synth.write.atomic import write_json
from train.settings import TrainSettings, choose_device

SYNTH = Path(sys.executable).with_name("synth")
CLOCK = "seconds.json"
IOU = 0.3


@dataclass(frozen=True, slots=True)
class Figures:
    """What a trial gave, and what it took."""

    metrics: Mapping[str, Any]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """A subject under some settings.

    Attributes:
        folder: For the data set, the run, and the time that the stages took.
        off: The part that is switched off, if any.
        n_frames: To render.
        iterations: To train for; None for the trainer's default.
        seed: Of both.
    """

    subject: Subject
    folder: Path
    n_frames: int
    iterations: int | None = None
    off: str | None = None
    seed: int = 0

    def run(self, benchmark: Path, threads: int, say: Callable[[str], None]) -> Figures:
        """Make what is missing of it.

        Args:
            benchmark: The folder of photos, meshes and backgrounds.
            threads: For training and for predicting; as many processes render.
            say: Takes a line for each stage.
        Raises:
            SystemExit: a command failed; it has told why. Or the folder holds another trial.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._claim(benchmark)
        (self.folder / "render.toml").write_text(toml(self.settings()), encoding="utf-8")
        if not self._measured():
            for stage, command in self._commands(benchmark, threads).items():
                self._timed(stage, command, threads, say)
        metrics = json.loads((self.folder / "run" / "eval" / "metrics.json").read_text(encoding="utf-8"))
        return Figures(metrics, self._seconds())

    def _claim(self, benchmark: Path) -> None:
        """Make the folder this trial's, of this recipe, and no other's."""
        n_categories = self.subject.n_categories(benchmark)
        recipe = TrainSettings(iterations=self.iterations).resolved(self.n_frames, n_categories, choose_device("auto"))
        own = {"render": self.settings(), "n_frames": self.n_frames, "train": recipe.model_dump(mode="json")}
        path = self.folder / "trial.json"
        if path.is_file():
            if json.loads(path.read_bytes()) != json.loads(json.dumps(own)):
                raise SystemExit(f"{self.folder}: holds a trial of other settings (trial.json). Choose an empty --out.")
        elif any(inside.is_dir() for inside in self.folder.iterdir()):
            raise SystemExit(f"{self.folder}: holds something, and no trial.json says what. Choose an empty --out.")
        else:
            write_json(path, own)

    def settings(self) -> dict[str, Any]:
        """Its render.toml: the subject's, and over them what switches a part off."""
        settings = dict(self.subject.settings)
        if self.off:
            settings = merged(merged(settings, PARTS[self.off]), self.subject.off.get(self.off, {}))
        return settings | {"seed": self.seed}

    def _measured(self) -> bool:
        """Whether the detector that is there is the one that was measured."""
        metrics, weights = self.folder / "run" / "eval" / "metrics.json", self.folder / "run" / "last.pt"
        return metrics.is_file() and weights.is_file() and metrics.stat().st_mtime > weights.stat().st_mtime

    def _commands(self, benchmark: Path, threads: int) -> dict[str, list[str]]:
        """In their order; each goes on where it was stopped, and has nothing to do where it is done."""
        data, run, folders = self.folder / "data", self.folder / "run", benchmark / "backgrounds"
        render = ["render", "--n", str(self.n_frames), "--out", str(data), "--workers", str(threads), "--resume"]
        render += ["--config", str(self.folder / "render.toml"), "--environments", str(folders / "hdri")]
        for name in ("photos", "surfaces"):
            render += ["--backgrounds", str(folders / name)]
        for name in self.subject.categories:
            render += ["--category", name]
        if self.subject.meshes:
            render += ["--assets", str(benchmark / self.subject.meshes)]
        train = ["train", "--data", str(data), "--out", str(run), "--seed", str(self.seed), "--resume"]
        if self.iterations:
            train += ["--iterations", str(self.iterations)]
        measure = ["eval", str(benchmark / self.subject.photos), "--run", str(run), "--iou", str(IOU), "--overwrite"]
        for label, name in self.subject.aliases.items():
            measure += ["--alias", f"{label}={name}"]
        return {"render": render, "train": train, "eval": measure}

    def _timed(self, stage: str, command: list[str], threads: int, say: Callable[[str], None]) -> None:
        begun = time.monotonic()
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        result = subprocess.run([SYNTH, *command], stdout=subprocess.PIPE, text=True, check=False, env=environment)
        took_s = time.monotonic() - begun
        if result.returncode:
            raise SystemExit(f"{self.folder.name}: synth {' '.join(command)} ended with {result.returncode}.")
        # A stage that went on after it was stopped has taken what both parts took.
        seconds = self._seconds()
        (self.folder / CLOCK).write_text(json.dumps(seconds | {stage: seconds.get(stage, 0.0) + took_s}))
        made = [line for line in result.stdout.splitlines() if " in " in line and " -> " in line]
        say(f"{self.folder.name}: {stage} in {took_s:.0f} s {made[-1] if made else ''}")

    def _seconds(self) -> dict[str, float]:
        clock = self.folder / CLOCK
        seconds: dict[str, float] = json.loads(clock.read_text()) if clock.is_file() else {}
        return seconds


def merged(below: Settings, above: Settings) -> dict[str, Any]:
    """Both, key by key and table by table; where both have a key, that of `above`."""
    both = dict(below) | dict(above)
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping):
            both[key] = merged(below[key], above[key])
    return both


def toml(settings: Settings) -> str:
    """As a render.toml."""
    return "\n".join(_lines(settings, "")) + "\n"


def _lines(settings: Settings, table: str) -> Iterator[str]:
    # Strings, numbers, booleans and lists of them look alike in JSON and TOML. A table's own keys come before tables.
    for key, value in settings.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {json.dumps(value)}"
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield f"[{table}{key}]"
            yield from _lines(value, f"{table}{key}.")
